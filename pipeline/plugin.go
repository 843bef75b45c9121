// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import "github.com/gstpublish/gstpublish/internal/gst"

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
