// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// VP9, over libvpx.

#include "vpx.h"

// ---- layers

// The superframe index after the spatial layers' frames: their number and sizes, so that a decoder treats them as one
// frame (Annex B of the bitstream specification).
static void append_index(GByteArray *data, const GpSampleInfo *info) {
  int largest = 0;
  for (int i = 0; i < info->n_layers; i++)
    largest = MAX(largest, info->layers[i].size);
  int bytes = 1;
  while (bytes < 4 && largest >> (8 * bytes) != 0)
    bytes++;
  const guint8 marker = (guint8)(0xc0 | (bytes - 1) << 3 | (info->n_layers - 1));
  g_byte_array_append(data, &marker, 1);
  for (int i = 0; i < info->n_layers; i++)
    for (int b = 0; b < bytes; b++) {
      const guint8 byte = (guint8)(info->layers[i].size >> (8 * b));
      g_byte_array_append(data, &byte, 1);
    }
  g_byte_array_append(data, &marker, 1);
}

// Receives one layer's frame as soon as libvpx has encoded it.
static void take(vpx_codec_cx_pkt_t *packet, void *user_data) {
  Vpx *v = user_data;
  if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0)
    return;
  GpSampleInfo *info = &v->out->info;
  vpx_svc_layer_id_t id = {0};
  int quantizer = -1;
  if (vpx_codec_control(&v->ctx, VP9E_GET_SVC_LAYER_ID, &id) != VPX_CODEC_OK || id.spatial_layer_id >= v->plan.n)
    return;
  vpx_codec_control(&v->ctx, VP8E_GET_LAST_QUANTIZER, &quantizer);
  GpLayerFrame *frame = &info->layers[info->n_layers];
  info->key |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  frame->size = (int)packet->data.frame.sz;
  frame->quantizer = info->quantizer = quantizer;
  gp_layer_size(v->svc.mode, id.spatial_layer_id, v->input.width, v->input.height, &frame->width, &frame->height);
  gp_svc_coded(&v->svc, &v->plan, id.spatial_layer_id, info);
  g_byte_array_append(v->data, packet->data.frame.buf, (guint)packet->data.frame.sz);
}

static void vp9_fill(vpx_codec_enc_cfg_t *c, const GpSettings *s) {
  const GpMode *mode = &gp_modes[s->scalability];
  GpRates rates;
  gp_share(mode, s->active_layers, (int)c->rc_target_bitrate, s->screen ? GP_STEEP : GP_HEAVY, &rates);
  c->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT; // Otherwise contexts follow from frames that a viewer may not have.
  if (mode->spatial > 1) {
    c->g_w &= ~1u;
    c->g_h &= ~1u;
  }
  c->ss_number_layers = (unsigned)mode->spatial;
  c->ts_number_layers = (unsigned)mode->temporal;
  c->ts_periodicity = 1;
  c->temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS;
  for (int t = 0; t < mode->temporal; t++)
    c->ts_rate_decimator[t] = (unsigned)gp_decimator(mode, t);
  for (int i = 0; i < mode->spatial; i++) {
    c->ss_target_bitrate[i] = (unsigned)rates.spatial[i];
    for (int t = 0; t < mode->temporal; t++)
      c->layer_target_bitrate[i * mode->temporal + t] = (unsigned)rates.temporal[i][t];
  }
}

