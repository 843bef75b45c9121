// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include <string.h>

#include "encoder.h"
#include "svc.h"

void gp_output_append(GpOutput *out, const void *data, gsize size) {
  if (out->buffer == NULL) {
    out->buffer = gst_video_encoder_allocate_output_buffer(out->encoder, size);
    gst_buffer_fill(out->buffer, 0, data, size);
    return;
  }
  gst_buffer_append_memory(out->buffer, gst_memory_new_wrapped(0, g_memdup2(data, size), size, 0, size, NULL, NULL));
  GstMemory *all = gst_buffer_get_all_memory(out->buffer); // One piece, which is cheaper to read.
  gst_buffer_replace_all_memory(out->buffer, all);
}

void gp_encoder_close(GpEncoder *self) {
  if (self->open)
    gp_encoder_codec(self)->close(self->state);
  self->state = NULL;
  self->open = FALSE;
  gp_map_clear(&self->map);
}

gboolean gp_encoder_set_format(GstVideoEncoder *encoder, GstVideoCodecState *state) {
  GpEncoder *self = (GpEncoder *)encoder;
  const GpCodec *codec = gp_encoder_codec(self);
  GstVideoInfo *info = &state->info;
  if (self->codec_state != NULL)
    gst_video_codec_state_unref(self->codec_state);
  self->codec_state = gst_video_codec_state_ref(state);
  const gboolean timed = info->fps_n > 0 && info->fps_d > 0;
  self->input = (GpInput){
      .width = info->width,
      .height = info->height,
      .fps_n = timed ? info->fps_n : 30,
      .fps_d = timed ? info->fps_d : 1,
      .format = GST_VIDEO_INFO_FORMAT(info),
      .colour = {(int)gst_video_color_primaries_to_iso(info->colorimetry.primaries),
                 (int)gst_video_transfer_function_to_iso(info->colorimetry.transfer),
                 (int)gst_video_color_matrix_to_iso(info->colorimetry.matrix),
                 info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255},
  };
  const gboolean full = self->input.format == GST_VIDEO_FORMAT_Y444;
  GstCaps *caps = gst_caps_from_string(full ? codec->full_caps : codec->src_caps);
  GstVideoCodecState *output = gst_video_encoder_set_output_state(encoder, caps, state);
  gst_video_codec_state_unref(output);
  gst_video_encoder_set_latency(encoder, 0, 0);
  return TRUE;
}

// Creates the library's encoder for the wanted settings.
static GpResult reopen(GpEncoder *self, const GpSettings *want, char **why) {
  gp_encoder_close(self);
  gp_clock_reset(&self->clock);
  GpResult result = gp_encoder_codec(self)->open(&self->state, want, &self->input, why);
  self->open = self->state != NULL;
  self->key_due = TRUE;
  return result;
}

// Applies the wanted settings to the codec.
static GpResult catch_up(GpEncoder *self, char **why) {
  const GpCodec *codec = gp_encoder_codec(self);
  GpSettings want;
  g_mutex_lock(&self->lock);
  want = self->wanted;
  g_mutex_unlock(&self->lock);
  gp_props_resolve(codec, &self->input, &want);

  GpResult result = GP_OK;
  const GpInput *has = &self->has_input;
  const gboolean sized = has->width != self->input.width || has->height != self->input.height;
  const gboolean coloured = memcmp(&has->colour, &self->input.colour, sizeof has->colour) != 0;
  if (!self->open)
    result = reopen(self, &want, why);
  else if (sized || memcmp(&want, &self->has, sizeof want) != 0 || memcmp(has, &self->input, sizeof *has) != 0) {
    result = coloured ? GP_REOPEN : codec->configure(self->state, &self->has, &want, &self->input, why);
    self->key_due |= sized || coloured;
    if (result == GP_REOPEN)
      result = reopen(self, &want, why);
  }
  self->has = want;
  self->has_input = self->input;
  return result;
}

static gboolean wants_key(GpEncoder *self, GstVideoCodecFrame *frame) {
  const int most = self->has.keyframe_max_dist;
  return self->key_due || GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME(frame) || (most > 0 && self->since_key >= most);
}

