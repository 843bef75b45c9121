// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// libaom's controls.

#include "aom.h"

#include <stddef.h>

// libaom's call is variadic, and expects int for all of these.
typedef struct {
  int id, value;
} Fixed;

// Controls that no setting changes. The disabled tools cost more time than they save bits at these speeds, and the cost
// tables need no update within a frame: together this takes a fifth less time, and two fifths less for a key frame.
// These are libwebrtc's choices (libaom_av1_encoder.cc). Superblocks of 128 are no better, and leave threads less to
// share; with them libaom 3.6 also leaves more changed blocks unchanged.
static const Fixed fixed[] = {
    {AV1E_SET_SUPERBLOCK_SIZE, AOM_SUPERBLOCK_SIZE_64X64},
    {AV1E_SET_COEFF_COST_UPD_FREQ, 3},
    {AV1E_SET_MODE_COST_UPD_FREQ, 3},
    {AV1E_SET_MV_COST_UPD_FREQ, 3},
    {AV1E_SET_ENABLE_CDEF, 1},
    {AV1E_SET_ENABLE_TPL_MODEL, 0},
    {AV1E_SET_DELTAQ_MODE, 0},
    {AV1E_SET_ENABLE_ORDER_HINT, 0},
    {AV1E_SET_ENABLE_OBMC, 0},
    {AV1E_SET_ENABLE_WARPED_MOTION, 0},
    {AV1E_SET_ENABLE_GLOBAL_MOTION, 0},
    {AV1E_SET_ENABLE_REF_FRAME_MVS, 0},
    {AV1E_SET_ENABLE_CFL_INTRA, 0},
    {AV1E_SET_ENABLE_SMOOTH_INTRA, 0},
    {AV1E_SET_ENABLE_ANGLE_DELTA, 0},
    {AV1E_SET_ENABLE_FILTER_INTRA, 0},
    {AV1E_SET_INTRA_DEFAULT_TX_ONLY, 1},
    {AV1E_SET_DISABLE_TRELLIS_QUANT, 1},
    {AV1E_SET_ENABLE_DIST_WTD_COMP, 0},
    {AV1E_SET_ENABLE_DIFF_WTD_COMP, 0},
    {AV1E_SET_ENABLE_DUAL_FILTER, 0},
    {AV1E_SET_ENABLE_INTERINTRA_COMP, 0},
    {AV1E_SET_ENABLE_INTERINTRA_WEDGE, 0},
    {AV1E_SET_ENABLE_SMOOTH_INTERINTRA, 0},
    {AV1E_SET_ENABLE_MASKED_COMP, 0},
    {AV1E_SET_ENABLE_INTRA_EDGE_FILTER, 0},
    {AV1E_SET_ENABLE_PAETH_INTRA, 0},
    {AV1E_SET_ENABLE_QM, 0},
    {AV1E_SET_ENABLE_RECT_PARTITIONS, 0},
    {AV1E_SET_ENABLE_RESTORATION, 0},
    {AV1E_SET_ENABLE_TX64, 0},
    {AV1E_SET_MAX_REFERENCE_FRAMES, 3},
};

// The controls that correspond to one setting each. The static threshold is not among them: libaom has a control for
// it, but ignores it.
typedef struct {
  int id;
  gsize offset;
  const char *name;
} Control;

#define CONTROL(ID, FIELD)                                                                                             \
  { ID, offsetof(GpSettings, FIELD), #ID }

static const Control controls[] = {
    CONTROL(AOME_SET_CPUUSED, cpu_used),
    CONTROL(AV1E_SET_TUNE_CONTENT, screen), // AOM_CONTENT_DEFAULT is 0, AOM_CONTENT_SCREEN is 1.
    CONTROL(AV1E_SET_ENABLE_PALETTE, palette),
    CONTROL(AV1E_SET_ENABLE_INTRABC, intrabc),
    CONTROL(AV1E_SET_AQ_MODE, aq_mode),
    CONTROL(AOME_SET_MAX_INTRA_BITRATE_PCT, max_intra),
    CONTROL(AOME_SET_SHARPNESS, sharpness),
    CONTROL(AV1E_SET_NOISE_SENSITIVITY, noise_sensitivity),
};

// Controls of a new encoder only: if they change with several threads, libaom 3.6 writes outside its memory.
static const Control first_controls[] = {
    CONTROL(AV1E_SET_TILE_COLUMNS, tile_columns),
    CONTROL(AV1E_SET_ROW_MT, row_mt),
};

static int value_of(const GpSettings *s, const Control *c) { return *(const int *)((const char *)s + c->offset); }

GpResult gp_av1_failed(Av1 *a, const char *doing, char **why) {
  const char *detail = aom_codec_error_detail(&a->codec);
  *why = g_strdup_printf("libaom: %s: %s%s%s", doing, aom_codec_error(&a->codec), detail != NULL ? ": " : "",
                         detail != NULL ? detail : "");
  return GP_FAILED;
}

static GpResult set_fixed(Av1 *a, char **why) {
  for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
    if (aom_codec_control(&a->codec, fixed[i].id, fixed[i].value) != AOM_CODEC_OK) {
      char *doing = g_strdup_printf("control %d", fixed[i].id);
      gp_av1_failed(a, doing, why);
      g_free(doing);
      return GP_FAILED;
    }
  return GP_OK;
}

static GpResult set_control(Av1 *a, const Control *c, const GpSettings *s, char **why) {
  return aom_codec_control(&a->codec, c->id, value_of(s, c)) == AOM_CODEC_OK ? GP_OK : gp_av1_failed(a, c->name, why);
}

GpResult gp_av1_set_all(Av1 *a, const GpSettings *s, char **why) {
  if (set_fixed(a, why) != GP_OK)
    return GP_FAILED;
  for (guint i = 0; i < G_N_ELEMENTS(first_controls); i++)
    if (set_control(a, &first_controls[i], s, why) != GP_OK)
      return GP_FAILED;
  for (guint i = 0; i < G_N_ELEMENTS(controls); i++)
    if (set_control(a, &controls[i], s, why) != GP_OK)
      return GP_FAILED;
  return GP_OK;
}

GpResult gp_av1_set_changed(Av1 *a, const GpSettings *was, const GpSettings *s, char **why) {
  for (guint i = 0; i < G_N_ELEMENTS(controls); i++)
    if (value_of(was, &controls[i]) != value_of(s, &controls[i]) && set_control(a, &controls[i], s, why) != GP_OK)
      return GP_FAILED;
  return GP_OK;
}
