// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The environment variables that hold the server's key and secret.
const (
	KeyVariable    = "LIVEKIT_API_KEY"
	SecretVariable = "LIVEKIT_API_SECRET"
)

// options are the flags of all processes. Publishers of other projects receive the same arguments.
type options struct {
	changes   string
	url       string
	room      string
	codec     string
	encoder   string
	bitrate   int
	camera    bool
	chroma    string
	noNetwork bool
	layers    int
	halfSize  bool
	command   string
	log       string
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("publisher", flag.ContinueOnError)
	f.StringVar(&o.changes, "changes", "", "`FILE` with the clip, as package testclip writes it")
	f.StringVar(&o.url, "url", "", "the server's `URL`")
	f.StringVar(&o.room, "room", "bench", "`NAME` of the room")
	f.StringVar(&o.codec, "codec", "VP8", "VP8, VP9, H264, AV1 or H265")
	f.StringVar(&o.encoder, "encoder", "", "GStreamer `ELEMENT` (default: the best)")
	f.IntVar(&o.bitrate, "bitrate", 0, "limit in `bit/s` (default: the preset's)")
	f.BoolVar(&o.camera, "camera", false, "publish the clip as a camera's")
	f.StringVar(&o.chroma, "chroma", "420", "publish colour as `420`, or as 444: then the clip must have it")
	f.IntVar(&o.layers, "layers", 1, "publish so `many` layers")
	f.BoolVar(&o.halfSize, "half-size", false, "give the lower layers of a screen smaller sizes")
	f.BoolVar(&o.noNetwork, "no-network", false, "publish without a Network")
	f.StringVar(&o.command, "gstpublish", "gstpublish", "the `COMMAND` that "+RunCommand+" runs")
	f.StringVar(&o.log, "log", "", "write index and wall-clock time in ns of each capture to this `FILE`")
	return f
}

// IsProcess reports whether the arguments select a process of this package.
func IsProcess(args []string) bool {
	return len(args) > 0 && (args[0] == PublishCommand || args[0] == RunCommand || args[0] == EncodeCommand)
}

// Run runs such a process. It publishes the clip, and then carries out the commands of in, until its end.
func Run(ctx context.Context, prover *proof.Prover, args []string, in io.Reader, out, errOut io.Writer) error {
	var o options
	f := o.flags()
	f.SetOutput(errOut)
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	codec, err := pipeline.ParseCodec(o.codec)
	if err != nil {
		return err
	}
	clip, err := readClip(o.changes)
	if err != nil {
		return err
	}
	if clip.FullChroma != (o.chroma == chroma444) {
		return fmt.Errorf("publisher: --chroma %s is not that of the clip", o.chroma)
	}
	switch args[0] {
	case EncodeCommand:
		return o.encode(ctx, codec, clip, out)
	case RunCommand:
		return o.runCommand(ctx, codec, clip, in, out)
	default:
		return o.publish(ctx, prover, codec, clip, in, out)
	}
}

// chroma444 is the value of --chroma for 4:4:4.
const chroma444 = "444"

// screen returns the options of the screen.
func (o *options) screen() sink.ScreenOptions {
	if o.chroma == chroma444 {
		return sink.ScreenOptions{Chroma: sink.Chroma444}
	}
	return sink.ScreenOptions{}
}

// newFrame returns a frame with a clip's first pixels.
func newFrame(clip *testclip.Clip) (*appsrc.VideoFrame, error) {
	format := appsrc.BufferI420
	if clip.FullChroma {
		format = appsrc.BufferI444
	}
	return appsrc.NewVideoFrame(format, clip.Width, clip.Height, clip.First)
}

func readClip(path string) (*testclip.Clip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("publisher: opening the clip: %w", err)
	}
	clip, err := testclip.Read(f)
	return clip, errors.Join(err, f.Close())
}

// publish publishes as in the README: a Session with a Network, a Prover, and frames that CaptureFrame copies.
func (o *options) publish(
	ctx context.Context, prover *proof.Prover, codec pipeline.Codec, clip *testclip.Clip, in io.Reader, out io.Writer,
) (err error) {
	src, err := appsrc.NewVideoSource(clip.Width, clip.Height, &appsrc.Options{IsScreencast: !o.camera, FPS: clip.FPS})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	var net *network.Network
	if !o.noNetwork {
		net = network.New(nil)
		defer net.Close()
	}
	s, err := o.join(ctx, net)
	if err != nil {
		return err
	}
	defer s.Leave()
	room := s.Room()
	pub, err := sink.Publish(wires.With(ctx, wires.Wires{Prover: prover, Network: net}), room, src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: codec, Encoder: o.encoder, Bitrate: o.bitrate},
		Layers:   sink.LayerOptions{Sizes: o.layers, HalfSize: o.halfSize},
		Screen:   o.screen(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pub.Close()) }() //nolint:contextcheck // closing takes none
	if err = s.Add(ctx, pub, room); err != nil {
		return err
	}
	frame, err := newFrame(clip)
	if err != nil {
		return err
	}
	return (&player{
		clip: clip, log: o.log, out: out, used: usedBySelf,
		capture: func(_ context.Context, pixels []byte) error {
			if err := frame.SetData(pixels); err != nil {
				return err
			}
			return src.CaptureFrame(frame, nil)
		},
		report: func(u *Usage) {
			stats := pub.Stats()
			u.Encoder, u.Stats = stats.Encoder, &stats
		},
	}).run(ctx, in)
}

func (o *options) join(ctx context.Context, net *network.Network) (*session.Session, error) {
	return session.Join(ctx, &session.Options{
		URL: o.url,
		Token: func(context.Context) (string, error) {
			return Token(os.Getenv(KeyVariable), os.Getenv(SecretVariable), o.room, "publisher")
		},
		Connect: func() []lksdk.ConnectOption {
			connect := []lksdk.ConnectOption{lksdk.WithAutoSubscribe(false)}
			if net != nil {
				connect = append(connect, net.ConnectOptions()...)
			}
			return connect
		},
	})
}

// Token returns an access token for a room.
func Token(key, secret, room, identity string) (string, error) {
	token, err := auth.NewAccessToken(key, secret).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).SetValidFor(time.Hour).ToJWT()
	if err != nil {
		return "", fmt.Errorf("publisher: creating an access token: %w", err)
	}
	return token, nil
}

// usedBySelf returns the resource use of this process so far.
func usedBySelf() (used, error) {
	heap := proc.SelfHeap()
	return used{proc.Self(), &heap}, nil
}
