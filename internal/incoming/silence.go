// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"fmt"
	"strings"
)

// Stage is one of the elements that feed an output.
type Stage struct {
	Element, Factory string // its name, and what it was made by
	Flows            bool   // it has produced something lately
	HasCaps          bool   // what it produces has caps
	Finding          bool   // it has found no stream in its data
}

// Silence returns why nothing comes out of elements, the last of them first: the one that produces
// nothing, and what it may lack. It returns "" if all of them produce something, or if there are
// none. begun reports whether something has come out before.
func Silence(stages []Stage, begun bool) string {
	for i, s := range stages {
		switch {
		case s.Flows && i == 0:
			return ""
		case s.Flows:
			return stages[i-1].lacks(&s, begun)
		}
	}
	if len(stages) == 0 {
		return ""
	}
	source := stages[len(stages)-1]
	switch {
	case source.Finding:
		return fmt.Sprintf("%s has found no stream: no data has reached it, or it is damaged or of another kind",
			source.Element)
	case begun:
		return fmt.Sprintf("%s produces nothing any more", source.Element)
	}
	return fmt.Sprintf("%s produces nothing: no data has reached it", source.Element)
}

// lacks returns what an element may lack that produces nothing from what it receives.
func (s *Stage) lacks(from *Stage, begun bool) string {
	if begun {
		return fmt.Sprintf("%s receives data from %s and produces nothing any more", s.Element, from.Element)
	}
	rtp := strings.HasPrefix(s.Factory, "rtp")
	switch {
	case rtp && !from.HasCaps:
		return fmt.Sprintf("%s receives packets without caps from %s: add such as caps=\"application/x-rtp,media=video,"+
			"clock-rate=90000,encoding-name=H264,payload=96\" to it", s.Element, from.Element)
	case rtp:
		return fmt.Sprintf("%s receives packets from %s and makes no frames of them: compare the caps with what is sent",
			s.Element, from.Element)
	case s.Factory == "h264parse" || s.Factory == "h265parse":
		return fmt.Sprintf("%s receives data from %s, but no SPS and PPS, without which it cannot be decoded: "+
			"have the sender repeat them (config-interval=-1 of rtph264pay or h264parse), or put "+
			"sprop-parameter-sets into the caps", s.Element, from.Element)
	}
	return fmt.Sprintf("%s receives data from %s and produces nothing", s.Element, from.Element)
}
