// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

// ---- parameter sets

// Reports whether a NAL unit of the codec, by its first byte, is a parameter set
// (H.264, table 7-1; H.265, table 7-1).
static gboolean is_header(const StandinCodec *codec, guint8 byte) {
  if (g_str_equal(standin_codec_name(codec), "H264"))
    return (byte & 0x1f) == 7 || (byte & 0x1f) == 8;
  return g_str_equal(standin_codec_name(codec), "H265") && ((byte >> 1) & 0x3f) >= 32 && ((byte >> 1) & 0x3f) <= 34;
}

// Returns the position of the next start code of three bytes from at on, or size.
static gsize start_code(const guint8 *data, gsize size, gsize at) {
  for (; at + 3 <= size; at++)
    if (data[at] == 0 && data[at + 1] == 0 && data[at + 2] == 1)
      return at;
  return size;
}

static void keep_of_byte_stream(const StandinCodec *codec, const guint8 *data, gsize size, GByteArray *kept) {
  gsize at = start_code(data, size, 0);
  while (at + 3 < size) {
    gsize next = start_code(data, size, at + 3);
    // The first zero of a start code of four bytes stays with the previous unit.
    if (!is_header(codec, data[at + 3]))
      g_byte_array_append(kept, data + at, (guint)(next - at));
    at = next;
  }
}

static void keep_of_lengths(const StandinCodec *codec, const guint8 *data, gsize size, GByteArray *kept) {
  gsize at = 0;
  while (at + 4 < size) {
    gsize length = 4 + (gsize)GST_READ_UINT32_BE(data + at);
    if (length > size - at)
      return;
    if (!is_header(codec, data[at + 4]))
      g_byte_array_append(kept, data + at, (guint)length);
    at += length;
  }
}

static gboolean is_byte_stream(GstPad *pad) {
  GstCaps *caps = gst_pad_get_current_caps(pad);
  if (caps == NULL)
    return TRUE;
  const char *format = gst_structure_get_string(gst_caps_get_structure(caps, 0), "stream-format");
  gboolean yes = g_strcmp0(format, "byte-stream") == 0;
  gst_caps_unref(caps);
  return yes;
}

// Takes the buffer and returns one without parameter sets.
static GstBuffer *omit_from_buffer(const StandinCodec *codec, GstPad *pad, GstBuffer *buffer) {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    return buffer;
  GByteArray *kept = g_byte_array_sized_new((guint)map.size);
  if (is_byte_stream(pad))
    keep_of_byte_stream(codec, map.data, map.size, kept);
  else
    keep_of_lengths(codec, map.data, map.size, kept);
  gst_buffer_unmap(buffer, &map);
  gsize size = kept->len;
  GstBuffer *out = gst_buffer_new_wrapped(g_byte_array_free(kept, FALSE), size);
  gst_buffer_copy_into(out, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  gst_buffer_unref(buffer);
  return out;
}

// Takes the event, and returns caps without parameter sets.
static GstEvent *omit_from_caps(GstEvent *event) {
  GstCaps *caps;
  gst_event_parse_caps(event, &caps);
  caps = gst_caps_copy(caps);
  gst_structure_remove_fields(gst_caps_get_structure(caps, 0), "codec_data", "streamheader", NULL);
  GstEvent *out = gst_event_new_caps(caps);
  gst_event_set_seqnum(out, gst_event_get_seqnum(event));
  gst_caps_unref(caps);
  gst_event_unref(event);
  return out;
}

// ---- probes

// Handles a key unit event from either side.
static GstPadProbeReturn on_event(StandinElement *self, GstEvent *event) {
  if (!gst_video_event_is_force_key_unit(event))
    return GST_PAD_PROBE_OK;
  if (self->spec->key != STANDIN_KEY_EVENT || !standin_element_key_frame(self))
    return GST_PAD_PROBE_DROP;
  if (!standin_codec_ignores_key_frames(self->spec->codec))
    return GST_PAD_PROBE_OK;
  standin_element_force_key(self);
  return GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn on_sink(G_GNUC_UNUSED GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  return on_event(data, GST_PAD_PROBE_INFO_EVENT(info));
}

static GstPadProbeReturn on_src(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  StandinElement *self = data;
  if (info->type & GST_PAD_PROBE_TYPE_EVENT_UPSTREAM)
    return on_event(self, GST_PAD_PROBE_INFO_EVENT(info));
  if (standin_element_fault(self) != STANDIN_OMIT_HEADERS)
    return GST_PAD_PROBE_OK;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    info->data = omit_from_buffer(self->spec->codec, pad, GST_PAD_PROBE_INFO_BUFFER(info));
  else if (GST_EVENT_TYPE(info->data) == GST_EVENT_CAPS)
    info->data = omit_from_caps(GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

void standin_tail_watch(StandinElement *self, GstPad *sink, GstPad *src) {
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_sink, self, NULL);
  gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_BOTH, on_src, self, NULL);
}
