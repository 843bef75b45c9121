// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// process is a Prover as another process would have it, with nothing in memory.
func process(dir string) *Prover {
	return New(&Options{Timeout: 20 * time.Second, CacheDir: dir})
}

// vp8 is a candidate that works on every machine with tests.
func vp8(t *testing.T) (Candidate, Want) {
	t.Helper()
	want := Want{Codec: catalogue.VP8, Width: 320, Height: 180, Encoder: "vp8enc"}
	admitted, err := Admitted(want)
	require.NoError(t, err)
	return admitted[0], want
}

// vah264 is a candidate that needs a device, which this machine may not have.
func vah264(t *testing.T) Candidate {
	t.Helper()
	row, ok := catalogue.Find("vah264enc")
	require.True(t, ok)
	return Candidate{Row: row, Front: row.Fronts[0]}
}

func prove(t *testing.T, p *Prover) Report {
	t.Helper()
	c, want := vp8(t)
	report, err := p.Prove(t.Context(), c, want)
	require.NoError(t, err)
	require.True(t, report.Proven, report.Reason)
	return report
}

func TestAnotherProcessRemembers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "proofs")
	first := process(dir)
	report := prove(t, first)
	require.False(t, report.Remembered)
	require.False(t, prove(t, first).Remembered, "its own proof, in memory")

	second := process(dir)
	again := prove(t, second)
	require.True(t, again.Remembered)
	again.Remembered = false
	require.Equal(t, report, again)

	c, _ := vp8(t)
	second.Forget(c)
	require.False(t, prove(t, second).Remembered, "forgotten, and proven again")
	require.True(t, prove(t, process(dir)).Remembered)
	process(dir).Forget()
	require.False(t, prove(t, process(dir)).Remembered, "all were forgotten")
}

// keepRegistry makes children use this user's registry of plugins, also in another home.
func keepRegistry(t *testing.T) {
	t.Helper()
	file := gsttest.Registry()
	if file == "" {
		file = filepath.Join(t.TempDir(), "registry.bin")
	}
	t.Setenv("GST_REGISTRY", file)
}

func TestZeroOptionsTouchNoFile(t *testing.T) {
	home := t.TempDir()
	keepRegistry(t)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	prove(t, New(nil))
	files, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestUserCacheDir(t *testing.T) {
	keepRegistry(t)
	t.Setenv("HOME", "/home/someone")
	t.Setenv("XDG_CACHE_HOME", "")
	require.True(t, strings.HasSuffix(UserCacheDir(), "/gstpublish/proofs"), UserCacheDir())
	t.Setenv("HOME", "")
	require.Empty(t, UserCacheDir())
	require.False(t, prove(t, process(UserCacheDir())).Remembered)
}

func TestUnusableCacheIsNoError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{filepath.Join(file, "below"), "/proc/nowhere"} {
		require.False(t, prove(t, process(dir)).Remembered, dir)
		require.False(t, prove(t, process(dir)).Remembered, dir)
	}
}

func TestDamagedProofIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	prove(t, process(dir))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.WriteFile(files[0], []byte(`{"Group":`), 0o600))
	require.False(t, prove(t, process(dir)).Remembered)
	require.True(t, prove(t, process(dir)).Remembered)
}

func TestProcessesProveAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { prove(t, process(dir)) })
	}
	group.Wait()
	require.True(t, prove(t, process(dir)).Remembered)
}

// TestEachConditionCounts: a proof that was made under another one is not recalled.
func TestEachConditionCounts(t *testing.T) {
	p := process(t.TempDir())
	c, want := vp8(t)
	k := keyOf(c, &want)
	now := p.conditions(c)
	report := Report{Proven: true, FPS: 100}
	for i, condition := range now {
		changed := slices.Clone(now)
		changed[i] += " of before"
		p.store().Save(k.name(), remembered{changed, report})
		_, ok := p.recall(k, c)
		require.False(t, ok, condition)
	}
	p.store().Save(k.name(), remembered{now[1:], report})
	_, ok := p.recall(k, c)
	require.False(t, ok, "one is missing")
	p.store().Save(k.name(), remembered{now, report})
	found, ok := p.recall(k, c)
	require.True(t, ok)
	require.Equal(t, Report{Proven: true, FPS: 100, Remembered: true}, found)
}

func TestConditionsNameWhatAProofDependsOn(t *testing.T) {
	p := process(t.TempDir())
	c, _ := vp8(t)
	all := p.conditions(c)
	libraries := `^libvpx \S+, libaom \S+$`
	if !screenenc.Included {
		libraries = `^$`
	}
	for _, pattern := range []string{
		`^program: .*\d+ bytes of \d+$`, `^GStreamer 1\.\d+\.\d+$`, libraries,
		`^vp8enc: vpx 1\.\S+, \d+ bytes of \d+$`, `^vp8dec: vpx 1\.`,
	} {
		require.True(t, slices.ContainsFunc(all, func(line string) bool {
			return regexpMatch(t, pattern, line)
		}), "%s in %q", pattern, all)
	}
	require.Equal(t, all, p.conditions(c), "they do not change by themselves")
}

func TestFailuresAreNotRemembered(t *testing.T) {
	p := process(t.TempDir())
	c, want := vp8(t)
	k := keyOf(c, &want)
	p.remember(k, c, &Report{Reason: "the driver is too old"})
	_, ok := p.recall(k, c)
	require.False(t, ok)
	p.store().Save(k.name(), remembered{p.conditions(c), Report{Reason: "the driver is too old"}})
	_, ok = p.recall(k, c)
	require.False(t, ok, "nor believed")
}

// TestNamesOfProofs: what a proof is for has a part in its name.
func TestNamesOfProofs(t *testing.T) {
	names := map[string]bool{}
	software, want := vp8(t)
	hardware := vah264(t)
	wants := []Want{
		{Width: 640, Height: 360, FPS: 30},
		{Width: 320, Height: 360, FPS: 30},
		{Width: 640, Height: 180, FPS: 30},
		{Width: 640, Height: 360, FPS: 15},
		{Width: 640, Height: 360, FPS: 30, Screencast: true},
	}
	for _, w := range wants {
		k := keyOf(hardware, &w)
		names[k.name().Group+k.name().Rest] = true
	}
	require.Len(t, names, len(wants), "each size, rate and kind of hardware")
	k := keyOf(software, &want)
	name := k.name()
	want.Width = 640
	k = keyOf(software, &want)
	require.Equal(t, name, k.name(), "software in any size")
	want.Screencast = true
	k = keyOf(software, &want)
	require.NotEqual(t, name, k.name())
}
