// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// serve serves a page with one switch.
func serve(t *testing.T, set func(on bool) error) *Server {
	t.Helper()
	s, err := Serve(t.Context(), &Options{
		URL:      "ws://127.0.0.1:7880",
		Token:    func() (string, error) { return "a-token", nil },
		View:     View{Room: "demo"},
		State:    func() any { return map[string]int{"frames": 7} },
		Switches: []*Switch{{Name: "still", Label: "Still", Key: "s", Set: set}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// request sends a request, and returns the answer with its body.
func request(t *testing.T, method, url, body string, change func(*http.Request)) (answer *http.Response, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if change != nil {
		change(r)
	}
	answer, err = http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(data)
}

func TestPageIsServedToItsOwnAddressOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	answer, text := request(t, "GET", s.URL(), "", nil)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, text, "livekit-client.umd.js")
	require.NotContains(t, text, "a-token")
	require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"media-src 'self' blob:; connect-src 'self' http://127.0.0.1:7880 ws://127.0.0.1:7880; base-uri 'none'; "+
		"form-action 'none'; frame-ancestors 'none'", answer.Header.Get("Content-Security-Policy"))

	without := strings.Replace(s.URL(), s.key, "another", 1)
	answer, _ = request(t, "GET", without, "", nil)
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	answer, _ = request(t, "GET", s.URL(), "", func(r *http.Request) { r.Host = "attacker.example" })
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
	// A page from elsewhere.
	answer, text = request(t, "POST", s.URL()+"join", "", func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	})
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
	require.NotContains(t, text, "a-token")
	answer, text = request(t, "POST", s.URL()+"join", "", nil)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.JSONEq(t, `{"url":"ws://127.0.0.1:7880","token":"a-token"}`, text)
}

func TestCloudServersMaySendBrowsersElsewhere(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"https://*.livekit.cloud", "https://a.livekit.cloud", "wss://*.livekit.cloud", "wss://a.livekit.cloud",
	}, livekitSources("wss://a.livekit.cloud"))
	require.Equal(t, []string{"https://b.example:443", "wss://b.example:443"}, livekitSources("https://b.example:443"))
	require.Empty(t, livekitSources("none"))
}

func TestSwitchesAndTheirStateReachTheBrowser(t *testing.T) {
	t.Parallel()
	calls, fail := []bool(nil), errors.New("it is stuck")
	s := serve(t, func(on bool) error {
		if !on {
			return fail
		}
		calls = append(calls, on)
		return nil
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	events := bufio.NewScanner(answer.Body)
	next := func() string {
		for events.Scan() {
			if data, is := strings.CutPrefix(events.Text(), "data: "); is && data != "" {
				return data
			}
		}
		return "the end"
	}
	require.JSONEq(t, `{"publisher":{"frames":7},"switches":{"still":false}}`, next())
	for range 2 { // The second time it is on already.
		done, _ := request(t, "POST", s.URL()+"switch/still", `{"on":true}`, nil)
		require.Equal(t, http.StatusNoContent, done.StatusCode)
	}
	require.Equal(t, []bool{true}, calls)
	state := next()
	for strings.Contains(state, `"still":false`) { // from before
		state = next()
	}
	require.JSONEq(t, `{"publisher":{"frames":7},"switches":{"still":true}}`, state)
	answer, text := request(t, "POST", s.URL()+"switch/still", `{"on":false}`, nil)
	require.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	require.Equal(t, "it is stuck\n", text)
	answer, _ = request(t, "POST", s.URL()+"switch/other", `{"on":true}`, nil)
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	answer, _ = request(t, "POST", s.URL()+"switch/still", `on`, nil)
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
}

func TestPageIsServedOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "example.com:80", ":0", "127.0.0.1"} {
		_, err := Serve(context.Background(), &Options{Address: address})
		require.ErrorContains(t, err, "page: the address must be of the loopback interface")
	}
}

// TestClientIsTheOneOfNpm compares the files in this package with those that scripts/fetch-client gets, at the version
// and with the checksums of scripts/client/package-lock.json. scripts/setup calls it where there is npm.
func TestClientIsTheOneOfNpm(t *testing.T) {
	t.Parallel()
	fetched := filepath.Join("..", "..", ".cache", "client")
	if _, err := os.Stat(filepath.Join(fetched, "lock")); err != nil {
		t.Skip("scripts/fetch-client has fetched nothing: is there no npm?")
	}
	for _, name := range []string{"livekit-client.umd.js", "livekit-client.LICENSES"} {
		want, err := os.ReadFile(filepath.Join(fetched, name))
		require.NoError(t, err)
		got, err := assets.ReadFile("assets/" + name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), "%s differs: run scripts/fetch-client --commit", name)
	}
}

// TestPageNeedsNoOtherHost checks that no file of the page but the library names another host.
func TestPageNeedsNoOtherHost(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"index.html", "page.css", "page.js", "measure.js", "promises.js"} {
		text, err := assets.ReadFile("assets/" + name)
		require.NoError(t, err)
		require.NotContains(t, string(text), "://", name)
		require.NotContains(t, string(text), "style=", name)
		require.NotContains(t, string(text), "innerHTML", name)
	}
}
