// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What the files of the base share. Codecs need only base.h.

#ifndef GSTPUBLISH_SCREENENC_ENCODER_H
#define GSTPUBLISH_SCREENENC_ENCODER_H

#include "../changes/changes.h"
#include "base.h"

// ---- encoder time (clock.c)

typedef struct {
  GstClockTime last; // the PTS of the previous frame, NONE at first
  gint64 end;        // of the previous frame, in encoder time
  gint64 usual;      // the recent duration of frames, in ns; 0 at first
} GpClock;

void gp_clock_reset(GpClock *c);
// Sets the frame's encoder time. Still frames earn no more than a nominal frame does.
void gp_clock_tick(GpClock *c, const GpInput *input, GstClockTime pts, gboolean rest, GpFrame *out);

// ---- properties (props.c)

// Calls g_object_class_install_property for each property of the codec.
void gp_props_install(GObjectClass *klass, const GpCodec *codec);
void gp_props_defaults(GpSettings *settings);
// Sets or returns one setting, by the property's number.
void gp_props_set(GpSettings *settings, guint id, const GValue *value);
void gp_props_get(const GpSettings *settings, guint id, GValue *value);
// Resolves settings for a codec: applies the quality's step, replaces each GP_AUTO, keeps minima below maxima.
void gp_props_resolve(const GpCodec *codec, const GpInput *input, GpSettings *settings);

// ---- small changes (map.c)

// What is known of the blocks of the last encoded frame.
typedef struct {
  GpChanges *changes; // of its source; NULL if nothing is known
  guint32 number;     // its own
  guint8 *sharp;      // by block: encoded well since it changed
  guint8 *active;     // by block: the result of gp_map_plan
} GpMap;

void gp_map_clear(GpMap *m);
// Returns which blocks of the next frame must be encoded: those that differ from the last encoded one, those that are
// not sharp yet, and their neighbours. It returns NULL if that is the whole frame.
const guint8 *gp_map_plan(GpMap *m, const GpChangesMeta *frame);
// Records an encoded frame, and whether its quantizer was that of a sharp one.
void gp_map_encoded(GpMap *m, const GpChangesMeta *frame, gboolean key, gboolean sharp);

// ---- the element (base.c)

typedef struct {
  GstVideoEncoder parent;

  GMutex lock;       // protects wanted, and is held only to copy it
  GpSettings wanted; // the values of the properties

  // Used by the streaming thread.
  GstVideoCodecState *codec_state;
  GpInput input;     // of the current frames
  gpointer state;    // the codec's
  gboolean open;
  gboolean key_due; // the next frame must be a key frame
  int since_key;    // frames
  GpSettings has;   // the codec's current settings
  GpInput has_input;
  GpClock clock;
  GpMap map;
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
// Destroys the library's encoder.
void gp_encoder_close(GpEncoder *self);

#endif
