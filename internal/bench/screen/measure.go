// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/link"
)

const (
	// startPatience bounds the time for reading the clip, joining and publishing.
	startPatience = 40 * time.Second
	// grace is the time for frames that are on their way after the clip's last capture.
	grace = 100 * time.Millisecond
)

// benchmark measures subjects, one after another.
type benchmark struct {
	settings
	clip        *clip
	changes     string // the file that publishers play
	fullChanges string // the same in 4:4:4; empty if the recording is 4:2:0
	shape       *shape
	final       []byte  // luma of the last frame
	direct      *server // nil if all subjects have a link
	linked      *server // nil if none has
	rooms       int     // so far
}

// serverOf returns the server for a subject.
func (b *benchmark) serverOf(s *subject) *server {
	if s.linked() {
		return b.linked
	}
	return b.direct
}

func (s *server) token(room, identity string) (string, error) {
	return publisher.Token(s.APIKey(), s.APISecret(), room, identity)
}

// session is a subject that publishes in a room, and a viewer.
type session struct {
	server  *server
	room    string
	watcher *watcher
	viewing narrow // the viewer's link
	pub     *child
	before  []*link.Flow // on the link before the viewer
	others  []*link.Flow // on the link before the publisher
}

// open starts a subject. The session must be closed.
func (b *benchmark) open(ctx context.Context, s *subject, extra ...string) (*session, error) {
	b.rooms++
	on := b.serverOf(s)
	one := &session{server: on, viewing: s.viewing, room: fmt.Sprintf("%s-%d", s.codec, b.rooms)}
	token, err := on.token(one.room, "watcher")
	if err != nil {
		return nil, err
	}
	on.narrowFrom(s.viewing)
	if on.link != nil {
		one.before = on.link.Flows()
	}
	how := watching{place: b.crop, lowest: s.lowest}
	if one.watcher, err = watch(ctx, on.URL(), token, &how); err != nil {
		return nil, err
	}
	if on.link != nil {
		one.others = on.link.Flows()
	}
	on.narrowTo(s.link)
	log := filepath.Join(b.out, s.file()+"-sent.csv")
	one.pub, err = start(append(b.arguments(s, on.URL(), one.room, log), extra...), s.own, log,
		[]string{publisher.KeyVariable + "=" + on.APIKey(), publisher.SecretVariable + "=" + on.APISecret()})
	if err != nil {
		return nil, errors.Join(err, one.watcher.close())
	}
	return one, nil
}

func (s *session) close() error { return errors.Join(s.pub.stop(), s.watcher.close()) }

// began waits for the first decoded frame, and returns its time and the usage of another publisher until then. From
// then on, clients join without the link.
func (s *session) began(ctx context.Context) (b beginning) {
	if !s.awaitFrame(ctx) {
		return b
	}
	s.server.narrowTo(narrow{})
	b.at = time.Now()
	if !s.pub.own {
		_, b.err = s.pub.used(ctx)
	}
	return b
}

// beginning returns when the first decoded frame came; zero if none did.
type beginning struct {
	at  time.Time
	err error
}

// awaitFrame reports whether a decoded frame has come before the publisher's end.
func (s *session) awaitFrame(ctx context.Context) bool {
	decoded, changed := s.watcher.all()
	if len(decoded) > 0 {
		return true
	}
	select {
	case <-changed:
		return true
	case <-s.pub.done:
	case <-ctx.Done():
	}
	return false
}

// measure measures one subject.
func (b *benchmark) measure(ctx context.Context, s *subject) (*result, error) {
	r := &result{
		Publisher: s.name, Codec: s.codec, Encoder: s.encoder, Bitrate: s.bitrate, Repeat: s.repeat,
		Camera: s.camera, Link: s.links(), Load: figure(proc.Load()),
	}
	// Another publisher is asked to stay after the clip.
	var extra []string
	if !s.own {
		extra = []string{"--hold", strconv.Itoa(int((b.atRest() + endTimeout).Seconds()))}
	}
	session, err := b.open(ctx, s, extra...)
	if err != nil {
		return nil, err
	}
	seen, err := b.measureIn(ctx, session, r)
	if err = errors.Join(err, session.close()); err != nil {
		return nil, err
	}
	captures, err := session.pub.captures()
	if err != nil {
		return nil, err
	}
	seen.setSwitches(r, captures)
	r.OnLink = usedLink(seen.history, cmp.Or(s.viewing, s.link), b.motionsAt(captures))
	if len(seen.decoded) == 0 {
		r.setNothing(len(b.shape.changed))
		return r, nil
	}
	if err = b.judge(r, s, captures, &seen.seen); err != nil {
		return nil, err
	}
	switch {
	case (s.name == shipped || s.full) && !s.linked():
		err = b.measureEncoding(ctx, s, r)
	case !s.own && b.restTime > 0:
		err = b.measureHeld(ctx, s, r)
	}
	return r, err
}

