// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import "reflect"

// Changes lists the publications that a new configuration affects. All others continue.
type Changes struct {
	Stop    []string      // names, in the old order
	Start   []Publication // in the new order
	Restart []Publication // those that have changed, in the new order
}

// Diff compares the publications of two configurations.
func Diff(old, next []Publication) (c Changes) {
	before := map[string]Publication{}
	for _, p := range old {
		before[p.Name] = p
	}
	kept := map[string]bool{}
	for _, p := range next {
		kept[p.Name] = true
		was, existed := before[p.Name]
		switch {
		case !existed:
			c.Start = append(c.Start, p)
		case !reflect.DeepEqual(was, p):
			c.Restart = append(c.Restart, p)
		}
	}
	for _, p := range old {
		if !kept[p.Name] {
			c.Stop = append(c.Stop, p.Name)
		}
	}
	return c
}

// participant identifies a participant of a room. Only one of them can be there.
type participant struct{ url, room, identity, token string }

func (p *Publication) participant() participant {
	return participant{p.URL, p.Room, p.Identity, p.Token}
}

// Conflicts reports whether two publications must not run at the same time: they have the same name, or are the same
// participant.
func (p *Publication) Conflicts(other *Publication) bool {
	return p.Name == other.Name || p.participant() == other.participant()
}
