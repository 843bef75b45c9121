// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include <stddef.h>

#include "encoder.h"
#include "svc.h"

// All properties: names, fields, ranges, and the codecs that have them. -1 is the encoder's choice.
typedef struct {
  const char *name, *blurb;
  gsize offset;
  enum { NUMBER, FLAG, MODE } type;
  int min, max, def;
  int kinds;
} Property;

#define FIELD(NAME) offsetof(GpSettings, NAME)
#define VPX (GP_VP8 | GP_VP9)
#define NEW (GP_VP9 | GP_AV1)
#define ALL (GP_VP8 | GP_VP9 | GP_AV1)

// A second of the largest frames at the minimum quantizer has fewer bits.
#define MAX_BITRATE 200000000

// From 1024 * 128 on libvpx, 1.12 to 1.15, reads beyond VP8's table of errors (error_bins in vp8_set_speed_features).
#define MAX_STATIC_THRESHOLD 100000

static const Property properties[] = {
    {"target-bitrate", "Target, in bit/s", FIELD(bitrate), NUMBER, 1000, MAX_BITRATE, 1000000, ALL},
    {"screen", "The frames show a screen", FIELD(screen), FLAG, 0, 1, 0, ALL},
    {"quality", "0: motion, 1 and up: a still frame, sharper in steps, -1: a repeat of the sharp frame",
     FIELD(quality), NUMBER, -1, 16, 0, ALL},
    {"cpu-used", "Speed; -100: chosen by content and size", FIELD(cpu_used), NUMBER, GP_AUTO_SPEED, 16,
     GP_AUTO_SPEED, ALL},
    {"threads", "Threads, from the next size on; 0: chosen by processors", FIELD(threads), NUMBER, 0, 64, 0,
     ALL},
    {"min-quantizer", "The finest quantizer; -1: chosen by content", FIELD(min_q), NUMBER, -1, 63, -1, ALL},
    {"max-quantizer", "The coarsest quantizer, not below min-quantizer", FIELD(max_q), NUMBER, -1, 63, -1, ALL},
    {"static-threshold", "Largest change of a block that counts as unchanged", FIELD(static_threshold), NUMBER, -1,
     MAX_STATIC_THRESHOLD, -1, ALL},
    {"aq-mode", "Adaptive quantization: 0 off, 3 cyclic refresh", FIELD(aq_mode), NUMBER, -1, 3, -1, NEW},
    {"buffer-initial-size", "Of the rate control, in ms", FIELD(buffer_initial), NUMBER, -1, 60000, -1, ALL},
    {"buffer-optimal-size", "Of the rate control, in ms", FIELD(buffer_optimal), NUMBER, -1, 60000, -1, ALL},
    {"buffer-size", "Of the rate control, in ms", FIELD(buffer_size), NUMBER, -1, 60000, -1, ALL},
    {"max-intra-bitrate", "Limit of a key frame, in percent of a frame's share; 0: none", FIELD(max_intra),
     NUMBER, -1, 100000, -1, ALL},
    {"drop-frame", "Percent of the buffer below which frames are dropped; 0: never", FIELD(drop_frame), NUMBER, -1,
     100, -1, ALL},
    {"keyframe-max-dist", "Maximum number of frames between key frames; 0: only requested ones",
     FIELD(keyframe_max_dist), NUMBER, 0, G_MAXINT, 0, ALL},
    {"undershoot", "How far below the target to go, in percent", FIELD(undershoot), NUMBER, -1, 100, -1, ALL},
    {"overshoot", "How far above the target to go, in percent", FIELD(overshoot), NUMBER, -1, 100, -1, ALL},
    {"noise-sensitivity", "Denoising; 0: none", FIELD(noise_sensitivity), NUMBER, 0, 6, 0, ALL},
    {"sharpness", "Of the loop filter", FIELD(sharpness), NUMBER, -1, 7, -1, ALL},
    {"palette", "Palettes: 0 off, 1 on", FIELD(palette), NUMBER, -1, 1, -1, GP_AV1},
    {"intrabc", "Copies within key frames: 0 off, 1 on", FIELD(intrabc), NUMBER, -1, 1, -1, GP_AV1},
    {"tile-columns", "Number of columns, as logarithm to base 2, from the next size on", FIELD(tile_columns), NUMBER, -1, 6,
     -1, NEW},
    {"row-mt", "Threads within a tile, from the next size on: 0 off, 1 on", FIELD(row_mt), NUMBER, -1, 1, -1, NEW},
    {"error-resilient", "No frame depends on the contexts of another, from the next size on", FIELD(error_resilient),
     FLAG, 0, 1, 0, ALL},
    {"scalability-mode", "Layers, by W3C's name; another mode begins with a key frame", FIELD(scalability), MODE, 0,
     GP_MODES - 1, GP_L1T1, ALL},
    {"active-layers", "How many spatial layers are coded, from the lowest; 0: all", FIELD(active_layers), NUMBER, 0,
     GP_MAX_SPATIAL, 0, GP_VP9},
};