// sighting is what the viewer saw while the clip was played.
type sighting struct {
	seen

	history  *link.History // nil if there is no link
	from, to time.Time     // the period of other
	other    *proc.Used    // of a publisher that does not report context switches
}

// setSwitches sets the context switches per frame captured while they were counted.
func (s *sighting) setSwitches(r *result, captures []captured) {
	if s.other == nil {
		return
	}
	n := 0
	for _, c := range captures {
		if c.at >= epoch(s.from) && c.at < epoch(s.to) {
			n++
		}
	}
	if n > 0 {
		r.Wakes, r.Preempted = figure(s.other.Voluntary)/figure(n), figure(s.other.Involuntary)/figure(n)
	}
}

// measureIn measures the clip and the still screen after it.
func (b *benchmark) measureIn(ctx context.Context, s *session, r *result) (*sighting, error) {
	before := proc.Machine()
	began := make(chan beginning, 1)
	go func() { began <- s.began(ctx) }()
	late := b.joinInMotion(ctx, s)
	u, err := s.pub.next(ctx, time.Duration(b.clip.frames)*b.clip.interval()+startPatience)
	seen := &sighting{to: time.Now()}
	r.Idle = figure(proc.Machine().IdleSince(before))
	joined := <-late
	if err = errors.Join(err, joined.err); err != nil {
		return nil, err
	}
	r.Joined = joined.joined
	if err = seen.count(ctx, s, u, began); err != nil {
		return nil, err
	}
	if err = publisher.Pause(ctx, b.clip.interval()+grace); err != nil {
		return nil, err
	}
	seen.history = s.history()
	stats := s.watcher.Stats()
	switch stats.Codec {
	case r.Codec:
	case "":
		return nil, fmt.Errorf("no video came: %s", s.pub.errText.String())
	default:
		return nil, fmt.Errorf("the video that came was encoded as %q: %s", stats.Codec, s.pub.errText.String())
	}
	seen.seen = s.watcher.soFar()
	r.KB, r.KeyFrames, r.Lost = figure(stats.Bytes)/1000, figure(stats.KeyFrames), figure(stats.Lost)
	r.setUsage(u, b.clip.frames)
	if b.restTime == 0 {
		return seen, nil
	}
	return seen, b.measureRest(ctx, s, r)
}

// count ends the counting of context switches of a publisher that does not report them itself. It returns none if no
// frame was decoded.
func (s *sighting) count(ctx context.Context, on *session, u *publisher.Usage, began <-chan beginning) error {
	if u.Voluntary != nil || on.pub.own {
		return nil
	}
	var from beginning
	select {
	case from = <-began:
	default:
	}
	if from.at.IsZero() || from.err != nil {
		return from.err
	}
	used, err := on.pub.used(ctx)
	s.from, s.other = from.at, &used
	return err
}

// motionsAt returns the periods in which the clip moved, from the first capture of a motion until an interval after its
// last.
func (b *benchmark) motionsAt(captures []captured) []span {
	at := map[int]time.Duration{}
	for _, c := range captures {
		at[c.index] = c.at
	}
	var spans []span
	for _, m := range b.shape.motions() {
		spans = append(spans, span{at[m.from], at[m.to] + b.clip.interval()})
	}
	return spans
}

// measureEncoding measures encoding alone, with the encoder that published.
func (b *benchmark) measureEncoding(ctx context.Context, s *subject, r *result) error {
	argv := []string{
		publisher.EncodeCommand, "--changes", b.changesFor(s), "--codec", s.codec, "--encoder", r.Encoder,
		"--bitrate", strconv.Itoa(s.bitrate),
	}
	if s.camera {
		argv = append(argv, "--camera")
	}
	if s.full {
		argv = append(argv, "--chroma", "444")
	}
	text, err := output(ctx, s.argv[0], argv...)
	if err != nil {
		return err
	}
	r.Encoded = &publisher.Encoded{}
	if err = json.Unmarshal(text, r.Encoded); err != nil {
		return fmt.Errorf("reading what encoding took: %w", err)
	}
	return nil
}
