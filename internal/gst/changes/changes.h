// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Which parts of a source's frames have changed, and when. The source compares each frame with the one before it, and
// the frame's buffer refers to the result. A consumer that has not seen every frame still learns what changed since the
// one that it saw last.

#ifndef GSTPUBLISH_CHANGES_H
#define GSTPUBLISH_CHANGES_H

#include <gst/gst.h>
#include <gst/video/video.h>

// The width and height of a block, in px: those of a macroblock of libvpx's and libaom's active maps.
#define GP_BLOCK 16

// One for all frames of a size and format. The source writes to it while encoders read: they may then see changes of
// later frames too.
typedef struct {
  gint references;
  int columns, rows; // blocks
  guint32 number;    // of the last frame; only the source uses it
  guint32 changed[]; // by block, row after row: the number of the last frame that changed it
} GpChanges;

static inline guint32 gp_changes_of_block(const GpChanges *c, int block) {
  return __atomic_load_n(&c->changed[block], __ATOMIC_RELAXED);
}

// The metadata of a frame. Its copies keep it, even with a frame that was scaled, which has other numbers of blocks.
typedef struct {
  GstMeta meta;
  GpChanges *changes;
  guint32 number; // of this frame
} GpChangesMeta;

// The name of the metadata's type, for g_type_from_name and gst_buffer_get_meta.
#define GP_CHANGES_API_NAME "GpChangesMetaAPI"

// Returns the metadata for a frame of that size; NULL if it has none. It is valid for as long as the buffer.
static inline const GpChangesMeta *gp_changes_of(GstBuffer *buffer, int width, int height) {
  static GType api; // 0 until the first frame of a source is compared
  GType type = __atomic_load_n(&api, __ATOMIC_RELAXED);
  if (type == 0)
    __atomic_store_n(&api, type = g_type_from_name(GP_CHANGES_API_NAME), __ATOMIC_RELAXED);
  const GpChangesMeta *m = type == 0 ? NULL : (const GpChangesMeta *)gst_buffer_get_meta(buffer, type);
  if (m == NULL || m->changes->columns != (width + GP_BLOCK - 1) / GP_BLOCK ||
      m->changes->rows != (height + GP_BLOCK - 1) / GP_BLOCK)
    return NULL;
  return m;
}

#define GP_CHANGES_PLANES 4

// The planes of a frame.
typedef struct {
  int count;
  const void *data[GP_CHANGES_PLANES];
  int stride[GP_CHANGES_PLANES];
} GpPlanes;

// Returns a record in which the next frame, the first, has changed everywhere.
GpChanges *gp_changes_new(int width, int height);
GpChanges *gp_changes_ref(GpChanges *c);
void gp_changes_unref(GpChanges *c);

// Compares a frame, of the record's size, with the next one of the same caps, and records where they differ. It returns
// FALSE if they have the same pixels, whatever lies between the rows. Frames that cannot be compared differ everywhere.
gboolean gp_changes_compare(GpChanges *c, GstBuffer *frame, const GstCaps *caps, GpPlanes next);
gboolean gp_changes_compare_buffer(GpChanges *c, GstBuffer *frame, const GstCaps *caps, GstBuffer *next);

// Makes the buffer of the last compared frame refer to the record. It takes ownership of the buffer, and returns it or
// a copy that shares its memory.
GstBuffer *gp_changes_attach(GpChanges *c, GstBuffer *buffer);

// Registers the element gpscreenconvert: GStreamer's videoconvert, which converts only the rows that have changed.
gboolean gp_convert_register(void);

#endif
