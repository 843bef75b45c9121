// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

// publishingVariable turns a copy of this program into a publishing process. Its value is a publishing as JSON.
const publishingVariable = "GSTPUBLISH_BENCH_PUBLISH"

// publishing is a process that publishes 720p and does nothing else, so that its usage is that of publishing. It
// reports its usage so far for each line of its input, and ends with the input.
type publishing struct {
	URL, Token string
	Layers     int
	Network    bool // with a network.Network
	Estimate   int  // bit/s, set before the first frame; 0 sets none
	FPS        int  // frames a second, captured and nominal
	// Screen is a still screen: only one frame is captured.
	Screen bool
}

// usage is the resource use and the results of a process so far.
type usage struct {
	CPU      time.Duration // user and system, of all threads
	Objects  uint64        // allocated by Go, ever
	Bytes    uint64        // the same
	Switches int64         // context switches: each wake-up of a thread is one
	Captured int
	Stats    sink.Stats
	Network  network.Stats // zero without one
}

// cameraFrames is the number of frames, which are captured forwards and backwards. They are drawn in advance and
// captured by reference, so that drawing is not measured.
const cameraFrames = 40

func (p *publishing) run(in io.Reader, out io.Writer) (err error) {
	frames, err := p.frames()
	if err != nil {
		return err
	}
	var net *network.Network
	options := []lksdk.ConnectOption{lksdk.WithAutoSubscribe(false)}
	if p.Network {
		net = network.New(nil)
		defer net.Close()
		options = append(options, net.ConnectOptions()...)
	}
	room, err := lksdk.ConnectToRoomWithToken(p.URL, p.Token, nil, options...)
	if err != nil {
		return err
	}
	defer room.Disconnect()
	src, err := appsrc.NewVideoSource(1280, 720, &appsrc.Options{IsScreencast: p.Screen, FPS: p.FPS})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	pub, err := sink.Publish(wires.With(ctx, wires.Wires{Network: net}), room, src, &sink.Options{
		Layers: sink.LayerOptions{Sizes: p.Layers},
	})
	if err != nil {
		return errors.Join(err, src.Close())
	}
	if p.Estimate > 0 {
		pub.SetEstimate(p.Estimate)
	}
	c := &capturing{src: src, pub: pub, net: net, frames: frames, fps: p.FPS, still: p.Screen, out: json.NewEncoder(out)}
	return errors.Join(c.run(in), pub.Close(), src.Close())
}

func (p *publishing) frames() ([]*appsrc.VideoFrame, error) {
	if p.Screen {
		content, err := newPage(1280, 720)
		if err != nil {
			return nil, err
		}
		return []*appsrc.VideoFrame{content.paint(0)}, nil
	}
	content, err := newRoom(1280, 720)
	if err != nil {
		return nil, err
	}
	frames := make([]*appsrc.VideoFrame, cameraFrames)
	for i := range frames {
		frames[i], err = newFrame(appsrc.BufferI420, 1280, 720)
		if err != nil {
			return nil, err
		}
		for plane, from := range content.paint(i).Planes {
			copy(frames[i].Planes[plane].Data, from.Data)
		}
		frames[i].Release = func() {}
	}
	back := slices.Clone(frames[1 : len(frames)-1])
	slices.Reverse(back)
	return append(frames, back...), nil
}

// capturing captures frames at a steady rate, and answers requests for the usage.
type capturing struct {
	src      *appsrc.VideoSource
	pub      *sink.Publication
	net      *network.Network
	frames   []*appsrc.VideoFrame
	fps      int
	still    bool
	captured int
	out      *json.Encoder
}

func (c *capturing) run(in io.Reader) error {
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for s := bufio.NewScanner(in); s.Scan(); {
			asked <- struct{}{}
		}
	}()
	tick := time.NewTicker(time.Second / time.Duration(c.fps))
	defer tick.Stop()
	for {
		select {
		case _, more := <-asked:
			if !more {
				return nil
			}
			if err := c.out.Encode(c.usage()); err != nil {
				return err
			}
		case <-tick.C:
			if err := c.src.CaptureFrame(c.frames[c.captured%len(c.frames)], nil); err != nil {
				return err
			}
			if c.captured++; c.still {
				tick.Stop()
			}
		}
	}
}

func (c *capturing) usage() *usage {
	u := &usage{Captured: c.captured, Stats: c.pub.Stats()}
	if c.net != nil {
		u.Network = c.net.Stats()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	u.Objects, u.Bytes = memory.Mallocs, memory.TotalAlloc
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err == nil { // It fails for wrong arguments only.
		u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
		u.Switches = r.Nvcsw + r.Nivcsw
	}
	return u
}

// publishIfAsked runs a publishing from the environment. It reports whether there was one.
func publishIfAsked() bool {
	text, ok := os.LookupEnv(publishingVariable)
	if !ok {
		return false
	}
	var p publishing
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = p.run(os.Stdin, os.Stdout)
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1) //nolint:forbidigo // the end of a publishing process
	}
	return true
}
