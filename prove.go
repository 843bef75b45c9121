// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Prove finds an encoder for what will be published with these options, and returns its
// GStreamer elements, such as "vapostproc ! vah264enc". Publish does the same, so a
// program needs this only to learn before it joins whether an encoder works. What was
// found is remembered. opts.Screencast says whether the video will show a screen.
//
// Errors: *pipeline.NoEncoderError, ctx's cause, or what is wrong with EncodingOptions.Encoder.
func (r *Room) Prove(ctx context.Context, opts *sink.Options) (encoder string, err error) {
	if r == nil {
		return "", ErrNoRoom
	}
	return r.prove(ctx, r.options(opts), false)
}

// prove finds the first of the codecs that has an encoder. The size of the frames is not
// known yet: for software a small frame will do, and hardware is proven again when it is
// known.
func (r *Room) prove(ctx context.Context, o *sink.Options, screencast bool) (encoder string, err error) {
	var errs []error
	e := &o.Encoding
	for _, codec := range append([]pipeline.Codec{e.Codec}, e.FallbackCodecs...) {
		if missing := proof.MissingBasics(codec); len(missing) > 0 {
			errs = append(errs, fmt.Errorf("gstpublish: encoding %s: %w", codec, missing[0]))
			continue
		}
		want := proof.Want{
			Codec: codec, FPS: e.FPS, Bitrate: e.Bitrate, Screencast: o.Screencast || screencast,
			Encoder: e.Encoder, Hardware: e.Hardware,
		}
		if e.Hardware != pipeline.HardwareRequire {
			want.Width, want.Height = 640, 360
		}
		choice, chooseErr := r.prover.Choose(ctx, want)
		switch {
		case chooseErr == nil:
			return choice.String(), nil
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		}
		errs = append(errs, chooseErr)
	}
	return "", errors.Join(errs...)
}
