// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// The parts that run once for each frame, in C: pushing into an appsrc, pulling from an appsink, wrapping and copying
// buffers; and the few set-up calls that go-gst v1.4.0 does not bind. Each function documents ownership: "full" means
// that the caller owns the result.

#ifndef GSTPUBLISH_SHIM_H
#define GSTPUBLISH_SHIM_H

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdint.h>

#define SHIM_PLANES 4

// ---- frames (shim_buffer.c)

// The places of a raw frame's planes in GStreamer's default layout.
typedef struct {
  gsize size;
  int planes;
  gsize offset[SHIM_PLANES];
  int stride[SHIM_PLANES];
} ShimLayout;

gboolean shim_layout(const char *format, int width, int height, ShimLayout *out);
GstCaps *shim_caps_from_string(const char *text); // full, NULL when malformed
// How many bytes a picture needs that lies in a buffer without metadata and is cut off; 0 if it is whole.
gsize shim_picture_lacks(GstBuffer *buffer, const GstCaps *caps);
// The size of a picture that shows only a part of itself, and its top left corner; FALSE if it shows all.
typedef struct {
  int x, y, width, height;
} ShimRect;
void shim_buffer_show(GstBuffer *buffer, ShimRect part); // makes such a one
gboolean shim_buffer_visible(GstBuffer *buffer, const GstCaps *caps, ShimRect *out);
// Fills the picture's size from fixed raw video caps.
gboolean shim_caps_size(const GstCaps *caps, int *width, int *height);
// The time from one frame to the next, by the caps' frame rate; 0 without one.
GstClockTime shim_caps_interval(const GstCaps *caps);
// Returns a copy with another size and, unless fps_n is 0, another nominal frame rate.
GstCaps *shim_caps_variant(const GstCaps *caps, int width, int height, int fps_n, int fps_d); // full

GstBufferPool *shim_pool_new(GstCaps *caps, gsize size); // full, active, NULL on failure
void shim_pool_free(GstBufferPool *pool);
GstBuffer *shim_pool_acquire(GstBufferPool *pool, GstMapInfo *map); // full, mapped for writing
void shim_buffer_unmap(GstBuffer *buffer, GstMapInfo *map);

// The planes of a frame in the caller's memory.
typedef struct {
  int count;
  void *data[SHIM_PLANES];
  gsize size[SHIM_PLANES];
  int stride[SHIM_PLANES];
} ShimPlanes;

// Wraps a frame without a copy. gstpublishRelease(handle) is called once, on any thread, when the last reference to the
// memory is gone. The format's name is not terminated.
GstBuffer *shim_buffer_wrap(ShimPlanes planes, const char *format, gsize format_len, int width, int height,
                            uintptr_t handle); // full
// Returns a buffer with the same memory and its own metadata.
GstBuffer *shim_buffer_shallow(GstBuffer *buffer); // full
// The same memory seen as a picture of another, smaller size. The corner is even for subsampled formats.
GstBuffer *shim_buffer_crop(GstBuffer *buffer, const GstCaps *caps, ShimRect part); // full

// Converts frames with the given caps to I420 in BT.601, of the same size, in buffers from its own pool.
typedef struct ShimConverter ShimConverter;

// Whether videoconvert would keep the full range of such pictures, where the converter does not.
gboolean shim_caps_keep_range(const GstCaps *caps);
// full; NULL for caps of no fixed raw picture in system memory.
ShimConverter *shim_converter_new(const GstCaps *caps);
void shim_converter_free(ShimConverter *c);
// The caps of converted frames; NULL if the frames are already in that format.
GstCaps *shim_converter_caps(ShimConverter *c);                  // full
GstBuffer *shim_converter_make(ShimConverter *c, GstBuffer *from); // full, NULL on failure

// ---- appsrc with room for one frame (shim_src.c)

typedef struct ShimSrc ShimSrc;

typedef struct {
  uint64_t pushed;  // frames passed to shim_src_push
  uint64_t dropped; // frames that a newer one replaced
  uint64_t taken;   // frames that the streaming thread has received
} ShimSrcCounts;

