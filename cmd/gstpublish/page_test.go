// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/browser"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

var shots = flag.String("shots", "", "save screenshots of the page in this folder")

// paged is a running command that serves a page, and a browser that shows it.
type paged struct {
	t    *testing.T
	page *browser.Page
	out  *locked.Buffer
	stop func() // with SIGINT, and checks that it ends well
}

// startPage runs a command that serves a page, and opens it.
func startPage(t *testing.T, args ...string) *paged {
	t.Helper()
	need.Server(t)
	need.Browser(t)
	program, err := exec.LookPath("gstpublish") // which TestMain has made
	require.NoError(t, err)
	p := &paged{t: t, out: new(locked.Buffer)}
	p.stop = startProgram(t, program, p.out, args...)
	address := regexp.MustCompile(`Open (http://127\.0\.0\.1:\S+)\nin a browser`)
	require.Eventually(t, func() bool { return address.MatchString(p.out.String()) }, waitTimeout,
		20*time.Millisecond, "%s", p.out)
	chromium, err := browser.Start(p.ctx(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, chromium.Stop()) })
	p.page, err = chromium.Open(p.ctx(), address.FindStringSubmatch(p.out.String())[1])
	require.NoError(t, err)
	return p
}

// startProgram starts this program. stop ends it with SIGINT, once, and checks that it ends well.
func startProgram(t *testing.T, program string, out *locked.Buffer, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "LIVEKIT_URL="+server.URL(),
		"LIVEKIT_API_KEY="+server.APIKey(), "LIVEKIT_API_SECRET="+server.APISecret(), "LIVEKIT_TOKEN=")
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = sync.OnceFunc(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		select {
		case failure := <-ended:
			require.NoError(t, failure, out)
		case <-time.After(waitTimeout):
			_ = cmd.Process.Kill() // The test fails anyway.
			require.Fail(t, "it did not end", out)
		}
	})
	t.Cleanup(stop)
	return stop
}

// ctx bounds a call of the browser.
func (p *paged) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	p.t.Cleanup(cancel)
	return ctx
}

// text returns the text of an element.
func (p *paged) text(selector string) (text string) {
	p.t.Helper()
	require.NoError(p.t, p.page.Call(p.ctx(), "(s) => document.querySelector(s)?.textContent || ''", &text, selector))
	return text
}

// await waits until the text of an element matches.
func (p *paged) await(selector, pattern string) {
	p.t.Helper()
	require.NoError(p.t, p.page.Call(p.ctx(), `(selector, pattern) => new Promise((done) => {
		const want = new RegExp(pattern);
		const look = () => want.test(document.querySelector(selector)?.textContent || '') ? done() : setTimeout(look, 50);
		look();
	})`, nil, selector, pattern), "%s: %q, not %s; page: %s; output: %s",
		selector, p.text(selector), pattern, p.text("body"), p.out)
}

// pause lets a time pass in the page, for screenshots.
func (p *paged) pause(d time.Duration) {
	p.t.Helper()
	const wait = "(ms) => new Promise((done) => setTimeout(done, ms))"
	require.NoError(p.t, p.page.Call(p.ctx(), wait, nil, d.Milliseconds()))
}

// shoot saves a screenshot, if that was asked for.
func (p *paged) shoot(name string, look browser.Look) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	require.NoError(p.t, p.page.SetLook(p.ctx(), look))
	p.pause(time.Second) // for the page to be drawn again
	data, err := p.page.Screenshot(p.ctx())
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(*shots, name+".png"), data, 0o600))
}

// linger gives the plot of the page something to show, if screenshots were asked for.
func (p *paged) linger() {
	if *shots != "" {
		p.pause(10 * time.Second)
	}
}

// The promises on the page, in their order. A promise that is not kept is another element.
const (
	promiseSize = "#promise-0[data-state=kept] .why"
	promiseFine = "#promise-1[data-state=kept] .why"
	promiseRate = "#promise-2[data-state=kept] .why"
	promiseRest = "#promise-3[data-state=kept] .why"
	promiseKind = "#promise-4[data-state=kept] .why"
)

