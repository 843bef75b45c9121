// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package headers fails to build where the headers of libvpx or libaom are missing, with a message that names the
// packages to install and the build tag. Package screenenc imports it for that alone: the go command builds it first,
// and so does not get as far as the errors of pkg-config and the C compiler.
package headers
