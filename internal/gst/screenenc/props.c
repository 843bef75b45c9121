// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include <stddef.h>

#include "encoder.h"

// All properties: their names, the fields they are of, ranges, and which codecs have them. -1 is the encoder's choice.
typedef struct {
  const char *name, *blurb;
  gsize offset;
  gboolean flag; // a boolean
  int min, max, def;
  int kinds;
} Property;

#define FIELD(NAME) offsetof(GpSettings, NAME)
#define VPX (GP_VP8 | GP_VP9)
#define NEW (GP_VP9 | GP_AV1)
#define ALL (GP_VP8 | GP_VP9 | GP_AV1)

// A second's bits at the least quantizer of the largest picture are fewer.
#define MAX_BITRATE 200000000

static const Property properties[] = {
    {"target-bitrate", "Target, in bit/s", FIELD(bitrate), FALSE, 1000, MAX_BITRATE, 1000000, ALL},
    {"screen", "The pictures are of a screen", FIELD(screen), TRUE, 0, 1, 0, ALL},
    {"quality", "0: motion, 1 and up: a picture at rest, step by step sharper, -1: the same sharp picture again",
     FIELD(quality), FALSE, -1, 16, 0, ALL},
    {"cpu-used", "Speed; -100: by what the pictures are, and their size", FIELD(cpu_used), FALSE, GP_AUTO_SPEED, 16,
     GP_AUTO_SPEED, ALL},
    {"threads", "Threads, from the next size on; 0: by the processors there are", FIELD(threads),
     FALSE, 0, 64, 0, ALL},
    {"min-quantizer", "The finest quantizer; -1: by what the pictures are", FIELD(min_q), FALSE, -1, 63, -1, ALL},
    {"max-quantizer", "The coarsest quantizer, not below min-quantizer", FIELD(max_q), FALSE, -1, 63, -1, ALL},
    {"static-threshold", "How much a block changes that counts as unchanged", FIELD(static_threshold), FALSE, -1,
     1000000, -1, ALL},
    {"aq-mode", "Adaptive quantization: 0 off, 3 cyclic refresh", FIELD(aq_mode), FALSE, -1, 3, -1, NEW},
    {"buffer-initial-size", "Of the rate control, in ms", FIELD(buffer_initial), FALSE, -1, 60000, -1, ALL},
    {"buffer-optimal-size", "Of the rate control, in ms", FIELD(buffer_optimal), FALSE, -1, 60000, -1, ALL},
    {"buffer-size", "Of the rate control, in ms", FIELD(buffer_size), FALSE, -1, 60000, -1, ALL},
    {"max-intra-bitrate", "The most for a key frame, in percent of a frame's share; 0: no bound", FIELD(max_intra),
     FALSE, -1, 100000, -1, ALL},
    {"drop-frame", "Drop frames where the buffer is below so many percent; 0: never", FIELD(drop_frame), FALSE, -1, 100,
     -1, ALL},
    {"keyframe-max-dist", "The most frames from a key frame to the next; 0: only those that are asked for",
     FIELD(keyframe_max_dist), FALSE, 0, G_MAXINT, 0, ALL},
    {"undershoot", "How far below the target to go, in percent", FIELD(undershoot), FALSE, -1, 100, -1, ALL},
    {"overshoot", "How far above the target to go, in percent", FIELD(overshoot), FALSE, -1, 100, -1, ALL},
    {"noise-sensitivity", "Denoising; 0: none", FIELD(noise_sensitivity), FALSE, 0, 6, 0, ALL},
    {"sharpness", "Of the loop filter", FIELD(sharpness), FALSE, -1, 7, -1, ALL},
    {"palette", "Palettes: 0 off, 1 on", FIELD(palette), FALSE, -1, 1, -1, GP_AV1},
    {"intrabc", "Copies within key frames: 0 off, 1 on", FIELD(intrabc), FALSE, -1, 1, -1, GP_AV1},
    {"tile-columns", "Their number's logarithm to base 2, from the next size on", FIELD(tile_columns), FALSE, -1, 6, -1,
     NEW},
    {"row-mt", "Threads within a tile, from the next size on: 0 off, 1 on", FIELD(row_mt), FALSE, -1, 1, -1, NEW},
    {"error-resilient", "No frame depends on the contexts of another, from the next size on", FIELD(error_resilient),
     TRUE, 0, 1, 0, ALL},
};

static int *field(GpSettings *settings, const Property *p) { return (int *)((char *)settings + p->offset); }

static GParamSpec *param_spec(const Property *p) {
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
  if (p->flag)
    return g_param_spec_boolean(p->name, p->name, p->blurb, p->def, flags);
  return g_param_spec_int(p->name, p->name, p->blurb, p->min, p->max, p->def, flags);
}

void gp_props_install(GObjectClass *klass, const GpCodec *codec) {
  for (guint i = 0; i < G_N_ELEMENTS(properties); i++)
    if (properties[i].kinds & codec->kind)
      g_object_class_install_property(klass, i + 1, param_spec(&properties[i]));
}

void gp_props_defaults(GpSettings *settings) {
  for (guint i = 0; i < G_N_ELEMENTS(properties); i++)
    *field(settings, &properties[i]) = properties[i].def;
}

void gp_props_set(GpSettings *settings, guint id, const GValue *value) {
  const Property *p = &properties[id - 1];
  *field(settings, p) = p->flag ? g_value_get_boolean(value) : g_value_get_int(value);
}

void gp_props_get(const GpSettings *settings, guint id, GValue *value) {
  const Property *p = &properties[id - 1];
  const int n = *field((GpSettings *)settings, p);
  if (p->flag)
    g_value_set_boolean(value, n);
  else
    g_value_set_int(value, n);
}

static void apply_step(GpSettings *s, const GpStep *step) {
  if (step->min_q != GP_AUTO)
    s->min_q = step->min_q;
  if (step->max_q != GP_AUTO)
    s->max_q = step->max_q;
  if (step->static_threshold != GP_AUTO)
    s->static_threshold = step->static_threshold;
  if (step->rate > 1)
    s->bitrate = (int)MIN((gint64)s->bitrate * step->rate, MAX_BITRATE);
}

// More threads than processors less one spin on a busy machine, and more than four help little at live video's sizes.
static int default_threads(const GpPicture *picture) {
  int most = picture->width * picture->height < 320 * 180 ? 1 : 4;
  return CLAMP((int)g_get_num_processors() - 1, 1, most);
}

void gp_props_resolve(const GpCodec *codec, const GpPicture *picture, GpSettings *s) {
  if (s->threads == 0)
    s->threads = default_threads(picture);
  codec->resolve(s, picture);
  s->cpu_used = CLAMP(s->cpu_used, codec->min_cpu_used, codec->max_cpu_used);
  // Each step is upon the ones before it.
  for (int i = 0; i < MIN(s->quality, codec->n_steps); i++)
    apply_step(s, &codec->steps[i]);
  if (s->quality < 0)
    apply_step(s, &codec->idle);
  s->quality = MIN(s->quality, codec->n_steps);
  s->min_q = MIN(s->min_q, s->max_q);
  s->buffer_size = MAX(s->buffer_size, 1);
  s->buffer_optimal = MIN(s->buffer_optimal, s->buffer_size);
  s->buffer_initial = MIN(s->buffer_initial, s->buffer_size);
}
