// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import "syscall"

// sysProcAttr puts the server into a process group of its own, so that Ctrl-C at the terminal
// reaches only the parent, which can leave its rooms before it stops the server. The system kills
// the server when the parent dies.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
