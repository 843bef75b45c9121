// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import "github.com/gstpublish/gstpublish/pipeline"

// HalveChroma makes a chain with Options.FullChroma encode 4:2:0. That costs a key frame, which is one of the next two
// pushed frames. It is safe for concurrent use. The error is pipeline.ErrStopped after Close.
func (c *Chain) HalveChroma() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoder.element == nil {
		return pipeline.ErrStopped
	}
	c.encoder.full = false
	filter := c.gp.ByName("raw")
	defer filter.Release()
	return filter.Set("caps", c.encoder.rawCaps(c.encoder.front.Format))
}
