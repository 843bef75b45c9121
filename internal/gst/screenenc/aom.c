// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// AV1, by libaom in its real-time mode.

#include "aom.h"

#include <string.h>

// ---- settings

static void choose(int *setting, int value) {
  if (*setting == GP_AUTO)
    *setting = value;
}

// At these sizes and above, hard content takes longer than a frame interval at 30 frames a second, at the speeds below.
#define LARGE_SCREEN (1280 * 720)
#define LARGE_CAMERA (640 * 480)

// From libaom 3.12 on, a moving screen needs 27 % fewer bytes at 8 than 3.6 does at 9, and has 1.4 dB more, for 19 % more
// time; 3.6 would take 30 % more time at 8, for 12 % fewer bytes.
#define QUICK_8 GP_AOM_VERSION(3, 12)

// Where the rate of a large moving screen allows nearly the minimum of quantizers, the next speed without cyclic refresh
// takes 13 % less time, for up to 4 % more bytes of the same quality. Where it does not, bits are worth more than time:
// a page beside a video at 1 Mbit/s would have 1.8 dB less.
#define QUICK_SPEED 10
#define NEARLY_LEAST_Q 5

// In libaom 3.6 and 3.12, whole flat blocks that have changed can keep their old content: of screens from speed 9 up,
// of cameras from 7 up, mostly in small frames. So these speeds are used only if there is no time for others. From 9
// up, a superblock that no longer changes also keeps a small error at any quantizer: a still screen is made sharp at 8
// or, if there is time, at 6, which also repairs errors of one.
static int speed(int version, const GpSettings *s, const GpInput *input) {
  const int pixels = input->width * input->height;
  if (!s->screen)
    return pixels >= LARGE_CAMERA ? 7 : 6;
  if (pixels >= LARGE_SCREEN)
    return s->quality > 0 || version >= QUICK_8 ? 8 : 9;
  return s->quality > 0 ? 6 : 8;
}

void gp_av1_choose_speed(int version, GpSettings *s, const GpInput *input) {
  const gboolean chosen = s->cpu_used == GP_AUTO_SPEED && s->aq_mode == GP_AUTO;
  if (s->cpu_used == GP_AUTO_SPEED)
    s->cpu_used = speed(version, s, input);
  choose(&s->aq_mode, 3);
  // Layers have predictions of their own, and other speeds.
  s->quick = chosen && s->screen && s->quality == 0 && s->cpu_used == QUICK_SPEED - 1 && s->scalability == GP_L1T1;
}

GpSettings gp_av1_next(const GpSettings *s, int quantizer) {
  GpSettings next = *s;
  if (s->quick && quantizer <= s->min_q + NEARLY_LEAST_Q) {
    next.cpu_used = QUICK_SPEED;
    next.aq_mode = 0;
  }
  return next;
}

// One step is enough: a still frame gets all its bits in one frame.
static const GpStep steps[] = {{.min_q = 5, .max_q = 5, .static_threshold = GP_AUTO}};

static int log2_of(int n) {
  int log = 0;
  while ((2 << log) <= n)
    log++;
  return log;
}

// The rate control's numbers are libwebrtc's, except for cameras' key frames: libaom makes them a third of the bound,
// so that with 300 the first frame has 1.2 dB less than with 600.
static void resolve(GpSettings *s, const GpInput *input) {
  gp_av1_choose_speed(aom_codec_version(), s, input);
  choose(&s->min_q, 10);
  choose(&s->max_q, s->screen ? 52 : 63); // A screen's policy sends fewer frames instead of unreadable ones.
  choose(&s->static_threshold, 0);
  choose(&s->buffer_initial, 600);
  choose(&s->buffer_optimal, 600);
  choose(&s->buffer_size, 1000);
  choose(&s->max_intra, s->screen ? 300 : 600);
  choose(&s->drop_frame, 0);
  choose(&s->undershoot, 50);
  choose(&s->overshoot, 50);
  choose(&s->sharpness, 0);
  choose(&s->palette, s->screen);
  choose(&s->intrabc, 0);
  choose(&s->tile_columns, log2_of(s->threads));
  choose(&s->row_mt, 1);
}

// When a screen starts to move, libaom uses the maximum, however much room there is, and decreases it over half a
// second. So this is the maximum while there is room: meanwhile text is better by a decibel or two, in as many bytes.
#define SCREEN_MAX_Q 36

