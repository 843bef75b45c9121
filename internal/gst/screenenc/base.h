// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// The base of the encoders, and its interface to codecs. The base is the GstVideoEncoder: pads, properties, frames, key
// frame requests, time, errors. A codec is one GpCodec, a constant, over a library's C API. A codec's functions are
// called only on the streaming thread, one at a time; they never touch GObject, pads or locks.

#ifndef GSTPUBLISH_SCREENENC_BASE_H
#define GSTPUBLISH_SCREENENC_BASE_H

#include <gst/gst.h>
#include <gst/video/gstvideoencoder.h>
#include <gst/video/video.h>

#include "meta.h"

// ---- settings

// The value of a setting that the codec chooses by content, size and threads.
#define GP_AUTO (-1)
// The same for cpu_used, for which -1 is a speed.
#define GP_AUTO_SPEED (-100)

// The values of the properties. All are ints, so that one table describes them; two GpSettings are equal if their bytes
// are. A codec receives resolved settings: no GP_AUTO is left, min_q <= max_q, and the quality's step is applied.
typedef struct {
  int bitrate; // bit/s, 1000..100000000
  int screen;  // 0 camera, 1 screen
  int quality; // -1 idle, 0 motion, from 1 on sharper in steps; for a codec to which the step is not enough
  int cpu_used;
  int threads; // applies to a new encoder of the library
  int min_q, max_q; // 0..63
  int static_threshold;
  int aq_mode;                                         // 0 off, 3 cyclic refresh; others are the library's own
  int buffer_initial, buffer_optimal, buffer_size;     // ms
  int max_intra;                                       // percent of a frame's share; 0 is no bound
  int drop_frame;                                      // percent of the buffer below which frames are dropped; 0 never
  int keyframe_max_dist;                               // handled by the base; 0 is none
  int undershoot, overshoot;                           // percent
  int noise_sensitivity;                               // 0 is off
  int sharpness;                                       // of the loop filter, 0..7
  int palette, intrabc;                                // AV1: 0 off, 1 on
  int tile_columns;                                    // VP9, AV1: the logarithm to base 2; applies like threads
  int row_mt;                                          // VP9, AV1: 0 off, 1 on; applies like threads
  int error_resilient;                                 // applies to a new encoder of the library
  int scalability;                                     // one of svc.h's modes; a change needs a new encoder
  int active_layers; // the number of encoded spatial layers; resolved, 1 to all of the mode's
  int quick; // AV1: no property; resolved, 1 if the codec may choose quicker settings for frames that need few bits
} GpSettings;

// The colors of a frame (ISO/IEC 23091-2; 2 is unspecified). If VP9 or AV1 do not signal them, Chromium assumes BT.709,
// whatever the size.
typedef struct {
  int primaries, transfer, matrix;
  gboolean full_range;
} GpColour;

// The size and format of frames, and the frame rate, for the rate control.
typedef struct {
  int width, height;
  int fps_n, fps_d; // nominal, from the caps; 30/1 if they have none
  GstVideoFormat format; // I420, or another one if the codec supports it
  GpColour colour;
} GpInput;

// The settings of one quality; GP_AUTO leaves a setting unchanged.
typedef struct {
  int min_q, max_q, static_threshold;
  int rate; // a factor for the bitrate; 0 is 1
} GpStep;

// ---- one frame

#define GP_CLOCK_RATE 90000

typedef struct {
  const GstVideoFrame *frame; // mapped for reading; its planes and strides are used without a copy
  // Encoder time, in 1/90000 s: strictly increasing, from 0 for a new encoder. It follows the PTS, but pauses are
  // shortened so that they earn no bits: see clock.c. end(n) == pts(n) + duration(n).
  gint64 pts;
  guint32 duration; // at least 1
  gboolean key;     // make it a key frame
  // By block of 16x16 px, row after row: whether it must be encoded. The others equal those of the last encoded frame.
  // NULL is the whole frame.
  const guint8 *active;
} GpFrame;

// The result of a frame. A codec appends the data, in as many pieces as the library returns, and fills in the rest; in
// a mode without layers only the quantizer and whether it is a key frame. No data is a dropped frame.
typedef struct {
  GstVideoEncoder *encoder;
  GstBuffer *buffer; // NULL without data
  GpSampleInfo info;
} GpOutput;

// Appends a copy of a piece of the sample.
void gp_output_append(GpOutput *out, const void *data, gsize size);

// ---- the codec

typedef enum {
  GP_OK,
  GP_REOPEN, // from configure: a new encoder is needed (and a key frame); the base closes and opens it
  GP_FAILED, // *why says so
} GpResult;

enum { GP_VP8 = 1, GP_VP9 = 2, GP_AV1 = 4 }; // which codecs have a property

typedef struct GpCodec {
  const char *factory;   // "gpvp9enc"
  const char *type_name; // "GpVp9Enc"
  const char *long_name; // "VP9 encoder for screens and cameras"
  int kind;              // GP_VP8, GP_VP9 or GP_AV1
  const char *formats;   // of frames, as in caps: I420, NV12 and Y444
  const char *src_caps;  // of the output, except size and frame rate
  const char *full_caps; // the same for Y444, which has as much chroma as luma; NULL without
  int max_width, max_height;
  int min_cpu_used, max_cpu_used;
  int sharp_quantizer; // the highest quantizer of a sharp frame, as package screencast's SharpnessOf has it

  // Sharper steps, in order; the last one stays. And the idle quality.
  const GpStep *steps;
  int n_steps;
  GpStep idle;

  // Replaces each GP_AUTO (GP_AUTO_SPEED) by a value. Called for each frame, so it must be fast.
  void (*resolve)(GpSettings *settings, const GpInput *input);

  // Creates the library's encoder. *state is NULL and becomes the codec's own. After GP_FAILED the state that was set
  // is still passed to close, and *why is a string for g_free.
  GpResult (*open)(gpointer *state, const GpSettings *settings, const GpInput *input, char **why);
  // Applies new settings, a new size, or both, before the next frame. It must not cause a key frame unless it returns
  // GP_REOPEN, which only a new size should need. `was` are the current settings. The base requests a key frame with a
  // new size.
  GpResult (*configure)(gpointer state, const GpSettings *was, const GpSettings *settings, const GpInput *input,
                        char **why);
  // Encodes one frame and returns its data immediately.
  GpResult (*encode)(gpointer state, const GpFrame *frame, GpOutput *out, char **why);
  void (*close)(gpointer state); // not NULL
} GpCodec;

// The codecs, each in a file of its own.
extern const GpCodec gp_vp8_codec; // vp8.c
extern const GpCodec gp_vp9_codec; // vp9.c
extern const GpCodec gp_av1_codec; // aom.c

// Registers the element without a rank: it is used only by name. On failure sets *why, for g_free.
gboolean gp_codec_register(const GpCodec *codec, char **why);

// Registers all encoders, once per process.
gboolean gp_register(char **why);

#endif
