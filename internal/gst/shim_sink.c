// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

#include <fcntl.h>
#include <unistd.h>

// Go waits on a pipe. A call into Go from a streaming thread would occupy one of Go's processors until its scheduler
// takes it back, which is work for each frame. If the pipe is full, Go wakes anyway.
struct ShimPipe {
  int read, write; // Both ends stay open: a write without a reader would cause SIGPIPE.

  int room; // of the gate

  GMutex lock; // protects the following fields
  GCond taken;
  int queued;    // buffers in the appsink
  gboolean open; // the gate lets everything pass
};

static void tell(gpointer data) {
  ssize_t written = write(((ShimPipe *)data)->write, "", 1);
  (void)written;
}

static GstFlowReturn sample_ready(GstAppSink *sink, gpointer data) {
  ShimPipe *pipe = data;
  (void)sink;
  g_mutex_lock(&pipe->lock);
  pipe->queued++;
  g_mutex_unlock(&pipe->lock);
  tell(data);
  return GST_FLOW_OK;
}

static void stream_ended(GstAppSink *sink, gpointer data) {
  (void)sink;
  tell(data);
}

static void close_pipe(gpointer data) {
  ShimPipe *pipe = data;
  if (pipe->read >= 0)
    close(pipe->read);
  if (pipe->write >= 0)
    close(pipe->write);
  g_cond_clear(&pipe->taken);
  g_mutex_clear(&pipe->lock);
  g_free(pipe);
}

ShimPipe *shim_sink_notify(GstElement *appsink, int read_fd, int write_fd) {
  ShimPipe *pipe = g_new0(ShimPipe, 1);
  g_mutex_init(&pipe->lock);
  g_cond_init(&pipe->taken);
  pipe->read = fcntl(read_fd, F_DUPFD_CLOEXEC, 0);
  pipe->write = fcntl(write_fd, F_DUPFD_CLOEXEC, 0);
  if (pipe->read < 0 || pipe->write < 0) {
    close_pipe(pipe);
    return NULL;
  }
  GstAppSinkCallbacks callbacks = {.new_sample = sample_ready, .eos = stream_ended};
  gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, pipe, close_pipe);
  return pipe;
}

// An appsink that is full waits under its preroll lock, which the change to PLAYING needs. So the streaming thread waits
// here, before it enters the appsink. All earlier buffers are in the appsink then, or were dropped by it.
static GstPadProbeReturn await_room(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  ShimPipe *pipe = data;
  (void)pad;
  (void)info;
  g_mutex_lock(&pipe->lock);
  while (!pipe->open && pipe->queued >= pipe->room)
    g_cond_wait(&pipe->taken, &pipe->lock);
  g_mutex_unlock(&pipe->lock);
  return GST_PAD_PROBE_OK;
}

void shim_sink_gate(GstElement *appsink, ShimPipe *pipe, int room) {
  pipe->room = room;
  GstPad *sink = gst_element_get_static_pad(appsink, "sink");
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, await_room, pipe, NULL);
  gst_object_unref(sink);
}

void shim_pipe_open(ShimPipe *pipe) {
  g_mutex_lock(&pipe->lock);
  pipe->open = TRUE;
  g_cond_broadcast(&pipe->taken);
  g_mutex_unlock(&pipe->lock);
}

void shim_sink_end(GstElement *appsink) {
  GstPad *sink = gst_element_get_static_pad(appsink, "sink");
  gst_pad_send_event(sink, gst_event_new_eos());
  gst_object_unref(sink);
}

// The lock is held while a buffer is inside, for whatever reason.
gboolean shim_sink_holds(GstElement *appsink) {
  GstPad *pad = gst_element_get_static_pad(appsink, "sink");
  gboolean is_free = GST_PAD_STREAM_TRYLOCK(pad);
  if (is_free)
    GST_PAD_STREAM_UNLOCK(pad);
  gst_object_unref(pad);
  return !is_free;
}

void shim_sink_drop_preroll(GstElement *appsink) {
  GstSample *preroll = gst_app_sink_try_pull_preroll(GST_APP_SINK(appsink), 0);
  if (preroll != NULL)
    gst_sample_unref(preroll);
}