// libaom encodes the eleventh to sixteenth frames with a quantizer index of at least 5. If that is above the maximum,
// as with 0 and 1, an assertion ends the process (rc_pick_q_and_bounds_no_stats_cbr of libaom 3.6).
#define LEAST_MAX_Q 2

static int max_q(const Av1 *a) {
  const GpSettings *s = &a->settings;
  // Half of what the rate control calls optimal.
  const gboolean room = a->debt * 2000 <= (gint64)s->bitrate * s->buffer_optimal;
  const int most = s->screen && room ? MIN(s->max_q, MAX(SCREEN_MAX_Q, s->min_q)) : s->max_q;
  return MAX(most, LEAST_MAX_Q);
}

// The settings in the library's configuration.
static void fill(aom_codec_enc_cfg_t *c, const Av1 *a) {
  const GpSettings *s = &a->settings;
  c->rc_target_bitrate = (unsigned)MAX(s->bitrate / 1000, 1);
  c->rc_max_quantizer = (unsigned)max_q(a);
  c->rc_min_quantizer = (unsigned)s->min_q;
  c->rc_undershoot_pct = (unsigned)s->undershoot;
  c->rc_overshoot_pct = (unsigned)s->overshoot;
  c->rc_buf_initial_sz = (unsigned)s->buffer_initial;
  c->rc_buf_optimal_sz = (unsigned)s->buffer_optimal;
  c->rc_buf_sz = (unsigned)s->buffer_size;
  c->rc_dropframe_thresh = (unsigned)s->drop_frame;
}

// Counts a frame. When a sharp frame is repeated, the link has had time to drain.
static void count(Av1 *a, const GpFrame *f, gsize bytes) {
  const gint64 share = gst_util_uint64_scale_int((guint64)a->settings.bitrate, (int)f->duration, GP_CLOCK_RATE);
  a->debt = a->settings.quality < 0 ? 0 : MAX(a->debt + (gint64)bytes * 8 - share, 0);
}

// ---- layers

static gboolean layered(const Av1 *a) { return a->settings.scalability != GP_L1T1; }

// Sets the layers' rates and quantizers, which have no place in libaom's configuration.
static GpResult set_layers(Av1 *a, char **why) {
  const GpMode *mode = a->svc.mode;
  GpRates rates;
  aom_svc_params_t params = {
      .number_spatial_layers = 1,
      .number_temporal_layers = mode->temporal,
      .scaling_factor_num = {1},
      .scaling_factor_den = {1},
  };
  gp_share(mode, 1, (int)a->config.rc_target_bitrate, a->settings.screen ? GP_STEEP : GP_HEAVY, &rates);
  for (int t = 0; t < mode->temporal; t++) {
    params.max_quantizers[t] = (int)a->config.rc_max_quantizer;
    params.min_quantizers[t] = (int)a->config.rc_min_quantizer;
    params.layer_target_bitrate[t] = rates.temporal[0][t];
    params.framerate_factor[t] = gp_decimator(mode, t);
  }
  return aom_codec_control(&a->codec, AV1E_SET_SVC_PARAMS, &params) == AOM_CODEC_OK
             ? GP_OK
             : gp_av1_failed(a, "AV1E_SET_SVC_PARAMS", why);
}

// Selects the one of libaom's seven references to predict from, and the one whose slot is written, which libaom looks
// for among the references.
enum { LAST = 0, GOLDEN = 3 };

static GpResult set_references(Av1 *a, const GpPlan *plan, char **why) {
  const GpLayerPlan *l = &plan->layers[0];
  aom_svc_layer_id_t id = {.temporal_layer_id = plan->temporal_id};
  aom_svc_ref_frame_config_t config = {0};
  for (guint i = 0; i < G_N_ELEMENTS(config.ref_idx); i++)
    config.ref_idx[i] = MAX(l->from, 0);
  config.reference[LAST] = l->from >= 0;
  for (int i = 0; i < GP_SLOTS; i++)
    if ((l->update >> i & 1) != 0) {
      config.refresh[i] = 1;
      config.ref_idx[GOLDEN] = i;
    }
  if (aom_codec_control(&a->codec, AV1E_SET_SVC_LAYER_ID, &id) != AOM_CODEC_OK)
    return gp_av1_failed(a, "AV1E_SET_SVC_LAYER_ID", why);
  return aom_codec_control(&a->codec, AV1E_SET_SVC_REF_FRAME_CONFIG, &config) == AOM_CODEC_OK
             ? GP_OK
             : gp_av1_failed(a, "AV1E_SET_SVC_REF_FRAME_CONFIG", why);
}

