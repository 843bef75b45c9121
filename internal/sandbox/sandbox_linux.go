// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"path/filepath"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	abi "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// The files that every gstpublish may read: libraries, plugins, certificates, the names of hosts, and what the
// processors and graphics cards are. Of /proc, no other process: its environment may have secrets.
var (
	readable = []string{
		"/usr", "/lib", "/lib64", "/bin", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems",
		"/proc/version", "/proc/sys", "/proc/driver", "/proc/modules", "/proc/loadavg", "/proc/uptime", "/sys",
		"/run/systemd/resolve", "/run/resolvconf", "/etc/alternatives",
		"/etc/ca-certificates", "/etc/drirc", "/etc/fonts", "/etc/gai.conf", "/etc/host.conf", "/etc/hosts",
		"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime",
		"/etc/nsswitch.conf", "/etc/OpenCL", "/etc/pki", "/etc/resolv.conf", "/etc/ssl", "/etc/vulkan", "/opt/vc",
		"/var/cache/fontconfig",
	}
	writable = []string{
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/dri", "/dev/kfd", "/dev/nvidia0",
		"/dev/nvidiactl", "/dev/nvidia-modeset", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools",
	}
	loaders = []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3"}
)

// dns is the port of DNS servers, which are asked by TCP if an answer is long.
const dns = 53

// Apply limits this process, with all of its threads. It returns what limits it, also beside an error.
func Apply(o *Options) (Applied, error) {
	version, err := abi.LandlockGetABIVersion()
	if err != nil {
		version = 0 // There is none.
	}
	a := Applied{Landlock: version, Seccomp: seccomp.Supported()}
	if o.Required && (a.Landlock < landlockTCP || !a.Seccomp) {
		return a, &UnavailableError{Available: a, Err: err}
	}
	if a.Landlock > 0 {
		// Version 9 is the last one before UDP.
		if err = landlock.V9.BestEffort().Restrict(rules(o)...); err != nil {
			return Applied{}, &UnavailableError{Err: err}
		}
	}
	if a.Seccomp {
		if err = seccomp.LoadFilter(filter()); err != nil {
			return Applied{Landlock: a.Landlock}, &UnavailableError{Available: Applied{Landlock: a.Landlock}, Err: err}
		}
	}
	return a, nil
}

// rules returns Landlock's.
func rules(o *Options) (all []landlock.Rule) {
	read := func(path string) {
		if isDir(path) {
			all = append(all, landlock.PathAccess(readFolder, path))
		} else {
			all = append(all, landlock.PathAccess(readFile, path).IgnoreIfMissing())
		}
	}
	for _, path := range append(append([]string{}, readable...), o.Read...) {
		read(path)
	}
	for _, path := range append(append([]string{}, writable...), o.Write...) {
		if isDir(path) {
			all = append(all, landlock.RWDirs(path).WithIoctlDev())
		} else {
			all = append(all, landlock.RWFiles(path).WithIoctlDev().IgnoreIfMissing())
		}
	}
	for _, path := range append(append([]string{}, loaders...), o.Execute...) {
		all = append(all, landlock.PathAccess(readFile|execute, path).IgnoreIfMissing())
	}
	for _, port := range append([]uint16{dns}, o.Connect...) {
		all = append(all, landlock.ConnectTCP(port))
	}
	for _, port := range o.Bind {
		all = append(all, landlock.BindTCP(port))
	}
	return all
}

// The rights to files that package landlock has no name for.
const (
	execute    landlock.AccessFSSet = abi.AccessFSExecute
	readFile   landlock.AccessFSSet = abi.AccessFSReadFile
	readFolder landlock.AccessFSSet = abi.AccessFSReadFile | abi.AccessFSReadDir
)

func isDir(path string) bool {
	info, err := os.Stat(filepath.Clean(path))
	return err == nil && info.IsDir()
}
