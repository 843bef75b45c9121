// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "svc.h"

// ---- modes

const GpMode gp_modes[GP_MODES] = {
    {"L1T1", 1, 1, FALSE},    {"L1T2", 1, 2, FALSE},    {"L1T3", 1, 3, FALSE},    {"L2T1", 2, 1, FALSE},
    {"L2T2", 2, 2, FALSE},    {"L2T3", 2, 3, FALSE},    {"L3T1", 3, 1, FALSE},    {"L3T2", 3, 2, FALSE},
    {"L3T3", 3, 3, FALSE},    {"L2T1_KEY", 2, 1, TRUE}, {"L2T2_KEY", 2, 2, TRUE}, {"L2T3_KEY", 2, 3, TRUE},
    {"L3T1_KEY", 3, 1, TRUE}, {"L3T2_KEY", 3, 2, TRUE}, {"L3T3_KEY", 3, 3, TRUE},
};

// A smaller layer is useless, and leaves libvpx's scaling hardly a block to work on.
#define LEAST_SIDE 32

int gp_mode_for(int mode, int width, int height) {
  int spatial = gp_modes[mode].spatial;
  while (spatial > 1 && MIN(width, height) >> (spatial - 1) < LEAST_SIDE)
    spatial--;
  for (int i = 0; i < GP_MODES; i++) {
    const GpMode *m = &gp_modes[i];
    if (m->spatial == spatial && m->temporal == gp_modes[mode].temporal &&
        (spatial == 1 || m->key_only == gp_modes[mode].key_only))
      return i;
  }
  return GP_L1T1;
}

// The size of one side of a layer.
static int side(int whole, int shift) { return (((whole & ~1) >> shift) + 1) & ~1; }

void gp_layer_size(const GpMode *mode, int layer, int width, int height, int *layer_width, int *layer_height) {
  const int shift = mode->spatial - 1 - layer;
  *layer_width = mode->spatial > 1 ? side(width, shift) : width;
  *layer_height = mode->spatial > 1 ? side(height, shift) : height;
}

// ---- rates

// Percent, of the layer and those below, for one to three layers. libwebrtc uses 60:40 and 40:20:40 for VP8; for
// others, one of two neighboring layers, temporal or spatial, has 0.55 of the other (SvcRateAllocator). Those for
// screens were measured with a page of source code at 2.5 Mbit/s: compared with libwebrtc's, VP8 and VP9 have 0.9
// (L1T2) to 2.6 dB (L3T3_KEY) more in up to 20 % fewer bytes, and AV1 has the same quality in 3 to 7 % fewer.
static const int temporal_shares[][GP_MAX_SPATIAL][GP_MAX_SPATIAL] = {
    [GP_EVEN] = {{100}, {60, 100}, {40, 60, 100}},
    [GP_HEAVY] = {{100}, {65, 100}, {54, 70, 100}},
    [GP_STEEP] = {{100}, {85, 100}, {75, 87, 100}},
};
static const int spatial_shares[][GP_MAX_SPATIAL] = {{100}, {35, 100}, {16, 46, 100}};

static int part(int total, int percent) { return (int)((gint64)total * percent / 100); }

void gp_share(const GpMode *mode, int active, int total, GpShares shares, GpRates *rates) {
  const int *temporal = temporal_shares[shares][mode->temporal - 1];
  *rates = (GpRates){0};
  for (int s = 0, below = 0; s < active; s++) {
    const int up_to = part(total, spatial_shares[active - 1][s]);
    rates->spatial[s] = MAX(up_to - below, 1);
    below = up_to;
    for (int t = 0; t < mode->temporal; t++)
      rates->temporal[s][t] = MAX(part(rates->spatial[s], temporal[t]), 1);
  }
}

int gp_decimator(const GpMode *mode, int temporal) { return 1 << (mode->temporal - 1 - temporal); }

// ---- frames

// The temporal layers of frames in turn.
static const struct { int n, ids[4]; } patterns[] = {{1, {0}}, {2, {0, 1}}, {4, {0, 2, 1, 2}}};

// The slots: one for each spatial layer of the lowest temporal layer, and of the next; for the highest, one for each
// spatial layer below another one.
static int slot(int temporal, int spatial) { return 3 * temporal + spatial; }

void gp_svc_init(GpSvc *v, int mode) {
  *v = (GpSvc){.mode = &gp_modes[mode]};
  v->active = v->mode->spatial;
}

static void plan_layer(const GpSvc *v, const GpPlan *plan, int s, gboolean last, GpLayerPlan *l) {
  const int t = plan->temporal_id;
  const gboolean back = !plan->key && !v->live[s]; // It has no frame to be predicted from.
  // The second frame of the highest of three layers is predicted from the middle layer's, which is closer.
  const int temporal = plan->place == 3 ? 1 : 0;
  l->from = plan->key || back ? -1 : slot(temporal, s);
  l->below = s > 0 && (plan->key || back || !v->mode->key_only) ? slot(t, s - 1) : -1;
  const gboolean later = t == 0 || (t == 1 && v->mode->temporal == 3);
  const gboolean above = !last && (plan->key || !v->mode->key_only || !v->live[s + 1]);
  l->update = later || above ? 1u << slot(t, s) : 0;
}

void gp_svc_plan(GpSvc *v, gboolean key, gboolean rest, int active, GpPlan *plan) {
  for (int s = active; s < v->mode->spatial; s++)
    v->live[s] = FALSE;
  // A layer returns in a frame that later ones are predicted from.
  const gboolean restart = key || rest || active > v->active;
  *plan = (GpPlan){.key = key, .place = restart ? 0 : v->place, .n = active};
  plan->temporal_id = patterns[v->mode->temporal - 1].ids[plan->place];
  plan->switch_up = plan->place != 3;
  for (int s = 0; s < active; s++)
    plan_layer(v, plan, s, s == active - 1, &plan->layers[s]);
}

void gp_svc_coded(GpSvc *v, const GpPlan *plan, int layer, GpSampleInfo *info) {
  const GpLayerPlan *l = &plan->layers[layer];
  GpLayerFrame *frame = &info->layers[info->n_layers++];
  frame->spatial_id = layer;
  frame->inter_layer = l->below >= 0;
  frame->n_references = 0;
  if (l->from >= 0)
    frame->references[frame->n_references++] = (int)(v->number - v->slots[l->from]);
  for (int i = 0; i < GP_SLOTS; i++)
    if ((plan->key && layer == 0) || (l->update >> i & 1) != 0) // A key frame updates all slots.
      v->slots[i] = v->number;
  if (plan->temporal_id == 0)
    v->live[layer] = TRUE;
}

void gp_svc_end(GpSvc *v, const GpPlan *plan, GpSampleInfo *info) {
  if (info->n_layers == 0)
    return;
  info->temporal_id = plan->temporal_id;
  info->switch_up = plan->switch_up;
  info->spatial_id = info->layers[info->n_layers - 1].spatial_id;
  v->active = plan->n;
  v->place = (plan->place + 1) % patterns[v->mode->temporal - 1].n;
  v->number++;
}
