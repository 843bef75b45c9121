// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// The base of the encoders, and what a codec gives it. The base is the GstVideoEncoder: pads, properties, frames,
// key units, time, errors. A codec is one GpCodec, a constant, over a library's C API. A codec's functions are called
// on the streaming thread only, one at a time; they never touch GObject, pads or locks.

#ifndef GSTPUBLISH_SCREENENC_BASE_H
#define GSTPUBLISH_SCREENENC_BASE_H

#include <gst/gst.h>
#include <gst/video/gstvideoencoder.h>
#include <gst/video/video.h>

#include "meta.h"

// ---- settings

// The value of a setting that the codec is to choose by what the pictures are, their size, and the threads.
#define GP_AUTO (-1)
// Of cpu_used, where -1 is a speed.
#define GP_AUTO_SPEED (-100)

// What the properties say. All are ints, so that one table describes them; two that are equal byte for byte are the
// same. What a codec gets is resolved: no GP_AUTO is left, min_q <= max_q, and the quality's step is applied.
typedef struct {
  int bitrate; // bit/s, 1000..100000000
  int screen;  // 0 camera, 1 screen
  int quality; // -1 idle, 0 motion, from 1 on sharper step by step; for the codec to look at, if the step isn't enough
  int cpu_used;
  int threads; // taken when the library's encoder is made
  int min_q, max_q; // 0..63
  int static_threshold;
  int aq_mode;                                         // 0 off, 3 cyclic refresh; others are the library's own
  int buffer_initial, buffer_optimal, buffer_size;     // ms
  int max_intra;                                       // percent of a frame's share; 0 is no bound
  int drop_frame;                                      // percent of the buffer below which frames are dropped; 0 never
  int keyframe_max_dist;                               // the base's; 0 is none
  int undershoot, overshoot;                           // percent
  int noise_sensitivity;                               // 0 is off
  int sharpness;                                       // of the loop filter, 0..7
  int palette, intrabc;                                // AV1: 0 off, 1 on
  int tile_columns;                                    // VP9, AV1: the logarithm to base 2; as threads
  int row_mt;                                          // VP9, AV1: 0 off, 1 on; as threads
  int error_resilient;                                 // taken when the library's encoder is made
  int scalability;                                     // of svc.h's modes; another one takes a new encoder
  int active_layers; // the lowest spatial layers that are coded; resolved, 1 to as many as the mode has
} GpSettings;

// What the numbers of a picture mean (ISO/IEC 23091-2; 2 is unspecified). Chromium takes VP9 and AV1 that don't say it
// for BT.709, whatever their size.
typedef struct {
  int primaries, transfer, matrix;
  gboolean full_range;
} GpColour;

// The size of the pictures; and what time means to a rate control.
typedef struct {
  int width, height;
  int fps_n, fps_d; // nominal, of the caps; 30/1 where they say none
  GstVideoFormat format; // I420, or NV12 where the codec takes it
  GpColour colour;
} GpPicture;

// What one quality sets upon the settings; GP_AUTO leaves a field as it is.
typedef struct {
  int min_q, max_q, static_threshold;
  int rate; // by how much the bitrate is multiplied; 0 and 1 leave it
} GpStep;

// ---- one frame

#define GP_CLOCK_RATE 90000

typedef struct {
  const GstVideoFrame *frame; // mapped for reading; its planes and strides are taken as they are, without a copy
  // Encoder time, in 1/90000 s: strictly increasing, from 0 when the encoder is made. It follows the PTS, but pauses
  // are shortened, so that they earn no bits: see clock.c. end(n) == pts(n) + duration(n).
  gint64 pts;
  guint32 duration; // at least 1
  gboolean key;     // make it a key frame
} GpFrame;

// What became of a frame. A codec appends the data, in as many pieces as the library gives, and fills in the rest; of a
// mode without layers only the quantizer, and whether it is a key frame. No data is a dropped frame.
typedef struct {
  GstVideoEncoder *encoder;
  GstBuffer *buffer; // NULL as long as there is no data
  GpSampleInfo info;
} GpOutput;

// Copies a piece of the coded frame.
void gp_output_append(GpOutput *out, const void *data, gsize size);

// ---- the codec

typedef enum {
  GP_OK,
  GP_REOPEN, // of configure: it takes a new encoder (and a key frame); the base closes and opens it
  GP_FAILED, // *why says so
} GpResult;

enum { GP_VP8 = 1, GP_VP9 = 2, GP_AV1 = 4 }; // which codecs have a property

typedef struct GpCodec {
  const char *factory;   // "gpvp9enc"
  const char *type_name; // "GpVp9Enc"
  const char *long_name; // "VP9 encoder for screens and cameras"
  int kind;              // GP_VP8, GP_VP9 or GP_AV1
  const char *src_caps;  // of the template, and of the output but for size and frame rate
  gboolean nv12;         // takes NV12 beside I420
  int max_width, max_height;
  int min_cpu_used, max_cpu_used;

  // Sharper steps, in their order; the last one stays. And what idle is.
  const GpStep *steps;
  int n_steps;
  GpStep idle;

  // Replaces each GP_AUTO (GP_AUTO_SPEED) by a value. Called for each frame: be quick.
  void (*resolve)(GpSettings *settings, const GpPicture *picture);

  // Makes the library's encoder. *state is NULL and becomes the codec's own. In case of GP_FAILED the state that was
  // set is still given to close, and *why is a string to g_free.
  GpResult (*open)(gpointer *state, const GpSettings *settings, const GpPicture *picture, char **why);
  // Takes new settings, a new size, or both, before the next frame. Never a key frame unless it answers GP_REOPEN,
  // which it should for sizes only. `was` are the settings that it has. The base asks for a key frame with a new size.
  GpResult (*configure)(gpointer state, const GpSettings *was, const GpSettings *settings, const GpPicture *picture,
                        char **why);
  // Encodes one frame, and gives its data at once.
  GpResult (*encode)(gpointer state, const GpFrame *frame, GpOutput *out, char **why);
  void (*close)(gpointer state); // not NULL
} GpCodec;

// The codecs, each in a file of its own.
extern const GpCodec gp_vp8_codec; // vp8.c
extern const GpCodec gp_vp9_codec; // vp9.c
extern const GpCodec gp_av1_codec; // aom.c

// Makes the element known to GStreamer, with no rank: who wants it names it. Sets *why, to g_free, if it fails.
gboolean gp_codec_register(const GpCodec *codec, char **why);

// Registers all of them, once per process.
gboolean gp_register(char **why);

#endif
