// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// VP8 and VP9 over libvpx.

#include <stddef.h>
#include <string.h>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "base.h"

typedef struct {
  gboolean vp9;
  gboolean made; // ctx is to be destroyed
  vpx_codec_ctx_t ctx;
  vpx_codec_enc_cfg_t config;
} Vpx;

// ---- controls

// The controls that are a setting each.
typedef struct {
  int id; // of enum vp8e_enc_control_id
  gsize offset;
  int kinds;
  const char *name;
} Control;

#define CONTROL(ID, FIELD, KINDS) {ID, offsetof(GpSettings, FIELD), KINDS, #ID}
#define BOTH (GP_VP8 | GP_VP9)

// The speed is first, since libvpx derives others from it.
static const Control controls[] = {
    CONTROL(VP8E_SET_CPUUSED, cpu_used, BOTH),
    // 1, since 2 drops frames, and has 1 to 4 dB less of moving text.
    CONTROL(VP8E_SET_SCREEN_CONTENT_MODE, screen, GP_VP8),
    CONTROL(VP8E_SET_NOISE_SENSITIVITY, noise_sensitivity, GP_VP8),
    CONTROL(VP8E_SET_STATIC_THRESHOLD, static_threshold, BOTH),
    CONTROL(VP8E_SET_SHARPNESS, sharpness, BOTH),
    CONTROL(VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra, BOTH),
    CONTROL(VP9E_SET_TUNE_CONTENT, screen, GP_VP9),
    CONTROL(VP9E_SET_NOISE_SENSITIVITY, noise_sensitivity, GP_VP9),
    CONTROL(VP9E_SET_AQ_MODE, aq_mode, GP_VP9),
};

// Those of a new encoder only, since what libvpx makes for its threads depends on them.
static const Control first_controls[] = {
    CONTROL(VP9E_SET_TILE_COLUMNS, tile_columns, GP_VP9),
    CONTROL(VP9E_SET_ROW_MT, row_mt, GP_VP9),
};

static int value_of(const GpSettings *s, const Control *c) { return *(const int *)((const char *)s + c->offset); }

static GpResult failed(Vpx *v, const char *doing, char **why) {
  const char *detail = vpx_codec_error_detail(&v->ctx);
  *why = g_strdup_printf("libvpx: %s: %s%s%s", doing, vpx_codec_error(&v->ctx), detail != NULL ? ": " : "",
                         detail != NULL ? detail : "");
  return GP_FAILED;
}

// Sets what differs of a list; was is NULL for a new encoder.
static GpResult set_controls(Vpx *v, const Control *list, gsize n, const GpSettings *was, const GpSettings *s,
                             char **why) {
  const int kind = v->vp9 ? GP_VP9 : GP_VP8;
  for (gsize i = 0; i < n; i++) {
    const Control *c = &list[i];
    if ((c->kinds & kind) == 0 || (was != NULL && value_of(was, c) == value_of(s, c)))
      continue;
    if (vpx_codec_control_(&v->ctx, c->id, value_of(s, c)) != VPX_CODEC_OK)
      return failed(v, c->name, why);
  }
  return GP_OK;
}

// ---- configuration

static void fill_config(vpx_codec_enc_cfg_t *c, const GpSettings *s, const GpPicture *picture) {
  c->g_w = (unsigned)picture->width;
  c->g_h = (unsigned)picture->height;
  c->g_timebase = (vpx_rational_t){1, GP_CLOCK_RATE};
  c->g_lag_in_frames = 0;
  c->kf_mode = VPX_KF_DISABLED; // Key frames are the base's affair.
  c->rc_resize_allowed = 0;
  c->rc_end_usage = VPX_CBR;
  c->rc_target_bitrate = (unsigned)MAX(s->bitrate / 1000, 1);
  c->rc_min_quantizer = (unsigned)s->min_q;
  c->rc_max_quantizer = (unsigned)s->max_q;
  c->rc_undershoot_pct = (unsigned)s->undershoot;
  c->rc_overshoot_pct = (unsigned)s->overshoot;
  c->rc_buf_initial_sz = (unsigned)s->buffer_initial;
  c->rc_buf_optimal_sz = (unsigned)s->buffer_optimal;
  c->rc_buf_sz = (unsigned)s->buffer_size;
  c->rc_dropframe_thresh = (unsigned)s->drop_frame;
}

