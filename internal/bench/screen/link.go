// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/link"
)

// narrow is a link to the server or from it. The zero value is this machine's loopback, without a link.
type narrow struct {
	rate         int           // bit/s of IP packets
	delay, queue time.Duration // delay is one-way
}

// free reports whether there is no link.
func (n narrow) free() bool { return n.rate == 0 }

// String returns the text for tables; empty if there is no link.
func (n narrow) String() string {
	if n.free() {
		return ""
	}
	return fmt.Sprintf("%d kbit/s, %v, queue %v", n.rate/1000, n.delay, n.queue)
}

// parseLink reads RATE[,DELAY[,QUEUE]], as in 600k,20ms,400ms; or free.
func parseLink(text string) (narrow, error) {
	if text == "free" {
		return narrow{}, nil
	}
	n := narrow{queue: 500 * time.Millisecond}
	parts := strings.Split(text, ",")
	number, scale := parts[0], 1.0
	for suffix, times := range map[string]float64{"k": 1e3, "M": 1e6} {
		if before, found := strings.CutSuffix(number, suffix); found {
			number, scale = before, times
		}
	}
	rate, err := strconv.ParseFloat(number, 64)
	n.rate = int(rate * scale)
	for i, to := range []*time.Duration{&n.delay, &n.queue} {
		if err == nil && len(parts) > i+1 {
			*to, err = time.ParseDuration(parts[i+1])
		}
	}
	if err != nil || n.rate < 1 || n.delay < 0 || n.queue <= 0 || len(parts) > 3 {
		return narrow{}, fmt.Errorf("--link must be RATE[,DELAY[,QUEUE]] as in 600k,20ms,400ms, or free, got %q", text)
	}
	return n, nil
}

// server is a LiveKit server. If it has a link, all media goes through it.
type server struct {
	*devserver.Server

	link *link.Link
}

// linkIP is the address of a server's media behind a link. The server itself has another loopback address.
var linkIP = netip.AddrFrom4([4]byte{127, 0, 0, 2}) // never written

// startServer starts a server, behind a link or not.
func startServer(ctx context.Context, behindLink bool) (*server, error) {
	var opts devserver.Options
	if behindLink {
		opts.MediaIP = linkIP
	}
	live, err := devserver.Start(ctx, &opts)
	if err != nil || !behindLink {
		return &server{Server: live}, err
	}
	l, err := link.Start(ctx, &link.Options{Server: live.MediaAddr(), Listen: linkIP, Seed: 1, Remember: true})
	if err != nil {
		return nil, errors.Join(err, live.Stop(context.WithoutCancel(ctx)))
	}
	return &server{live, l}, nil
}

func (s *server) stop(ctx context.Context) error {
	var err error
	if s.link != nil {
		err = s.link.Close()
	}
	return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
}

// narrowTo makes clients that join from now on use a link for what they send.
func (s *server) narrowTo(n narrow) {
	if s.link != nil {
		s.link.SetDefault(n.shape(), link.Shape{Delay: n.delay})
	}
}

// narrowFrom makes clients that join from now on use a link for what they receive.
func (s *server) narrowFrom(n narrow) {
	if s.link != nil {
		s.link.SetDefault(link.Shape{Delay: n.delay}, n.shape())
	}
}

func (n narrow) shape() link.Shape { return link.Shape{Rate: n.rate, Delay: n.delay, Queue: n.queue} }

// onLink describes the use of a link while the clip moved.
type onLink struct {
	Kbps             figure // of IP packets
	Share            figure // per cent of the link's rate
	QueueP50         figure // ms that packets waited in the queue
	QueueP95         figure
	QueueMost        figure
	Packets, Dropped figure
}

// history returns the history of the media on the viewer's link if there is one, and otherwise on the publisher's; nil
// if there is none. Of the flows that have begun since, it is the one with the most data in that direction.
func (s *session) history() *link.History {
	if s.server.link == nil {
		return nil
	}
	before, way := s.before, (*link.Flow).Down
	if s.viewing.free() {
		before, way = s.others, (*link.Flow).Up
	}
	flows := slices.DeleteFunc(s.server.link.Flows(), func(f *link.Flow) bool { return slices.Contains(before, f) })
	if len(flows) == 0 {
		return nil
	}
	media := slices.MaxFunc(flows, func(a, b *link.Flow) int {
		return cmp.Compare(way(a).Stats().BytesIn, way(b).Stats().BytesIn)
	})
	h := way(media).History()
	return &h
}

// span is a period.
type span struct{ from, to time.Duration } // since the Unix epoch

// usedLink summarises the use of a link during some periods.
func usedLink(h *link.History, n narrow, spans []span) *onLink {
	if h == nil {
		return nil
	}
	begin := epoch(h.Since)
	var u onLink
	var waits []float64
	bytes, seconds := 0, 0.0
	for _, s := range spans {
		seconds += (s.to - s.from).Seconds()
		for i := range h.Events {
			e := &h.Events[i]
			if at := begin + e.At; at < s.from || at >= s.to {
				continue
			}
			if e.Dropped {
				u.Dropped++
				continue
			}
			u.Packets++
			bytes += int(e.Bytes)
			waits = append(waits, 1000*e.Wait.Seconds())
		}
	}
	u.Kbps = figure(8 * float64(bytes) / 1000 / seconds)
	u.Share = 100 * 1000 * u.Kbps / figure(n.rate)
	u.QueueP50, u.QueueP95 = figure(quality.Percentile(waits, 50)), figure(quality.Percentile(waits, 95))
	u.QueueMost = figure(quality.Percentile(waits, 100))
	if math.IsInf(float64(u.Share), 0) {
		u.Share = nan
	}
	return &u
}
