// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

// Share is the part of the estimate that belongs to one publication, by its part of
// the demand, in bit/s; 0 if there is no estimate. It changes with the estimate, and
// when others demand more or less.
func (n *Network) Share(key any) int {
	estimate := n.Estimate()
	n.mu.Lock()
	defer n.mu.Unlock()
	own, all := n.demands[key], n.demand
	if own == 0 || own == all {
		return estimate
	}
	return int(float64(estimate) * float64(own) / float64(all))
}
