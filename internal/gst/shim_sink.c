// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

int shim_sink_pull(GstElement *appsink, guint64 timeout_ns, gboolean map, ShimPull *out) {
  GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(appsink), timeout_ns);
  if (sample == NULL)
    return gst_app_sink_is_eos(GST_APP_SINK(appsink)) ? SHIM_PULL_EOS : SHIM_PULL_TIMEOUT;
  out->sample = sample;
  out->mapped = FALSE;
  out->buffer = gst_sample_get_buffer(sample);
  out->caps = gst_sample_get_caps(sample);
  if (out->buffer == NULL || (map && !gst_buffer_map(out->buffer, &out->map, GST_MAP_READ))) {
    gst_sample_unref(sample);
    return SHIM_PULL_ERROR;
  }
  out->mapped = map;
  out->key = !GST_BUFFER_FLAG_IS_SET(out->buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  out->duration = GST_BUFFER_DURATION(out->buffer);
  out->pts = GST_BUFFER_PTS(out->buffer);
  const GstSegment *segment = gst_sample_get_segment(sample);
  if (segment != NULL && segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(out->pts))
    out->pts = gst_segment_to_running_time(segment, GST_FORMAT_TIME, out->pts);
  return SHIM_PULL_OK;
}

void shim_pull_done(ShimPull *pull) {
  if (pull->mapped)
    gst_buffer_unmap(pull->buffer, &pull->map);
  gst_sample_unref(pull->sample);
}

gboolean shim_force_key_unit(GstElement *appsink) {
  GstEvent *event = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
  return gst_element_send_event(appsink, event);
}