static int *field(GpSettings *settings, const Property *p) { return (int *)((char *)settings + p->offset); }

// The modes of a codec: temporal layers only, or all.
static GType mode_type(const GpCodec *codec) {
  static gsize types[2];
  static GEnumValue values[2][GP_MODES + 1];
  const int all = codec->kind == GP_VP9;
  if (g_once_init_enter(&types[all])) {
    for (int i = 0; i < (all ? GP_MODES : GP_TEMPORAL_MODES); i++)
      values[all][i] = (GEnumValue){i, gp_modes[i].name, gp_modes[i].name};
    g_once_init_leave(&types[all], g_enum_register_static(all ? "GpScalabilityMode" : "GpTemporalMode", values[all]));
  }
  return types[all];
}

static GParamSpec *param_spec(const Property *p, const GpCodec *codec) {
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
  if (p->type == MODE)
    return g_param_spec_enum(p->name, p->name, p->blurb, mode_type(codec), p->def, flags);
  if (p->type == FLAG)
    return g_param_spec_boolean(p->name, p->name, p->blurb, p->def, flags);
  return g_param_spec_int(p->name, p->name, p->blurb, p->min, p->max, p->def, flags);
}

void gp_props_install(GObjectClass *klass, const GpCodec *codec) {
  for (guint i = 0; i < G_N_ELEMENTS(properties); i++)
    if (properties[i].kinds & codec->kind)
      g_object_class_install_property(klass, i + 1, param_spec(&properties[i], codec));
}

void gp_props_defaults(GpSettings *settings) {
  for (guint i = 0; i < G_N_ELEMENTS(properties); i++)
    *field(settings, &properties[i]) = properties[i].def;
}

void gp_props_set(GpSettings *settings, guint id, const GValue *value) {
  const Property *p = &properties[id - 1];
  if (p->type == MODE)
    *field(settings, p) = g_value_get_enum(value);
  else
    *field(settings, p) = p->type == FLAG ? g_value_get_boolean(value) : g_value_get_int(value);
}

void gp_props_get(const GpSettings *settings, guint id, GValue *value) {
  const Property *p = &properties[id - 1];
  const int n = *field((GpSettings *)settings, p);
  if (p->type == MODE)
    g_value_set_enum(value, n);
  else if (p->type == FLAG)
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

// More threads than processors less one spin on a busy machine, and more than four help little at the sizes of live
// video.
static int default_threads(const GpInput *input) {
  int most = input->width * input->height < 320 * 180 ? 1 : 4;
  return CLAMP((int)g_get_num_processors() - 1, 1, most);
}

void gp_props_resolve(const GpCodec *codec, const GpInput *input, GpSettings *s) {
  if (s->threads == 0)
    s->threads = default_threads(input);
  s->scalability = gp_mode_for(s->scalability, input->width, input->height);
  const int layers = gp_modes[s->scalability].spatial;
  s->active_layers = s->active_layers == 0 ? layers : MIN(s->active_layers, layers);
  codec->resolve(s, input);
  s->cpu_used = CLAMP(s->cpu_used, codec->min_cpu_used, codec->max_cpu_used);
  // Each step adds to the ones before it.
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
