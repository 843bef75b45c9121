// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/livekit/server-sdk-go/v2/signalling"
)

const (
	// askTimeout limits one request to the server.
	askTimeout = 2 * time.Second
	// The interval between requests is a fortieth of the time that the server has been away, within
	// these limits: its return is noticed soon, and a long outage costs next to nothing.
	askShare    = 40
	askShortest = 250 * time.Millisecond
	askLongest  = 5 * time.Second
	// maxAnswer is how many bytes of an answer are read.
	maxAnswer = 4 << 10
)

// server checks a LiveKit server over HTTP, without the SDK.
type server struct {
	url    string // with http or https
	client *http.Client
}

func newServer(url string) *server {
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment, // as the SDK does
		DisableKeepAlives: true,                      // A connection from before would answer for before.
	}
	return &server{
		url: signalling.ToHttpURL(url),
		client: &http.Client{
			Transport:     transport,
			Timeout:       askTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// answers returns nil if the server answers, or a proxy does on its behalf.
func (v *server) answers(ctx context.Context) error {
	status, text, err := v.get(ctx, strings.TrimSuffix(v.url, "/")+"/", "")
	if err == nil && (status >= http.StatusInternalServerError || status == http.StatusNotAcceptable) {
		// LiveKit answers 406 when it is not healthy (pkg/service/server.go).
		return &unavailableError{status, text}
	}
	return err
}

// admits returns nil if the server would accept a participant with the token.
func (v *server) admits(ctx context.Context, token string) error {
	status, text, err := v.get(ctx, v.url+"/rtc/validate", token)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		return nil
	case status >= http.StatusInternalServerError:
		return &unavailableError{status, text}
	default:
		return &refusedError{status, text}
	}
}

func (v *server) get(ctx context.Context, url, token string) (status int, text string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		req.Header = signalling.NewHTTPHeaderWithToken(token)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, redact(strings.TrimSpace(string(body)), token), err
}

// finding is the result of one request.
type finding struct {
	err  error // nil if the server answers
	took time.Duration
}

// watch polls until ctx is done whether the server answers, and passes on the results.
func (v *server) watch(ctx context.Context, since time.Time, found chan<- finding) {
	for {
		asked := time.Now()
		err := v.answers(ctx)
		select {
		case found <- finding{err, time.Since(asked)}:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(time.Until(asked.Add(jitter(askInterval(asked.Sub(since)))))):
		case <-ctx.Done():
			return
		}
	}
}

// askInterval returns the time between two requests to a server that has been away for so long.
func askInterval(away time.Duration) time.Duration {
	return min(max(away/askShare, askShortest), askLongest)
}

// jitter returns d, plus or minus a fifth: the clients of one server must not all ask at once.
func jitter(d time.Duration) time.Duration {
	return d*4/5 + rand.N(d*2/5+1)
}
