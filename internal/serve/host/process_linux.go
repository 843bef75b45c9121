// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import "syscall"

// sysProcAttr puts a process into a group of its own, so that Ctrl-C at the terminal reaches only the parent, which
// drains all of them. The system ends the process when the parent dies.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
