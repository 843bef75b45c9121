// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package worker decides what `gstpublish worker` does with the jobs that LiveKit's agent dispatch offers: each is a
// publication, which package [github.com/gstpublish/gstpublish/internal/serve/host] runs. [Apply] makes the dispatches
// of rooms match a configuration.
package worker
