// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gstpublish/gstpublish"
)

// roomMetric is a metric of a room.
type roomMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(s *gstpublish.Stats) float64
}

// roomGauge and roomCount return metrics with the label room.
func roomGauge(name, help string, value func(s *gstpublish.Stats) float64) roomMetric {
	return roomMetric{prometheus.NewDesc(prefix+name, help, []string{"room"}, nil), prometheus.GaugeValue, value}
}

func roomCount(name, help string, value func(s *gstpublish.Stats) float64) roomMetric {
	return roomMetric{prometheus.NewDesc(prefix+name, help, []string{"room"}, nil), prometheus.CounterValue, value}
}

// roomMetrics returns the metrics of a room, and of its connection to the server.
func roomMetrics() []roomMetric {
	return slices.Concat(connectionMetrics(), rateMetrics(), packetMetrics())
}

// connectionMetrics are those of the connection to the room.
func connectionMetrics() []roomMetric {
	return []roomMetric{
		roomGauge("room_connected", "Whether the room has been joined, and the connection is not interrupted.",
			func(s *gstpublish.Stats) float64 { return flag(s.Joined && !s.Interrupted) }),
		roomGauge("room_publications", "Publications in the room.",
			func(s *gstpublish.Stats) float64 { return float64(s.Publications) }),
		roomGauge("room_viewers", "Other participants who may subscribe; layer_watched says what is watched.",
			func(s *gstpublish.Stats) float64 { return float64(s.Viewers) }),
		roomCount("room_interruptions_total", "Interruptions of the connection to the room.",
			func(s *gstpublish.Stats) float64 { return float64(s.Interruptions) }),
		roomCount("room_rejoins_total", "How often the room was joined again.",
			func(s *gstpublish.Stats) float64 { return float64(s.Rejoins) }),
	}
}

// rateMetrics are those of the state of the network.
func rateMetrics() []roomMetric {
	return []roomMetric{
		roomGauge("network_estimate_bytes_per_second", "How much may be sent, with all headers; 0 if unknown.",
			func(s *gstpublish.Stats) float64 { return bytes(s.Network.Estimate) }),
		roomGauge("network_demand_bytes_per_second", "How much all publications would send without a limit.",
			func(s *gstpublish.Stats) float64 { return bytes(s.Network.Demand) }),
		roomGauge("network_acknowledged_bytes_per_second", "How much has arrived lately.",
			func(s *gstpublish.Stats) float64 { return bytes(s.Network.AckedRate) }),
		roomGauge("network_pacing_bytes_per_second", "How fast a single frame may leave.",
			func(s *gstpublish.Stats) float64 { return bytes(s.Network.PacingRate) }),
		roomGauge("network_link_bytes_per_second", "What the link has been shown to carry; 0 if unknown.",
			func(s *gstpublish.Stats) float64 { return bytes(s.Network.LinkRate) }),
		roomGauge("network_link_is_limit", "Whether the link carries no more than network_link_bytes_per_second.",
			func(s *gstpublish.Stats) float64 { return flag(s.Network.LinkIsLimit) }),
		roomGauge("network_round_trip_seconds", "Round-trip time to the server; 0 if unknown.",
			func(s *gstpublish.Stats) float64 { return s.Network.RTT.Seconds() }),
		roomGauge("network_queue_delay_seconds", "The part of the round-trip time that packets spend in queues.",
			func(s *gstpublish.Stats) float64 { return s.Network.QueueDelay.Seconds() }),
		roomGauge("network_loss_ratio", "Share of packets that were lost lately, from 0 to 1.",
			func(s *gstpublish.Stats) float64 { return s.Network.Loss }),
	}
}

// packetMetrics count what was sent.
func packetMetrics() []roomMetric {
	return []roomMetric{
		roomCount("network_packets_total", "Packets of video that were sent.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.Packets) }),
		roomCount("network_bytes_total", "Bytes of video on the wire.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.Bytes) }),
		roomCount("network_retransmissions_total", "Packets that were sent again.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.Retransmissions) }),
		roomCount("network_retransmissions_refused_total", "Requests for packets that were not answered.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.RetransmissionsRefused) }),
		roomCount("network_reports_total", "Reports of the server about packets that have arrived.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.Reports) }),
		roomCount("network_probes_total", "Probes for more bandwidth.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.Probes) }),
		roomCount("network_probe_bytes_total", "Bytes of padding, for probes and to make the server report.",
			func(s *gstpublish.Stats) float64 { return float64(s.Network.ProbeBytes) }),
		roomCount("network_wait_seconds_total", "Time that packets waited before they were sent.",
			func(s *gstpublish.Stats) float64 { return s.Network.Waited.Seconds() }),
	}
}
