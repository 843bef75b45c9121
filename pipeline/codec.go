// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Codec is a video codec.
type Codec = catalogue.Codec

// The codecs that LiveKit's server accepts. The zero value is VP8, the default of LiveKit's SDKs.
const (
	VP8  = catalogue.VP8
	H264 = catalogue.H264
	VP9  = catalogue.VP9
	AV1  = catalogue.AV1
	H265 = catalogue.H265
)

// ParseCodec parses a codec's short name, ignoring case. It also accepts "h.264", "avc" and "hevc".
func ParseCodec(name string) (Codec, error) { return catalogue.ParseCodec(name) }

// ElementPlugin returns the plugin that has an element, and the plugin's version. ok reports
// whether there is one.
func ElementPlugin(element string) (plugin, version string, ok bool) {
	if plugin = gst.FactoryPlugin(element); plugin == "" {
		return "", "", false
	}
	version, ok = gst.PluginVersion(plugin)
	return plugin, version, ok
}

// PluginVersion returns the version of an installed plugin. Plugins for hardware may be installed
// without the hardware; they have no elements then.
func PluginVersion(plugin string) (version string, ok bool) { return gst.PluginVersion(plugin) }
