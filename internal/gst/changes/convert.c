// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// gpscreenconvert: videoconvert, of whose type it is, except that it converts only the rows of blocks that have changed
// if its output buffer still has the frame before, and that it rounds better where chroma is full. Encoders release a
// frame once it is encoded, so the pool has one buffer.

#include "changes.h"
#include "full.h"

#include <gst/video/gstvideofilter.h>

typedef struct {
  GstVideoInfo in, out;
  // Convert GP_BLOCK rows, and those of the last row of blocks; NULL if rows cannot be converted by themselves.
  GstVideoConverter *block, *last;
  gboolean is_full; // converts with full instead
  GpFull full;
  gint64 stamp; // of the last set_info: buffers of an earlier one have another format
} Convert;

// What an output buffer contains.
typedef struct {
  GpChanges *changes;
  guint32 number;
  gint64 stamp;
} Content;

static GstVideoFilterClass *parent_class;
static gint private_offset;
static GQuark content_quark;

static Convert *convert_of(GstVideoFilter *filter) { return (Convert *)((guint8 *)filter + private_offset); }

static void close_converters(Convert *c) {
  g_clear_pointer(&c->block, gst_video_converter_free);
  g_clear_pointer(&c->last, gst_video_converter_free);
}

static void finalize(GObject *object) {
  close_converters(convert_of((GstVideoFilter *)object));
  G_OBJECT_CLASS(parent_class)->finalize(object);
}

// As videoconvert does with dither=none; whatever is not given here is its default too.
static GstVideoConverter *converter(const Convert *c, int rows) {
  GstVideoInfo in = c->in, out = c->out;
  in.height = out.height = rows;
  return gst_video_converter_new(
      &in, &out,
      gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
                        GST_VIDEO_DITHER_NONE, NULL));
}

// Reports whether rows of blocks can be converted by themselves. That is so for RGB, as screens are captured: chroma of
// two rows is made of those two. Chroma that the source has is interpolated from the rows beside.
static gboolean by_rows(const GstVideoInfo *in, const GstVideoInfo *out) {
  return GST_VIDEO_INFO_IS_RGB(in) && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE(in->finfo) &&
         GST_VIDEO_FORMAT_INFO_H_SUB(out->finfo, 1) <= 1 && !GST_VIDEO_FORMAT_INFO_IS_TILED(out->finfo) &&
         !GST_VIDEO_INFO_IS_INTERLACED(in) && GST_VIDEO_INFO_HEIGHT(in) == GST_VIDEO_INFO_HEIGHT(out) &&
         GST_VIDEO_INFO_WIDTH(in) == GST_VIDEO_INFO_WIDTH(out);
}

static gboolean set_info(GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in, GstCaps *out_caps,
                         GstVideoInfo *out) {
  Convert *c = convert_of(filter);
  close_converters(c);
  c->in = *in;
  c->out = *out;
  c->stamp++;
  c->is_full = gp_full_init(&c->full, in, out);
  if (by_rows(in, out)) {
    const int rest = GST_VIDEO_INFO_HEIGHT(in) % GP_BLOCK;
    c->block = converter(c, GP_BLOCK);
    c->last = converter(c, rest == 0 ? GP_BLOCK : rest);
  }
  return parent_class->set_info(filter, in_caps, in, out_caps, out);
}

// ---- frames

static void content_free(gpointer data) {
  Content *content = data;
  gp_changes_unref(content->changes);
  g_free(content);
}

static Content *content_of(GstBuffer *buffer) {
  return gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), content_quark);
}

// Records what a buffer contains now; nothing if m is NULL.
static void set_content(const Convert *c, GstBuffer *buffer, const GpChangesMeta *m) {
  Content *content = content_of(buffer);
  if (content != NULL && m != NULL && content->changes == m->changes) {
    content->number = m->number;
    content->stamp = c->stamp;
    return;
  }
  content = NULL;
  if (m != NULL) {
    content = g_new(Content, 1);
    *content = (Content){gp_changes_ref(m->changes), m->number, c->stamp};
  }
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), content_quark, content, content_free);
}

