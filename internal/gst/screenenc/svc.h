// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Layers: what a mode is, and from which pictures each frame is predicted. Nothing here knows a library.

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
  gboolean key_only;     // spatial layers are predicted from lower ones in key pictures only
} GpMode;

extern const GpMode gp_modes[GP_MODES];

// The mode with as many of the spatial layers as pictures of this size are large enough for.
int gp_mode_for(int mode, int width, int height);

// How large a layer's frames are: the picture, a half or a quarter of it, rounded as libvpx does. Of several layers all
// have even sizes: the highest lacks the last row or column of a picture whose size is odd.
void gp_layer_size(const GpMode *mode, int layer, int width, int height, int *layer_width, int *layer_height);

// ---- rates

// What is handed to spatial layers and, within each, to temporal ones; in the unit of the total.
typedef struct {
  int spatial[GP_MAX_SPATIAL];                  // of each alone
  int temporal[GP_MAX_SPATIAL][GP_MAX_SPATIAL]; // [spatial][temporal]: of that one and the ones below it
} GpRates;

// How much the lower temporal layers get: as libwebrtc gives VP8's, or its other codecs', or more, which is right for
// screens: what a picture of a higher layer makes sharper is lost with it, and most of a screen stays.
typedef enum { GP_EVEN, GP_HEAVY, GP_STEEP } GpShares;

// Shares a total out to the `active` lowest spatial layers; the others get none.
void gp_share(const GpMode *mode, int active, int total, GpShares shares, GpRates *rates);

// By how much the rate of pictures of a temporal layer and those below is divided: 4, 2, 1 with three.
int gp_decimator(const GpMode *mode, int temporal);

// ---- pictures

#define GP_SLOTS 8 // that a decoder keeps pictures in

// One spatial layer's frame of a picture.
typedef struct {
  int from;     // the slot of the earlier picture that it is predicted from, -1 for none
  int below;    // the slot of the lower layer's frame of this picture that it is predicted from, -1 for none
  guint update; // the slots that it goes to, one bit each
} GpLayerPlan;

typedef struct {
  gboolean key;
  int place; // in the pattern
  int temporal_id;
  gboolean switch_up;
  int n; // layers
  GpLayerPlan layers[GP_MAX_SPATIAL];
} GpPlan;

// What was coded so far.
typedef struct {
  const GpMode *mode;
  int place;                     // of the next picture
  int active;                    // layers of the last one
  gboolean live[GP_MAX_SPATIAL]; // the layer has a picture to predict from
  gint64 picture;                // the next one's number
  gint64 slots[GP_SLOTS];        // which picture is there
} GpSvc;

void gp_svc_init(GpSvc *v, int mode);
// Says what the next picture is to be; `active` are the layers to code. A picture at rest is one of the lowest temporal
// layer: there are few, each is to be sharper than the one before, and everybody is to have them. It may be asked
// again: only what was coded counts.
void gp_svc_plan(GpSvc *v, gboolean key, gboolean rest, int active, GpPlan *plan);
// A layer's frame was coded, as the next in the metadata.
void gp_svc_coded(GpSvc *v, const GpPlan *plan, int layer, GpSampleInfo *info);
// The picture is complete. If nothing was coded, it was none.
void gp_svc_end(GpSvc *v, const GpPlan *plan, GpSampleInfo *info);

#endif
