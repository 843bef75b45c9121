// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "encoder.h"

// Rate controls give a frame the bits of the time since the one before: libvpx and libaom take the end of a frame less
// the end of the last. Over a pause that is a second's bits in one frame, which then stalls the link. So a frame earns
// at most twice what frames earned of late, and that follows a source which becomes slower within a few frames.

// No frame earns more than this, in ns.
#define LONGEST (500 * GST_MSECOND)

void gp_clock_reset(GpClock *c) { *c = (GpClock){.last = GST_CLOCK_TIME_NONE}; }

static gint64 nominal(const GpPicture *picture) {
  gint64 ns = (gint64)gst_util_uint64_scale(GST_SECOND, (guint64)picture->fps_d, (guint64)picture->fps_n);
  return CLAMP(ns, GST_MSECOND, (gint64)LONGEST);
}

void gp_clock_tick(GpClock *c, const GpPicture *picture, GstClockTime pts, gboolean rest, GpFrame *out) {
  gint64 step = nominal(picture);
  if (c->usual == 0)
    c->usual = step;
  // Time that goes back is another segment's.
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