// Returns the rows of one row of blocks of a frame.
static GstVideoFrame rows_of(const GstVideoFrame *frame, int row) {
  GstVideoFrame part = *frame;
  part.info.height = MIN(GP_BLOCK, GST_VIDEO_FRAME_HEIGHT(frame) - row * GP_BLOCK);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_COMPONENTS(frame); i++) {
    const int plane = GST_VIDEO_FRAME_COMP_PLANE(frame, i);
    const gsize rows = (gsize)row * (GP_BLOCK >> GST_VIDEO_FORMAT_INFO_H_SUB(frame->info.finfo, i));
    part.data[plane] = (guint8 *)frame->data[plane] + rows * (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
  }
  return part;
}

// Reports whether a row of blocks has changed after a frame.
static gboolean row_changed(const GpChanges *changes, int row, guint32 since) {
  for (int x = 0; x < changes->columns; x++)
    if (gp_changes_of_block(changes, row * changes->columns + x) > since)
      return TRUE;
  return FALSE;
}

static void convert_rows(Convert *c, const Content *has, GstVideoFrame *in, GstVideoFrame *out) {
  for (int row = 0; row < has->changes->rows; row++) {
    if (!row_changed(has->changes, row, has->number))
      continue;
    const GstVideoFrame from = rows_of(in, row);
    GstVideoFrame to = rows_of(out, row);
    if (c->is_full)
      gp_full_convert(&c->full, &from, &to);
    else
      gst_video_converter_frame(row == has->changes->rows - 1 ? c->last : c->block, &from, &to);
  }
}

static GstFlowReturn transform_frame(GstVideoFilter *filter, GstVideoFrame *in, GstVideoFrame *out) {
  Convert *c = convert_of(filter);
  const GpChangesMeta *m = gp_changes_of(in->buffer, GST_VIDEO_FRAME_WIDTH(in), GST_VIDEO_FRAME_HEIGHT(in));
  const Content *has = content_of(out->buffer);
  GstFlowReturn result = GST_FLOW_OK;
  if (c->block != NULL && c->last != NULL && m != NULL && has != NULL && has->changes == m->changes &&
      has->stamp == c->stamp)
    convert_rows(c, has, in, out);
  else if (c->is_full)
    gp_full_convert(&c->full, in, out);
  else
    result = parent_class->transform_frame(filter, in, out);
  set_content(c, out->buffer, result == GST_FLOW_OK ? m : NULL);
  return result;
}

// ---- the type

static void class_init(gpointer g_class, gpointer data) {
  (void)data;
  parent_class = g_type_class_peek_parent(g_class);
  g_type_class_adjust_private_offset(g_class, &private_offset);
  gst_element_class_set_static_metadata(g_class, "Converter for screens", "Filter/Converter/Video",
                                        "Converts the parts of frames that have changed", "The gstpublish authors");
  ((GObjectClass *)g_class)->finalize = finalize;
  ((GstVideoFilterClass *)g_class)->set_info = set_info;
  ((GstVideoFilterClass *)g_class)->transform_frame = transform_frame;
}

gboolean gp_convert_register(void) {
  GstElementFactory *factory = gst_element_factory_find("videoconvert");
  GstPluginFeature *loaded = factory == NULL ? NULL : gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory));
  if (factory != NULL)
    gst_object_unref(factory);
  if (loaded == NULL)
    return FALSE;
  const GType parent = gst_element_factory_get_element_type(GST_ELEMENT_FACTORY(loaded));
  gst_object_unref(loaded);
  if (!g_type_is_a(parent, GST_TYPE_VIDEO_FILTER))
    return FALSE;
  GTypeQuery query;
  g_type_query(parent, &query);
  const GTypeInfo info = {
      .class_size = (guint16)query.class_size,
      .instance_size = (guint16)query.instance_size,
      .class_init = class_init,
  };
  const GType type = g_type_register_static(parent, "GpScreenConvert", &info, 0);
  private_offset = g_type_add_instance_private(type, sizeof(Convert));
  content_quark = g_quark_from_static_string("gstpublish-content");
  return gst_element_register(NULL, "gpscreenconvert", GST_RANK_NONE, type);
}
