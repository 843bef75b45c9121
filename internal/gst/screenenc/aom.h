// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What the files of AV1 share.

#ifndef GSTPUBLISH_SCREENENC_AOM_H
#define GSTPUBLISH_SCREENENC_AOM_H

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

#include "base.h"
#include "svc.h"

typedef struct {
  aom_codec_ctx_t codec;
  gboolean open; // codec must be destroyed
  aom_codec_enc_cfg_t config;
  GpSettings settings;
  GpSettings applied; // those of the library's controls: settings, with the choice that depends on the quantizer
  GpSvc svc;
  int quantizer;   // of the last frame, 0..63
  gboolean mapped; // the library has an active map
  gint64 debt; // bits that frames took beyond their share of the target; for screens
} Av1;

// What depends on the version of libaom, as aom_codec_version() has it.
#define GP_AOM_VERSION(major, minor) ((major) << 16 | (minor) << 8)
// Chooses the speed and adaptive quantization, where they are GP_AUTO, and quick.
void gp_av1_choose_speed(int version, GpSettings *s, const GpInput *input);
// Returns the settings to encode a frame with after one of that quantizer, 0..63.
GpSettings gp_av1_next(const GpSettings *s, int quantizer);
// Reports whether active maps have an effect.
gboolean gp_av1_maps(int version);
// Reports whether an encoder that has started without dropping frames can drop them later.
gboolean gp_av1_drops_later(int version);

// Sets *why to libaom's last error.
GpResult gp_av1_failed(Av1 *a, const char *doing, char **why);

// Sets all controls of a new encoder, or those that differ in a running one.
GpResult gp_av1_set_all(Av1 *a, const GpSettings *s, char **why);
GpResult gp_av1_set_changed(Av1 *a, const GpSettings *was, const GpSettings *s, char **why);

#endif
