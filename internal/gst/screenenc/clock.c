// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "encoder.h"

// A rate control grants a frame the bits of the time since the previous frame: libvpx and libaom compute the end of a
// frame less the end of the last. After a pause that is a second's bits in one frame, which stalls the link. So a frame
// earns at most twice what recent frames earned. This adapts within a few frames to a source that becomes slower.

// The maximum that a frame earns, in ns.
#define LONGEST (500 * GST_MSECOND)

void gp_clock_reset(GpClock *c) { *c = (GpClock){.last = GST_CLOCK_TIME_NONE}; }

static gint64 nominal(const GpInput *input) {
  gint64 ns = (gint64)gst_util_uint64_scale(GST_SECOND, (guint64)input->fps_d, (guint64)input->fps_n);
  return CLAMP(ns, GST_MSECOND, (gint64)LONGEST);
}

void gp_clock_tick(GpClock *c, const GpInput *input, GstClockTime pts, gboolean rest, GpFrame *out) {
  gint64 step = nominal(input);
  if (c->usual == 0)
    c->usual = step;
  // Time that decreases belongs to another segment.
  if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(c->last) && pts > c->last) {
    gint64 most = rest ? step : MIN(2 * MAX(c->usual, step), (gint64)LONGEST);
    step = (gint64)MIN(pts - c->last, (GstClockTime)most);
  }
  if (!rest)
    c->usual += (step - c->usual) / 4;
  c->last = pts;
  out->pts = c->end;
  out->duration = (guint32)MAX(gst_util_uint64_scale((guint64)step, GP_CLOCK_RATE, GST_SECOND), 1);
  c->end += out->duration;
}
