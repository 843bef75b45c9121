// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What the files of the base share. Codecs need base.h only.

#ifndef GSTPUBLISH_SCREENENC_ENCODER_H
#define GSTPUBLISH_SCREENENC_ENCODER_H

#include "base.h"

// ---- encoder time (clock.c)

typedef struct {
  GstClockTime last; // the PTS of the frame before, NONE at first
  gint64 end;        // of the frame before, in encoder time
  gint64 usual;      // how long frames last of late, in ns; 0 at first
} GpClock;

void gp_clock_reset(GpClock *c);
// Gives the frame its encoder time. Frames at rest earn no more than a nominal frame does.
void gp_clock_tick(GpClock *c, const GpPicture *picture, GstClockTime pts, gboolean rest, GpFrame *out);

// ---- properties (props.c)

// For the class: g_object_class_install_property for each that the codec has.
void gp_props_install(GObjectClass *klass, const GpCodec *codec);
void gp_props_defaults(GpSettings *settings);
// Sets one setting, and reads one; by the property's number.
void gp_props_set(GpSettings *settings, guint id, const GValue *value);
void gp_props_get(const GpSettings *settings, guint id, GValue *value);
// What a codec gets: the quality's step applied, no GP_AUTO left, minima below maxima.
void gp_props_resolve(const GpCodec *codec, const GpPicture *picture, GpSettings *settings);

// ---- the element (base.c)

typedef struct {
  GstVideoEncoder parent;

  GMutex lock;       // of wanted, and held for no longer than it takes to copy that
  GpSettings wanted; // what the properties say

  // Of the streaming thread.
  GstVideoCodecState *input;
  GpPicture picture; // of the input
  gpointer state;    // the codec's
  gboolean open;
  gboolean key_due; // the next frame must be a key frame
  int since_key;    // frames
  GpSettings has;   // what the codec has
  GpPicture has_picture;
  GpClock clock;
} GpEncoder;

typedef struct {
  GstVideoEncoderClass parent_class;
  const GpCodec *codec;
} GpEncoderClass;

static inline const GpCodec *gp_encoder_codec(GpEncoder *self) {
  return G_TYPE_INSTANCE_GET_CLASS(self, GST_TYPE_VIDEO_ENCODER, GpEncoderClass)->codec;
}

// ---- frames (frames.c)

gboolean gp_encoder_set_format(GstVideoEncoder *encoder, GstVideoCodecState *state);
GstFlowReturn gp_encoder_handle_frame(GstVideoEncoder *encoder, GstVideoCodecFrame *frame);
// Ends the library's encoder.
void gp_encoder_close(GpEncoder *self);

#endif
