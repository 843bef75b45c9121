// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

// The distance of frames without a duration: 25 a second, as parsers assume.
#define USUAL_DURATION (40 * GST_MSECOND)

typedef struct {
  GstClockTime next; // presentation time of the next buffer if it has none; GST_CLOCK_TIME_NONE at first
} Stamps;

static GstClockTime segment_start(GstPad *pad) {
  GstEvent *event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  GstClockTime start = 0;
  if (event != NULL) {
    const GstSegment *segment;
    gst_event_parse_segment(event, &segment);
    if (segment->format == GST_FORMAT_TIME)
      start = segment->start;
    gst_event_unref(event);
  }
  return start;
}

static GstPadProbeReturn fill_stamp(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Stamps *s = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) {
    GST_PAD_PROBE_INFO_DATA(info) = buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = GST_CLOCK_TIME_IS_VALID(s->next) ? s->next : segment_start(pad);
  }
  GstClockTime duration = GST_BUFFER_DURATION(buffer);
  s->next = GST_BUFFER_PTS(buffer) + (GST_CLOCK_TIME_IS_VALID(duration) && duration > 0 ? duration : USUAL_DURATION);
  return GST_PAD_PROBE_OK;
}

void upstream_fill_stamps(GstPad *sink) {
  Stamps *s = g_new0(Stamps, 1);
  s->next = GST_CLOCK_TIME_NONE;
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, fill_stamp, s, g_free);
}
