// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"os"
	"path/filepath"
)

// arguments are the switches that a test's browser has.
func arguments(profile string) []string {
	args := []string{
		"--headless=new",
		"--remote-debugging-pipe",
		"--user-data-dir=" + profile,
		// Nothing that isn't asked for: no first run, updates, reports, look-ups, sync or devices.
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
		// Media over the loopback interface, under its address rather than a name for mDNS.
		"--allow-loopback-in-peer-connection",
		"--disable-features=MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,WebRtcHideLocalIpsWithMdns",
		// Pages are as alive as one that is looked at.
		"--autoplay-policy=no-user-gesture-required",
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
		"--mute-audio",
		// A fake camera, and no prompt for it.
		"--use-fake-device-for-media-stream",
		"--use-fake-ui-for-media-stream",
		// Software only, with shared memory in files where /dev/shm is small, as in containers.
		"--disable-gpu",
		"--disable-dev-shm-usage",
		"--force-color-profile=srgb",
	}
	if os.Geteuid() == 0 {
		// Chromium refuses to build its sandbox as root.
		args = append(args, "--no-sandbox")
	}
	return append(args, "about:blank")
}

// environment keeps the browser's files in its profile, and it away from a desktop.
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
