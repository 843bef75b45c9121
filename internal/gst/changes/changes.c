// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "changes.h"

#include <string.h>

GpChanges *gp_changes_new(int width, int height) {
  const int columns = (width + GP_BLOCK - 1) / GP_BLOCK, rows = (height + GP_BLOCK - 1) / GP_BLOCK;
  GpChanges *c = g_malloc0(sizeof *c + (gsize)columns * rows * sizeof c->changed[0]);
  c->references = 1;
  c->columns = columns;
  c->rows = rows;
  c->number = 1;
  for (int i = 0; i < columns * rows; i++)
    c->changed[i] = 1;
  return c;
}

GpChanges *gp_changes_ref(GpChanges *c) {
  g_atomic_int_inc(&c->references);
  return c;
}

void gp_changes_unref(GpChanges *c) {
  if (g_atomic_int_dec_and_test(&c->references))
    g_free(c);
}

// ---- the metadata

static gboolean meta_init(GstMeta *meta, gpointer params, GstBuffer *buffer) {
  GpChangesMeta *m = (GpChangesMeta *)meta;
  (void)params;
  (void)buffer;
  m->changes = NULL;
  m->number = 0;
  return TRUE;
}

static void meta_free(GstMeta *meta, GstBuffer *buffer) {
  (void)buffer;
  g_clear_pointer(&((GpChangesMeta *)meta)->changes, gp_changes_unref);
}

static const GstMetaInfo *meta_info(void);

static void add_meta(GstBuffer *buffer, GpChanges *c, guint32 number) {
  GpChangesMeta *m = (GpChangesMeta *)gst_buffer_add_meta(buffer, meta_info(), NULL);
  m->changes = gp_changes_ref(c);
  m->number = number;
}

static gboolean meta_transform(GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type, gpointer data) {
  const GpChangesMeta *m = (const GpChangesMeta *)meta;
  (void)from;
  (void)data;
  if (!GST_META_TRANSFORM_IS_COPY(type))
    return FALSE;
  add_meta(to, m->changes, m->number);
  return TRUE;
}

static GType meta_api(void) {
  static gsize type = 0;
  if (g_once_init_enter(&type)) {
    static const char *tags[] = {NULL};
    g_once_init_leave(&type, gst_meta_api_type_register(GP_CHANGES_API_NAME, tags));
  }
  return type;
}

static const GstMetaInfo *meta_info(void) {
  static gsize info = 0;
  if (g_once_init_enter(&info))
    g_once_init_leave(&info, (gsize)gst_meta_register(meta_api(), "GpChangesMeta", sizeof(GpChangesMeta), meta_init,
                                                      meta_free, meta_transform));
  return (const GstMetaInfo *)info;
}

GstBuffer *gp_changes_attach(GpChanges *c, GstBuffer *buffer) {
  buffer = gst_buffer_make_writable(buffer);
  GstMeta *old = gst_buffer_get_meta(buffer, meta_api());
  if (old != NULL)
    gst_buffer_remove_meta(buffer, old);
  add_meta(buffer, c, c->number);
  return buffer;
}

// ---- comparison

// One plane of both frames.
typedef struct {
  const guint8 *a, *b;
  int a_stride, b_stride;
  gsize bytes; // of a row that are pixels
  gsize chunk; // of a row in a block
  int rows;
  int step; // rows in a block
} Plane;

// The first component of a plane says how it is sampled. Formats whose pixels are not whole bytes have none.
static gboolean describe(const GstVideoInfo *info, guint plane, Plane *p) {
  p->bytes = 0;
  for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS(info); c++) {
    if ((guint)GST_VIDEO_INFO_COMP_PLANE(info, c) != plane)
      continue;
    const gsize stride = (gsize)GST_VIDEO_INFO_COMP_PSTRIDE(info, c);
    if (p->bytes == 0) {
      p->chunk = (gsize)(GP_BLOCK >> GST_VIDEO_FORMAT_INFO_W_SUB(info->finfo, c)) * stride;
      p->step = GP_BLOCK >> GST_VIDEO_FORMAT_INFO_H_SUB(info->finfo, c);
      p->rows = GST_VIDEO_INFO_COMP_HEIGHT(info, c);
    }
    p->bytes = MAX(p->bytes, (gsize)GST_VIDEO_INFO_COMP_WIDTH(info, c) * stride);
  }
  return p->bytes > 0 && p->chunk > 0 && p->step > 0;
}

static void mark(GpChanges *c, int block, guint32 number) {
  __atomic_store_n(&c->changed[block], number, __ATOMIC_RELAXED);
}

