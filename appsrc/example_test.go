// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
)

// A frame refers to the caller's pixels, and must have as many bytes as its format and size say.
func ExampleNewVideoFrame() {
	frame, err := appsrc.NewVideoFrame(appsrc.BufferRGBA, 4, 2, make([]byte, 4*4*2))
	fmt.Println(frame.Width, frame.Height, err)
	_, err = appsrc.NewVideoFrame(appsrc.BufferRGBA, 4, 2, make([]byte, 10))
	fmt.Println(errors.Is(err, appsrc.ErrLength))
	// Output:
	// 4 2 <nil>
	// true
}

// Raw video from another program, such as `ffmpeg -i clip.mp4 -f yuv4mpegpipe -`, at its own pace.
func ExampleNewY4MReader() {
	stdin := strings.NewReader("YUV4MPEG2 W4 H2 F50:1\n" + strings.Repeat("FRAME\n"+strings.Repeat("x", 12), 2))

	reader, err := appsrc.NewY4MReader(stdin)
	if err != nil {
		fmt.Println(err)
		return
	}
	first := reader.Frame()
	source, err := appsrc.NewVideoSource(first.Width, first.Height, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	for begin := time.Now(); ; {
		frame, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		time.Sleep(time.Until(begin.Add(reader.Time())))
		fmt.Println(reader.Time(), source.CaptureFrame(frame, nil))
	}
	// Output:
	// 0s <nil>
	// 20ms <nil>
}
