// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package serve decides what `gstpublish serve` does: it reads the configuration, compares two of them, and decides
// when a publication is well, when its process is ended and when it is started again. Time is an argument of everything
// here.
// Package [github.com/gstpublish/gstpublish/internal/serve/host] carries the decisions out.
package serve
