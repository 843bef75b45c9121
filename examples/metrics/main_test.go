// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestMain(m *testing.M) { example.Main(m, main) }

func TestMetrics(t *testing.T) {
	need.Server(t)
	program := example.Start(t, "127.0.0.1:0")
	program.RequireMoving("demo", example.Ball)
	url := program.RequireOutput(`metrics are at (http://\S+/metrics)`)[1]
	counted := regexp.MustCompile(`(?m)^gstpublish_frames_sent_total [1-9]`)
	require.Eventually(t, func() bool { return counted.MatchString(get(t, url)) }, 30*time.Second, 50*time.Millisecond)
	require.Regexp(t, `(?m)^# TYPE gstpublish_frames_sent_total counter$`, get(t, url))
	require.Regexp(t, `(?m)^gstpublish_estimate_bits_per_second [1-9]`, get(t, url))
	program.Interrupt()
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url) //nolint:gosec,noctx // the program's own address
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
