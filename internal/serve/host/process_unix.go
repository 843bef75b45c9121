// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package host

import "syscall"

// sysProcAttr puts a process into a group of its own, so that Ctrl-C at the terminal reaches only the parent.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
