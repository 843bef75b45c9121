// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

StandinFault standin_element_fault(StandinElement *self) {
  StandinSpec *spec = self->spec;
  g_mutex_lock(&spec->lock);
  StandinFault fault = self->frames >= spec->fault_frame ? spec->fault : STANDIN_NONE;
  g_mutex_unlock(&spec->lock);
  return fault;
}

gboolean standin_element_key_frame(StandinElement *self) {
  StandinSpec *spec = self->spec;
  g_mutex_lock(&spec->lock);
  spec->counts.key_frames++;
  g_mutex_unlock(&spec->lock);
  return standin_element_fault(self) != STANDIN_IGNORE_KEY_FRAME;
}

void standin_element_force_key(StandinElement *self) {
  if (standin_codec_ignores_key_frames(self->spec->codec)) {
    g_mutex_lock(&self->spec->lock);
    self->restart = TRUE;
    g_mutex_unlock(&self->spec->lock);
    return;
  }
  GstPad *pad = gst_element_get_static_pad(self->encoder, "src");
  gst_pad_send_event(pad, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
  gst_object_unref(pad);
}

void standin_crash(void) {
  volatile int *volatile nowhere = NULL;
  *nowhere = 1;
}

static void post_failure(StandinElement *self, guint64 frame) {
  if (self->failed)
    return;
  self->failed = TRUE;
  if (self->encoder != NULL)
    GST_ELEMENT_ERROR(self, STREAM, ENCODE, (NULL), ("the device was lost at frame %" G_GUINT64_FORMAT, frame));
  else
    GST_ELEMENT_ERROR(self, STREAM, FAILED, (NULL), ("the device was lost at frame %" G_GUINT64_FORMAT, frame));
}

// Counts the frame, and waits while the fault is Hang.
static StandinFault next_frame(StandinElement *self, guint64 *frame, gboolean *restart) {
  StandinSpec *spec = self->spec;
  g_mutex_lock(&spec->lock);
  spec->counts.frames++;
  *frame = ++self->frames;
  while (spec->fault == STANDIN_HANG && self->frames >= spec->fault_frame)
    g_cond_wait(&spec->changed, &spec->lock);
  StandinFault fault = self->frames >= spec->fault_frame ? spec->fault : STANDIN_NONE;
  *restart = self->restart;
  self->restart = FALSE;
  g_mutex_unlock(&spec->lock);
  return fault;
}

// Restarts the inner encoder, on the thread that feeds it. It continues with a
// key frame. Linking its pad again resends the sticky events.
static void restart_encoder(StandinElement *self) {
  GstPad *pad = gst_element_get_static_pad(self->encoder, "sink");
  GstPad *peer = gst_pad_get_peer(pad);
  gst_element_set_locked_state(self->encoder, TRUE);
  gst_pad_unlink(peer, pad);
  gst_element_set_state(self->encoder, GST_STATE_READY);
  standin_codec_set_b_frames(self->spec->codec, self->encoder, self->b_frames);
  gst_pad_link(peer, pad);
  gst_element_set_locked_state(self->encoder, FALSE);
  gst_element_sync_state_with_parent(self->encoder);
  gst_object_unref(peer);
  gst_object_unref(pad);
}

GstFlowReturn standin_element_frame(StandinElement *self, GstBuffer *buffer) {
  guint64 frame;
  gboolean restart;
  StandinFault fault = next_frame(self, &frame, &restart);
  switch (fault) {
  case STANDIN_FAIL:
    post_failure(self, frame);
    return GST_FLOW_ERROR;
  case STANDIN_SWALLOW:
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  case STANDIN_ABORT:
    abort();
  case STANDIN_CRASH:
    standin_crash();
    break;
  case STANDIN_GARBAGE:
    // Grey in every YUV and RGB format.
    gst_buffer_memset(buffer, 0, 0x80, gst_buffer_get_size(buffer));
    break;
  default:
    break;
  }
  gboolean b_frames = fault == STANDIN_B_FRAMES;
  if (self->encoder != NULL && (restart || b_frames != self->b_frames)) {
    self->b_frames = b_frames;
    restart_encoder(self);
  }
  return GST_FLOW_OK;
}
