// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
)

// The names of this project's publishers in the tables.
const (
	shipped    = "gstpublish"             // as in the README
	fullChroma = "gstpublish, 4:4:4"      // with Chroma444, of a recording that has it
	noNetwork  = "gstpublish, no Network" // without congestion control and pacing
	command    = "gstpublish run"         // the command
	// The lowest of several layers. Those of a screen have the full size, unless they are made smaller.
	lowest      = "gstpublish, lowest layer"
	lowestSmall = "gstpublish, lowest small layer"
)

// subject is a publisher, its settings and its link.
type subject struct {
	name    string
	argv    []string
	own     bool // it takes this project's arguments and commands
	camera  bool
	full    bool // it publishes the changes in 4:4:4
	lowest  bool // the viewer requests the lowest layer
	codec   string
	encoder string // empty for the best
	bitrate int
	link    narrow // of the publisher
	viewing narrow // of the viewer
	repeat  int
}

// linked reports whether there is a link.
func (s *subject) linked() bool { return !s.link.free() || !s.viewing.free() }

// delay returns the delay of all links from the publisher to the viewer.
func (s *subject) delay() time.Duration { return s.link.delay + s.viewing.delay }

// links returns the text for tables; empty if there is no link.
func (s *subject) links() string {
	if s.viewing.free() {
		return s.link.String()
	}
	return strings.TrimPrefix(s.link.String()+"; viewer ", "; ") + s.viewing.String()
}

// file returns the prefix for names of files about the subject.
func (s *subject) file() string {
	name := s.name + "-" + s.codec
	if s.encoder != "" {
		name += "-" + s.encoder
	}
	if s.camera {
		name += "-camera"
	}
	for _, link := range []narrow{s.link, s.viewing} {
		if !link.free() {
			name += fmt.Sprintf("-%dk", link.rate/1000)
		}
	}
	name = strings.NewReplacer(", ", "-", " ", "-", ":", "").Replace(name)
	return fmt.Sprintf("%s-%d-%d", name, s.bitrate, s.repeat)
}

// subjects returns everything to measure. Subjects that are compared follow each other.
func (s *settings) subjects() ([]*subject, error) {
	if s.layers != 0 && (s.layers < 2 || s.layers > video.MaxLayers) {
		return nil, fmt.Errorf("--layers must be 2 to %d, got %d", video.MaxLayers, s.layers)
	}
	if s.repeats < 1 || s.joins < 0 || s.restTime < 0 || s.joinAt < 0 {
		return nil, errors.New("--repeats must be above 0, and --rest, --joins and --join-at not below")
	}
	if s.skipOwn && len(strings.Fields(s.against)) == 0 {
		return nil, errors.New("nothing to measure: --skip-own needs --against")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	bases, err := s.bases()
	if err != nil {
		return nil, err
	}
	var all []*subject
	files := map[string]bool{}
	for _, base := range bases {
		for _, one := range s.publishers(self, base) {
			if !files[one.file()] { // Another publisher is the same for all encoders.
				all = append(all, one)
			}
			files[one.file()] = true
		}
	}
	return all, nil
}

// canFull reports whether gstpublish can publish in 4:4:4.
func (s *subject) canFull() bool {
	return s.codec == pipeline.VP9.String() && !s.camera && (s.encoder == "" || s.encoder == "gpvp9enc")
}

// bases returns all combinations of the settings that publishers share.
func (s *settings) bases() ([]subject, error) {
	links := s.links
	if len(links) == 0 {
		links = []narrow{{}}
	}
	var all []subject
	for repeat := range s.repeats {
		for _, link := range links {
			for rate := range strings.SplitSeq(s.bitrates, ",") {
				bitrate, err := strconv.Atoi(strings.TrimSpace(rate))
				if err != nil || bitrate < 0 {
					return nil, fmt.Errorf("--bitrates must be numbers of bit/s, got %q", rate)
				}
				for item := range strings.SplitSeq(s.codecs, ",") {
					name, encoder, _ := strings.Cut(strings.TrimSpace(item), ":")
					codec, err := pipeline.ParseCodec(name)
					if err != nil {
						return nil, err
					}
					base := subject{
						codec: codec.String(), encoder: encoder, bitrate: bitrate, link: link, viewing: s.viewing, repeat: repeat,
					}
					all = append(all, s.kinds(base)...)
				}
			}
		}
	}
	return all, nil
}

// kinds returns the base as a screen and as a camera, as selected.
func (s *settings) kinds(base subject) []subject {
	as := base
	as.camera = s.camera
	if !s.cameraToo || s.camera {
		return []subject{as}
	}
	camera := base
	camera.camera = true
	return []subject{base, camera}
}

// publishers returns this project's subjects for a base, and the other publisher.
func (s *settings) publishers(self string, base subject) []*subject {
	var all []*subject
	add := func(name string, own bool, argv ...string) {
		one := base
		one.name, one.own, one.argv, one.full = name, own, argv, name == fullChroma
		one.lowest = name == lowest || name == lowestSmall
		if own {
			one.encoder = cmp.Or(base.encoder, s.encoder)
		} else {
			one.encoder = ""
		}
		all = append(all, &one)
	}
	own := !s.skipOwn
	if own && !s.skipShipped {
		add(shipped, true, self, publisher.PublishCommand)
	}
	withEncoder := base
	withEncoder.encoder = cmp.Or(base.encoder, s.encoder)
	if own && !s.skipShipped && withEncoder.canFull() {
		add(fullChroma, true, self, publisher.PublishCommand, "--chroma", "444")
	}
	if own && !s.skipShipped && s.layers > 0 {
		layers := []string{"--layers", strconv.Itoa(s.layers)}
		add(lowest, true, append([]string{self, publisher.PublishCommand}, layers...)...)
		if !base.camera && base.codec != pipeline.VP9.String() {
			add(lowestSmall, true, append([]string{self, publisher.PublishCommand, "--half-size"}, layers...)...)
		}
	}
	if own && !s.skipShipped && !s.shippedOnly {
		add(noNetwork, true, self, publisher.PublishCommand, "--no-network")
	}
	if own && s.command != "" {
		add(command, true, self, publisher.RunCommand, "--gstpublish", s.command)
	}
	if argv := strings.Fields(s.against); len(argv) > 0 {
		add(s.againstName, false, argv...)
	}
	return all
}

// changesFor returns the file that a subject plays.
func (b *benchmark) changesFor(s *subject) string {
	if s.full {
		return b.fullChanges
	}
	return b.changes
}

// arguments returns the arguments of a subject, for a room and a capture log.
func (b *benchmark) arguments(s *subject, url, room, log string) []string {
	args := slices.Concat(s.argv, []string{
		"--changes", b.changesFor(s), "--url", url, "--room", room, "--codec", s.codec,
		"--bitrate", strconv.Itoa(s.bitrate), "--log", log,
	})
	if !s.own {
		screencast := "1"
		if s.camera {
			screencast = "0"
		}
		if b.clip.path != "" {
			args = append(args, "--clip", b.clip.path)
		}
		return append(args, "--width", strconv.Itoa(b.clip.width), "--height", strconv.Itoa(b.clip.height),
			"--fps", strconv.Itoa(b.clip.fps), "--screencast", screencast, "--skip-same", "0")
	}
	if s.encoder != "" {
		args = append(args, "--encoder", s.encoder)
	}
	if s.camera {
		args = append(args, "--camera")
	}
	return args
}
