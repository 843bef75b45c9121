// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What our encoders report about each sample, as metadata on its buffer. Parsers and queues after the encoder keep it.

#ifndef GSTPUBLISH_SCREENENC_META_H
#define GSTPUBLISH_SCREENENC_META_H

#include <gst/gst.h>

#define GP_MAX_SPATIAL 3
#define GP_MAX_REFERENCES 3

// One spatial layer's frame in a sample.
typedef struct {
  int size; // bytes in the buffer, where the layers' frames follow each other, from low to high
  int spatial_id;
  int width, height;    // px
  int quantizer;        // as in GpSampleInfo
  gboolean inter_layer; // predicted from the next lower spatial layer's frame in the same sample
  int n_references;     // the number of earlier frames that it is predicted from, all of the same spatial layer
  // How many samples ago each was, 1..127, without repetition. Without layers a frame that is not a key frame says 1:
  // it may be predicted from older ones too, but a viewer that has the last one has received those.
  int references[GP_MAX_REFERENCES];
} GpLayerFrame;

typedef struct {
  // The frame's own: 0..127 of VP8 (y_ac_qi), 0..255 of VP9 and AV1 (base_q_idx); -1 is unknown. With several spatial
  // layers it is that of the highest.
  int quantizer;
  int temporal_id; // 0 without layers
  int spatial_id;  // the highest in the buffer; 0 without layers
  gboolean key;
  // The stream's numbers, as far as the size of frames permits; 1, 1 without layers. Inactive spatial layers count.
  int temporal_layers, spatial_layers;
  // A viewer that has only frames of the lowest temporal layer so far can decode this one, and all later ones of its
  // layer and those below. (It is the most that both VP9's U bit and VP8's Y bit, with TID > 0, can signal.)
  gboolean switch_up;
  // The frames in the buffer. If there are several, VP9's superframe index follows them.
  int n_layers;
  GpLayerFrame layers[GP_MAX_SPATIAL];
} GpSampleInfo;

typedef struct {
  GstMeta meta;
  GpSampleInfo info;
} GpSampleMeta;

// The name of the metadata, for gst_meta_get_info and gst_buffer_get_meta.
#define GP_SAMPLE_META_NAME "GpSampleMeta"

GType gp_sample_meta_api_get_type(void);
const GstMetaInfo *gp_sample_meta_get_info(void);

// The buffer must be writable.
GpSampleMeta *gp_buffer_add_sample_meta(GstBuffer *buffer, const GpSampleInfo *info);
// Returns FALSE if the buffer has none.
gboolean gp_buffer_sample_info(GstBuffer *buffer, GpSampleInfo *info);

#endif
