// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/test/attack"
)

func TestRestrictedRefuses(t *testing.T) {
	for harm, texts := range attack.Texts {
		require.GreaterOrEqual(t, len(texts), 5, harm)
		for _, text := range texts {
			t.Run(harm+"/"+text, func(t *testing.T) {
				p, err := Parse(text, &Options{Policy: Restricted()})
				require.Nil(t, p)
				launch, refused := (*LaunchError)(nil), (*PolicyError)(nil)
				require.ErrorAs(t, err, &launch)
				require.ErrorAs(t, err, &refused)
				require.Contains(t, refused.Reason, "the policy")
			})
		}
	}
	left, err := filepath.Glob(attack.Left)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestRestrictedPermits(t *testing.T) {
	for _, text := range []string{
		`videotestsrc do-timestamp=true pattern=ball`,
		`videotestsrc ! video/x-raw,width=640,height=360,framerate=(fraction)30/1 ! timeoverlay text="Grüße: 1 < 2"`,
		`videotestsrc ! "video/x-raw, format = (string) I420" ! x264enc tune=zerolatency ! h264parse`,
		`videotestsrc ! compositor name=mix sink_1::xpos=100 audiotestsrc ! opusenc videotestsrc pattern=snow ! mix.`,
		"# two\nvideotestsrc ! tee name=t \\\n t. ! queue ! fakesink t. ! queue",
		`videotestsrc ! capsfilter caps="video/x-raw(memory:SystemMemory),width=[1,640]"`,
	} {
		p, err := Parse(text, &Options{Policy: Restricted()})
		require.NoError(t, err, text)
		require.NotEmpty(t, p.Outputs(), text)
		require.NoError(t, p.Close())
		require.Nil(t, p.Elements())
	}
}

// TestRestrictedRuns sees that the text that is written from the tokens does what the given text says.
func TestRestrictedRuns(t *testing.T) {
	const text = `videotestsrc num-buffers=3 pattern=snow name=here ! video/x-raw,width=64,height=32 ! ` +
		`queue leaky=2 ! fakesink`
	describe := func(opts *Options) []Element {
		p, err := Parse(text, opts)
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		elements := p.Elements()
		for i := range elements { // GStreamer counts elements without a name.
			elements[i].Name = strings.TrimRight(elements[i].Name, "0123456789")
		}
		slices.SortFunc(elements, func(a, b Element) int {
			if a.Factory < b.Factory {
				return -1
			}
			return 1
		})
		return elements
	}
	elements := describe(&Options{Policy: Restricted()})
	require.Equal(t, describe(nil), elements)
	require.Equal(t, "videotestsrc", elements[3].Factory)
	require.Equal(t, "here", elements[3].Name)
	require.Equal(t, "snow", elements[3].Properties["pattern"])
}

// TestBinsAreRefused: an element that makes others is refused even if it is listed.
func TestBinsAreRefused(t *testing.T) {
	policy := Restricted()
	policy.Elements["rtspsrc"] = []string{"location"}
	policy.Elements["decodebin"] = nil
	for _, text := range []string{`rtspsrc location="rtsp://127.0.0.1/a"`, "videotestsrc ! decodebin"} {
		_, err := Parse(text, &Options{Policy: policy})
		refused := (*PolicyError)(nil)
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Reason, "it makes other elements")
	}
	_, err := Parse("videotestsrc", &Options{Policy: &Policy{}})
	require.Error(t, err, "an empty policy permits nothing")
}

// harmful are words in the names of properties that lead to something outside of the pipeline.
var harmful = regexp.MustCompile(`location|file|path|uri|url|device|host|address|port|plugin|command|preset$|cache|` +
	`option|dump|pass|socket|fd$|module|library|display|profile`)

// TestRestrictedProperties sees that each property of the list exists, is plain, and does not sound harmful.
func TestRestrictedProperties(t *testing.T) {
	for element, properties := range Restricted().Elements {
		require.True(t, gst.HasFactory(element), element)
		require.False(t, gst.IsBin(element), element)
		for _, name := range properties {
			if name == "speed-preset" {
				continue
			}
			require.NotRegexp(t, harmful, name, element)
			if element == "capsfilter" || regexp.MustCompile(`^sink_\*::[a-z]+$`).MatchString(name) {
				continue
			}
			require.True(t, gst.IsPlain(element, name), "%s %s", element, name)
		}
	}
}

// FuzzRestricted: whatever the text is, only permitted elements are made, with permitted properties.
func FuzzRestricted(f *testing.F) {
	for _, texts := range attack.Texts {
		for _, text := range texts {
			f.Add(text)
		}
	}
	f.Add(`videotestsrc ! video/x-raw,width=64 ! textoverlay text="a b" ! tee name=t t. ! queue ! fakesink`)
	policy := Restricted()
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text, &Options{Policy: policy})
		if err != nil {
			require.Nil(t, p)
			return
		}
		for _, e := range p.Elements() {
			if slices.Contains(own, e.Factory) {
				continue
			}
			properties, permitted := policy.Elements[e.Factory]
			require.True(t, permitted, "%+v", p.Elements())
			for name := range e.Properties {
				if !slices.Contains(untouched(t, e.Factory), name) {
					require.Contains(t, properties, name, e.Factory)
				}
			}
		}
		require.NoError(t, p.Close())
	})
	require.NoFileExists(f, filepath.Join(os.TempDir(), "gstpublish-attack"))
}

// untouched returns the properties that differ from their defaults in an element of which none was set.
func untouched(t *testing.T, factory string) []string {
	t.Helper()
	p, err := gst.Parse(factory)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(t.Context())) }()
	var names []string
	for _, property := range p.Describe()[0].Properties {
		names = append(names, property.Name)
	}
	return names
}

// own are the elements that gstpublish adds to any text.
var own = []string{"appsink", "bin"}
