// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

func TestParseSpecs(t *testing.T) {
	const text = `# gstx.c
element xenc 1.22,1.26 # both
kind encode H264

sink video/x-raw(memory:VAMemory), format=(string){ NV12 }
	sink video/x-raw
src video/x-h264
key signal force-IDR
bitrate extra-controls/video_bitrate 1
change key
prop extra-controls structure
prop n int -0x10 10 -1
prop big uint64 0 18446744073709551615 18446744073709551615
prop label string "# two words"
prop mode enum "low delay" "low delay=-1" 4:5=0x2
prop bits flags a+c a=1 b=2 c=4
element xconvert 1.26
kind convert
sink video/x-raw
src video/x-raw
`
	specs, err := parseSpecs("x.txt", text)
	require.NoError(t, err)
	want := []Spec{
		{
			Name: "xenc", Versions: []string{"1.22", "1.26"}, Kind: Encode, Codec: "H264",
			SinkCaps: []string{"video/x-raw(memory:VAMemory), format=(string){ NV12 }", "video/x-raw"},
			SrcCaps:  []string{"video/x-h264"},
			Key:      KeySignal, Signal: "force-IDR",
			Bitrate: Bitrate{Property: "extra-controls/video_bitrate", Unit: 1},
			Change:  ChangeKey,
			Properties: []Property{
				{Name: "extra-controls", Type: Structure},
				{Name: "n", Type: Int, Min: "-16", Max: "10", Default: "-1"},
				{Name: "big", Type: Uint64, Min: "0", Max: "18446744073709551615", Default: "18446744073709551615"},
				{Name: "label", Type: String, Default: "# two words"},
				{Name: "mode", Type: Enum, Default: "low delay", Values: []Value{{"low delay", -1}, {"4:5", 2}}},
				{Name: "bits", Type: Flags, Default: "a+c", Values: []Value{{"a", 1}, {"b", 2}, {"c", 4}}},
			},
		},
		{
			Name: "xconvert", Versions: []string{"1.26"}, Kind: Convert,
			SinkCaps: []string{"video/x-raw"}, SrcCaps: []string{"video/x-raw"},
		},
	}
	require.Empty(t, cmp.Diff(want, specs, cmpopts.IgnoreUnexported(Spec{}, Property{})))
	require.Equal(t, place{"x.txt", 12}, specs[0].Properties[1].place)
}

func TestParseErrorsNameTheLine(t *testing.T) {
	const start = "element x 1.22\nkind encode H264\nsink a/b\nsrc a/b\nkey event\nchange live\nbitrate rate 1\n" +
		"prop rate uint 0 9 1\n"
	for text, want := range map[string]string{
		"kind convert":                                      `x.txt:1: "kind" comes before any element`,
		"element x":                                         "x.txt:1: it is",
		"element x 1.22.3":                                  `x.txt:1: version "1.22.3"`,
		"element x 1.22\nkind decode":                       "x.txt:2: kind",
		"element x 1.22\nkind encode MPEG2":                 "x.txt:2: kind",
		"element x 1.22\nkey maybe":                         "x.txt:2: key",
		"element x 1.22\nkey signal":                        "x.txt:2: key",
		"element x 1.22\nchange never":                      "x.txt:2: change",
		"element x 1.22\nbitrate rate":                      "x.txt:2: it is",
		"element x 1.22\nbitrate rate 0":                    `x.txt:2: bitrate unit "0"`,
		"element x 1.22\nproperty p bool":                   `x.txt:2: "property" is not`,
		"element x 1.22":                                    "x.txt:1: x: it has no kind",
		"element x 1.22\nkind convert":                      "x.txt:1: x: it has no sink caps",
		"element x 1.22\nkind convert\nsink a/b":            "x.txt:1: x: it has no sink caps",
		start + "prop p":                                    "x.txt:9: it is",
		start + "prop rate uint 0 9 1":                      "x.txt:9: property rate is there twice",
		start + "prop name string":                          "x.txt:9: property name is every object's",
		start + "prop p short 1 2 3":                        `x.txt:9: property p: there is no type "short"`,
		start + "prop p bool":                               "x.txt:9: property p: ",
		start + "prop p bool 1":                             "x.txt:9: property p: ",
		start + "prop p int 0 9":                            "x.txt:9: property p: ",
		start + "prop p int 0 9 10":                         "x.txt:9: property p: 10 is not from 0 to 9",
		start + "prop p int 9 0 5":                          "x.txt:9: property p: 9 is not from 9 to 0",
		start + "prop p int 0 3000000000 1":                 `x.txt:9: property p: "3000000000" is not an int`,
		start + "prop p uint -1 9 1":                        `x.txt:9: property p: "-1" is not a uint`,
		start + "prop p double 0 x 1":                       `x.txt:9: property p: "x" is not a double`,
		start + "prop p string a b":                         "x.txt:9: property p: ",
		start + `prop p string "a`:                          "x.txt:9: a quote isn't closed",
		start + "prop p structure a":                        "x.txt:9: property p: ",
		start + "prop p enum a":                             "x.txt:9: property p: ",
		start + "prop p enum a b=1":                         `x.txt:9: property p: "a" is not one of b`,
		start + "prop p enum a a=1 a=2":                     "x.txt:9: property p: value a is there twice",
		start + "prop p enum a a=4294967295":                "x.txt:9: property p: ",
		start + "prop p flags c a=1 b=2":                    `x.txt:9: property p: "c" is not one of a, b`,
		strings.Replace(start, "rate 1", "speed 1", 1):      "x.txt:1: x: its bitrate is speed, not one of its properties",
		strings.Replace(start, "rate 1", "rate/field 1", 1): "x.txt:1: x: its bitrate is rate/field, which is of type uint",
		strings.Replace(start, "key event\n", "", 1):        "x.txt:1: x: an encoder has",
	} {
		_, err := parseSpecs("x.txt", text)
		require.ErrorContains(t, err, "standin: "+want, text)
	}
}

