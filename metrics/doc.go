// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package metrics exports the statistics of rooms and publications to Prometheus.
//
// A [Collector] is a prometheus.Collector. Register it with a registry of your own, and add to it what you publish. It
// reads the statistics when Prometheus scrapes them, and costs nothing in between.
//
// All names begin with livekit_gstpublish_. Times are in seconds, and rates in bytes a second. The metrics of a
// publication have the label publication, and those of a room the label room: the names that you add them with. Other
// labels have few values: layer (f for the full size, h and q for smaller ones, backup for the backup codec), cause,
// outcome, reason, encoder and codec. docs/operators.md of the module lists all metrics.
package metrics
