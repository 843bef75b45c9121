// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/proof/internal/store"
)

// UserCacheDir returns the folder for Options.CacheDir below the user's cache folder,
// as in ~/.cache/gstpublish/proofs; "" if the user has none, as without a HOME.
func UserCacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "gstpublish", "proofs")
}

// remembered is a proof on disk.
type remembered struct {
	// Conditions are what the proof depends on. If they differ, it is not valid.
	Conditions []string
	Report     Report
}

// store returns where proofs are remembered; nil for nowhere.
func (p *Prover) store() *store.Store {
	if p.opts.CacheDir == "" {
		return nil
	}
	return store.Open(p.opts.CacheDir, p.log)
}

// recall returns a candidate's proof from an earlier process.
func (p *Prover) recall(k key, c Candidate) (Report, bool) {
	var r remembered
	s := p.store()
	if s == nil || !s.Load(k.name(), &r) || !r.Report.Proven {
		return Report{}, false
	}
	if now := p.conditions(c); !slices.Equal(r.Conditions, now) {
		p.log.Debug("a remembered proof is out of date", "encoder", k.candidate, "was", r.Conditions, "is", now)
		return Report{}, false
	}
	r.Report.Remembered = true
	return r.Report, true
}

// remember writes a proof to disk. A failure is not remembered: the user may have
// repaired the driver by the next time.
func (p *Prover) remember(k key, c Candidate, r *Report) {
	if s := p.store(); s != nil && r.Proven {
		s.Save(k.name(), remembered{p.conditions(c), *r})
	}
}

// name returns the proof's name on disk. Each program has its own, so that two of them do not keep
// replacing each other's.
func (k *key) name() store.Name {
	rest := "camera"
	if k.screencast {
		rest = "screen"
	}
	if k.width > 0 {
		rest += fmt.Sprintf(" %dx%d at %d", k.width, k.height, k.fps)
	}
	program, err := os.Executable()
	if err != nil {
		program = err.Error()
	}
	return store.Name{Group: k.candidate, Rest: rest + " by " + program}
}

// conditions returns what a candidate's proof depends on, a line each.
func (p *Prover) conditions(c Candidate) []string {
	lines := []string{"program: " + program(), "GStreamer " + gst.Version(), gst.Libraries()}
	elements := slices.Clone(c.Front.Elements)
	elements = append(elements, c.Row.Factory)
	if parser := c.Row.Codec.Parser(); parser != "" {
		elements = append(elements, parser)
	}
	// With another decoder, or a first one, the proof means more.
	if text, found := decoderOf(c.Row.Codec); found {
		decoder, _, _ := strings.Cut(text, " ")
		elements = append(elements, decoder)
	}
	for _, e := range elements {
		lines = append(lines, describeElement(e))
	}
	if c.Row.Hardware() {
		lines = append(lines, machine(p.root)...)
	}
	return lines
}

// program describes this program's build, which contains the settings of the encoders.
func program() string {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	path, err := os.Executable()
	if err != nil {
		return version
	}
	return version + " " + describeFile(path)
}

// describeElement describes the plugin that has an element. An element without a plugin belongs to
// this program.
func describeElement(element string) string {
	plugin := gst.FactoryPlugin(element)
	if plugin == "" {
		return element
	}
	version, _ := gst.PluginVersion(plugin)
	return fmt.Sprintf("%s: %s %s, %s", element, plugin, version, describeFile(gst.PluginFile(plugin)))
}