func TestANameHasOneSpecForAVersion(t *testing.T) {
	const spec = "kind convert\nsink a/b\nsrc a/b\n"
	_, err := readSpecs(fstest.MapFS{
		"a.txt": {Data: []byte("element x 1.22\n" + spec + "element x 1.24\n" + spec)},
		"b.txt": {Data: []byte("element y 1.22\n" + spec + "\nelement x 1.26,1.24\n" + spec)},
	})
	require.EqualError(t, err, "standin: b.txt:6: x@1.24 is also at a.txt:5")
}

func TestFind(t *testing.T) {
	specs, err := testSpecs()
	require.NoError(t, err)
	spec, err := find(specs, "vah264enc", "1.26")
	require.NoError(t, err)
	require.Equal(t, ChangeLive, spec.Change)
	_, err = find(specs, "vah264enc", "1.24")
	require.ErrorContains(t, err, `only as in ["1.22" "1.26"]`)
	_, err = find(specs, "vah264dec", "1.22")
	require.ErrorContains(t, err, "no spec of vah264dec")
	_, err = Find("vah264dec", "1.22")
	require.ErrorContains(t, err, "no spec of vah264dec")
}

// TestAccepts compares the results with GStreamer's.
func TestAccepts(t *testing.T) {
	want(t, "vah264enc")
	specs, err := testSpecs()
	require.NoError(t, err)
	spec, err := find(specs, "vah264enc", "1.22")
	require.NoError(t, err)
	tests := []struct {
		property string
		good     []string
		bad      []string
	}{
		{"aud", []string{"true", "false", "1", "yes"}, []string{"maybe", "2"}},
		{"bitrate", []string{"0", "2048000", "0x10"}, []string{"2048001", "-1", "1.5", "fast"}},
		{"offset", []string{"-26", "26"}, []string{"-27", "27"}},
		{"ratio", []string{"0", "1.5", "1e-1"}, []string{"1.6", "x"}},
		{"factor", []string{"-1", "0.5"}, []string{"-1.5"}},
		{"span", []string{"-1", "9223372036854775807"}, []string{"-2", "9223372036854775808"}},
		{"min-force-key-unit-interval", []string{"18446744073709551615"}, []string{"soon"}},
		{"rate-control", []string{"cbr", "2", "no control", "-1"}, []string{"CBRR", "3", "cbr+vbr"}},
		{"tune", []string{"low", "low+odd", "none"}, []string{"slow", "low+slow"}},
		{"cc-insert", []string{"", "anything at all"}, nil},
		{"extra-controls", []string{"c,video_bitrate=1", "c, a=(int)1, b=\"x y\";", "c"}, []string{"", "c,a", "1,a=1"}},
	}
	for _, tt := range tests {
		for _, value := range tt.good {
			require.NoError(t, spec.Accepts(tt.property, value))
			require.NoError(t, gst.CheckProperty("vah264enc", tt.property, value), "%s=%s", tt.property, value)
		}
		for _, value := range tt.bad {
			err = spec.Accepts(tt.property, value)
			require.ErrorContains(t, err, "elements.txt:", "%s=%s", tt.property, value)
			require.ErrorContains(t, err, tt.property+"="+value+" of vah264enc")
			if tt.property == "extra-controls" {
				continue // GStreamer leaves what is boxed to its parser.
			}
			require.Error(t, gst.CheckProperty("vah264enc", tt.property, value), "%s=%s", tt.property, value)
		}
	}
	err = spec.Accepts("quality", "1")
	require.ErrorContains(t, err, `vah264enc has no property "quality"`)
}