// ---- the library

static GpResult set_colour(Av1 *a, const GpColour *c, char **why) {
  if (aom_codec_control(&a->codec, AV1E_SET_COLOR_PRIMARIES, c->primaries) != AOM_CODEC_OK ||
      aom_codec_control(&a->codec, AV1E_SET_TRANSFER_CHARACTERISTICS, c->transfer) != AOM_CODEC_OK ||
      aom_codec_control(&a->codec, AV1E_SET_MATRIX_COEFFICIENTS, c->matrix) != AOM_CODEC_OK ||
      aom_codec_control(&a->codec, AV1E_SET_COLOR_RANGE, c->full_range) != AOM_CODEC_OK)
    return gp_av1_failed(a, "the colours", why);
  return GP_OK;
}

static GpResult av1_open(gpointer *state, const GpSettings *s, const GpInput *input, char **why) {
  Av1 *a = g_new0(Av1, 1);
  *state = a;
  aom_codec_enc_cfg_t *c = &a->config;
  if (aom_codec_enc_config_default(aom_codec_av1_cx(), c, AOM_USAGE_REALTIME) != AOM_CODEC_OK) {
    *why = g_strdup("libaom was built without its real-time mode");
    return GP_FAILED;
  }
  c->g_w = (unsigned)input->width;
  c->g_h = (unsigned)input->height;
  c->g_timebase = (struct aom_rational){1, GP_CLOCK_RATE};
  c->g_threads = (unsigned)s->threads;
  c->g_error_resilient = s->error_resilient ? AOM_ERROR_RESILIENT_DEFAULT : 0;
  c->g_lag_in_frames = 0;
  c->g_pass = AOM_RC_ONE_PASS;
  c->rc_end_usage = AOM_CBR;
  c->kf_mode = AOM_KF_DISABLED;
  a->settings = a->applied = *s;
  a->quantizer = s->max_q;
  gp_svc_init(&a->svc, s->scalability);
  fill(c, a);
  if (aom_codec_enc_init(&a->codec, aom_codec_av1_cx(), c, 0) != AOM_CODEC_OK)
    return gp_av1_failed(a, "making an encoder", why);
  a->open = TRUE;
  if (set_colour(a, &input->colour, why) != GP_OK || gp_av1_set_all(a, s, why) != GP_OK)
    return GP_FAILED;
  return layered(a) ? set_layers(a, why) : GP_OK;
}

// libaom 3.12 and 3.13 predict from a copy of the source after a dropped frame, for which they have memory only if frames
// may be dropped from the first one on. Without it an assertion ends the process (av1_resize_plane: width > 0).
gboolean gp_av1_drops_later(int version) { return version < GP_AOM_VERSION(3, 7); }

static GpResult av1_configure(gpointer state, const GpSettings *was, const GpSettings *s, const GpInput *input,
                              char **why) {
  Av1 *a = state;
  (void)why;
  // A new size is a key frame in any case, and libaom's buffers are made for the first size. New layers need a new
  // encoder too.
  if (a->config.g_w != (unsigned)input->width || a->config.g_h != (unsigned)input->height ||
      was->scalability != s->scalability)
    return GP_REOPEN;
  if (was->drop_frame == 0 && s->drop_frame > 0 && !gp_av1_drops_later(aom_codec_version()))
    return GP_REOPEN;
  a->settings = *s; // set_config applies it.
  return GP_OK;
}

// Updates the library's configuration and controls to the settings, and to what recent frames took.
static GpResult set_config(Av1 *a, char **why) {
  const GpSettings s = gp_av1_next(&a->settings, a->quantizer);
  if (gp_av1_set_changed(a, &a->applied, &s, why) != GP_OK)
    return GP_FAILED;
  a->applied = s;
  aom_codec_enc_cfg_t now = a->config;
  fill(&now, a);
  if (memcmp(&now, &a->config, sizeof now) == 0)
    return GP_OK;
  a->config = now;
  if (aom_codec_enc_config_set(&a->codec, &now) != AOM_CODEC_OK)
    return gp_av1_failed(a, "setting it up", why);
  return layered(a) ? set_layers(a, why) : GP_OK;
}

