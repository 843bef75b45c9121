// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/sink"
)

// Publication is a *sink.Publication.
type Publication interface{ Stats() sink.Stats }

// Room is a *gstpublish.Room.
type Room interface{ Stats() gstpublish.Stats }

// Collector collects the metrics of rooms and publications. It implements prometheus.Collector. All methods are safe
// for concurrent use.
type Collector struct {
	mu           sync.Mutex // protects the following fields
	publications map[string]Publication
	rooms        map[string]Room
}

// NewCollector returns a collector of nothing.
func NewCollector() *Collector {
	return &Collector{publications: map[string]Publication{}, rooms: map[string]Room{}}
}

// AddPublication adds a publication, until remove is called. The name is the value of its label publication; an empty
// one is no label. It takes the place of another publication of that name.
func (c *Collector) AddPublication(name string, p Publication) (remove func()) {
	return add(c, c.publications, name, p)
}

// AddRoom adds a room, until remove is called. The name is the value of its label room; an empty one is no label. It
// takes the place of another room of that name.
func (c *Collector) AddRoom(name string, r Room) (remove func()) { return add(c, c.rooms, name, r) }

// add adds to a map of the collector. remove does not remove what has taken the place of the added value.
func add[T comparable](c *Collector, to map[string]T, name string, value T) (remove func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to[name] = value
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if to[name] == value {
			delete(to, name)
		}
	}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range []*prometheus.Desc{
		framesTotal, droppedFrames, repeatedFrames, sentSamples, sentBytes, keyFrames, keyRequests, plis,
		timestamps, gaps,
		encoderInfo, encoderSwitches, encoderFailures, watched, width, height, target, allocated, quantizer,
		idleReason, screenSharp, screenRate, encodeTime, sendDelay, audioPackets, audioBytes,
	} {
		ch <- m
	}
	for _, m := range roomMetrics() {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	publications, rooms := maps.Clone(c.publications), maps.Clone(c.rooms)
	c.mu.Unlock()
	for name, p := range publications {
		s := p.Stats()
		o := output{ch: ch, name: name}
		o.frames(&s)
		o.layers(&s)
		o.state(&s)
	}
	for name, r := range rooms {
		s := r.Stats()
		o := output{ch: ch, name: name}
		for _, m := range roomMetrics() {
			o.send(m.desc, m.kind, m.value(&s))
		}
	}
}

// output sends the metrics of one publication or room.
type output struct {
	ch   chan<- prometheus.Metric
	name string
}

func (o *output) send(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
	o.ch <- prometheus.MustNewConstMetric(d, kind, value, append([]string{o.name}, labels...)...)
}

func (o *output) count(d *prometheus.Desc, n uint64, labels ...string) {
	o.send(d, prometheus.CounterValue, float64(n), labels...)
}

func (o *output) gauge(d *prometheus.Desc, value float64, labels ...string) {
	o.send(d, prometheus.GaugeValue, value, labels...)
}

func (o *output) histogram(d *prometheus.Desc, h *sink.Histogram) {
	buckets := make(map[float64]uint64, len(h.Buckets))
	for _, b := range h.Buckets {
		buckets[b.Max.Seconds()] = b.Count
	}
	o.ch <- prometheus.MustNewConstHistogram(d, h.Count, h.Sum.Seconds(), buckets, o.name)
}

// flag returns 1 for true.
func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// bytes returns a rate in bit/s as bytes a second.
func bytes(bps int) float64 { return float64(bps) / 8 }
