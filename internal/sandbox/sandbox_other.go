// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sandbox

// Apply limits nothing: only Linux has Landlock and seccomp.
func Apply(o *Options) (Applied, error) {
	if o.Required {
		return Applied{}, &UnavailableError{}
	}
	return Applied{}, nil
}
