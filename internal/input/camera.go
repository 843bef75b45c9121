// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// rawCaps is the media type of raw frames.
const rawCaps = "video/x-raw"

// IsRaw reports whether the input is a camera that offers raw frames in the size that camera.launch asks for, or of
// which that is not known.
func (in Input) IsRaw() bool { return in.Kind == Camera && in.form == "" }

// Camera asks a camera what it offers, and returns the input that makes the best of it, with its streams. variable
// returns the variables of camera.launch: width, height and fps. If the camera does not answer, the input is returned
// as it is.
func (in Input) Camera(
	ctx context.Context, variable func(name string) (string, bool), want Want,
) (Input, Streams, error) {
	offered, err := in.offered(ctx)
	if err != nil {
		return in, Streams{}, err
	}
	of := func(name, otherwise string) string {
		value, _ := variable(name)
		return cmp.Or(value, otherwise)
	}
	size := fmt.Sprintf(",width=%s,height=%s,framerate=%s/1", of("width", "640"), of("height", "480"), of("fps", "30"))
	in.form = formOf(offered, size, want)
	found := Streams{Known: true, Video: true}
	switch kind, _, _ := strings.Cut(in.form, ","); {
	case kind == catalogue.H264.MediaType() && want.passes(catalogue.H264):
		looked, err := Look(ctx, in, want)
		if err == nil {
			found = looked
		}
		return in, found, err
	case kind == catalogue.H264.MediaType():
		found.Codec = catalogue.H264.String()
		found.Why = "--codec h264 sends it as it is, which does not adapt to the network"
	case kind == "image/jpeg":
		found.Codec, found.Why = "JPEG", "browsers do not decode it"
	}
	return in, found, nil
}

// passes reports whether a codec was asked for and may be passed through.
func (w Want) passes(c catalogue.Codec) bool { return !w.Reencode && w.Codec != nil && *w.Codec == c }

// offered returns the caps that a camera offers.
func (in Input) offered(ctx context.Context) (caps string, err error) {
	gst.Init()
	text := "v4l2src device=" + quote(in.Name) + " ! fakesink name=end"
	gp, err := gst.Parse(text) //nolint:contextcheck // It waits for nothing.
	if err != nil {
		return "", err
	}
	defer gp.Close(context.Background()) //nolint:errcheck,contextcheck // A driver that does not return is given up.
	if err = gp.SetState(ctx, gst.StateReady); err != nil {
		return "", err
	}
	end := gp.ByName("end")
	defer end.Release()
	return end.SinkCaps(), nil
}

// formOf returns the caps of the form in which a camera's video is taken, of those that it offers; "" for raw frames of
// that size.
func formOf(offered, size string, want Want) string {
	const jpeg = "image/jpeg"
	h264 := catalogue.H264.MediaType()
	var forms []string
	if want.passes(catalogue.H264) {
		forms = append(forms, h264+size, h264)
	}
	// Each raw frame of the size is as the camera saw it. JPEG is decoded faster than H.264, and has no frames between
	// key frames that a lost one spoils.
	for _, form := range append(forms, rawCaps+size, jpeg+size, h264+size, jpeg, h264, rawCaps) {
		if gst.CapsIntersect(offered, form) {
			if form == rawCaps+size {
				return ""
			}
			return form
		}
	}
	return ""
}
