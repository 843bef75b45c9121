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
  GpSvc svc;
  gint64 debt; // bits that frames took beyond their share of the target; for screens
} Av1;

// Sets *why to libaom's last error.
GpResult gp_av1_failed(Av1 *a, const char *doing, char **why);

// Sets all controls of a new encoder, or those that differ in a running one.
GpResult gp_av1_set_all(Av1 *a, const GpSettings *s, char **why);
GpResult gp_av1_set_changed(Av1 *a, const GpSettings *was, const GpSettings *s, char **why);

#endif
