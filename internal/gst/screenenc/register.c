// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "base.h"

gboolean gp_register(char **why) {
  const GpCodec *const codecs[] = {&gp_vp8_codec, &gp_vp9_codec, &gp_av1_codec};
  for (guint i = 0; i < G_N_ELEMENTS(codecs); i++)
    if (!gp_codec_register(codecs[i], why))
      return FALSE;
  return TRUE;
}
