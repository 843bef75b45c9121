// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// VP8, over libvpx.

#include "vpx.h"

// ---- layers

// Temporal layers need two of VP8's three buffers: the last frame is the lowest layer's, the golden one the middle
// layer's of three. They correspond to svc.c's slots.
enum { LAST_SLOT = 0, GOLDEN_SLOT = 3 };

static void vp8_fill(vpx_codec_enc_cfg_t *c, const GpSettings *s) {
  const GpMode *mode = &gp_modes[s->scalability];
  GpRates rates;
  const gboolean screen = s->screen || s->quality != 0; // See vp8_resolve.
  gp_share(mode, 1, (int)c->rc_target_bitrate, screen ? GP_STEEP : GP_EVEN, &rates);
  c->ts_number_layers = (unsigned)mode->temporal;
  c->ts_periodicity = 1; // Each frame signals its layer.
  for (int t = 0; t < mode->temporal; t++) {
    // libvpx requires each layer to be above the one before, even with nearly nothing to share.
    c->ts_target_bitrate[t] = MAX((unsigned)rates.temporal[0][t], t > 0 ? c->ts_target_bitrate[t - 1] + 1 : 1);
    c->ts_rate_decimator[t] = (unsigned)gp_decimator(mode, t);
  }
}

static vpx_enc_frame_flags_t flags_of(const GpPlan *plan) {
  const GpLayerPlan *l = &plan->layers[0];
  vpx_enc_frame_flags_t flags = VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ARF;
  if (plan->key)
    return 0; // It updates all buffers.
  if (l->from != LAST_SLOT)
    flags |= VP8_EFLAG_NO_REF_LAST;
  if (l->from != GOLDEN_SLOT)
    flags |= VP8_EFLAG_NO_REF_GF;
  if ((l->update & 1u << LAST_SLOT) == 0)
    flags |= VP8_EFLAG_NO_UPD_LAST;
  if ((l->update & 1u << GOLDEN_SLOT) == 0)
    flags |= VP8_EFLAG_NO_UPD_GF;
  // The lowest layer's contexts follow from itself, and the others' from the lowest.
  if (plan->temporal_id > 0)
    flags |= VP8_EFLAG_NO_UPD_ENTROPY;
  return flags;
}

static const VpxFormat format = {GP_VP8, vpx_codec_vp8_cx, vp8_fill};

static GpResult vp8_open(gpointer *state, const GpSettings *s, const GpInput *input, char **why) {
  return gp_vpx_open(&format, state, s, input, why);
}

static GpResult vp8_encode(gpointer state, const GpFrame *frame, GpOutput *out, char **why) {
  Vpx *v = state;
  if (!gp_vpx_layered(v))
    return gp_vpx_encode(v, frame, 0, out, why);
  GpPlan plan;
  gp_svc_plan(&v->svc, frame->key, v->settings.quality != 0, 1, &plan);
  if (gp_vpx_control(v, VP8E_SET_TEMPORAL_LAYER_ID, plan.temporal_id, why) != GP_OK ||
      gp_vpx_encode(v, frame, flags_of(&plan), out, why) != GP_OK)
    return GP_FAILED;
  if (out->buffer == NULL)
    return GP_OK;
  gp_svc_coded(&v->svc, &plan, 0, &out->info);
  gp_svc_end(&v->svc, &plan, &out->info);
  return GP_OK;
}

// ---- the meaning of GP_AUTO

// Screens were measured with a page of source code, still, scrolled and typed (720p30, 1.0 and 2.5 Mbit/s). At speed -4
// moving text has 2 dB more, for twice the time; from -6 on it has a dB less, for the same time. A static threshold of
// 1000 costs 1 to 2.5 dB of it; one of 1 saves nothing and takes time. The loop filter removes faint noise unless it is
// set to be sharp.
static void vp8_resolve(GpSettings *s, const GpInput *input) {
  (void)input;
  gp_vpx_resolve(s);
  gp_choose_speed(s, s->screen ? -5 : -6);
  gp_choose(&s->min_q, s->screen ? 12 : 2);
  gp_choose(&s->max_q, 56);
  gp_choose(&s->static_threshold, s->screen ? 100 : 1);
  gp_choose(&s->sharpness, s->screen ? 5 : 0);
  // In screen content mode the quantizer decreases by no more than a bound from frame to frame, whatever the maximum is
  // (limit_q_cbr_inter of libvpx): a still frame would take five frames to become sharp instead of three, and be less
  // sharp.
  if (s->quality != 0)
    s->screen = 0;
  gp_choose(&s->undershoot, 100);
  gp_choose(&s->overshoot, 15);
  gp_choose(&s->max_intra, 250);
}

// ---- the codec

// Each step has a quantizer of its own: libvpx skips a block again at a quantizer at which it skipped it before. With
// the rate control's choice of the first one, that may equal the last step's immediately, which gives 50 dB instead of
// 53.
static const GpStep vp8_steps[] = {{14, 24, 0, 1}, {4, 4, GP_AUTO, 1}, {2, 2, GP_AUTO, 1}};

const GpCodec gp_vp8_codec = {
    .factory = "gpvp8enc",
    .type_name = "GpVp8Enc",
    .long_name = "VP8 encoder for screens and cameras",
    .kind = GP_VP8,
    .formats = "I420",
    .src_caps = "video/x-vp8,profile=(string)0",
    .max_width = 16383, // RFC 6386, 9.1: 14 bits
    .max_height = 16383,
    .min_cpu_used = -16,
    .max_cpu_used = 16,
    .sharp_quantizer = 15,
    .steps = vp8_steps,
    .n_steps = G_N_ELEMENTS(vp8_steps),
    .idle = {GP_AUTO, GP_AUTO, GP_AUTO, 1},
    .resolve = vp8_resolve,
    .open = vp8_open,
    .configure = gp_vpx_configure,
    .encode = vp8_encode,
    .close = gp_vpx_close,
};
