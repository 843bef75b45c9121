// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

#include <string.h>

gboolean shim_layout(const char *format, int width, int height, ShimLayout *out) {
  GstVideoFormat f = gst_video_format_from_string(format);
  GstVideoInfo info;
  if (f == GST_VIDEO_FORMAT_UNKNOWN || !gst_video_info_set_format(&info, f, width, height))
    return FALSE;
  out->size = GST_VIDEO_INFO_SIZE(&info);
  out->planes = GST_VIDEO_INFO_N_PLANES(&info);
  for (int i = 0; i < out->planes && i < SHIM_PLANES; i++) {
    out->offset[i] = GST_VIDEO_INFO_PLANE_OFFSET(&info, i);
    out->stride[i] = GST_VIDEO_INFO_PLANE_STRIDE(&info, i);
  }
  return TRUE;
}

GstCaps *shim_caps_from_string(const char *text) { return gst_caps_from_string(text); }

gboolean shim_caps_size(const GstCaps *caps, int *width, int *height) {
  if (!gst_caps_get_size(caps))
    return FALSE;
  GstStructure *s = gst_caps_get_structure(caps, 0);
  return gst_structure_get_int(s, "width", width) && gst_structure_get_int(s, "height", height);
}

GstClockTime shim_caps_interval(const GstCaps *caps) {
  int n = 0, d = 0;
  if (gst_caps_get_size(caps) == 0 ||
      !gst_structure_get_fraction(gst_caps_get_structure(caps, 0), "framerate", &n, &d) || n <= 0 || d <= 0)
    return 0;
  return gst_util_uint64_scale_int(GST_SECOND, d, n);
}

GstCaps *shim_caps_variant(const GstCaps *caps, int width, int height, int fps_n, int fps_d) {
  GstCaps *copy = gst_caps_copy(caps);
  gst_caps_set_simple(copy, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  if (fps_n != 0)
    gst_caps_set_simple(copy, "framerate", GST_TYPE_FRACTION, fps_n, fps_d, NULL);
  return copy;
}

GstBufferPool *shim_pool_new(GstCaps *caps, gsize size) {
  GstBufferPool *pool = gst_buffer_pool_new();
  GstStructure *config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, caps, size, 0, 0);
  if (!gst_buffer_pool_set_config(pool, config) || !gst_buffer_pool_set_active(pool, TRUE)) {
    gst_object_unref(pool);
    return NULL;
  }
  return pool;
}

void shim_pool_free(GstBufferPool *pool) {
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}

GstBuffer *shim_pool_acquire(GstBufferPool *pool, GstMapInfo *map) {
  GstBuffer *buffer = NULL;
  if (gst_buffer_pool_acquire_buffer(pool, &buffer, NULL) != GST_FLOW_OK)
    return NULL;
  if (!gst_buffer_map(buffer, map, GST_MAP_WRITE)) {
    gst_buffer_unref(buffer);
    return NULL;
  }
  return buffer;
}

void shim_buffer_unmap(GstBuffer *buffer, GstMapInfo *map) { gst_buffer_unmap(buffer, map); }

// All memories of a buffer, up to four, share one handle: the last one that is freed calls back.
typedef struct {
  gint left;
  uintptr_t handle;
} Wrapped;

static void piece_gone(gpointer data) {
  Wrapped *w = data;
  if (!g_atomic_int_dec_and_test(&w->left))
    return;
  shim_call(SHIM_RELEASE, w->handle);
  g_free(w);
}

GstBuffer *shim_buffer_wrap(ShimPlanes planes, const char *format, gsize format_len, int width, int height,
                            uintptr_t handle) {
  GstBuffer *buffer = gst_buffer_new();
  Wrapped *w = g_new0(Wrapped, 1);
  w->handle = handle;
  w->left = planes.count;
  gsize offset[GST_VIDEO_MAX_PLANES] = {0}, total = 0;
  gint stride[GST_VIDEO_MAX_PLANES] = {0};
  for (int i = 0; i < planes.count; i++) {
    gsize size = planes.size[i];
    gst_buffer_append_memory(
        buffer, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, planes.data[i], size, 0, size, w, piece_gone));
    offset[i] = total;
    stride[i] = planes.stride[i];
    total += size;
  }
  char name[32] = {0};
  memcpy(name, format, MIN(format_len, sizeof name - 1));
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, gst_video_format_from_string(name), width, height,
                                 planes.count, offset, stride);
  return buffer;
}

GstBuffer *shim_buffer_shallow(GstBuffer *buffer) { return gst_buffer_copy(buffer); }

// Where a pixel lies in a plane, in bytes from the plane's first.
static gsize offset_in(const GstVideoInfo *info, guint plane, int stride, int x, int y) {
  for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS(info); c++)
    if ((guint)GST_VIDEO_INFO_COMP_PLANE(info, c) == plane)
      return (gsize)(y >> GST_VIDEO_FORMAT_INFO_H_SUB(info->finfo, c)) * stride +
             (gsize)(x >> GST_VIDEO_FORMAT_INFO_W_SUB(info->finfo, c)) * GST_VIDEO_INFO_COMP_PSTRIDE(info, c);
  return 0;
}