// Fills in what codecs need not report: everything except references, and those too in a mode without layers.
static void describe(const GpEncoder *self, GpOutput *out) {
  GpSampleInfo *info = &out->info;
  info->temporal_layers = gp_modes[self->has.scalability].temporal;
  info->spatial_layers = gp_modes[self->has.scalability].spatial;
  if (info->spatial_layers > 1)
    return;
  GpLayerFrame *frame = &info->layers[0];
  frame->size = (int)gst_buffer_get_size(out->buffer);
  frame->width = self->input.width;
  frame->height = self->input.height;
  frame->quantizer = info->quantizer;
  if (info->n_layers > 0)
    return;
  info->n_layers = 1;
  info->switch_up = TRUE;
  frame->n_references = info->key ? 0 : 1;
  frame->references[0] = frame->n_references;
}

// Passes on the result of a frame; a frame without data is dropped.
static GstFlowReturn finish(GpEncoder *self, GstVideoCodecFrame *frame, GpOutput *out, gboolean key) {
  GstVideoEncoder *encoder = GST_VIDEO_ENCODER(self);
  self->key_due = key && (out->buffer == NULL || !out->info.key); // The request remains.
  if (out->buffer != NULL) {
    self->since_key = out->info.key ? 1 : self->since_key + 1;
    if (out->info.key)
      GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(frame);
    else
      GST_VIDEO_CODEC_FRAME_UNSET_SYNC_POINT(frame);
    describe(self, out);
    gp_buffer_add_sample_meta(out->buffer, &out->info);
    frame->output_buffer = out->buffer;
    frame->dts = frame->pts;
  }
  return gst_video_encoder_finish_frame(encoder, frame);
}

static GstFlowReturn fail(GpEncoder *self, GstVideoCodecFrame *frame, char *why) {
  GST_ELEMENT_ERROR(self, LIBRARY, ENCODE, ("%s", why != NULL ? why : "the encoder failed"), (NULL));
  g_free(why);
  gp_encoder_close(self); // It may be in any state; if a frame still comes, it gets a new one.
  gst_video_codec_frame_unref(frame);
  return GST_FLOW_ERROR;
}

// Returns what the source says of a frame. Only frames in motion, and streams without layers, are encoded in part: a
// step towards sharpness is for all blocks, and the frames of layers are predicted from different ones.
static const GpChangesMeta *changes_of(const GpEncoder *self, GstVideoCodecFrame *frame) {
  if (self->has.scalability != GP_L1T1)
    return NULL;
  return gp_changes_of(frame->input_buffer, self->input.width, self->input.height);
}

GstFlowReturn gp_encoder_handle_frame(GstVideoEncoder *encoder, GstVideoCodecFrame *frame) {
  GpEncoder *self = (GpEncoder *)encoder;
  char *why = NULL;
  GpResult result = catch_up(self, &why);
  if (result != GP_OK)
    return fail(self, frame, why);

  GstVideoFrame mapped;
  if (!gst_video_frame_map(&mapped, &self->codec_state->info, frame->input_buffer, GST_MAP_READ))
    return fail(self, frame, g_strdup("the frame cannot be read"));
  GpFrame in = {.frame = &mapped, .key = wants_key(self, frame)};
  gp_clock_tick(&self->clock, &self->input, frame->pts, self->has.quality != 0, &in);
  GpOutput out = {.encoder = encoder, .info = {.quantizer = -1}};
  const GpChangesMeta *changes = changes_of(self, frame);
  if (self->has.quality == 0 && !in.key)
    in.active = gp_map_plan(&self->map, changes);
  result = gp_encoder_codec(self)->encode(self->state, &in, &out, &why);
  gst_video_frame_unmap(&mapped);
  if (result == GP_OK && out.buffer != NULL) {
    const int q = out.info.quantizer;
    gp_map_encoded(&self->map, changes, out.info.key, q >= 0 && q <= gp_encoder_codec(self)->sharp_quantizer);
  }
  if (result == GP_OK)
    return finish(self, frame, &out, in.key);
  gst_clear_buffer(&out.buffer);
  return fail(self, frame, why);
}