// TestDemoPage opens the page of the demo in Chromium, presses its buttons by their keys, and checks that it shows the
// five promises of a screencast as kept, each with what the publisher says or the browser has measured.
func TestDemoPage(t *testing.T) {
	t.Parallel()
	p := startPage(t, "demo", "--web")
	p.await("#size", "^1280×720$")
	p.await("#codec", "^VP8$")
	p.await("#latency", `^\d+$`)
	p.await("#rate", `^[1-9]`)
	p.await("#connection", "^connected$")
	p.await(promiseSize, "Published at 1280×720")
	p.await(promiseRate, `target is [\d,]+ kbit/s, its floor 1,200`)
	p.await(promiseKind, `screen share.*vp8`)
	p.linger()
	p.shoot("moving-light", browser.Look{Width: 1440, Height: 900})

	require.NoError(t, p.page.Press(p.ctx(), "s"))
	p.await(promiseRest, `Still now: \d+ captured frames were not encoded; \d+ kbit/s sent`)
	p.await(promiseFine, `Lines of 1 px arrive with (9\d|100) % of their contrast`)
	p.linger()
	p.shoot("still-light", browser.Look{Width: 1440, Height: 900})
	p.shoot("still-dark", browser.Look{Width: 1440, Height: 900, Dark: true})
	require.NoError(t, p.page.Press(p.ctx(), "s"))

	require.NoError(t, p.page.Press(p.ctx(), "n"))
	p.await("#switch-narrow[aria-pressed=true]", "Narrow")
	p.await("#publisher", `at most [\d,]+ kbit/s`)
	p.await(promiseRate, "frames are dropped")
	p.await(promiseSize, "Published at 1280×720")
	p.linger()
	p.await(promiseRest, "When it was still")
	p.shoot("narrow-light", browser.Look{Width: 1440, Height: 900})
	p.shoot("narrow-dark", browser.Look{Width: 1440, Height: 900, Dark: true})
	p.shoot("phone", browser.Look{Width: 400, Height: 900})

	require.NoError(t, p.page.Press(p.ctx(), "p"))
	p.await("#cover", "Paused by the publisher")
	p.stop()
	p.await("#problem", "gstpublish does not answer")
}

// publish publishes a test source of 640x360 px in the room of the test.
func publish(t *testing.T, options ...string) {
	t.Helper()
	need.Server(t)
	program, err := exec.LookPath("gstpublish")
	require.NoError(t, err)
	args := append([]string{"run", "-r", t.Name(), "-i", "camera", "--stats", "none"}, options...)
	startProgram(t, program, new(locked.Buffer), append(args,
		"--", "videotestsrc", "is-live=true", "!", "video/x-raw,width=640,height=360,framerate=15/1")...)
}

// TestWatchPage watches a screen of another process, which says how it is.
func TestWatchPage(t *testing.T) {
	t.Parallel()
	publish(t, "--screencast")
	p := startPage(t, "watch", "-r", t.Name(), "--from", "camera", "--web")
	p.await("#size", "^640×360$")
	p.await("#codec", "^VP8$")
	p.await("#latency", `^\d+$`)
	p.await("#latency-note", "ms from the server")
	p.await("#sharpness", `^q \d+$`)
	p.await("#publisher", "Encoder.*vp8.*Round trip")
	p.await(promiseSize, "Published at 640×360")
	p.await(promiseRate, `target is [\d,]+ kbit/s, its floor 1,200`)
	p.await(promiseKind, `screen share.*encoded by .*vp8`)
	p.linger()
	p.shoot("watch-light", browser.Look{Width: 1440, Height: 900})
	p.shoot("watch-dark", browser.Look{Width: 1440, Height: 900, Dark: true})
	require.Empty(t, p.text("#publisher-note"))

	// All that it says: a place, names and numbers.
	var said string
	require.NoError(t, p.page.Call(p.ctx(), "() => JSON.stringify(page.state)", &said))
	require.Less(t, len(said), 4000)
	for _, secret := range []string{server.APISecret(), server.APIKey(), "eyJ", "://", server.URL()} {
		require.NotContains(t, said, secret)
	}
}

// TestWatchPageOfAPublisherThatSaysNothing shows what the browser measures.
func TestWatchPageOfAPublisherThatSaysNothing(t *testing.T) {
	t.Parallel()
	publish(t, "--hide-stats")
	p := startPage(t, "watch", "-r", t.Name(), "--web")
	p.await("#size", "^640×360$")
	p.await("#publisher-note", "Nothing: it is another program than gstpublish, or hides its statistics")
	p.await("#promise-4[data-state=wait] .why", "published as a camera")
	p.await("#promise-2[data-state=wait] .why", "Only the publisher knows")
	require.Empty(t, p.text("#publisher"))
}
