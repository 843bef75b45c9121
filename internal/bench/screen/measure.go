// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gstpublish/gstpublish/internal/viewer"
)

const (
	// startPatience bounds what a publisher takes besides the clip's own time:
	// reading it, joining and publishing.
	startPatience = 30 * time.Second
	// grace is for what is still under way after the clip's last capture.
	grace = 100 * time.Millisecond
	// settle is how long a publisher has been at rest before that is measured.
	settle = time.Second
	// convergence is how long a publisher that begins at rest is left alone.
	convergence = 5 * time.Second
)

// subject is who publishes what.
type subject struct {
	name    string
	argv    []string
	own     bool
	codec   string
	encoder string // empty for the best
	bitrate int
	repeat  int
}

// file is the beginning of names of files about it.
func (s *subject) file() string {
	name := s.name + "-" + s.codec
	if s.encoder != "" {
		name += "-" + s.encoder
	}
	return fmt.Sprintf("%s-%d-%d", name, s.bitrate, s.repeat)
}

// benchmark measures subjects, one after another, on one server.
type benchmark struct {
	settings
	clip   *clip
	shape  *shape
	final  []byte // luma of the last frame
	server server
	rooms  int // so far
}

// server is a LiveKit server.
type server interface {
	URL() string
	APIKey() string
	APISecret() string
}

func (b *benchmark) token(room, identity string) (string, error) {
	return accessToken(b.server.APIKey(), b.server.APISecret(), room, identity)
}

// session is a subject publishing in a room with a viewer in it.
type session struct {
	room    string
	watcher *watcher
	pub     *publisher
}

// open starts a subject. The session must be closed.
func (b *benchmark) open(ctx context.Context, s *subject, extra ...string) (*session, error) {
	b.rooms++
	room := fmt.Sprintf("%s-%d", s.codec, b.rooms)
	token, err := b.token(room, "watcher")
	if err != nil {
		return nil, err
	}
	w, err := watch(ctx, b.server.URL(), token)
	if err != nil {
		return nil, err
	}
	log := filepath.Join(b.out, s.file()+"-sent.csv")
	argv := append([]string{}, s.argv...)
	argv = append(argv, "--clip", b.clip.path, "--width", strconv.Itoa(b.clip.width),
		"--height", strconv.Itoa(b.clip.height), "--fps", strconv.Itoa(b.clip.fps), "--room", room,
		"--codec", s.codec, "--bitrate", strconv.Itoa(s.bitrate), "--log", log, "--url", b.server.URL())
	pub, err := start(slices.Concat(argv, b.how(s), extra), s.own, log,
		[]string{keyVariable + "=" + b.server.APIKey(), secretVariable + "=" + b.server.APISecret()})
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return &session{room, w, pub}, nil
}

// how are the arguments that publishers don't share.
func (b *benchmark) how(s *subject) (argv []string) {
	switch {
	case !s.own && b.camera:
		return []string{"--screencast", "0", "--skip-same", "0"}
	case !s.own:
		return []string{"--screencast", "1", "--skip-same", "0"}
	}
	if s.encoder != "" {
		argv = append(argv, "--encoder", s.encoder)
	}
	if b.camera {
		argv = append(argv, "--camera")
	}
	return argv
}

func (s *session) close() error { return errors.Join(s.pub.stop(), s.watcher.close()) }

// measure measures one subject.
func (b *benchmark) measure(ctx context.Context, s *subject) (*result, error) {
	r := &result{
		Publisher: s.name, Codec: s.codec, Encoder: s.encoder, Bitrate: s.bitrate, Repeat: s.repeat, Load: load(),
	}
	// What another publisher is asked to do after the clip is to stay.
	var extra []string
	if !s.own {
		extra = []string{"--hold", strconv.Itoa(int((b.atRest() + endTimeout).Seconds()))}
	}
	session, err := b.open(ctx, s, extra...)
	if err != nil {
		return nil, err
	}
	pictures, err := b.measureIn(ctx, session, r)
	if err = errors.Join(err, session.close()); err != nil {
		return nil, err
	}
	captures, err := session.pub.captures()
	if err != nil {
		return nil, err
	}
	if err = b.judge(r, captures, pictures, s.file()); err != nil {
		return nil, err
	}
	switch {
	case s.own:
		err = b.measureEncoding(ctx, s, r)
	case b.restTime > 0:
		err = b.measureHeld(ctx, s, r)
	}
	return r, err
}

