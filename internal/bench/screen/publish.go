// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The environment variables that a publisher finds the server's keys in.
const (
	keyVariable    = "LIVEKIT_API_KEY"
	secretVariable = "LIVEKIT_API_SECRET"
)

// What the measuring process may write to a publishing one, a line each.
const (
	commandCPU  = "cpu"  // say what has been used so far
	commandHold = "hold" // capture the last frame on and on
	commandRest = "rest" // capture nothing
)

// usage is what a publisher says of itself, as a line of JSON: after the clip,
// with all of it, and after each command, with the CPU of the whole process.
type usage struct {
	Frames    int     `json:"frames"`
	CPUs      float64 `json:"cpu_s"` // seconds, user and system
	ElapsedS  float64 `json:"elapsed_s"`
	CaptureUS float64 `json:"capture_us"` // in the mean inside CaptureFrame
	Encoder   string  `json:"encoder,omitempty"`
	// Stats are the publication's.
	Stats *sink.Stats `json:"stats,omitempty"`
}

// publishing is the process that publishes a clip.
type publishing struct {
	clip    string
	size    [2]int
	fps     int
	url     string
	room    string
	codec   string
	encoder string
	bitrate int
	camera  bool
	log     string
}

func (p *publishing) flags() *flag.FlagSet {
	f := flag.NewFlagSet("publish", flag.ContinueOnError)
	f.StringVar(&p.clip, "clip", "", "raw I420 `FILE`")
	f.IntVar(&p.size[0], "width", 1280, "of the clip, in `px`")
	f.IntVar(&p.size[1], "height", 720, "of the clip, in `px`")
	f.IntVar(&p.fps, "fps", 30, "captured, `frames` a second")
	f.StringVar(&p.url, "url", "", "the server's `URL`")
	f.StringVar(&p.room, "room", "bench", "`NAME` of the room")
	f.StringVar(&p.codec, "codec", "VP8", "VP8, VP9, H264, AV1 or H265")
	f.StringVar(&p.encoder, "encoder", "", "GStreamer `ELEMENT`; the best without")
	f.IntVar(&p.bitrate, "bitrate", 0, "limit in `bit/s`; the preset's without")
	f.BoolVar(&p.camera, "camera", false, "the clip is of a camera")
	f.StringVar(&p.log, "log", "", "write index and wall-clock ns of each capture to this `FILE`")
	return f
}

// run publishes the clip and then does what comes on stdin, until its end.
func (p *publishing) run(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	codec, err := pipeline.ParseCodec(p.codec)
	if err != nil {
		return err
	}
	clip, err := openClip(p.clip, p.size[0], p.size[1], p.fps)
	if err != nil {
		return err
	}
	frames, err := clip.readAll()
	if err = errors.Join(err, clip.close()); err != nil {
		return err
	}
	src, err := appsrc.NewVideoSource(clip.width, clip.height, &appsrc.Options{IsScreencast: !p.camera, FPS: p.fps})
	if err != nil {
		return err
	}
	room, err := p.join(ctx)
	if err != nil {
		return errors.Join(err, src.Close())
	}
	defer room.Disconnect()
	pub, err := sink.Publish(ctx, room, src, &sink.Options{Codec: codec, Encoder: p.encoder, Bitrate: p.bitrate})
	if err != nil {
		return errors.Join(err, src.Close())
	}
	c := &capturer{src: src, clip: clip, pub: pub, out: json.NewEncoder(out)}
	if err = c.playClip(ctx, frames, p.log); err == nil {
		err = c.obey(ctx, in, frames[len(frames)-1])
	}
	return errors.Join(err, pub.Close(), src.Close()) //nolint:contextcheck // closing takes none
}

func (p *publishing) join(ctx context.Context) (*lksdk.Room, error) {
	viewer.SetSDKLogger(nil)
	token, err := accessToken(os.Getenv(keyVariable), os.Getenv(secretVariable), p.room, "publisher")
	if err != nil {
		return nil, err
	}
	room := lksdk.NewRoom(nil)
	if err := room.JoinWithContextAndToken(ctx, p.url, token, lksdk.WithAutoSubscribe(false)); err != nil {
		return nil, fmt.Errorf("joining: %w", err)
	}
	return room, nil
}

func accessToken(key, secret, room, identity string) (string, error) {
	token, err := auth.NewAccessToken(key, secret).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).SetValidFor(time.Hour).ToJWT()
	if err != nil {
		return "", fmt.Errorf("making an access token: %w", err)
	}
	return token, nil
}

// capturer captures frames on time.
type capturer struct {
	src  *appsrc.VideoSource
	clip *clip
	pub  *sink.Publication
	out  *json.Encoder
}

// playClip captures the whole clip and says what it took.
func (c *capturer) playClip(ctx context.Context, frames [][]byte, log string) error {
	times := make([]time.Time, len(frames))
	inside := time.Duration(0)
	start, before := time.Now(), cpuTime()
	for i, data := range frames {
		if err := until(ctx, start.Add(time.Duration(i)*time.Second/time.Duration(c.clip.fps))); err != nil {
			return err
		}
		times[i] = time.Now()
		if err := c.capture(data); err != nil {
			return err
		}
		inside += time.Since(times[i])
	}
	used, elapsed := cpuTime()-before, time.Since(start)
	if err := writeLog(log, times); err != nil {
		return err
	}
	u := c.usage(used)
	u.Frames, u.ElapsedS = len(frames), elapsed.Seconds()
	u.CaptureUS = float64(inside.Microseconds()) / float64(len(frames))
	return c.out.Encode(u)
}

// capture captures one frame. That an older one had to give way is no failure.
func (c *capturer) capture(data []byte) error {
	f, err := appsrc.NewVideoFrame(appsrc.BufferI420, c.clip.width, c.clip.height, data)
	if err != nil {
		return err
	}
	f.Release = func() {} // By reference: the clip stays as it is.
	var full *appsrc.QueueFullError
	if err := c.src.CaptureFrame(f, nil); err != nil && !errors.As(err, &full) {
		return err
	}
	return nil
}

// obey does what the lines say, until there are no more.
func (c *capturer) obey(ctx context.Context, in io.Reader, last []byte) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- strings.TrimSpace(s.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(c.clip.interval())
	defer tick.Stop()
	tick.Stop()
	for {
		select {
		case line, more := <-lines:
			if !more {
				return nil
			}
			switch line {
			case commandHold:
				tick.Reset(c.clip.interval())
			case commandRest:
				tick.Stop()
			}
			if err := c.out.Encode(c.usage(cpuTime())); err != nil {
				return err
			}
		case <-tick.C:
			if err := c.capture(last); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *capturer) usage(used time.Duration) *usage {
	stats := c.pub.Stats()
	return &usage{CPUs: used.Seconds(), Encoder: stats.Encoder, Stats: &stats}
}

// writeLog writes the captures' indices and times.
func writeLog(path string, times []time.Time) error {
	if path == "" {
		return nil
	}
	var text strings.Builder
	for i, at := range times {
		fmt.Fprintf(&text, "%d,%d\n", i, at.UnixNano())
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}

// cpuTime is what this process has used so far, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // It fails for wrong arguments only.
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// until waits for a time.
func until(ctx context.Context, at time.Time) error { return pause(ctx, time.Until(at)) }

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
