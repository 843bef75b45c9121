// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

#include <string.h>

// Follows the outer structure of a container while its bytes pass, to tell at their end whether some are missing: the
// sizes of MP4's boxes, Matroska's elements and RIFF's chunks say where each of them ends.

typedef enum { KIND_UNKNOWN, KIND_MP4, KIND_MATROSKA, KIND_RIFF, KIND_OTHER } Kind;

// The longest header: an identifier of 8 bytes and a size of 8.
#define HEADER 16

typedef struct {
  Kind kind;
  guint8 header[HEADER];
  guint have;   // bytes of it
  guint64 left; // bytes of the part that the last header describes
  gint is_cut;  // atomic
} Whole;

// Returns the length of one of EBML's numbers by its first byte; 0 if it is none.
static guint ebml_length(guint8 first) {
  for (guint n = 1; n <= 8; n++)
    if (first & (0x100 >> n))
      return n;
  return 0;
}

static guint64 big_endian(const guint8 *bytes, guint n) {
  guint64 value = 0;
  while (n-- > 0)
    value = value << 8 | *bytes++;
  return value;
}

#define EBML_HEADER 0x1A45DFA3
#define EBML_SEGMENT 0x18538067
#define EBML_CLUSTER 0x1F43B675

// Reads a header of Matroska. Returns how many bytes it has, or more than there are as yet; 0 if it is none.
static guint matroska_header(Whole *w) {
  const guint id = ebml_length(w->header[0]);
  if (id == 0 || id > 4)
    return 0;
  if (w->have <= id)
    return id + 1;
  const guint size = ebml_length(w->header[id]);
  if (size == 0 || w->have < id + size)
    return size == 0 ? 0 : id + size;
  const guint64 name = big_endian(w->header, id), most = (G_GUINT64_CONSTANT(1) << (7 * size)) - 1;
  w->left = big_endian(w->header + id, size) & most;
  if (w->left == most) { // It is not known, and what it contains follows.
    if (name != EBML_SEGMENT && name != EBML_CLUSTER)
      return 0;
    w->left = 0;
  }
  return id + size;
}

// The same for MP4 and QuickTime. A box without a size extends to the end.
static guint mp4_header(Whole *w) {
  if (w->have < 8)
    return 8;
  guint64 size = big_endian(w->header, 4);
  const guint length = size == 1 ? 16 : 8;
  if (w->have < length)
    return length;
  if (size == 1)
    size = big_endian(w->header + 8, 8);
  if (size < length)
    return 0;
  w->left = size - length;
  return length;
}

// The same for WAV and AVI.
static guint riff_header(Whole *w) {
  if (w->have < 8)
    return 8;
  const guint32 size = GUINT32_FROM_LE(*(const guint32 *)(const void *)(w->header + 4));
  if (memcmp(w->header, "RIFF", 4) != 0 || size == 0 || size >= G_MAXINT32)
    return 0; // or it was written to a pipe
  w->left = size;
  return 8;
}

static guint read_header(Whole *w) {
  if (w->kind == KIND_UNKNOWN) {
    if (w->have < 8)
      return 8;
    w->kind = KIND_OTHER;
    if (big_endian(w->header, 4) == EBML_HEADER)
      w->kind = KIND_MATROSKA;
    else if (memcmp(w->header + 4, "ftyp", 4) == 0 || memcmp(w->header + 4, "moov", 4) == 0)
      w->kind = KIND_MP4;
    else if (memcmp(w->header, "RIFF", 4) == 0)
      w->kind = KIND_RIFF;
  }
  switch (w->kind) {
  case KIND_MP4:
    return mp4_header(w);
  case KIND_MATROSKA:
    return matroska_header(w);
  case KIND_RIFF:
    return riff_header(w);
  default:
    return 0;
  }
}

static void follow_bytes(Whole *w, GstBuffer *buffer) {
  const gsize size = gst_buffer_get_size(buffer);
  gsize at = 0;
  while (at < size && w->kind != KIND_OTHER) {
    if (w->left > 0) {
      const gsize n = MIN(w->left, size - at);
      w->left -= n;
      at += n;
      continue;
    }
    at += gst_buffer_extract(buffer, at, w->header + w->have, 1);
    w->have++;
    const guint needs = read_header(w);
    if (needs == 0 || needs > HEADER) {
      w->kind = KIND_OTHER;
    } else if (needs <= w->have) {
      // The first header may be shorter than what the kind was recognised by.
      w->left -= MIN(w->left, w->have - needs);
      w->have = 0;
    }
  }
}

static gboolean follow_item(GstBuffer **buffer, guint i, gpointer data) {
  (void)i;
  follow_bytes(data, *buffer);
  return TRUE;
}

static GstPadProbeReturn follow(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  Whole *w = data;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    follow_bytes(w, GST_PAD_PROBE_INFO_BUFFER(info));
  } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    gst_buffer_list_foreach(GST_PAD_PROBE_INFO_BUFFER_LIST(info), follow_item, w);
  } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
    const gboolean known = w->kind == KIND_MP4 || w->kind == KIND_MATROSKA || w->kind == KIND_RIFF;
    // Not every program writes the byte that makes the size of a RIFF chunk even.
    g_atomic_int_set(&w->is_cut, known && (w->have > 0 || w->left > (w->kind == KIND_RIFF ? 1 : 0)));
  }
  return GST_PAD_PROBE_OK;
}

static GQuark whole_quark(void) { return g_quark_from_static_string("gstpublish-whole"); }

static void follow_element(GstElement *element) {
  GstPad *src = upstream_is_network(element) ? gst_element_get_static_pad(element, "src") : NULL;
  if (src == NULL)
    return;
  Whole *w = g_atomic_rc_box_new0(Whole);
  g_object_set_qdata_full(G_OBJECT(element), whole_quark(), g_atomic_rc_box_acquire(w), g_atomic_rc_box_release);
  gst_pad_add_probe(src,
                    GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                    follow, w, g_atomic_rc_box_release);
  gst_object_unref(src);
}

static void follow_added(GstBin *bin, GstBin *sub, GstElement *element, gpointer data) {
  (void)bin, (void)sub, (void)data;
  follow_element(element);
}

void upstream_follow(void *pipeline) {
  GstIterator *it = gst_bin_iterate_recurse(GST_BIN(pipeline));
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
    follow_element(g_value_get_object(&item));
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(it);
  g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(follow_added), NULL);
}

gboolean upstream_is_cut(GstElement *element) {
  Whole *w = g_object_get_qdata(G_OBJECT(element), whole_quark());
  return w != NULL && g_atomic_int_get(&w->is_cut);
}