int shim_sink_pull(GstElement *appsink, ShimPipe *pipe, gboolean map, ShimPull *out) {
  GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(appsink), 0);
  if (sample == NULL)
    return gst_app_sink_is_eos(GST_APP_SINK(appsink)) ? SHIM_PULL_EOS : SHIM_PULL_NONE;
  g_mutex_lock(&pipe->lock);
  pipe->queued--;
  g_cond_signal(&pipe->taken);
  g_mutex_unlock(&pipe->lock);
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
  out->gap = GST_BUFFER_FLAG_IS_SET(out->buffer, GST_BUFFER_FLAG_DISCONT);
  out->corrupted = GST_BUFFER_FLAG_IS_SET(out->buffer, GST_BUFFER_FLAG_CORRUPTED);
  out->duration = GST_BUFFER_DURATION(out->buffer);
  out->pts = GST_BUFFER_PTS(out->buffer);
  out->decode_only = !GST_CLOCK_TIME_IS_VALID(out->pts);
  if (out->decode_only)
    out->pts = GST_BUFFER_DTS(out->buffer);
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

gboolean shim_force_key_frame(GstElement *appsink) {
  GstEvent *event = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
  return gst_element_send_event(appsink, event);
}

// ---- calls before a buffer enters an element

struct ShimHook {
  gint refs;  // held by the probe and by Go
  gint armed;
  uintptr_t handle;
};

void shim_hook_unref(ShimHook *hook) {
  if (!g_atomic_int_dec_and_test(&hook->refs))
    return;
  shim_call(SHIM_GONE, hook->handle);
  g_free(hook);
}

static void hook_gone(gpointer hook) { shim_hook_unref(hook); }

static GstPadProbeReturn before_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  ShimHook *hook = data;
  (void)pad;
  (void)info;
  if (g_atomic_int_compare_and_exchange(&hook->armed, 1, 0))
    shim_call(SHIM_BEFORE, hook->handle);
  return GST_PAD_PROBE_OK;
}

ShimHook *shim_hook_new(GstElement *element, uintptr_t handle) {
  GstPad *sink = gst_element_get_static_pad(element, "sink");
  if (sink == NULL)
    return NULL;
  ShimHook *hook = g_new0(ShimHook, 1);
  hook->refs = 2;
  hook->handle = handle;
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, before_buffer, hook, hook_gone);
  gst_object_unref(sink);
  return hook;
}

void shim_hook_arm(ShimHook *hook) { g_atomic_int_set(&hook->armed, 1); }

// ---- the output size of a scaler

// The size changes on the streaming thread, between two frames: at any other time, a frame of the old size could be on
// its way to the capsfilter.
struct ShimScaler {
  gint refs;    // held by the two probes and by Go
  GMutex lock;  // protects the following fields up to from
  gboolean due; // wanted applies from then on
  struct {
    int width, height;
  } wanted;
  GstClockTime from;

  // Used by the streaming thread.
  GstElement *filter;
  GThread *applying; // the thread, while it changes the filter
  int width, height;         // the current size, or 0
  int own_width, own_height; // of the frames as they arrive
};

void shim_scaler_unref(ShimScaler *s) {
  if (!g_atomic_int_dec_and_test(&s->refs))
    return;
  gst_object_unref(s->filter);
  g_mutex_clear(&s->lock);
  g_free(s);
}

static void scaler_gone(gpointer scaler) { shim_scaler_unref(scaler); }

// The frames' own size is requested too: an encoder that does not support it must fail, instead of silently receiving
// scaled frames.
static void scaler_apply(ShimScaler *s) {
  GstStructure *size = gst_structure_new_empty("video/x-raw");
  if (s->width > 0) // No borders and no odd pixels: viewers assume square ones.
    gst_structure_set(size, "width", G_TYPE_INT, s->width, "height", G_TYPE_INT, s->height, "pixel-aspect-ratio",
                      GST_TYPE_FRACTION, 1, 1, NULL);
  else
    gst_structure_set(size, "width", G_TYPE_INT, s->own_width, "height", G_TYPE_INT, s->own_height, NULL);
  GstCaps *caps = gst_caps_new_full(size, NULL);
  gst_caps_set_features(caps, 0, gst_caps_features_new_any());
  g_atomic_pointer_set(&s->applying, g_thread_self());
  g_object_set(s->filter, "caps", caps, NULL);
  g_atomic_pointer_set(&s->applying, NULL);
  gst_caps_unref(caps);
}

// Applies the wanted size if it is due for a frame of that time. New caps belong to the frame that comes next.
static gboolean scaler_take(ShimScaler *s, GstClockTime time) {
  g_mutex_lock(&s->lock);
  gboolean due = s->due && (!GST_CLOCK_TIME_IS_VALID(time) || time >= s->from);
  if (due) {
    s->width = s->wanted.width;
    s->height = s->wanted.height;
    s->due = FALSE;
  }
  g_mutex_unlock(&s->lock);
  return due;
}

