// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What VP8 and VP9 share.

#ifndef GSTPUBLISH_SCREENENC_VPX_H
#define GSTPUBLISH_SCREENENC_VPX_H

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "base.h"
#include "svc.h"

// The differences between the two formats, a constant.
typedef struct {
  int kind; // GP_VP8 or GP_VP9
  vpx_codec_iface_t *(*interface)(void);
  // Fills in the library's configuration for modes with layers.
  void (*fill)(vpx_codec_enc_cfg_t *config, const GpSettings *settings);
} VpxFormat;

typedef struct {
  const VpxFormat *format;
  gboolean made; // ctx must be destroyed
  vpx_codec_ctx_t ctx;
  vpx_codec_enc_cfg_t config;
  GpSettings settings;
  GpInput input;
  GpSvc svc;
  gboolean mapped; // the library has an active map
  // VP9 with layers: the current sample.
  GpPlan plan;
  GpOutput *out;
  GByteArray *data;
} Vpx;

// Sets *why to libvpx's last error.
GpResult gp_vpx_failed(Vpx *v, const char *doing, char **why);
// Sets one control; `name` is for the error.
#define gp_vpx_control(v, id, value, why)                                                                              \
  (vpx_codec_control(&(v)->ctx, id, value) == VPX_CODEC_OK ? GP_OK : gp_vpx_failed(v, #id, why))

static inline gboolean gp_vpx_layered(const Vpx *v) { return v->settings.scalability != GP_L1T1; }

GpResult gp_vpx_open(const VpxFormat *format, gpointer *state, const GpSettings *s, const GpInput *input,
                     char **why);
// GpCodec's configure and close.
GpResult gp_vpx_configure(gpointer state, const GpSettings *was, const GpSettings *s, const GpInput *input,
                          char **why);
void gp_vpx_close(gpointer state);

// Encodes a frame and receives the library's output, except for what a callback receives.
GpResult gp_vpx_encode(Vpx *v, const GpFrame *frame, vpx_enc_frame_flags_t flags, GpOutput *out, char **why);

// For resolve: replaces GP_AUTO or GP_AUTO_SPEED, for what is the same in both formats.
void gp_choose(int *setting, int value);
void gp_choose_speed(GpSettings *s, int value);
void gp_vpx_resolve(GpSettings *s);

#endif