// measureIn goes through the clip and the rest after it, and returns the
// pictures of the clip.
func (b *benchmark) measureIn(ctx context.Context, s *session, r *result) ([]*viewer.Picture, error) {
	late, before := b.joinInMotion(ctx, s), machine()
	u, err := s.pub.next(ctx, time.Duration(b.clip.frames)*b.clip.interval()+startPatience)
	r.Idle = machine().since(before)
	joined := <-late
	if err = errors.Join(err, joined.err); err != nil {
		return nil, err
	}
	r.Joined = joined.joined
	if err = pause(ctx, b.clip.interval()+grace); err != nil {
		return nil, err
	}
	stats := s.watcher.Stats()
	switch stats.Codec {
	case r.Codec:
	case "":
		return nil, fmt.Errorf("no video came: %s", s.pub.errText.String())
	default:
		return nil, fmt.Errorf("what came was coded as %q: %s", stats.Codec, s.pub.errText.String())
	}
	pictures, _ := s.watcher.all()
	r.CPU, r.CPUFrame = figure(u.CPUs), figure(1000*u.CPUs/float64(b.clip.frames))
	r.CaptureUS, r.Stats = figure(u.CaptureUS), u.Stats
	r.KB, r.KeyFrames, r.Lost = figure(stats.Bytes)/1000, figure(stats.KeyFrames), figure(stats.Lost)
	if u.Encoder != "" {
		r.Encoder = u.Encoder
	}
	if b.restTime == 0 {
		return pictures, nil
	}
	if r.Silent, err = b.rest(ctx, s); err != nil || !s.pub.own {
		return pictures, err
	}
	if u, err = s.pub.tell(ctx, commandHold); err != nil {
		return nil, err
	}
	r.Held, err = b.rest(ctx, s)
	r.Stats = u.Stats
	return pictures, err
}

// measureHeld measures another publisher that captures the last frame again and
// again, in a session of its own: it takes no commands.
func (b *benchmark) measureHeld(ctx context.Context, s *subject, r *result) error {
	last := b.clip.frames - 1
	if b.shape.content[last] != b.shape.content[last-1] {
		return nil // The clip doesn't end at rest.
	}
	total := convergence + b.atRest() + endTimeout
	session, err := b.open(ctx, s, "--pingpong", fmt.Sprintf("%d,%d", last-1, last),
		"--seconds", strconv.Itoa(int(total.Seconds())))
	if err != nil {
		return err
	}
	r.Held, err = b.restFromStart(ctx, session)
	return errors.Join(err, session.close())
}

// restFromStart measures a publisher that begins at rest.
func (b *benchmark) restFromStart(ctx context.Context, s *session) (*atRest, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, startPatience, errors.New("no picture came"))
	defer cancel()
	if pictures, changed := s.watcher.all(); len(pictures) == 0 {
		select {
		case <-changed:
		case <-waiting.Done():
			return nil, fmt.Errorf("%w: %s", context.Cause(waiting), s.pub.errText.String())
		}
	}
	if err := pause(ctx, convergence); err != nil {
		return nil, err
	}
	return b.rest(ctx, s)
}

// atRest is the longest that rest takes.
func (b *benchmark) atRest() time.Duration {
	return settle + b.restTime + time.Duration(b.joins)*(b.joinGap+b.patience+time.Second)
}

// rest measures a publisher at rest, and viewers who join then.
func (b *benchmark) rest(ctx context.Context, s *session) (*atRest, error) {
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	before, begin := s.watcher.Stats(), time.Now()
	cpu, err := s.pub.cpu(ctx)
	if err != nil {
		return nil, err
	}
	if err = pause(ctx, b.restTime); err != nil {
		return nil, err
	}
	after, elapsed := s.watcher.Stats(), time.Since(begin).Seconds()
	cpuAfter, err := s.pub.cpu(ctx)
	if err != nil {
		return nil, err
	}
	r := &atRest{
		KeyFrames: figure(after.KeyFrames - before.KeyFrames),
		Kbps:      figure(float64(after.Bytes-before.Bytes) * 8 / 1000 / elapsed),
		FPS:       figure(float64(after.Frames-before.Frames) / elapsed),
		CPUPer:    figure(100 * (cpuAfter - cpu).Seconds() / elapsed),
	}
	pictures, _ := s.watcher.all()
	if err = b.joinAtRest(ctx, s, r); err != nil {
		return nil, err
	}
	later, _ := s.watcher.all()
	r.KeyKB, r.KeyMostKB = keySizes(later[len(pictures):])
	return r, nil
}

// joinAtRest lets viewers join, one after another.
func (b *benchmark) joinAtRest(ctx context.Context, s *session, r *atRest) error {
	for i := range b.joins {
		if err := pause(ctx, b.joinGap); err != nil {
			return err
		}
		token, err := b.token(s.room, fmt.Sprintf("late-%d", i))
		if err != nil {
			return err
		}
		j, err := join(ctx, b.server.URL(), token, b.final, b.patience)
		if err != nil {
			return err
		}
		r.Joins = append(r.Joins, *j)
	}
	return nil
}
