// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package desktop

import "syscall"

// attributes puts a program into a process group of its own, so that Ctrl-C at the terminal reaches only the parent.
// The system kills the program when the parent ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