GstBuffer *shim_buffer_crop(GstBuffer *buffer, const GstCaps *caps, ShimRect part) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps))
    return NULL;
  gsize offset[GST_VIDEO_MAX_PLANES];
  gint stride[GST_VIDEO_MAX_PLANES];
  memcpy(offset, info.offset, sizeof offset);
  memcpy(stride, info.stride, sizeof stride);
  GstBuffer *view = gst_buffer_copy(buffer);
  GstVideoMeta *meta = gst_buffer_get_video_meta(view);
  if (meta != NULL) {
    memcpy(offset, meta->offset, sizeof offset);
    memcpy(stride, meta->stride, sizeof stride);
    gst_buffer_remove_meta(view, (GstMeta *)meta);
  }
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(view);
  if (crop != NULL)
    gst_buffer_remove_meta(view, (GstMeta *)crop);
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++)
    offset[i] += offset_in(&info, i, stride[i], part.x, part.y);
  gst_buffer_add_video_meta_full(view, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info), part.width, part.height,
                                 GST_VIDEO_INFO_N_PLANES(&info), offset, stride);
  return view;
}

void shim_buffer_show(GstBuffer *buffer, ShimRect part) {
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = (guint)part.x;
  crop->y = (guint)part.y;
  crop->width = (guint)part.width;
  crop->height = (guint)part.height;
}

gboolean shim_buffer_visible(GstBuffer *buffer, const GstCaps *caps, ShimRect *out) {
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer);
  GstVideoInfo info;
  if (crop == NULL || crop->width == 0 || crop->height == 0 || !gst_video_info_from_caps(&info, caps))
    return FALSE;
  const int width = GST_VIDEO_INFO_WIDTH(&info), height = GST_VIDEO_INFO_HEIGHT(&info);
  if (crop->x >= (guint)width || crop->y >= (guint)height || (crop->width >= (guint)width && crop->height >= (guint)height))
    return FALSE;
  if (GST_VIDEO_FORMAT_INFO_IS_TILED(info.finfo))
    return FALSE;
  // A chroma sample, and a group of pixels of packed formats, begins at an even one.
  out->x = (int)crop->x & ~1;
  out->y = (int)crop->y & ~1;
  out->width = MIN((int)MIN(crop->width, (guint)width), width - out->x);
  out->height = MIN((int)MIN(crop->height, (guint)height), height - out->y);
  return GST_VIDEO_INFO_COMP_PSTRIDE(&info, 0) > 0; // Pixels that share bytes have no place of their own.
}

gsize shim_picture_lacks(GstBuffer *buffer, const GstCaps *caps) {
  GstVideoInfo info;
  if (gst_buffer_get_video_meta(buffer) != NULL || !gst_video_info_from_caps(&info, caps))
    return 0;
  return gst_buffer_get_size(buffer) < GST_VIDEO_INFO_SIZE(&info) ? GST_VIDEO_INFO_SIZE(&info) : 0;
}

// ---- frames in I420

struct ShimConverter {
  GstVideoInfo in, out;
  GstCaps *caps;                // of out; NULL if in is the same
  GstVideoConverter *converter; // likewise
  guint8 *narrow;               // full range to limited, of luma and then of chroma; NULL where the converter does it
  GstBufferPool *pool;          // likewise
};

static gboolean in_system_memory(const GstCaps *caps) {
  const GstCapsFeatures *features = gst_caps_get_features(caps, 0);
  for (guint i = 0; i < gst_caps_features_get_size(features); i++) {
    const char *feature = gst_caps_features_get_nth(features, i);
    if (g_str_has_prefix(feature, "memory:") && strcmp(feature, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY) != 0)
      return FALSE;
  }
  return TRUE;
}

static GstCaps *i420_caps(const GstCaps *caps, const GstVideoInfo *info) {
  GstCaps *out = gst_caps_copy(caps);
  gst_caps_set_simple(out, "format", G_TYPE_STRING, "I420", "colorimetry", G_TYPE_STRING, GST_VIDEO_COLORIMETRY_BT601,
                      NULL);
  // The chroma siting is kept if there is no conversion of chroma.
  const GstVideoFormatInfo *format = info->finfo;
  if (!GST_VIDEO_FORMAT_INFO_IS_YUV(format) || GST_VIDEO_FORMAT_INFO_W_SUB(format, 1) != 1 ||
      GST_VIDEO_FORMAT_INFO_H_SUB(format, 1) != 1)
    gst_structure_remove_field(gst_caps_get_structure(out, 0), "chroma-site");
  return out;
}

// GStreamer 1.22 converts between formats of the same matrix without looking at their range.
static gboolean keeps_range(const GstVideoInfo *in) {
  return GST_VIDEO_INFO_IS_YUV(in) && in->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 &&
         in->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT601;
}

