// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package worker

import "github.com/prometheus/client_golang/prometheus"

// The metrics of a worker.
var (
	registeredDesc = prometheus.NewDesc("livekit_gstpublish_worker_registered",
		"Whether the worker is registered with LiveKit's agent dispatch.", nil, nil)
	loadDesc = prometheus.NewDesc("livekit_gstpublish_worker_load_ratio",
		"The load that the worker reports. A server offers it nothing from 0.7 on.", nil, nil)
	jobsDesc = prometheus.NewDesc("livekit_gstpublish_worker_jobs", "Jobs of the worker.", nil, nil)
	maxDesc  = prometheus.NewDesc("livekit_gstpublish_worker_max_jobs", "Jobs that the worker may have.", nil, nil)
)

// collector has the metrics of a worker.
type collector struct {
	w          *Worker
	registered func() bool
}

func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{registeredDesc, loadDesc, jobsDesc, maxDesc} {
		ch <- d
	}
}

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	registered := 0.0
	if c.registered() {
		registered = 1
	}
	load := c.w.Load()
	gauge(registeredDesc, registered)
	gauge(loadDesc, float64(load.Load))
	gauge(jobsDesc, float64(load.Jobs))
	gauge(maxDesc, float64(c.w.o.MaxJobs))
}
