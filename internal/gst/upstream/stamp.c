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

// A source that stamps what it reads uses the clock as it is if it has a clock, but no base time yet: the time since
// the machine was started, where all later stamps begin at zero. Encoders that want rising stamps would encode nothing
// any more.
#define ABOUT_NOW (2 * GST_SECOND)

static gboolean before_base_time(GstPad *pad, GstClockTime stamp) {
  GstElement *element = gst_pad_get_parent_element(pad);
  GstClock *clock = gst_system_clock_obtain();
  const GstClockTime now = gst_clock_get_time(clock);
  const GstClockTime base = element != NULL ? gst_element_get_base_time(element) : 0;
  gst_object_unref(clock);
  if (element != NULL)
    gst_object_unref(element);
  const gboolean is_clock_time = ABS(GST_CLOCK_DIFF(stamp, now)) < ABOUT_NOW;
  const gboolean is_running_time = base != 0 && ABS(GST_CLOCK_DIFF(stamp + base, now)) < ABOUT_NOW;
  return is_clock_time && !is_running_time;
}

static GstPadProbeReturn fill_stamp(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Stamps *s = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  const gboolean first = !GST_CLOCK_TIME_IS_VALID(s->next);
  if (!GST_BUFFER_PTS_IS_VALID(buffer) || (first && before_base_time(pad, GST_BUFFER_PTS(buffer)))) {
    GST_PAD_PROBE_INFO_DATA(info) = buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = first ? segment_start(pad) : s->next;
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