// The capsfilter makes all elements before it renegotiate. A source that was asked to do so mistakes a frame that is
// refused for one from before the change, and reports nothing.
static GstPadProbeReturn before_source(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  ShimScaler *s = data;
  (void)pad;
  gboolean ours = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_RECONFIGURE &&
                  g_thread_self() == g_atomic_pointer_get(&s->applying);
  return ours ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static GstPadProbeReturn before_scaling(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  ShimScaler *s = data;
  (void)pad;
  gboolean changed;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    changed = scaler_take(s, GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)));
  } else {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    GstCaps *caps;
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
      return GST_PAD_PROBE_OK;
    gst_event_parse_caps(event, &caps);
    changed = scaler_take(s, GST_CLOCK_TIME_NONE);
    int width = s->own_width, height = s->own_height;
    if (shim_caps_size(caps, &s->own_width, &s->own_height) && s->width == 0)
      changed |= width != s->own_width || height != s->own_height;
  }
  if (changed && (s->width > 0 || s->own_width > 0))
    scaler_apply(s);
  return GST_PAD_PROBE_OK;
}

ShimScaler *shim_scaler_new(GstElement *scaler, GstElement *filter) {
  GstPad *sink = gst_element_get_static_pad(scaler, "sink");
  if (sink == NULL)
    return NULL;
  ShimScaler *s = g_new0(ShimScaler, 1);
  g_mutex_init(&s->lock);
  s->refs = 3;
  s->filter = gst_object_ref(filter);
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, before_scaling, s,
                    scaler_gone);
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, before_source, s, scaler_gone);
  gst_object_unref(sink);
  return s;
}

void shim_scaler_set(ShimScaler *s, int width, int height, GstClockTime from) {
  g_mutex_lock(&s->lock);
  if (!s->due) // The previous size was promised for this frame, so it keeps it.
    s->from = from;
  s->due = TRUE;
  s->wanted.width = width;
  s->wanted.height = height;
  g_mutex_unlock(&s->lock);
}

// ---- time stamps for encoders that do not keep them

// The times of the buffers inside the encoder; shared by the two probes.
typedef struct {
  GMutex lock;
  GArray *times; // of GstClockTime
  int users;     // probes that still refer to it
} Times;

static void times_unref(gpointer data) {
  Times *t = data;
  if (!g_atomic_int_dec_and_test(&t->users))
    return;
  g_array_unref(t->times);
  g_mutex_clear(&t->lock);
  g_free(t);
}

// Convert between time stamps and running time, by the pad's segment: an encoder's segment may start at another time
// than its input's.
static GstClockTime by_segment(GstPad *pad, GstClockTime time,
                               guint64 (*convert)(const GstSegment *, GstFormat, guint64)) {
  GstEvent *event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (event == NULL)
    return time;
  const GstSegment *segment;
  gst_event_parse_segment(event, &segment);
  if (segment->format == GST_FORMAT_TIME)
    time = convert(segment, GST_FORMAT_TIME, time);
  gst_event_unref(event);
  return time;
}

static GstPadProbeReturn note_time(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Times *t = data;
  GstClockTime time = by_segment(pad, GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)), gst_segment_to_running_time);
  g_mutex_lock(&t->lock);
  g_array_append_val(t->times, time);
  g_mutex_unlock(&t->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn restore_time(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Times *t = data;
  GstClockTime time = GST_CLOCK_TIME_NONE;
  g_mutex_lock(&t->lock);
  if (t->times->len > 0) {
    time = g_array_index(t->times, GstClockTime, 0);
    g_array_remove_index(t->times, 0);
  }
  g_mutex_unlock(&t->lock);
  if (!GST_CLOCK_TIME_IS_VALID(time))
    return GST_PAD_PROBE_OK;
  GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_BUFFER_PTS(buffer) = by_segment(pad, time, gst_segment_position_from_running_time);
  GST_BUFFER_DTS(buffer) = GST_BUFFER_PTS(buffer); // Frames are not reordered.
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  return GST_PAD_PROBE_OK;
}

gboolean shim_keep_pts(GstElement *encoder) {
  GstPad *sink = gst_element_get_static_pad(encoder, "sink"), *src = gst_element_get_static_pad(encoder, "src");
  gboolean ok = sink != NULL && src != NULL;
  if (ok) {
    Times *t = g_new0(Times, 1);
    g_mutex_init(&t->lock);
    t->times = g_array_new(FALSE, FALSE, sizeof(GstClockTime));
    t->users = 2;
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, note_time, t, times_unref);
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, restore_time, t, times_unref);
  }
  if (sink != NULL)
    gst_object_unref(sink);
  if (src != NULL)
    gst_object_unref(src);
  return ok;
}