// Sets what libvpx's configuration has no place for.
static GpResult set_layers(Vpx *v, char **why) {
  const GpSettings *s = &v->settings;
  const GpMode *mode = v->svc.mode;
  vpx_svc_extra_cfg_t extra = {0};
  vpx_svc_frame_drop_t drop = {.framedrop_mode = FULL_SUPERFRAME_DROP, .max_consec_drop = G_MAXINT};
  for (int i = 0; i < mode->spatial * mode->temporal; i++) {
    extra.max_quantizers[i] = s->max_q;
    extra.min_quantizers[i] = s->min_q;
  }
  for (int i = 0; i < mode->spatial; i++) {
    extra.speed_per_layer[i] = s->cpu_used;
    extra.scaling_factor_num[i] = 1;
    extra.scaling_factor_den[i] = 1 << (mode->spatial - 1 - i);
    drop.framedrop_thresh[i] = s->drop_frame;
  }
  // libvpx rounds a layer's size up, and up to 1.12 prints a warning for each frame that would exceed the input. A zero
  // factor leaves the size as it is; later versions refuse that, and print nothing.
  const gboolean odd = ((v->config.g_w | v->config.g_h) & 1) != 0;
  extra.scaling_factor_num[0] = odd ? 0 : 1;
  if (odd && vpx_codec_control(&v->ctx, VP9E_SET_SVC_PARAMETERS, &extra) != VPX_CODEC_OK)
    extra.scaling_factor_num[0] = 1;
  if (gp_vpx_control(v, VP9E_SET_SVC_PARAMETERS, &extra, why) != GP_OK)
    return GP_FAILED;
  return gp_vpx_control(v, VP9E_SET_SVC_FRAME_DROP_LAYER, &drop, why);
}

// Unused references name a slot that is used: a decoder checks the sizes of all.
static GpResult set_references(Vpx *v, char **why) {
  vpx_svc_ref_frame_config_t config = {0};
  vpx_svc_layer_id_t id = {.temporal_layer_id = v->plan.temporal_id};
  for (int i = 0; i < v->svc.mode->spatial; i++) {
    const GpLayerPlan *l = &v->plan.layers[MIN(i, v->plan.n - 1)];
    const int first = l->from >= 0 ? l->from : l->below;
    const int second = l->from >= 0 && l->below >= 0 ? l->below : -1;
    config.lst_fb_idx[i] = config.alt_fb_idx[i] = MAX(first, 0);
    config.gld_fb_idx[i] = second >= 0 ? second : MAX(first, 0);
    config.reference_last[i] = first >= 0;
    config.reference_golden[i] = second >= 0;
    config.update_buffer_slot[i] = (int)l->update;
    id.temporal_layer_id_per_spatial[i] = v->plan.temporal_id;
  }
  if (gp_vpx_control(v, VP9E_SET_SVC_LAYER_ID, &id, why) != GP_OK)
    return GP_FAILED;
  return gp_vpx_control(v, VP9E_SET_SVC_REF_FRAME_CONFIG, &config, why);
}

static const VpxFormat format = {GP_VP9, vpx_codec_vp9_cx, vp9_fill};

static GpResult vp9_open(gpointer *state, const GpSettings *s, const GpInput *input, char **why) {
  // libvpx 1.12 writes a header of profile 1 with 4:2:0 then, which no decoder accepts.
  if (s->scalability != GP_L1T1 && input->format == GST_VIDEO_FORMAT_Y444) {
    *why = g_strdup("VP9 in 4:4:4 has no layers");
    return GP_FAILED;
  }
  if (gp_vpx_open(&format, state, s, input, why) != GP_OK)
    return GP_FAILED;
  Vpx *v = *state;
  if (!gp_vpx_layered(v))
    return GP_OK;
  v->data = g_byte_array_new();
  vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {take, v};
  if (gp_vpx_control(v, VP9E_SET_SVC, 1, why) != GP_OK ||
      gp_vpx_control(v, VP9E_REGISTER_CX_CALLBACK, &callback, why) != GP_OK ||
      gp_vpx_control(v, VP9E_SET_SVC_GF_TEMPORAL_REF, 0u, why) != GP_OK ||
      gp_vpx_control(v, VP9E_SET_SVC_INTER_LAYER_PRED, 0, why) != GP_OK)
    return GP_FAILED;
  return set_layers(v, why);
}

static GpResult vp9_configure(gpointer state, const GpSettings *was, const GpSettings *s, const GpInput *input,
                              char **why) {
  Vpx *v = state;
  const GpResult result = gp_vpx_configure(state, was, s, input, why);
  return result == GP_OK && gp_vpx_layered(v) ? set_layers(v, why) : result;
}