static GpResult open_encoder(vpx_codec_iface_t *iface, gboolean vp9, gpointer *state, const GpSettings *s,
                             const GpPicture *picture, char **why) {
  Vpx *v = g_new0(Vpx, 1);
  *state = v;
  v->vp9 = vp9;
  vpx_codec_err_t err = vpx_codec_enc_config_default(iface, &v->config, 0);
  if (err != VPX_CODEC_OK) {
    *why = g_strdup_printf("libvpx: the default configuration: %s", vpx_codec_err_to_string(err));
    return GP_FAILED;
  }
  fill_config(&v->config, s, picture);
  v->config.g_threads = (unsigned)s->threads;
  v->config.g_error_resilient = s->error_resilient ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  if (vpx_codec_enc_init(&v->ctx, iface, &v->config, 0) != VPX_CODEC_OK)
    return failed(v, "making an encoder", why);
  v->made = TRUE;
  // What no property is for: a frame's contexts follow from the one before.
  if (vp9 && vpx_codec_control(&v->ctx, VP9E_SET_FRAME_PARALLEL_DECODING, 0u) != VPX_CODEC_OK)
    return failed(v, "VP9E_SET_FRAME_PARALLEL_DECODING", why);
  if (set_controls(v, first_controls, G_N_ELEMENTS(first_controls), NULL, s, why) != GP_OK)
    return GP_FAILED;
  return set_controls(v, controls, G_N_ELEMENTS(controls), NULL, s, why);
}

static GpResult vp8_open(gpointer *state, const GpSettings *s, const GpPicture *picture, char **why) {
  return open_encoder(vpx_codec_vp8_cx(), FALSE, state, s, picture, why);
}

static GpResult vp9_open(gpointer *state, const GpSettings *s, const GpPicture *picture, char **why) {
  return open_encoder(vpx_codec_vp9_cx(), TRUE, state, s, picture, why);
}

// A new size comes with a key frame in any case, and a new encoder has neither the memory nor the rate control's past
// of another size.
static GpResult configure(gpointer state, const GpSettings *was, const GpSettings *s, const GpPicture *picture,
                          char **why) {
  Vpx *v = state;
  if (v->config.g_w != (unsigned)picture->width || v->config.g_h != (unsigned)picture->height)
    return GP_REOPEN;
  vpx_codec_enc_cfg_t next = v->config;
  fill_config(&next, s, picture);
  if (memcmp(&next, &v->config, sizeof next) != 0 && vpx_codec_enc_config_set(&v->ctx, &next) != VPX_CODEC_OK)
    return failed(v, "new settings", why);
  v->config = next;
  return set_controls(v, controls, G_N_ELEMENTS(controls), was, s, why);
}

// ---- frames

// The picture as libvpx takes it, in the memory where it is.
static void wrap(const GstVideoFrame *frame, vpx_image_t *image) {
  *image = (vpx_image_t){
      .fmt = VPX_IMG_FMT_I420,
      .cs = VPX_CS_UNKNOWN,
      .range = VPX_CR_STUDIO_RANGE,
      .w = (unsigned)GST_VIDEO_FRAME_WIDTH(frame),
      .h = (unsigned)GST_VIDEO_FRAME_HEIGHT(frame),
      .d_w = (unsigned)GST_VIDEO_FRAME_WIDTH(frame),
      .d_h = (unsigned)GST_VIDEO_FRAME_HEIGHT(frame),
      .bit_depth = 8,
      .x_chroma_shift = 1,
      .y_chroma_shift = 1,
      .bps = 12,
  };
  for (guint i = 0; i < 3; i++) {
    image->planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
    image->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
  }
}

static GpResult encode(gpointer state, const GpFrame *frame, GpOutput *out, char **why) {
  Vpx *v = state;
  vpx_image_t image;
  wrap(frame->frame, &image);
  if (vpx_codec_encode(&v->ctx, &image, frame->pts, frame->duration, frame->key ? VPX_EFLAG_FORCE_KF : 0,
                       VPX_DL_REALTIME) != VPX_CODEC_OK)
    return failed(v, "encoding a picture", why);
  const vpx_codec_cx_pkt_t *packet;
  vpx_codec_iter_t iter = NULL;
  while ((packet = vpx_codec_get_cx_data(&v->ctx, &iter)) != NULL) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0)
      continue;
    out->info.key |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    gp_output_append(out, packet->data.frame.buf, packet->data.frame.sz);
  }
  if (out->buffer != NULL &&
      vpx_codec_control(&v->ctx, VP8E_GET_LAST_QUANTIZER, &out->info.quantizer) != VPX_CODEC_OK)
    out->info.quantizer = -1;
  return GP_OK;
}

static void close_encoder(gpointer state) {
  Vpx *v = state;
  if (v->made)
    vpx_codec_destroy(&v->ctx);
  g_free(v);
}

// ---- what GP_AUTO is

static void choose(int *setting, int value) {
  if (*setting == GP_AUTO)
    *setting = value;
}

static void choose_speed(GpSettings *s, int value) {
  if (s->cpu_used == GP_AUTO_SPEED)
    s->cpu_used = value;
}

