// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// standInVersion is the environment variable for the version of GStreamer whose hardware elements the tests replace.
// A process can have one.
const standInVersion = "GSTPUBLISH_TEST_STANDINS"

// latest is the version of GStreamer whose stand-ins the first process has.
const latest = "1.26"

// standIns registers stand-ins for the hardware encoders of a version of GStreamer and their converters.
func standIns(t *testing.T) (names []string) {
	t.Helper()
	version := os.Getenv(standInVersion)
	if version == "" {
		version = latest
	}
	specs, err := standin.Specs()
	require.NoError(t, err)
	for _, s := range specs {
		if slices.Contains(s.Versions, version) {
			require.NoError(t, standin.Register(s.Name, version))
			names = append(names, s.Name)
		}
	}
	return names
}

// eachStandIn runs f for each hardware row and each of its fronts, for cameras and for screens.
func eachStandIn(t *testing.T, f func(t *testing.T, row *catalogue.Row, o Options)) {
	t.Helper()
	names := standIns(t)
	for _, row := range catalogue.Rows() {
		if !row.Hardware() || !slices.Contains(names, row.Factory) {
			continue
		}
		for _, front := range pipeline.Fronts(&row) {
			if testedElsewhere(t, append([]string{row.Factory}, front.Elements...)) {
				continue
			}
			for _, screencast := range []bool{false, true} {
				name := row.Factory + "/" + front.Elements[0] + "-" + front.Format + "/camera"
				if screencast {
					name = row.Factory + "/" + front.Elements[0] + "-" + front.Format + "/screen"
				}
				t.Run(name, func(t *testing.T) {
					f(t, &row, Options{Codec: row.Codec, Encoder: row.Factory, Front: &front, Screencast: screencast})
				})
			}
		}
	}
}

// testedElsewhere reports whether the elements are the same as in the latest version, so that in this process, which
// has those of another version, they would behave as in the first.
func testedElsewhere(t *testing.T, names []string) bool {
	t.Helper()
	version := os.Getenv(standInVersion)
	if version == "" || version == latest {
		return false
	}
	for _, name := range names {
		now, err := standin.Find(name, version)
		if err != nil {
			continue // not a stand-in
		}
		if !slices.Contains(now.Versions, latest) {
			return false
		}
	}
	return true
}

// TestHardwareRows tests the catalogue's hardware rows with stand-ins: the chain is built and negotiates, each frame
// produces one sample, a key frame request applies to the next frame, and a target reaches the element in its own
// unit.
func TestHardwareRows(t *testing.T) {
	need.Encoding(t)
	eachStandIn(t, func(t *testing.T, row *catalogue.Row, o Options) {
		t.Helper()
		o.Bitrate = 3_000_000
		f := startFeeder(t, &o)
		f.size(192, 144) // The least height of an encoder.
		require.True(t, f.push().Key)
		for range 5 {
			require.False(t, f.push().Key)
		}
		for range 2 {
			f.chain.ForceKeyFrame()
			require.True(t, f.push().Key)
			require.False(t, f.push().Key)
		}
		before := standin.Counts(row.Factory).BitrateChanges
		require.NoError(t, f.chain.SetBitrate(800_000))
		changed := func() int { return standin.Counts(row.Factory).BitrateChanges - before }
		for n := 0; n == 0 || n < 20 && changed() == 0; n++ { // More than half a second, for encoders that delay it.
			f.push()
		}
		require.Positive(t, changed(), "the target has not reached the element")
		inner := f.chain.gp.ByName("standin-encoder")
		require.NotNil(t, inner)
		defer inner.Release()
		requireTarget(t, inner, row.Codec, 800_000)
	})
}

// requireTarget checks the target of the software encoder inside a stand-in.
func requireTarget(t *testing.T, inner *gst.Element, codec pipeline.Codec, want int) {
	t.Helper()
	property, unit := "bitrate", 1000
	switch codec {
	case pipeline.VP8, pipeline.VP9:
		property, unit = "target-bitrate", 1
	case pipeline.AV1:
		property = "target-bitrate"
	case pipeline.H264, pipeline.H265:
	}
	got := atoi(t, inner.Get(property)) * unit
	require.InEpsilon(t, want, got, 0.03, "in bit/s") // NVENC's kilobit has 1024.
}

// TestHardwareRowsOfDebian12 runs TestHardwareRows with the elements of GStreamer 1.22, in another process.
func TestHardwareRowsOfDebian12(t *testing.T) {
	need.Encoding(t)
	if os.Getenv(standInVersion) != "" {
		t.Skip("this is that other process")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHardwareRows$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), standInVersion+"=1.22")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
