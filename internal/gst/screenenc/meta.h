// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What an encoder of ours says of each coded buffer, as metadata on it. Parsers and queues after the encoder keep it.

#ifndef GSTPUBLISH_SCREENENC_META_H
#define GSTPUBLISH_SCREENENC_META_H

#include <gst/gst.h>

typedef struct {
  int quantizer;   // the frame's own: 0..127 of VP8 (y_ac_qi), 0..255 of VP9 and AV1 (base_q_idx); -1 unknown
  int temporal_id; // 0 without layers
  int spatial_id;  // the highest in the buffer; 0 without layers
  gboolean key;
} GpCodedInfo;

typedef struct {
  GstMeta meta;
  GpCodedInfo info;
} GpCodedMeta;

// The metadata is named so, for gst_meta_get_info and gst_buffer_get_meta.
#define GP_CODED_META_NAME "GpCodedMeta"

GType gp_coded_meta_api_get_type(void);
const GstMetaInfo *gp_coded_meta_get_info(void);

// The buffer must be writable.
GpCodedMeta *gp_buffer_add_coded_meta(GstBuffer *buffer, const GpCodedInfo *info);
// FALSE if the buffer has none.
gboolean gp_buffer_coded_info(GstBuffer *buffer, GpCodedInfo *info);

#endif
