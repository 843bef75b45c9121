// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_FULL_H
#define GSTPUBLISH_FULL_H

#include <gst/video/video.h>

// A conversion of RGB in four bytes to Y444 in BT.601.
typedef struct {
  gint16 by_byte[3][4]; // factors by component and by byte of a pixel
} GpFull;

// Returns FALSE for other conversions.
gboolean gp_full_init(GpFull *f, const GstVideoInfo *in, const GstVideoInfo *out);
// Converts a frame, or some rows of one.
void gp_full_convert(const GpFull *f, const GstVideoFrame *in, GstVideoFrame *out);

#endif
