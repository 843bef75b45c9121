// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// What VP8 and VP9 share.

#include "vpx.h"

#include <stddef.h>
#include <string.h>

// ---- controls

// The controls that correspond to one setting each.
typedef struct {
  int id; // of enum vp8e_enc_control_id
  gsize offset;
  int kinds;
  const char *name;
} Control;

#define CONTROL(ID, FIELD, KINDS)                                                                                      \
  { ID, offsetof(GpSettings, FIELD), KINDS, #ID }
#define BOTH (GP_VP8 | GP_VP9)

// The speed is first, since libvpx derives others from it.
static const Control controls[] = {
    CONTROL(VP8E_SET_CPUUSED, cpu_used, BOTH),
    // 1, since 2 drops frames, and moving text has 1 to 4 dB less.
    CONTROL(VP8E_SET_SCREEN_CONTENT_MODE, screen, GP_VP8),
    CONTROL(VP8E_SET_NOISE_SENSITIVITY, noise_sensitivity, GP_VP8),
    CONTROL(VP8E_SET_STATIC_THRESHOLD, static_threshold, BOTH),
    CONTROL(VP8E_SET_SHARPNESS, sharpness, BOTH),
    CONTROL(VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra, BOTH),
    CONTROL(VP9E_SET_TUNE_CONTENT, screen, GP_VP9),
    CONTROL(VP9E_SET_NOISE_SENSITIVITY, noise_sensitivity, GP_VP9),
    CONTROL(VP9E_SET_AQ_MODE, aq_mode, GP_VP9),
};

// Controls of a new encoder only, since what libvpx creates for its threads depends on them.
static const Control first_controls[] = {
    CONTROL(VP9E_SET_TILE_COLUMNS, tile_columns, GP_VP9),
    CONTROL(VP9E_SET_ROW_MT, row_mt, GP_VP9),
};

static int value_of(const GpSettings *s, const Control *c) { return *(const int *)((const char *)s + c->offset); }

GpResult gp_vpx_failed(Vpx *v, const char *doing, char **why) {
  const char *detail = vpx_codec_error_detail(&v->ctx);
  *why = g_strdup_printf("libvpx: %s: %s%s%s", doing, vpx_codec_error(&v->ctx), detail != NULL ? ": " : "",
                         detail != NULL ? detail : "");
  return GP_FAILED;
}

// Sets the controls of a list that differ; was is NULL for a new encoder.
static GpResult set_controls(Vpx *v, const Control *list, gsize n, const GpSettings *was, const GpSettings *s,
                             char **why) {
  const int kind = v->format->kind;
  for (gsize i = 0; i < n; i++) {
    const Control *c = &list[i];
    if ((c->kinds & kind) == 0 || (was != NULL && value_of(was, c) == value_of(s, c)))
      continue;
    if (vpx_codec_control_(&v->ctx, c->id, value_of(s, c)) != VPX_CODEC_OK)
      return gp_vpx_failed(v, c->name, why);
  }
  return GP_OK;
}

// ---- configuration

static void fill_config(const Vpx *v, vpx_codec_enc_cfg_t *c, const GpSettings *s, const GpInput *input) {
  c->g_w = (unsigned)input->width;
  c->g_h = (unsigned)input->height;
  c->g_timebase = (vpx_rational_t){1, GP_CLOCK_RATE};
  c->g_lag_in_frames = 0;
  c->g_profile = input->format == GST_VIDEO_FORMAT_Y444 ? 1 : 0;
  c->kf_mode = VPX_KF_DISABLED; // The base requests key frames.
  c->rc_resize_allowed = 0;
  c->rc_end_usage = VPX_CBR;
  c->rc_target_bitrate = (unsigned)MAX(s->bitrate / 1000, 1);
  c->rc_min_quantizer = (unsigned)s->min_q;
  c->rc_max_quantizer = (unsigned)s->max_q;
  c->rc_undershoot_pct = (unsigned)s->undershoot;
  c->rc_overshoot_pct = (unsigned)s->overshoot;
  c->rc_buf_initial_sz = (unsigned)s->buffer_initial;
  // After 150 frames libvpx's VP8 lets no quantizer fall far below the mean of those before, whatever the maximum is,
  // unless its buffer is below a quarter of the optimal level: a still frame would stay as coarse as motion.
  const gboolean freely = v->format->kind == GP_VP8 && s->quality > 0;
  c->rc_buf_optimal_sz = (unsigned)(freely ? 5 * s->buffer_size : s->buffer_optimal);
  c->rc_buf_sz = (unsigned)s->buffer_size;
  c->rc_dropframe_thresh = (unsigned)s->drop_frame;
  if (s->scalability != GP_L1T1)
    v->format->fill(c, s);
}

// VP9's header contains the matrix, which implies the rest (7.2.2 of the bitstream specification). VP8's has nothing.
static GpResult set_colour(Vpx *v, const GpColour *c, char **why) {
  static const int spaces[] = {
      [1] = VPX_CS_BT_709, [5] = VPX_CS_BT_601, [6] = VPX_CS_BT_601, [7] = VPX_CS_SMPTE_240, [9] = VPX_CS_BT_2020};
  const int space = c->matrix >= 0 && c->matrix < (int)G_N_ELEMENTS(spaces) ? spaces[c->matrix] : VPX_CS_UNKNOWN;
  if (gp_vpx_control(v, VP9E_SET_COLOR_SPACE, space, why) != GP_OK)
    return GP_FAILED;
  return gp_vpx_control(v, VP9E_SET_COLOR_RANGE, c->full_range ? VPX_CR_FULL_RANGE : VPX_CR_STUDIO_RANGE, why);
}

GpResult gp_vpx_open(const VpxFormat *format, gpointer *state, const GpSettings *s, const GpInput *input,
                     char **why) {
  Vpx *v = g_new0(Vpx, 1);
  *state = v;
  v->format = format;
  v->settings = *s;
  v->input = *input;
  gp_svc_init(&v->svc, s->scalability);
  vpx_codec_err_t err = vpx_codec_enc_config_default(format->interface(), &v->config, 0);
  if (err != VPX_CODEC_OK) {
    *why = g_strdup_printf("libvpx: the default configuration: %s", vpx_codec_err_to_string(err));
    return GP_FAILED;
  }
  v->config.g_threads = (unsigned)s->threads;
  v->config.g_error_resilient = s->error_resilient ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  fill_config(v, &v->config, s, input);
  if (vpx_codec_enc_init(&v->ctx, format->interface(), &v->config, 0) != VPX_CODEC_OK)
    return gp_vpx_failed(v, "making an encoder", why);
  v->made = TRUE;
  // There is no property for this: a frame's contexts follow from the one before.
  if (format->kind == GP_VP9 && (gp_vpx_control(v, VP9E_SET_FRAME_PARALLEL_DECODING, 0u, why) != GP_OK ||
                                 set_colour(v, &input->colour, why) != GP_OK))
    return GP_FAILED;
  if (set_controls(v, first_controls, G_N_ELEMENTS(first_controls), NULL, s, why) != GP_OK)
    return GP_FAILED;
  return set_controls(v, controls, G_N_ELEMENTS(controls), NULL, s, why);
}

// A new size comes with a key frame in any case, and a new encoder keeps neither the memory nor the rate control's
// history of another size. Layers and the format cannot change without a new encoder either.
GpResult gp_vpx_configure(gpointer state, const GpSettings *was, const GpSettings *s, const GpInput *input,
                          char **why) {
  Vpx *v = state;
  if (v->input.width != input->width || v->input.height != input->height || v->input.format != input->format ||
      was->scalability != s->scalability)
    return GP_REOPEN;
  v->settings = *s;
  vpx_codec_enc_cfg_t next = v->config;
  fill_config(v, &next, s, input);
  if (memcmp(&next, &v->config, sizeof next) != 0 && vpx_codec_enc_config_set(&v->ctx, &next) != VPX_CODEC_OK)
    return gp_vpx_failed(v, "new settings", why);
  v->config = next;
  return set_controls(v, controls, G_N_ELEMENTS(controls), was, s, why);
}

// ---- frames

// Describes the frame to libvpx without a copy.
static void wrap(const Vpx *v, const GstVideoFrame *frame, vpx_image_t *image) {
  const gboolean full = v->input.format == GST_VIDEO_FORMAT_Y444;
  *image = (vpx_image_t){
      .fmt = full ? VPX_IMG_FMT_I444 : VPX_IMG_FMT_I420,
      .cs = VPX_CS_UNKNOWN,
      .range = VPX_CR_STUDIO_RANGE,
      .w = v->config.g_w,
      .h = v->config.g_h,
      .d_w = v->config.g_w,
      .d_h = v->config.g_h,
      .bit_depth = 8,
      .x_chroma_shift = full ? 0 : 1,
      .y_chroma_shift = full ? 0 : 1,
      .bps = full ? 24 : 12,
  };
  for (guint i = 0; i < 3; i++) {
    image->planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
    image->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
  }
}

// Sets which blocks to encode.
static GpResult set_map(Vpx *v, const GpFrame *frame, char **why) {
  if (frame->active == NULL && !v->mapped)
    return GP_OK;
  v->mapped = frame->active != NULL;
  vpx_active_map_t map = {.active_map = (unsigned char *)frame->active, // It is copied.
                          .rows = (v->config.g_h + 15) / 16,
                          .cols = (v->config.g_w + 15) / 16};
  return gp_vpx_control(v, VP8E_SET_ACTIVEMAP, &map, why);
}

GpResult gp_vpx_encode(Vpx *v, const GpFrame *frame, vpx_enc_frame_flags_t flags, GpOutput *out, char **why) {
  vpx_image_t image;
  wrap(v, frame->frame, &image);
  if (frame->key)
    flags |= VPX_EFLAG_FORCE_KF;
  if (set_map(v, frame, why) != GP_OK)
    return GP_FAILED;
  if (vpx_codec_encode(&v->ctx, &image, frame->pts, frame->duration, flags, VPX_DL_REALTIME) != VPX_CODEC_OK)
    return gp_vpx_failed(v, "encoding a frame", why);
  const vpx_codec_cx_pkt_t *packet;
  vpx_codec_iter_t iter = NULL;
  while ((packet = vpx_codec_get_cx_data(&v->ctx, &iter)) != NULL) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0)
      continue;
    out->info.key |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    gp_output_append(out, packet->data.frame.buf, packet->data.frame.sz);
  }
  if (out->buffer != NULL && vpx_codec_control(&v->ctx, VP8E_GET_LAST_QUANTIZER, &out->info.quantizer) != VPX_CODEC_OK)
    out->info.quantizer = -1;
  return GP_OK;
}

void gp_vpx_close(gpointer state) {
  Vpx *v = state;
  if (v->made)
    vpx_codec_destroy(&v->ctx);
  g_free(v);
}

// ---- the meaning of GP_AUTO

void gp_choose(int *setting, int value) {
  if (*setting == GP_AUTO)
    *setting = value;
}

void gp_choose_speed(GpSettings *s, int value) {
  if (s->cpu_used == GP_AUTO_SPEED)
    s->cpu_used = value;
}

// The buffers are libwebrtc's.
void gp_vpx_resolve(GpSettings *s) {
  gp_choose(&s->buffer_initial, 500);
  gp_choose(&s->buffer_optimal, 600);
  gp_choose(&s->buffer_size, 1000);
  gp_choose(&s->drop_frame, 0);
}
