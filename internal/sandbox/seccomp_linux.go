// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
)

// refused lists system calls that no pipeline needs: those that reach into other processes, load code into the kernel,
// or change mounts or namespaces, and io_uring, whose operations seccomp cannot see.
var refused = []string{
	"acct", "add_key", "bpf", "chroot", "clock_settime", "delete_module", "fanotify_init", "finit_module", "fsconfig",
	"fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm",
	"iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount", "name_to_handle_at",
	"open_by_handle_at", "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise",
	"process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "setdomainname", "sethostname",
	"setns", "settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup",
}

// families lists the permitted kinds of sockets.
var families = []uint64{syscall.AF_UNIX, syscall.AF_INET, syscall.AF_INET6, syscall.AF_NETLINK}

// The protocols by which sockets escape from Landlock's limits for TCP.
const (
	mptcp = 262
	sctp  = 132
	dccp  = 33
	// fastOpen is a flag of sending that connects, MSG_FASTOPEN.
	fastOpen = 0x20000000
)

// filter returns the filter for system calls. Refused ones fail with EPERM.
func filter() seccomp.Filter {
	var other seccomp.ArgumentConditions
	for _, family := range families {
		other = append(other, seccomp.Condition{Argument: 0, Operation: seccomp.NotEqual, Value: family})
	}
	calls := []seccomp.NameWithConditions{{Name: "socket", Conditions: other}}
	for _, protocol := range []uint64{mptcp, sctp, dccp} {
		calls = append(calls, seccomp.NameWithConditions{Name: "socket", Conditions: seccomp.ArgumentConditions{
			{Argument: 2, Operation: seccomp.Equal, Value: protocol},
		}})
	}
	// Raw sockets, which root may have, carry TCP that Landlock does not see. Their kind, 3, has two bits; those of
	// streams and datagrams have one of them.
	for _, family := range []uint64{syscall.AF_INET, syscall.AF_INET6} {
		calls = append(calls, seccomp.NameWithConditions{Name: "socket", Conditions: seccomp.ArgumentConditions{
			{Argument: 0, Operation: seccomp.Equal, Value: family},
			{Argument: 1, Operation: seccomp.BitsSet, Value: syscall.SOCK_STREAM},
			{Argument: 1, Operation: seccomp.BitsSet, Value: syscall.SOCK_DGRAM},
		}})
	}
	for name, flags := range map[string]uint32{"sendto": 3, "sendmsg": 2, "sendmmsg": 3} {
		calls = append(calls, seccomp.NameWithConditions{Name: name, Conditions: seccomp.ArgumentConditions{
			{Argument: flags, Operation: seccomp.BitsSet, Value: fastOpen},
		}})
	}
	return seccomp.Filter{
		NoNewPrivs: true, Flag: seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls: []seccomp.SyscallGroup{{
				Names: known(refused), Action: seccomp.ActionErrno,
				NamesWithCondtions: calls,
			}},
		},
	}
}

// known returns the names that this machine has: they differ between architectures.
func known(names []string) (here []string) {
	info, err := arch.GetInfo("")
	if err != nil {
		return names // Loading the filter reports it.
	}
	for _, name := range names {
		if _, is := info.SyscallNames[name]; is {
			here = append(here, name)
		}
	}
	return here
}
