// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Elements that replace others. A stand-in is a bin with the pads, properties and
// signal of its spec:
//
//   encode:  sink -> gate (in) -> videoconvert -> encoder -> gate (tail) -> src
//   convert: sink -> gate (in) -> converter -> gate (out) -> src
//
// Gates change caps, so that buffers stay in system memory whatever memory the
// caps of the pads name. The first one also counts frames and applies the fault.

#ifndef GSTPUBLISH_STANDIN_H
#define GSTPUBLISH_STANDIN_H

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>
#include <gst/video/video.h>

// ---- the spec of an element and the counts of its instances (standin_spec.c)

typedef enum {
  STANDIN_INT,
  STANDIN_UINT,
  STANDIN_INT64,
  STANDIN_UINT64,
  STANDIN_FLOAT,
  STANDIN_DOUBLE,
  STANDIN_BOOL,
  STANDIN_STRING,
  STANDIN_ENUM,
  STANDIN_FLAGS,
  STANDIN_STRUCTURE,
} StandinType;

typedef struct {
  char *name;
  StandinType type;
  char *min, *max, *def; // as text; NULL where the type has none
  GArray *values;        // of GEnumValue, ended by zeros
} StandinProperty;

typedef enum { STANDIN_KEY_EVENT, STANDIN_KEY_SIGNAL, STANDIN_KEY_NONE } StandinKey;
typedef enum { STANDIN_CHANGE_LIVE, STANDIN_CHANGE_KEY, STANDIN_CHANGE_FIXED } StandinChange;

typedef enum {
  STANDIN_NONE,
  STANDIN_REFUSE_READY,
  STANDIN_REFUSE_FORMAT,
  STANDIN_FAIL,
  STANDIN_HANG,
  STANDIN_SWALLOW,
  STANDIN_ABORT,
  STANDIN_CRASH,
  STANDIN_B_FRAMES,
  STANDIN_OMIT_HEADERS,
  STANDIN_IGNORE_KEY_FRAME,
  STANDIN_GARBAGE,
} StandinFault;

typedef struct {
  guint64 instances, frames, key_frames, bitrates;
} StandinCounts;

typedef struct StandinCodec StandinCodec;

// One factory. The fields before the lock do not change once it is registered. A
// registered spec lives as long as the process, as does its type.
typedef struct {
  char *factory;
  const StandinCodec *codec; // NULL for a converter
  char *converter;           // what a converter wraps
  GstCaps *sink_caps, *src_caps;
  StandinKey key;
  char *signal; // of STANDIN_KEY_SIGNAL
  StandinChange change;
  char *bitrate, *bitrate_field; // the property, and the field where that is a structure
  guint64 bitrate_unit;          // bit/s
  GPtrArray *properties;         // of StandinProperty

  GMutex lock; // protects what follows
  GCond changed;
  StandinFault fault;
  guint64 fault_frame; // from which of an instance's frames on, counted from 1
  StandinCounts counts;
} StandinSpec;

// codec is NULL or "" for a converter, and so is converter for an encoder. Returns
// NULL if the caps, the codec or the converter are invalid.
StandinSpec *standin_spec_new(const char *factory, const char *codec, const char *converter, const char *sink_caps,
                              const char *src_caps);
void standin_spec_free(StandinSpec *spec);
void standin_spec_key(StandinSpec *spec, StandinKey key, const char *signal);
void standin_spec_bitrate(StandinSpec *spec, const char *property, const char *field, guint64 unit,
                          StandinChange change);
StandinProperty *standin_spec_property(StandinSpec *spec, const char *name, StandinType type, const char *min,
                                       const char *max, const char *def);
void standin_property_value(StandinProperty *property, gint value, const char *nick);

// x265enc only produces byte streams; a parser produces other formats.
gboolean standin_spec_needs_parser(const StandinSpec *spec);

void standin_spec_set_fault(StandinSpec *spec, StandinFault fault, guint64 frame);
// Unblocks the instances that hang. Future instances do not hang either.
void standin_spec_release(StandinSpec *spec);
StandinCounts standin_spec_counts(StandinSpec *spec);

// ---- types (standin_class.c)

// Registers the type and the factory. Returns FALSE if the type's name exists.
gboolean standin_register(StandinSpec *spec);

// ---- the state of instances: key frames and faults (standin_instance.c)

typedef struct {
  GstBin parent;
  StandinSpec *spec;
  GstElement *encoder; // NULL in a converter; the bin's child
  GstElement *gate;    // the first one; the bin's child
  GValue *values;      // of the properties, under the object lock

  // Used by the streaming thread.
  gboolean failed;   // has posted its error
  gboolean b_frames; // the inner encoder reorders

  // Protected by the spec's lock.
  guint64 frames;
  gboolean restart; // restart the inner encoder with the next frame
} StandinElement;

typedef struct {
  GstBinClass parent_class;
  StandinSpec *spec;
} StandinElementClass;

// The fault as it is for the instance now; STANDIN_NONE before its frame.
StandinFault standin_element_fault(StandinElement *self);
// Takes a request for a key unit. TRUE if the inner encoder is to see the event.
gboolean standin_element_key_frame(StandinElement *self);
// Makes the inner encoder's next frame a key frame.
void standin_element_force_key(StandinElement *self);
// What the first gate does with each buffer, which must be writable.
GstFlowReturn standin_element_frame(StandinElement *self, GstBuffer *buffer);
// Crashes the process, as a driver may.
void standin_crash(void);

// ---- the element (standin_element.c)

GType standin_element_get_type(void);
// For the class with the properties, since GObject doesn't inherit these.
void standin_element_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec);
void standin_element_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec);

// ---- gates (standin_gate.c)

typedef enum { STANDIN_GATE_IN, STANDIN_GATE_OUT, STANDIN_GATE_TAIL } StandinRole;

GstElement *standin_gate_new(StandinElement *owner, const char *name, StandinRole role); // floating

// ---- the encoder inside (standin_inner.c)

gboolean standin_installed(const char *factory);
const StandinCodec *standin_codec_find(const char *name);
const char *standin_codec_name(const StandinCodec *codec);
// Every element that a stand-in of the codec needs is installed, and none of
// them is the factory that it stands in for.
gboolean standin_codec_available(const StandinCodec *codec, const char *factory);
GstElement *standin_codec_make(const StandinCodec *codec); // floating
gboolean standin_codec_ignores_key_frames(const StandinCodec *codec);
// Caps fields that aren't the encoder's are filled in from the template.
gboolean standin_codec_plain_caps(const StandinCodec *codec);
// The nominal frame rate for the encoder, or 0 for the true one.
int standin_codec_ticks(const StandinCodec *codec);
void standin_codec_set_bitrate(const StandinCodec *codec, GstElement *encoder, guint64 bps);
void standin_codec_set_b_frames(const StandinCodec *codec, GstElement *encoder, gboolean on);

// ---- what comes out of an encoder (standin_tail.c)

// Puts the probes on an encoder's outer pads.
void standin_tail_watch(StandinElement *self, GstPad *sink, GstPad *src);

#endif
