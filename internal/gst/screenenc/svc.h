// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Layers: what a mode is, and from which frames each frame is predicted. This file does not depend on a library.

#ifndef GSTPUBLISH_SCREENENC_SVC_H
#define GSTPUBLISH_SCREENENC_SVC_H

#include <glib.h>

#include "meta.h"

// ---- modes

// W3C's names (Scalable Video Coding for WebRTC, 3.1), in the order of GpSettings' scalability.
enum { GP_L1T1, GP_L1T2, GP_L1T3, GP_TEMPORAL_MODES, GP_MODES = 15 };

typedef struct {
  const char *name;
  int spatial, temporal; // layers; each spatial one has twice the width and height of the one below
  gboolean key_only;     // spatial layers are predicted from lower ones only in key frames
} GpMode;

extern const GpMode gp_modes[GP_MODES];

// The mode with as many of the spatial layers as frames of this size are large enough for.
int gp_mode_for(int mode, int width, int height);

// The size of a layer: the full frame, a half or a quarter of it, rounded as libvpx does. All of several layers have
// even sizes: the highest lacks the last row or column of a frame whose size is odd.
void gp_layer_size(const GpMode *mode, int layer, int width, int height, int *layer_width, int *layer_height);

// ---- rates

// The shares of spatial layers and, within each, of temporal ones; in the unit of the total.
typedef struct {
  int spatial[GP_MAX_SPATIAL];                  // of each layer alone
  int temporal[GP_MAX_SPATIAL][GP_MAX_SPATIAL]; // [spatial][temporal]: of that layer and those below it
} GpRates;

// The shares of the lower temporal layers: those of libwebrtc for VP8, those for its other codecs, or larger ones for
// screens: what a frame of a higher layer makes sharper is lost with it, and most of a screen stays.
typedef enum { GP_EVEN, GP_HEAVY, GP_STEEP } GpShares;

// Divides a total among the `active` lowest spatial layers; the others get nothing.
void gp_share(const GpMode *mode, int active, int total, GpShares shares, GpRates *rates);

// The factor by which the frame rate of a temporal layer and those below is divided: 4, 2, 1 with three.
int gp_decimator(const GpMode *mode, int temporal);

// ---- frames

#define GP_SLOTS 8 // reference slots of a decoder

// One spatial layer's frame in a sample.
typedef struct {
  int from;     // the slot of the earlier frame that it is predicted from, -1 for none
  int below;    // the slot of the lower layer's frame in this sample that it is predicted from, -1 for none
  guint update; // a bit for each slot that it is stored in
} GpLayerPlan;

typedef struct {
  gboolean key;
  int place; // in the pattern
  int temporal_id;
  gboolean switch_up;
  int n; // layers
  GpLayerPlan layers[GP_MAX_SPATIAL];
} GpPlan;

// The samples so far.
typedef struct {
  const GpMode *mode;
  int place;                     // of the next sample
  int active;                    // layers of the last sample
  gboolean live[GP_MAX_SPATIAL]; // the layer has a frame to predict from
  gint64 number;                 // of the next sample
  gint64 slots[GP_SLOTS];        // the number of the sample in each slot
} GpSvc;

void gp_svc_init(GpSvc *v, int mode);
// Plans the next sample; `active` is the number of layers to encode. Still frames are in the lowest temporal layer:
// there are few, each must be sharper than the one before, and every viewer must receive them. It may be called again:
// only samples count.
void gp_svc_plan(GpSvc *v, gboolean key, gboolean rest, int active, GpPlan *plan);
// Records that a layer's frame was encoded, as the next in the metadata.
void gp_svc_coded(GpSvc *v, const GpPlan *plan, int layer, GpSampleInfo *info);
// Ends the sample. If nothing was encoded, there was none.
void gp_svc_end(GpSvc *v, const GpPlan *plan, GpSampleInfo *info);

#endif