static GpResult vp9_encode(gpointer state, const GpFrame *frame, GpOutput *out, char **why) {
  Vpx *v = state;
  if (!gp_vpx_layered(v))
    return gp_vpx_encode(v, frame, 0, out, why);
  v->out = out;
  g_byte_array_set_size(v->data, 0);
  gp_svc_plan(&v->svc, frame->key, v->settings.quality != 0, v->settings.active_layers, &v->plan);
  if (set_references(v, why) != GP_OK || gp_vpx_encode(v, frame, 0, out, why) != GP_OK)
    return GP_FAILED;
  gp_svc_end(&v->svc, &v->plan, &out->info);
  if (out->info.n_layers > 1)
    append_index(v->data, &out->info);
  if (v->data->len > 0)
    gp_output_append(out, v->data->data, v->data->len);
  return GP_OK;
}

static void vp9_close(gpointer state) {
  Vpx *v = state;
  if (v->data != NULL)
    g_byte_array_unref(v->data);
  gp_vpx_close(state);
}

// ---- the meaning of GP_AUTO

// The quality of the step without loss.
#define EXACT 4

// Measured like VP8. Compared with a minimum of 4, 8 has 2 dB less for 6 to 8 % fewer bits, and 2 has 3 to 4 dB more of
// what is sharp already, for 14 % more. Without cyclic refresh, or with a static threshold of 1000, it is about a dB
// less.
static void vp9_resolve(GpSettings *s, const GpInput *input) {
  gp_vpx_resolve(s);
  // For a page of text in 720p, 7 has 2.6 to 3.7 dB more in motion than 9, for 30 to 45 % more time, which adds 2.5 ms.
  // For still frames 8 is up to 0.4 dB better for the same bits, and repairs what 7 considers unchanged and would
  // continue to (TestStillFramesRepairFlatBlocks): if the source is still, 8 skips the search for motion before it
  // chooses the size of blocks, at least in every fifth frame.
  const gboolean fast = s->quality == 0 && input->width * input->height >= 1280 * 720;
  gp_choose_speed(s, !s->screen ? 7 : fast ? 9 : s->quality != 0 ? 8 : 7);
  // libvpx 1.12 frees what its threads still use if a speed below 7 is set, or was, between spatial layers.
  if (gp_modes[s->scalability].spatial > 1)
    s->cpu_used = MAX(s->cpu_used, 7);
  gp_choose(&s->min_q, s->screen ? 4 : 2);
  gp_choose(&s->max_q, 52);
  gp_choose(&s->static_threshold, 1);
  gp_choose(&s->sharpness, 0);
  gp_choose(&s->aq_mode, s->quality >= EXACT ? 0 : 3); // Lossless frames have one quantizer.
  // libvpx does not divide rows among threads with layers: that leaves tiles.
  const gboolean tiles = s->scalability != GP_L1T1;
  gp_choose(&s->tile_columns, !tiles || s->threads < 2 ? 0 : s->threads < 4 ? 1 : 2);
  gp_choose(&s->row_mt, 1);
  gp_choose(&s->undershoot, 50);
  gp_choose(&s->overshoot, 50);
  gp_choose(&s->max_intra, 300);
}

// ---- the codec

// As VP8's, and then one without loss.
static const GpStep vp9_steps[] = {{4, 24, 0, 1}, {GP_AUTO, 12, GP_AUTO, 1}, {GP_AUTO, 6, GP_AUTO, 1}, {0, 0, 0, 1}};

const GpCodec gp_vp9_codec = {
    .factory = "gpvp9enc",
    .type_name = "GpVp9Enc",
    .long_name = "VP9 encoder for screens and cameras",
    .kind = GP_VP9,
    .formats = "{ I420, Y444 }",
    .src_caps = "video/x-vp9,profile=(string)0",
    .full_caps = "video/x-vp9,profile=(string)1",
    .max_width = 16384,
    .max_height = 16384,
    // libvpx 1.12 sometimes crashes if a speed below 5 is set while it runs, or changed from there.
    .min_cpu_used = 5,
    .max_cpu_used = 9,
    .sharp_quantizer = 32,
    .steps = vp9_steps,
    .n_steps = G_N_ELEMENTS(vp9_steps),
    // With the quantizers of motion, cyclic refresh would encode blocks of the sharp frame again, more coarsely.
    .idle = {4, 6, 1000, 1},
    .resolve = vp9_resolve,
    .open = vp9_open,
    .configure = vp9_configure,
    .encode = vp9_encode,
    .close = vp9_close,
};