ShimSrc *shim_src_new(GstElement *appsrc); // full; refs the element
void shim_src_free(ShimSrc *s);
// Queues one frame in place of one that waits: takes the buffer, refs the caps.
GstFlowReturn shim_src_push(ShimSrc *s, GstBuffer *buffer, GstCaps *caps, ShimSrcCounts *counts);
GstFlowReturn shim_src_eos(ShimSrc *s);
// The counts so far, and whether the streaming thread is still processing a frame.
gboolean shim_src_progress(ShimSrc *s, ShimSrcCounts *counts);

// Copies a sample into an ordinary appsrc's queue.
GstFlowReturn shim_sample_push(GstElement *appsrc, const void *data, gsize size, GstClockTime pts);
GstFlowReturn shim_sample_eos(GstElement *appsrc);

// ---- appsink (shim_sink.c)

typedef struct {
  GstSample *sample;
  GstBuffer *buffer; // of the sample
  GstCaps *caps;     // of the sample
  GstMapInfo map;
  GstClockTime pts;      // running time, or GST_CLOCK_TIME_NONE
  int decode_only;       // pts is the DTS, since there is no PTS
  GstClockTime duration; // or GST_CLOCK_TIME_NONE
  int key;
  int gap;       // buffers before it may be missing
  int corrupted; // parts of it may be missing
  int mapped;
  ShimRect part; // of a raw picture that shows only a part of itself; Go's
} ShimPull;

enum { SHIM_PULL_OK, SHIM_PULL_NONE, SHIM_PULL_EOS, SHIM_PULL_ERROR };

// What announces the buffers of an appsink; the element's.
typedef struct ShimPipe ShimPipe;
// Writes a byte into a duplicate of a pipe when there is a buffer or the stream has ended, and closes it with the
// element. NULL on failure.
ShimPipe *shim_sink_notify(GstElement *appsink, int read_fd, int write_fd);
// Makes the streaming thread wait before the appsink while that many buffers are in it, until shim_pipe_open.
void shim_sink_gate(GstElement *appsink, ShimPipe *pipe, int room);
void shim_pipe_open(ShimPipe *pipe);
// Ends the stream of an appsink that nothing feeds.
void shim_sink_end(GstElement *appsink);
// Asks an appsink not to keep the first buffer for as long as it plays.
gboolean shim_sink_holds(GstElement *appsink); // a buffer waits in it
void shim_sink_drop_preroll(GstElement *appsink);
// Takes a buffer without waiting.
int shim_sink_pull(GstElement *appsink, ShimPipe *pipe, gboolean map, ShimPull *out);
void shim_pull_done(ShimPull *pull);
gboolean shim_force_key_frame(GstElement *appsink);
// Once armed, calls gstpublishBefore(handle) before the next buffer that enters the element, on the streaming thread;
// and finally gstpublishGone(handle). Calls into Go: see shim_calls.c.
typedef enum { SHIM_BEFORE, SHIM_GONE, SHIM_RELEASE } ShimCall;
void shim_call(ShimCall call, uintptr_t handle);
gboolean shim_calls_relay(void); // from now on, shim_calls_serve makes them; FALSE if it does already
int shim_calls_serve(void); // never returns

typedef struct ShimHook ShimHook;
ShimHook *shim_hook_new(GstElement *element, uintptr_t handle); // full, NULL without a sink pad
void shim_hook_arm(ShimHook *hook);
void shim_hook_unref(ShimHook *hook);
// Keeps the capsfilter after a scaler at the wanted size, in step with the frames. The default is the frames' own size.
typedef struct ShimScaler ShimScaler;
ShimScaler *shim_scaler_new(GstElement *scaler, GstElement *filter); // full, NULL without a sink pad
// Sets the size from the frame of that time on; 0 is the frames' own.
void shim_scaler_set(ShimScaler *s, int width, int height, GstClockTime from);
void shim_scaler_unref(ShimScaler *s);
// Gives each buffer that leaves an encoder the time of the one that entered it, in order, for as long as the element
// lives.
gboolean shim_keep_pts(GstElement *encoder);

// ---- set-up (shim_setup.c)

