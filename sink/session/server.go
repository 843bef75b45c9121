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
	// askTimeout bounds one question to the server.
	askTimeout = 2 * time.Second
	// The server is asked at intervals of a fortieth of the time that it has been
	// away, within these bounds: that it is back is noticed soon, and a long outage
	// costs next to nothing.
	askShare    = 40
	askShortest = 250 * time.Millisecond
	askLongest  = 5 * time.Second
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer = 4 << 10
)

// server asks a LiveKit server over HTTP how it is, with nothing of the SDK's.
type server struct {
	url    string // with http or https
	client *http.Client
}

func newServer(url string) *server {
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment, // as the SDK does
		DisableKeepAlives: true,                      // A connection of before would tell of before.
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

// answers is nil when the server answers, or what stands in front of it does in
// its name.
func (v *server) answers(ctx context.Context) error {
	status, text, err := v.get(ctx, strings.TrimSuffix(v.url, "/")+"/", "")
	if err == nil && (status >= http.StatusInternalServerError || status == http.StatusNotAcceptable) {
		// The latter is how LiveKit says that it isn't well (pkg/service/server.go).
		return &unwellError{status, text}
	}
	return err
}

// admits is nil when the server would let in who has the token.
func (v *server) admits(ctx context.Context, token string) error {
	status, text, err := v.get(ctx, v.url+"/rtc/validate", token)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		return nil
	case status >= http.StatusInternalServerError:
		return &unwellError{status, text}
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

// finding is what became of one question.
type finding struct {
	err  error // nil where the server answers
	took time.Duration
}

// watch asks until ctx is done whether the server answers, and hands on what it
// finds.
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

// askInterval is the time between two questions to a server that has been away for
// so long.
func askInterval(away time.Duration) time.Duration {
	return min(max(away/askShare, askShortest), askLongest)
}

// jitter is d, give or take a fifth: those whom one server has lost mustn't ask all
// at once.
func jitter(d time.Duration) time.Duration {
	return d*4/5 + rand.N(d*2/5+1)
}