// The buffers are libwebrtc's.
static void resolve_both(GpSettings *s) {
  choose(&s->buffer_initial, 500);
  choose(&s->buffer_optimal, 600);
  choose(&s->buffer_size, 1000);
  choose(&s->drop_frame, 0);
}

// Screens were measured with a page of source code, still, scrolled and typed (720p30, 1.0 and 2.5 Mbit/s). At speed -4
// moving text has 2 dB more, for twice the time; from -6 on it has a dB less, for the same. A static threshold of 1000
// costs 1 to 2.5 dB of it, one of 1 saves nothing and takes time. The loop filter takes faint noise away again where it
// isn't told to be sharp.
static void vp8_resolve(GpSettings *s, const GpPicture *picture) {
  (void)picture;
  resolve_both(s);
  choose_speed(s, s->screen ? -5 : -6);
  choose(&s->min_q, s->screen ? 12 : 2);
  choose(&s->max_q, 56);
  choose(&s->static_threshold, s->screen ? 100 : 1);
  choose(&s->sharpness, s->screen ? 5 : 0);
  // In screen content mode the quantizer falls by no more than a bound from frame to frame, whatever the maximum is
  // (limit_q_cbr_inter of libvpx): rest would take five frames to become sharp in place of three, and isn't as sharp.
  if (s->quality != 0)
    s->screen = 0;
  choose(&s->undershoot, 100);
  choose(&s->overshoot, 15);
  choose(&s->max_intra, 250);
}

// Measured as VP8. Beside a minimum of 4, 8 has 2 dB less for 6 to 8 % fewer bits, and 2 has 3 to 4 dB more, of what is
// sharp already, for 14 % more. Without cyclic refresh, or with a static threshold of 1000, it is about a dB less.
static void vp9_resolve(GpSettings *s, const GpPicture *picture) {
  resolve_both(s);
  choose_speed(s, s->screen && picture->width * picture->height >= 1920 * 1080 ? 8 : 7);
  choose(&s->min_q, s->screen ? 4 : 2);
  choose(&s->max_q, 52);
  choose(&s->static_threshold, 1);
  choose(&s->sharpness, 0);
  choose(&s->aq_mode, 3);
  choose(&s->tile_columns, 0);
  choose(&s->row_mt, 1);
  choose(&s->undershoot, 50);
  choose(&s->overshoot, 50);
  choose(&s->max_intra, 300);
}

// ---- the codecs

// Each with a quantizer of its own: what libvpx leaves of a block at one it also leaves at the same one again. With the
// rate control's choice of the first, it may be the last step's at once, and 50 dB stay where there are 53 so.
static const GpStep vp8_steps[] = {{14, 24, 0, 1}, {4, 4, GP_AUTO, 1}, {2, 2, GP_AUTO, 1}};
static const GpStep vp9_steps[] = {{4, 24, 0, 1}, {GP_AUTO, 12, GP_AUTO, 1}, {GP_AUTO, 6, GP_AUTO, 1}};

const GpCodec gp_vp8_codec = {
    .factory = "gpvp8enc",
    .type_name = "GpVp8Enc",
    .long_name = "VP8 encoder for screens and cameras",
    .kind = GP_VP8,
    .src_caps = "video/x-vp8,profile=(string)0",
    .max_width = 16383, // RFC 6386, 9.1: 14 bits
    .max_height = 16383,
    .min_cpu_used = -16,
    .max_cpu_used = 16,
    .steps = vp8_steps,
    .n_steps = G_N_ELEMENTS(vp8_steps),
    .idle = {GP_AUTO, GP_AUTO, GP_AUTO, 1},
    .resolve = vp8_resolve,
    .open = vp8_open,
    .configure = configure,
    .encode = encode,
    .close = close_encoder,
};

const GpCodec gp_vp9_codec = {
    .factory = "gpvp9enc",
    .type_name = "GpVp9Enc",
    .long_name = "VP9 encoder for screens and cameras",
    .kind = GP_VP9,
    .src_caps = "video/x-vp9,profile=(string)0",
    .max_width = 16384,
    .max_height = 16384,
    // libvpx 1.12 crashes now and then when a speed below 5 is set while it runs, or one from there.
    .min_cpu_used = 5,
    .max_cpu_used = 9,
    .steps = vp9_steps,
    .n_steps = G_N_ELEMENTS(vp9_steps),
    // With the quantizers of motion, cyclic refresh codes blocks of the sharp picture anew, more coarsely.
    .idle = {4, 6, 1000, 1},
    .resolve = vp9_resolve,
    .open = vp9_open,
    .configure = configure,
    .encode = encode,
    .close = close_encoder,
};
