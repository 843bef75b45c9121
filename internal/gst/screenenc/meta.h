// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What an encoder of ours says of each coded buffer, as metadata on it. Parsers and queues after the encoder keep it.

#ifndef GSTPUBLISH_SCREENENC_META_H
#define GSTPUBLISH_SCREENENC_META_H

#include <gst/gst.h>

#define GP_MAX_SPATIAL 3
#define GP_MAX_REFERENCES 3

// One spatial layer's frame of a picture.
typedef struct {
  int size; // bytes of it in the buffer, where the layers' frames follow each other, from low to high
  int spatial_id;
  int width, height;    // px
  int quantizer;        // as GpSampleInfo's
  gboolean inter_layer; // predicted from the next lower spatial layer's frame of this picture
  int n_references;     // of earlier pictures that it is predicted from, all of the same spatial layer
  // How many coded pictures ago each was, 1..127, without repetition. Without layers a picture that is no key frame
  // says 1: it may be predicted from older ones too, but who has the last one has had those.
  int references[GP_MAX_REFERENCES];
} GpLayerFrame;

typedef struct {
  // The frame's own: 0..127 of VP8 (y_ac_qi), 0..255 of VP9 and AV1 (base_q_idx); -1 unknown. With several spatial
  // layers it is the highest one's.
  int quantizer;
  int temporal_id; // 0 without layers
  int spatial_id;  // the highest in the buffer; 0 without layers
  gboolean key;
  // Of the stream, as far as the pictures' size allows what was asked for; 1, 1 without layers. Spatial layers that
  // aren't active count.
  int temporal_layers, spatial_layers;
  // Who had pictures of the lowest temporal layer only, so far, can take this one, and all later ones of its layer and
  // those below. (It is the most that both VP9's U bit and VP8's Y bit, with TID > 0, may say.)
  gboolean switch_up;
  // The frames in the buffer. With more than one, what follows them is VP9's index of a superframe.
  int n_layers;
  GpLayerFrame layers[GP_MAX_SPATIAL];
} GpSampleInfo;

typedef struct {
  GstMeta meta;
  GpSampleInfo info;
} GpSampleMeta;

// The metadata is named so, for gst_meta_get_info and gst_buffer_get_meta.
#define GP_SAMPLE_META_NAME "GpSampleMeta"

GType gp_sample_meta_api_get_type(void);
const GstMetaInfo *gp_sample_meta_get_info(void);

// The buffer must be writable.
GpSampleMeta *gp_buffer_add_sample_meta(GstBuffer *buffer, const GpSampleInfo *info);
// FALSE if the buffer has none.
gboolean gp_buffer_sample_info(GstBuffer *buffer, GpSampleInfo *info);

#endif
