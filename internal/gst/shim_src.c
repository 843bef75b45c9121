// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

// An appsrc in front of which one frame can wait. The appsrc's own queue is used only while its streaming thread asks
// for data, so only the newest frame waits, and the count of replaced frames is exact. (appsrc's leaky-type does the
// same but has no count before GStreamer 1.28.)
struct ShimSrc {
  GMutex lock; // protects the following fields; taken before appsrc's own
  GstAppSrc *src;
  GstBuffer *waiting;
  GstCaps *waiting_caps;
  GstCaps *caps; // as last set on the appsrc
  gboolean hungry;
  gboolean eos;
  ShimSrcCounts counts;
};

// The caller holds the lock. Takes ownership of the buffer.
static GstFlowReturn forward(ShimSrc *s, GstBuffer *buffer, GstCaps *caps) {
  if (s->caps != caps) {
    if (s->caps == NULL || !gst_caps_is_equal(s->caps, caps))
      gst_app_src_set_caps(s->src, caps);
    gst_caps_replace(&s->caps, caps);
  }
  s->hungry = FALSE;
  s->counts.taken++;
  return gst_app_src_push_buffer(s->src, buffer);
}

// The caller holds the lock.
static GstFlowReturn forward_waiting(ShimSrc *s) {
  GstBuffer *buffer = s->waiting;
  GstCaps *caps = s->waiting_caps;
  s->waiting = NULL;
  s->waiting_caps = NULL;
  GstFlowReturn ret = forward(s, buffer, caps);
  gst_caps_unref(caps);
  return ret;
}

static void need_data(GstAppSrc *src, guint length, gpointer data) {
  (void)length;
  ShimSrc *s = data;
  g_mutex_lock(&s->lock);
  // New caps wake the streaming thread before their frame is there: it asks for data, and finds the frame when it
  // checks again.
  s->hungry = gst_app_src_get_current_level_buffers(src) == 0;
  if (s->hungry && s->waiting != NULL)
    forward_waiting(s);
  g_mutex_unlock(&s->lock);
}

ShimSrc *shim_src_new(GstElement *appsrc) {
  ShimSrc *s = g_new0(ShimSrc, 1);
  g_mutex_init(&s->lock);
  s->src = GST_APP_SRC(gst_object_ref(appsrc));
  GstAppSrcCallbacks callbacks = {.need_data = need_data};
  gst_app_src_set_callbacks(s->src, &callbacks, s, NULL);
  return s;
}

void shim_src_free(ShimSrc *s) {
  GstAppSrcCallbacks none = {0};
  gst_app_src_set_callbacks(s->src, &none, NULL, NULL);
  gst_object_unref(s->src);
  gst_buffer_replace(&s->waiting, NULL);
  gst_caps_replace(&s->waiting_caps, NULL);
  gst_caps_replace(&s->caps, NULL);
  g_mutex_clear(&s->lock);
  g_free(s);
}

GstFlowReturn shim_src_push(ShimSrc *s, GstBuffer *buffer, GstCaps *caps, ShimSrcCounts *counts) {
  GstFlowReturn ret = GST_FLOW_OK;
  g_mutex_lock(&s->lock);
  s->counts.pushed++;
  if (s->eos) {
    gst_buffer_unref(buffer);
    ret = GST_FLOW_EOS;
  } else if (s->hungry) {
    ret = forward(s, buffer, caps);
  } else {
    if (s->waiting != NULL)
      s->counts.dropped++;
    gst_buffer_replace(&s->waiting, buffer);
    gst_buffer_unref(buffer);
    gst_caps_replace(&s->waiting_caps, caps);
  }
  *counts = s->counts;
  g_mutex_unlock(&s->lock);
  return ret;
}

GstFlowReturn shim_src_eos(ShimSrc *s) {
  g_mutex_lock(&s->lock);
  s->eos = TRUE;
  if (s->waiting != NULL)
    forward_waiting(s);
  GstFlowReturn ret = gst_app_src_end_of_stream(s->src);
  g_mutex_unlock(&s->lock);
  return ret;
}

gboolean shim_src_progress(ShimSrc *s, ShimSrcCounts *counts) {
  g_mutex_lock(&s->lock);
  *counts = s->counts;
  gboolean busy = s->counts.taken > 0 && !s->hungry;
  g_mutex_unlock(&s->lock);
  return busy;
}

GstFlowReturn shim_sample_push(GstElement *appsrc, const void *data, gsize size, GstClockTime pts) {
  GstBuffer *buffer = gst_buffer_new_memdup(data, size);
  GST_BUFFER_PTS(buffer) = pts;
  return gst_app_src_push_buffer(GST_APP_SRC(appsrc), buffer);
}

GstFlowReturn shim_sample_eos(GstElement *appsrc) { return gst_app_src_end_of_stream(GST_APP_SRC(appsrc)); }