// Parses launch text into a pipeline. On failure it sets *error, sets *missing to the names of unknown elements
// (NULL-terminated, g_strfreev), and returns the part of the pipeline that could be built, if any.
GstElement *shim_parse(const char *text, GError **error, char ***missing); // full
GstBin *shim_parse_bin(const char *text, GError **error);                  // full

enum { SHIM_SET_OK, SHIM_SET_NO_PROPERTY, SHIM_SET_READ_ONLY, SHIM_SET_BAD_VALUE, SHIM_SET_OUT_OF_RANGE };
static inline GObjectClass *shim_class(GObject *object) { return G_OBJECT_GET_CLASS(object); }
// If clamp is set, a value out of range becomes the nearest one in range.
int shim_set(GObject *object, const char *name, const char *value, gboolean clamp);
gboolean shim_has_property(GObject *object, const char *name);
// Emits an action signal without parameters; FALSE if there is none of that name.
gboolean shim_emit(GObject *object, const char *signal);
// Describes the property for people: type, range, enum nicks. NULL if there is none.
char *shim_property_hint(GObjectClass *klass, const char *name); // full
int shim_check_property(GObjectClass *klass, const char *name, const char *value);
char **shim_property_names(GObjectClass *klass); // full, g_strfreev
char **shim_factory_names(void); // full, g_strfreev
GObjectClass *shim_factory_class(const char *factory); // full (g_type_class_unref)
gboolean shim_is_bin(const char *factory);
gboolean shim_is_plain(const char *factory, const char *property);

typedef struct {
  char *src, *sink;           // "element.pad"
  char *src_caps, *sink_caps; // what each offers
} ShimMismatch;
gboolean shim_find_mismatch(GstBin *bin, ShimMismatch *out);
// The same for two elements that could not be linked.
gboolean shim_find_unlinked(GstBin *bin, const char *src, const char *sink, ShimMismatch *out);
void shim_mismatch_clear(ShimMismatch *m);
// "element.pad" of the source pad that a pad gets its buffers from, before identity and caps.
char *shim_origin_label(GstPad *pad); // full

// ---- reasons of failures (shim_setup.c)

typedef struct {
  char *kind, *name; // "decoder", "MPEG-4 AAC decoder"
  char *detail;      // caps, or a string; NULL if there is none
} ShimMissing;
// Reads an ELEMENT message about a missing plugin; FALSE for any other.
gboolean shim_missing_plugin(GstMessage *message, ShimMissing *out);
void shim_missing_clear(ShimMissing *m);

typedef struct {
  char *label, *caps; // "element.pad", and what it has or takes
  gboolean is_src;
} ShimLoose;
// The pads of the bin's direct children that are linked to nothing, in the order of the text.
guint shim_loose_pads(GstBin *bin, ShimLoose *out, guint room);
void shim_loose_clear(ShimLoose *l);
// Whether the element that posted a message has source pads, but none that is linked.
gboolean shim_is_stranded(GstMessage *message);
// What the sink pads of a factory's elements take; NULL if there are none.
char *shim_factory_sink_caps(const char *factory); // full
gboolean shim_caps_intersect(const char *a, const char *b); // two texts

// Unlinked source pads of the bin's direct children; each full.
guint shim_unlinked_src_pads(GstBin *bin, GstPad **out, guint room);
// Elements whose factory is appsink, recursively; each full.
guint shim_elements_of(GstBin *bin, const char *factory, GstElement **out, guint room);
gboolean shim_has_sometimes_src(GstBin *bin, char **path); // an element whose source pads appear later and are not linked
gboolean shim_link_tail(GstBin *bin, GstPad *src, GstElement *tail);

typedef struct {
  char *path, *factory, *domain, *message, *debug;
  int code;
} ShimError;
// Reads an ERROR or WARNING message.
void shim_message_error(GstMessage *message, ShimError *out);
void shim_error_clear(ShimError *e);
void shim_bus_wake(GstBus *bus);
// Ends the streams of all sources, except the one with a path, or what contains it. The path may be NULL.
gboolean shim_send_eos(GstBin *bin, const char *except);
char *shim_element_path(GstElement *element); // full

#endif