gboolean shim_caps_keep_range(const GstCaps *caps) {
  GstVideoInfo info;
  return gst_video_info_from_caps(&info, caps) && keeps_range(&info);
}

static guint8 *narrow_tables(void) {
  guint8 *tables = g_malloc(2 * 256);
  for (int i = 0; i < 256; i++) {
    tables[i] = (guint8)(16 + (i * 219 + 127) / 255);
    tables[256 + i] = (guint8)(16 + (i * 224 + 127) / 255);
  }
  return tables;
}

static void narrow(GstVideoFrame *frame, const guint8 *tables) {
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame); c++) {
    const guint8 *table = c == 0 ? tables : tables + 256;
    guint8 *row = GST_VIDEO_FRAME_COMP_DATA(frame, c);
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(frame, c); y++, row += GST_VIDEO_FRAME_COMP_STRIDE(frame, c))
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(frame, c); x++)
        row[x] = table[row[x]];
  }
}

// As videoconvert does with dither=none, which encode chains begin with; what
// isn't given here is what that has too. The method is for chroma whose size is odd.
static GstVideoConverter *video_converter(GstVideoInfo *in, GstVideoInfo *out) {
  GstStructure *options =
      gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
                        GST_VIDEO_DITHER_NONE, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
                        GST_VIDEO_RESAMPLER_METHOD_LINEAR, GST_VIDEO_RESAMPLER_OPT_MAX_TAPS, G_TYPE_INT, 2, NULL);
  return gst_video_converter_new(in, out, options);
}

// Like videoconvert, ignore differences between transfer functions with the same values in eight bits.
static gboolean is_same(const GstVideoInfo *in, const GstVideoInfo *out) {
  GstVideoInfo like = *in;
  like.colorimetry.transfer = out->colorimetry.transfer;
  return gst_video_info_is_equal(&like, out) &&
         gst_video_transfer_function_is_equivalent(in->colorimetry.transfer, GST_VIDEO_INFO_COMP_DEPTH(in, 0),
                                                   out->colorimetry.transfer, GST_VIDEO_INFO_COMP_DEPTH(out, 0));
}

ShimConverter *shim_converter_new(const GstCaps *caps) {
  GstVideoInfo in, out;
  if (!gst_caps_is_fixed(caps) || !in_system_memory(caps) || !gst_video_info_from_caps(&in, caps) ||
      GST_VIDEO_INFO_FORMAT(&in) == GST_VIDEO_FORMAT_ENCODED)
    return NULL;
  GstCaps *i420 = i420_caps(caps, &in);
  ShimConverter *c = NULL;
  if (gst_video_info_from_caps(&out, i420)) {
    c = g_new0(ShimConverter, 1);
    c->in = in;
    c->out = out;
    if (!is_same(&in, &out)) {
      GstVideoInfo made = out;
      if (keeps_range(&in)) {
        c->narrow = narrow_tables();
        made.colorimetry.range = GST_VIDEO_COLOR_RANGE_0_255;
      }
      c->caps = gst_caps_ref(i420);
      c->converter = video_converter(&in, &made);
      c->pool = shim_pool_new(i420, GST_VIDEO_INFO_SIZE(&out));
    }
  }
  gst_caps_unref(i420);
  if (c != NULL && c->caps != NULL && (c->converter == NULL || c->pool == NULL)) {
    shim_converter_free(c);
    return NULL;
  }
  return c;
}

void shim_converter_free(ShimConverter *c) {
  gst_caps_replace(&c->caps, NULL);
  if (c->converter != NULL)
    gst_video_converter_free(c->converter);
  if (c->pool != NULL)
    shim_pool_free(c->pool);
  g_free(c->narrow);
  g_free(c);
}

GstCaps *shim_converter_caps(ShimConverter *c) { return c->caps == NULL ? NULL : gst_caps_ref(c->caps); }

static gboolean convert(ShimConverter *c, GstBuffer *from, GstBuffer *to) {
  GstVideoFrame in, out;
  if (!gst_video_frame_map(&in, &c->in, from, GST_MAP_READ))
    return FALSE;
  gboolean mapped = gst_video_frame_map(&out, &c->out, to, GST_MAP_WRITE);
  if (mapped) {
    gst_video_converter_frame(c->converter, &in, &out);
    if (c->narrow != NULL)
      narrow(&out, c->narrow);
    gst_video_frame_unmap(&out);
  }
  gst_video_frame_unmap(&in);
  return mapped;
}

GstBuffer *shim_converter_make(ShimConverter *c, GstBuffer *from) {
  if (c->converter == NULL)
    return gst_buffer_ref(from);
  GstBuffer *to = NULL;
  if (gst_buffer_pool_acquire_buffer(c->pool, &to, NULL) != GST_FLOW_OK)
    return NULL;
  // An interlaced frame's flags contain the order of its fields.
  if (!gst_buffer_copy_into(to, from, GST_BUFFER_COPY_FLAGS, 0, -1) || !convert(c, from, to)) {
    gst_buffer_unref(to);
    return NULL;
  }
  return to;
}
