// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

// Share returns the part of the estimate that belongs to one publication, by its part of the demand, in bit/s; 0 if
// there is no estimate. limited reports whether that is a limit of the link: only then is it a reason to drop frames.
// It changes with the estimate, and when others demand more or less.
func (n *Network) Share(key any) (bps int, limited bool) {
	estimate, limited := n.Estimate(), n.limited.Load()
	n.mu.Lock()
	defer n.mu.Unlock()
	own, all := n.demands[key], n.demand
	if own == 0 || own == all {
		return estimate, limited
	}
	return int(float64(estimate) * float64(own) / float64(all)), limited
}
