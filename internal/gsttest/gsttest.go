// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package gsttest runs a package's tests and then looks whether they left
// anything alive: a goroutine, or an object or buffer of GStreamer's.
package gsttest

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Registry returns the file of this user's registry of GStreamer's plugins, or "" if there is none yet. A program with
// another home or cache can use it by GST_REGISTRY: it would look at all plugins first, which takes seconds.
func Registry() string {
	if named := os.Getenv("GST_REGISTRY"); named != "" {
		return named
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	// The only error is of the pattern.
	files, _ := filepath.Glob(filepath.Join(cache, "gstreamer-1.0", "registry.*.bin"))
	if len(files) == 0 {
		return ""
	}
	return files[0]
}

// Tests are a package's, as *testing.M runs them.
type Tests interface{ Run() int }

// Main is the whole of a TestMain. GStreamer's leaks tracer watches all tests
// of the package; what is alive after GStreamer was ended fails the run. With
// benchmarks it looks for nothing.
func Main(m Tests, options ...goleak.Option) {
	os.Exit(run(m, options)) //nolint:forbidigo // the end of a TestMain
}

func run(m Tests, options []goleak.Option) int {
	flag.Parse()
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		// The tracer would be measured too: it notes each buffer that is made.
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "gsttest")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := filepath.Join(dir, "tracer.log")
	// GStreamer reads these when it is initialised.
	for name, value := range map[string]string{
		"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_FILE": log, "GST_DEBUG_NO_COLOR": "1",
	} {
		if err = os.Setenv(name, value); err != nil {
			return fail(err)
		}
	}
	code := m.Run()
	if code != 0 {
		return code // What a failed test leaves behind says nothing more.
	}
	if err = goleak.Find(options...); err != nil {
		return fail(err)
	}
	gst.Init()
	gst.Deinit()
	alive, err := readLog(log)
	if err != nil {
		return fail(err)
	}
	if len(alive) > 0 {
		return fail(fmt.Errorf("the tests left %d GStreamer objects alive:\n%s",
			len(alive), strings.Join(alive, "\n")))
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "gsttest:", err)
	return 1
}

// alivePattern is the tracer's record of one object; the format of the record,
// which it logs too, has no place.
var alivePattern = regexp.MustCompile(
	`:: object-alive, type-name=\(string\)(\S+), .*?description=\(string\)(.*?), ref-count`)

// readLog finds what the tracer says was alive at the end.
func readLog(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var alive []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if found := alivePattern.FindStringSubmatch(lines.Text()); found != nil {
			alive = append(alive, found[1]+" "+found[2])
		}
	}
	return alive, lines.Err()
}