// Reports whether a row of blocks is the same.
static gboolean same_rows(const Plane *p, int row) {
  const int first = row * p->step, end = MIN(first + p->step, p->rows);
  if (first >= end)
    return TRUE;
  const guint8 *a = p->a + (gsize)first * p->a_stride, *b = p->b + (gsize)first * p->b_stride;
  if (p->a_stride == p->b_stride && (gsize)p->a_stride == p->bytes)
    return memcmp(a, b, p->bytes * (gsize)(end - first)) == 0;
  for (int y = first; y < end; y++, a += p->a_stride, b += p->b_stride)
    if (memcmp(a, b, p->bytes) != 0)
      return FALSE;
  return TRUE;
}

// Marks the blocks of a row that differ in a plane.
static int mark_row(GpChanges *c, const Plane *p, int row, guint32 number) {
  const int end = MIN((row + 1) * p->step, p->rows);
  int marked = 0;
  for (int y = row * p->step; y < end; y++) {
    const guint8 *a = p->a + (gsize)y * p->a_stride, *b = p->b + (gsize)y * p->b_stride;
    for (int x = 0; x < c->columns; x++) {
      const gsize at = (gsize)x * p->chunk;
      const int block = row * c->columns + x;
      if (at < p->bytes && c->changed[block] != number && memcmp(a + at, b + at, MIN(p->chunk, p->bytes - at)) != 0) {
        mark(c, block, number);
        marked++;
      }
    }
  }
  return marked;
}

// If more blocks than a part of this many differ, all of them count as changed: then the frames are compared faster, and
// consumers do not profit from the rest.
#define MOST 3

static gboolean compare(GpChanges *c, const Plane *planes, int count) {
  const guint32 number = c->number + 1;
  const int blocks = c->columns * c->rows;
  int marked = 0;
  for (int row = 0; row < c->rows && marked * MOST <= blocks; row++)
    for (int i = 0; i < count; i++)
      if (!same_rows(&planes[i], row))
        marked += mark_row(c, &planes[i], row, number);
  if (marked * MOST > blocks)
    for (int i = 0; i < blocks; i++)
      mark(c, i, number);
  if (marked == 0)
    return FALSE;
  c->number = number;
  return TRUE;
}

static gboolean differs_everywhere(GpChanges *c) {
  c->number++;
  for (int i = 0; i < c->columns * c->rows; i++)
    mark(c, i, c->number);
  return TRUE;
}

gboolean gp_changes_compare(GpChanges *c, GstBuffer *frame, const GstCaps *caps, GpPlanes next) {
  GstVideoInfo info;
  GstVideoFrame mapped;
  Plane planes[GP_CHANGES_PLANES];
  if (!gst_video_info_from_caps(&info, caps) || GST_VIDEO_INFO_N_PLANES(&info) != (guint)next.count ||
      next.count > GP_CHANGES_PLANES || !gst_video_frame_map(&mapped, &info, frame, GST_MAP_READ))
    return differs_everywhere(c);
  gboolean comparable = !GST_VIDEO_FORMAT_INFO_IS_TILED(info.finfo);
  for (int i = 0; i < next.count; i++) {
    planes[i] = (Plane){.a = GST_VIDEO_FRAME_PLANE_DATA(&mapped, i),
                        .a_stride = GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, i),
                        .b = next.data[i],
                        .b_stride = next.stride[i]};
    comparable = comparable && describe(&mapped.info, (guint)i, &planes[i]);
  }
  const gboolean changed = comparable ? compare(c, planes, next.count) : differs_everywhere(c);
  gst_video_frame_unmap(&mapped);
  return changed;
}

gboolean gp_changes_compare_buffer(GpChanges *c, GstBuffer *frame, const GstCaps *caps, GstBuffer *next) {
  GstVideoInfo info;
  GstVideoFrame mapped;
  if (frame == next)
    return FALSE;
  if (!gst_video_info_from_caps(&info, caps) || !gst_video_frame_map(&mapped, &info, next, GST_MAP_READ))
    return differs_everywhere(c);
  GpPlanes planes = {.count = (int)GST_VIDEO_FRAME_N_PLANES(&mapped)};
  for (int i = 0; i < planes.count; i++) {
    planes.data[i] = GST_VIDEO_FRAME_PLANE_DATA(&mapped, i);
    planes.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, i);
  }
  const gboolean changed = gp_changes_compare(c, frame, caps, planes);
  gst_video_frame_unmap(&mapped);
  return changed;
}
