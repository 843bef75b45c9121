// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"path/filepath"
	"slices"

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
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
	}
	// cards are the devices of graphics cards, below /dev: of all kernels' drivers, AMD's and NVIDIA's. Those named card0
	// and so on, which also control the monitors, are not among them.
	cards = []string{
		"dri/renderD*", "kfd", "nvidia[0-9]*", "nvidiactl", "nvidia-modeset", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps",
	}
	loaders = []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3"}
)

// dns is the port of DNS servers, which are asked by TCP if an answer is long.
const dns = 53

// Apply limits this process, with all of its threads. It returns the limits that apply, also if there is an error.
func Apply(o *Options) (Applied, error) { return apply(o, "/dev") }

// apply limits this process. The devices of graphics cards are in a folder.
func apply(o *Options, devices string) (Applied, error) {
	version, err := abi.LandlockGetABIVersion()
	if err != nil {
		version = 0 // There is none.
	}
	a := Applied{Landlock: version, Seccomp: seccomp.Supported(), Abstract: o.AbstractSockets}
	if o.Required && (a.Landlock < landlockTCP || !a.Seccomp) {
		return a, &UnavailableError{Available: a, Err: err}
	}
	if a.Landlock > 0 {
		config := landlock.V9 // the last one before UDP
		if o.AbstractSockets {
			config.Scoped = abi.ScopeSignal
		}
		if err = config.BestEffort().Restrict(rules(o, devices)...); err != nil {
			return Applied{}, &UnavailableError{Err: err}
		}
	}
	if a.Seccomp {
		if err = seccomp.LoadFilter(filter()); err != nil {
			a.Seccomp = false
			return a, &UnavailableError{Available: a, Err: err}
		}
	}
	return a, nil
}

// rules returns the rules for Landlock.
func rules(o *Options, devices string) (all []landlock.Rule) {
	read := func(path string) {
		if isDir(path) {
			all = append(all, landlock.PathAccess(readFolder, path))
		} else {
			all = append(all, landlock.PathAccess(readFile, path).IgnoreIfMissing())
		}
	}
	for _, path := range slices.Concat(readable, o.Read) {
		read(path)
	}
	for _, path := range slices.Concat(writable, cardsIn(devices), o.Write) {
		if isDir(path) {
			all = append(all, landlock.RWDirs(path).WithIoctlDev().WithResolveUnix())
		} else {
			all = append(all, landlock.RWFiles(path).WithIoctlDev().IgnoreIfMissing())
		}
	}
	// Drivers look for their device there.
	all = append(all, landlock.PathAccess(listFolder, filepath.Join(devices, "dri")).IgnoreIfMissing())
	for _, path := range o.Sockets {
		all = append(all, landlock.RWFiles(path).WithResolveUnix().IgnoreIfMissing())
	}
	for _, path := range slices.Concat(loaders, o.Execute) {
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

// The rights to files for which package landlock has no names.
const (
	execute    landlock.AccessFSSet = abi.AccessFSExecute
	readFile   landlock.AccessFSSet = abi.AccessFSReadFile
	listFolder landlock.AccessFSSet = abi.AccessFSReadDir
	readFolder landlock.AccessFSSet = abi.AccessFSReadFile | abi.AccessFSReadDir
)

// cardsIn returns the devices of graphics cards in a folder, /dev.
func cardsIn(dir string) (paths []string) {
	for _, pattern := range cards {
		found, _ := filepath.Glob(filepath.Join(dir, pattern)) // The patterns are right.
		paths = append(paths, found...)
	}
	return paths
}

func isDir(path string) bool {
	info, err := os.Stat(filepath.Clean(path))
	return err == nil && info.IsDir()
}
