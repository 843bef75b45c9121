// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/gstpublish/gstpublish/internal/serve"
)

const prefix = "livekit_gstpublish_"

// The metrics of serve itself.
var (
	stateDesc = prometheus.NewDesc(prefix+"publication_state",
		"State of the publication: 1 for the one that holds, 0 for all others.", []string{"publication", "state"}, nil)
	restartsDesc = prometheus.NewDesc(prefix+"publication_restarts_total",
		"How often the process was started again, by the cause of its end.", []string{"publication", "cause"}, nil)
	exitDesc = prometheus.NewDesc(prefix+"publication_last_exit_info",
		"Why the process ended the last time, with the value 1; /status has its last words.",
		[]string{"publication", "cause"}, nil)
	exitTimeDesc = prometheus.NewDesc(prefix+"publication_last_exit_timestamp_seconds",
		"When the process ended the last time, in Unix time.", []string{"publication"}, nil)
	reloadsDesc = prometheus.NewDesc(prefix+"config_reloads_total",
		"How often the configuration was loaded again, by result: ok or error.", []string{"result"}, nil)
	configDesc = prometheus.NewDesc(prefix+"config_ok",
		"Whether the last change of the configuration could be used; otherwise the one before is in use.", nil, nil)
)

// Describe implements prometheus.Collector.
func (h *Host) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stateDesc, restartsDesc, exitDesc, exitTimeDesc, reloadsDesc, configDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (h *Host) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for _, s := range h.Statuses() {
		for _, state := range serve.States() {
			gauge(stateDesc, flag(state == s.State), s.Name, string(state))
		}
		for cause, n := range s.Restarts {
			count(restartsDesc, n, s.Name, cause)
		}
		if s.LastExit != nil {
			gauge(exitDesc, 1, s.Name, s.LastExit.Cause)
			gauge(exitTimeDesc, float64(s.LastExit.At.UnixMilli())/1000, s.Name)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	count(reloadsDesc, h.reloads[true], "ok")
	count(reloadsDesc, h.reloads[false], "error")
	gauge(configDesc, flag(h.reloadFailed == nil))
}

// flag returns 1 for true.
func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// gatherer returns the metrics of the host and of all its processes. Those of processes have the label publication.
func (h *Host) gatherer() prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	registry.MustRegister(h, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if h.o.Jobs != nil {
		registry.MustRegister(h.o.Jobs.Collector)
	}
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		all := prometheus.Gatherers{registry}
		var (
			mu    sync.Mutex
			asked sync.WaitGroup
		)
		for _, k := range h.all() {
			asked.Go(func() {
				families := k.gather()
				mu.Lock()
				defer mu.Unlock()
				all = append(all, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil }))
			})
		}
		asked.Wait()
		return all.Gather()
	})
}

// gather returns the metrics of a process; none if it does not answer.
func (k *keeper) gather() []*dto.MetricFamily {
	if s := k.status(); s.PID == 0 || s.State == serve.Stalled && s.Idle == "" {
		return nil // The scrape must not wait for it.
	}
	text, err := k.get(context.Background(), "/metrics")
	if err != nil {
		return nil
	}
	families, err := labelled(text, k.pub.Name)
	if err != nil {
		k.log.Warn("the metrics of the process cannot be read", "err", err)
		return nil
	}
	return families
}

// labelled parses metrics in the text format, and gives each of them the label publication.
func labelled(text []byte, name string) (families []*dto.MetricFamily, err error) {
	decoder := expfmt.NewDecoder(bytes.NewReader(text), expfmt.NewFormat(expfmt.TypeTextPlain))
	for {
		family := &dto.MetricFamily{}
		err = decoder.Decode(family)
		if errors.Is(err, io.EOF) {
			return families, nil
		}
		if err != nil {
			return nil, err
		}
		for _, m := range family.GetMetric() {
			label := "publication"
			// The process has that label too, without a value.
			m.Label = slices.DeleteFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == label })
			m.Label = append(m.Label, &dto.LabelPair{Name: &label, Value: &name})
		}
		families = append(families, family)
	}
}