// Describes the frame to libaom without a copy.
static void wrap(aom_image_t *image, const GstVideoFrame *frame) {
  const gboolean nv12 = GST_VIDEO_FRAME_FORMAT(frame) == GST_VIDEO_FORMAT_NV12;
  aom_img_wrap(image, nv12 ? AOM_IMG_FMT_NV12 : AOM_IMG_FMT_I420, (unsigned)GST_VIDEO_FRAME_WIDTH(frame),
               (unsigned)GST_VIDEO_FRAME_HEIGHT(frame), 1, GST_VIDEO_FRAME_PLANE_DATA(frame, 0));
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(frame); i++) {
    image->planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
    image->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
  }
}

// libaom 3.6 accepts an active map, and encodes all blocks.
gboolean gp_av1_maps(int version) { return version >= GP_AOM_VERSION(3, 12); }

// Sets which blocks to encode.
static GpResult set_map(Av1 *a, const GpFrame *f, char **why) {
  if ((f->active == NULL && !a->mapped) || !gp_av1_maps(aom_codec_version()))
    return GP_OK;
  a->mapped = f->active != NULL;
  aom_active_map_t map = {.active_map = (unsigned char *)f->active, // It is copied.
                          .rows = (a->config.g_h + 15) / 16,
                          .cols = (a->config.g_w + 15) / 16};
  return aom_codec_control(&a->codec, AOME_SET_ACTIVEMAP, &map) == AOM_CODEC_OK
             ? GP_OK
             : gp_av1_failed(a, "AOME_SET_ACTIVEMAP", why);
}

// Receives the library's output.
static GpResult collect(Av1 *a, const GpFrame *f, GpOutput *out, char **why) {
  aom_codec_iter_t iter = NULL;
  gsize bytes = 0;
  for (const aom_codec_cx_pkt_t *p; (p = aom_codec_get_cx_data(&a->codec, &iter)) != NULL;) {
    if (p->kind != AOM_CODEC_CX_FRAME_PKT || p->data.frame.sz == 0)
      continue;
    gp_output_append(out, p->data.frame.buf, p->data.frame.sz);
    bytes += p->data.frame.sz;
    out->info.key |= (p->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
  }
  count(a, f, bytes);
  if (out->buffer != NULL &&
      (aom_codec_control(&a->codec, AOME_GET_LAST_QUANTIZER, &out->info.quantizer) != AOM_CODEC_OK ||
       aom_codec_control(&a->codec, AOME_GET_LAST_QUANTIZER_64, &a->quantizer) != AOM_CODEC_OK))
    return gp_av1_failed(a, "reading the quantizer", why);
  return GP_OK;
}

static GpResult av1_encode(gpointer state, const GpFrame *f, GpOutput *out, char **why) {
  Av1 *a = state;
  GpPlan plan;
  gp_svc_plan(&a->svc, f->key, a->settings.quality != 0, 1, &plan);
  if (set_config(a, why) != GP_OK || (layered(a) && set_references(a, &plan, why) != GP_OK) ||
      set_map(a, f, why) != GP_OK)
    return GP_FAILED;
  aom_image_t image;
  wrap(&image, f->frame);
  if (aom_codec_encode(&a->codec, &image, f->pts, f->duration, f->key ? AOM_EFLAG_FORCE_KF : 0) != AOM_CODEC_OK)
    return gp_av1_failed(a, "encoding a frame", why);
  if (collect(a, f, out, why) != GP_OK)
    return GP_FAILED;
  if (layered(a) && out->buffer != NULL) {
    gp_svc_coded(&a->svc, &plan, 0, &out->info);
    gp_svc_end(&a->svc, &plan, &out->info);
  }
  return GP_OK;
}

static void av1_close(gpointer state) {
  Av1 *a = state;
  if (a->open)
    aom_codec_destroy(&a->codec);
  g_free(a);
}

const GpCodec gp_av1_codec = {
    .factory = "gpav1enc",
    .type_name = "GpAv1Enc",
    .long_name = "AV1 encoder for screens and cameras",
    .kind = GP_AV1,
    .src_caps = "video/x-av1, stream-format=(string)obu-stream, alignment=(string)tu",
    .formats = "{ I420, NV12 }",
    .max_width = 8192,
    .max_height = 8192,
    .min_cpu_used = 0,
    .max_cpu_used = 10,
    .sharp_quantizer = 60,
    .steps = steps,
    .n_steps = G_N_ELEMENTS(steps),
    .idle = {.min_q = GP_AUTO, .max_q = GP_AUTO, .static_threshold = GP_AUTO},
    .resolve = resolve,
    .open = av1_open,
    .configure = av1_configure,
    .encode = av1_encode,
    .close = av1_close,
};
