// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"os"
	"path/filepath"
)

// arguments returns the command-line switches of a test's browser.
func arguments(profile string) []string {
	args := []string{
		"--headless=new",
		"--remote-debugging-pipe",
		"--user-data-dir=" + profile,
		// Disable everything unsolicited: first run, updates, reports, look-ups, sync and devices.
		"--no-first-run",
		"--no-default-browser-check",
		"--no-pings",
		"--no-service-autorun",
		"--disable-background-networking",
		"--disable-breakpad",
		"--disable-client-side-phishing-detection",
		"--disable-component-extensions-with-background-pages",
		"--disable-component-update",
		"--disable-default-apps",
		"--disable-domain-reliability",
		"--disable-extensions",
		"--disable-sync",
		"--metrics-recording-only",
		"--password-store=basic",
		"--use-mock-keychain",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--no-proxy-server",
		// Media use the loopback interface, with its address instead of an mDNS name.
		"--allow-loopback-in-peer-connection",
		"--disable-features=MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,WebRtcHideLocalIpsWithMdns",
		// Do not throttle pages in the background.
		"--autoplay-policy=no-user-gesture-required",
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
		"--mute-audio",
		// Use a fake camera, without a prompt.
		"--use-fake-device-for-media-stream",
		"--use-fake-ui-for-media-stream",
		// Render in software, with shared memory in files, since /dev/shm may be small in
		// containers.
		"--disable-gpu",
		"--disable-dev-shm-usage",
		"--force-color-profile=srgb",
	}
	if os.Geteuid() == 0 {
		// Chromium refuses to run its sandbox as root.
		args = append(args, "--no-sandbox")
	}
	return append(args, "about:blank")
}

// environment keeps the browser's files in its profile, and the browser off the desktop.
func environment(profile string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"HOME=" + profile,
		"TMPDIR=" + profile,
		"XDG_CONFIG_HOME=" + filepath.Join(profile, "config"),
		"XDG_CACHE_HOME=" + filepath.Join(profile, "cache"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:",
	}
}
