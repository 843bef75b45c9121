// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package prometheus runs a real Prometheus for tests: that of Debian's package prometheus, on a free port of the
// loopback interface.
package prometheus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wait bounds everything that is waited for.
const wait = 30 * time.Second

// Server is a Prometheus that scrapes its targets, and evaluates its rules, once a second.
type Server struct {
	t   *testing.T
	url string
	log bytes.Buffer // read after the process has ended
}

// program returns the path of a program of Debian's package: the one that scripts/setup has unpacked, or an installed
// one.
func program(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		unpacked := filepath.Join(dir, ".cache", "prometheus", "usr", "bin", name)
		if _, statErr := os.Stat(unpacked); statErr == nil {
			return unpacked
		}
	}
	path, err := exec.LookPath(name)
	require.NoError(t, err, "scripts/setup unpacks it")
	return path
}

// Promtool runs promtool, which must succeed.
func Promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(program(t, "promtool"), args...).CombinedOutput() //nolint:gosec // arguments of tests
	require.NoError(t, err, "%s", out)
}

// durations are those of a rules file that alerts wait for.
var durations = regexp.MustCompile(`(?m)^(\s+for:) .*$`)

// Start starts a Prometheus that scrapes the targets (host:port) and loads the rules. Its alerts fire at once, whatever
// the rules say: promtool tests how long they wait. It ends with the test.
func Start(t *testing.T, rules string, targets ...string) *Server {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(rules)
	require.NoError(t, err)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	quick := write("rules.yml", durations.ReplaceAllString(string(text), "$1 0s"))
	config := write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: gstpublish
    static_configs: [{targets: ["%s"]}]
`, quick, strings.Join(targets, `", "`)))
	Promtool(t, "check", "config", config)

	s := &Server{t: t}
	address := freeAddress(t)
	s.url = "http://" + address
	cmd := exec.Command(program(t, "prometheus"), //nolint:gosec // arguments of tests
		"--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, cmd.Wait(), &s.log)
	})
	require.Eventually(t, func() bool {
		_, err := s.get("/-/ready")
		return err == nil
	}, wait, 50*time.Millisecond, "Prometheus is not ready")
	return s
}

// freeAddress returns an address on the loopback interface that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

func (s *Server) get(path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("prometheus: %s: %s", response.Status, body)
	}
	return body, err
}

// Sample is one time series of the answer to a query, with its last value.
type Sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"` // a time, and a number as text
}

// Query returns the answer to a query. The query must be valid.
func (s *Server) Query(expression string) []Sample {
	s.t.Helper()
	body, err := s.get("/api/v1/query?query=" + url.QueryEscape(expression))
	require.NoError(s.t, err, expression)
	var answer struct {
		Data struct{ Result []Sample }
	}
	require.NoError(s.t, json.Unmarshal(body, &answer), "%s", body)
	return answer.Data.Result
}

// RequireData waits until a query returns at least one time series, and returns the answer.
func (s *Server) RequireData(expression string) []Sample {
	s.t.Helper()
	var samples []Sample
	require.Eventually(s.t, func() bool {
		samples = s.Query(expression)
		return len(samples) > 0
	}, wait, 100*time.Millisecond, "no data for %s", expression)
	return samples
}

// Firing returns the time series of the alerts that fire.
func (s *Server) Firing() []map[string]string {
	s.t.Helper()
	var firing []map[string]string
	for _, sample := range s.Query(`ALERTS{alertstate="firing"}`) {
		firing = append(firing, sample.Metric)
	}
	return firing
}

// Dashboard returns the queries of a Grafana dashboard, with its variables set to everything and to ten seconds.
func Dashboard(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	var queries []string
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries = append(queries, strings.NewReplacer(
				"$publication", ".*", "$room", ".*", "$__rate_interval", "10s").Replace(target.Expr))
		}
	}
	require.NotEmpty(t, queries)
	return queries
}
