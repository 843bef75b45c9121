// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// placeholders replaces the placeholders of settings by numbers that elements accept.
var placeholders = strings.NewReplacer("{threads}", "2", "{fps}", "30", "{vbv}", "300", "{half}", "1250")

// specsOf returns an element's descriptions, one for each version.
func specsOf(t *testing.T, element string) []standin.Spec {
	t.Helper()
	all, err := standin.Specs()
	require.NoError(t, err)
	var specs []standin.Spec
	for _, s := range all {
		if s.Name == element {
			specs = append(specs, s)
		}
	}
	return specs
}

// TestSettingsAreTheElementsOwn compares each hardware setting with GStreamer's sources: at least
// one version of the element must accept it.
func TestSettingsAreTheElementsOwn(t *testing.T) {
	for _, row := range catalogue.Rows() {
		if !row.Hardware() {
			continue
		}
		t.Run(row.Factory, func(t *testing.T) {
			specs := specsOf(t, row.Factory)
			require.NotEmpty(t, specs, "no description in internal/gst/standin/elements")
			lists := [][]catalogue.Setting{row.Common, row.Camera, row.Screen, row.Idle.Settings}
			for _, step := range row.Sharp {
				lists = append(lists, step.Settings)
			}
			for _, list := range lists {
				for _, s := range list {
					require.NoError(t, taken(specs, s))
				}
			}
			properties := 0
			for _, b := range row.Bitrates {
				for i := range specs {
					if specs[i].Bitrate.Property == b.Property ||
						strings.HasPrefix(specs[i].Bitrate.Property, b.Property+"/") {
						require.Equal(t, uint64(specs[i].Bitrate.Unit), uint64(b.Unit), "%s's unit", b.Property)
						properties++
					}
				}
			}
			require.NotZero(t, properties, "no version has any of %v", row.Bitrates)
			for _, front := range row.Fronts {
				for _, element := range front.Elements {
					if element != "videoconvert" && element != "identity" {
						require.NotEmpty(t, specsOf(t, element), "%s in front", element)
					}
				}
			}
		})
	}
}

// taken returns an error if no version accepts a setting.
func taken(specs []standin.Spec, s catalogue.Setting) error {
	var errs []error
	for i := range specs {
		for name := range strings.SplitSeq(s.Name, "|") {
			for value := range strings.SplitSeq(placeholders.Replace(s.Value), "|") {
				err := specs[i].Accepts(name, value)
				// A number out of range is clamped.
				if err == nil || strings.Contains(err.Error(), " is not from ") {
					return nil
				}
				errs = append(errs, fmt.Errorf("%v: %w", specs[i].Versions, err))
			}
		}
	}
	return errors.Join(errs...)
}

func TestRowsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range catalogue.Rows() {
		require.False(t, seen[row.Factory], "%s is there twice", row.Factory)
		seen[row.Factory] = true
		require.True(t, row.Codec.Valid())
		require.NotEmpty(t, row.Family)
		require.NotEmpty(t, row.Fronts, row.Factory)
		require.True(t, strings.HasPrefix(row.Caps, row.Codec.MediaType()), row.Factory)
		require.NotEmpty(t, row.Bitrates, row.Factory)
		require.Equal(t, row.KeyFrame == catalogue.KeyFrameSignal, row.KeySignal != "", row.Factory)
		for _, b := range row.Bitrates {
			require.Positive(t, b.Unit, row.Factory)
		}
		found, ok := catalogue.Find(row.Factory)
		require.True(t, ok)
		require.Equal(t, row.Family, found.Family)
	}
	for _, codec := range catalogue.Codecs() {
		rows := catalogue.For(codec)
		require.NotEmpty(t, rows)
		software := false
		for _, row := range rows {
			require.False(t, software && row.Hardware(), "%s comes after software", row.Factory)
			software = software || !row.Hardware()
		}
		require.True(t, software, "%s has no encoder in software", codec)
	}
}

func TestCodecNames(t *testing.T) {
	for text, want := range map[string]catalogue.Codec{
		"vp8": catalogue.VP8, "H.264": catalogue.H264, "avc": catalogue.H264, "hevc": catalogue.H265, "Av1": catalogue.AV1,
	} {
		var c catalogue.Codec
		require.NoError(t, c.UnmarshalText([]byte(text)))
		require.Equal(t, want, c)
		name, err := c.MarshalText()
		require.NoError(t, err)
		require.Equal(t, c.String(), string(name))
	}
	_, err := catalogue.ParseCodec("h266")
	require.ErrorContains(t, err, "VP8, H264, VP9, AV1, H265")
	_, err = catalogue.Codec(9).MarshalText()
	require.Error(t, err)
	require.Equal(t, "video/H265", catalogue.H265.MimeType())
	require.Equal(t, "video/x-h265", catalogue.H265.MediaType())
	require.Empty(t, catalogue.Codec(-1).MimeType())
}
