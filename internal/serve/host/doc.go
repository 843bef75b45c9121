// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package host runs a process for each publication of a configuration, as package
// [github.com/gstpublish/gstpublish/internal/serve] decides, and serves the state of all of them: health, metrics,
// graphs and profiles.
package host
