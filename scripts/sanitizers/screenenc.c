// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Gives an encoder of internal/gst/screenenc random settings, sizes and times, for tools that watch memory: without Go,
// whose stacks and heap mean nothing to them, and on one thread but for the libraries' own. scripts/sanitize builds it.
//
//   screenenc ELEMENT FIRST_SEED SEEDS PICTURES [MODES]
//
// MODES is how many of the scalability modes are tried; 3 are those without spatial layers.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../changes/changes.h"
#include "base.h"

typedef struct {
  GRand *random;
  GstElement *encoder;
  GstBus *bus;
  GstPad *out, *in; // ours: what the encoder is fed by, and where it gives its data
  int width, height;
  gboolean nv12;
  GstClockTime pts;
  GpChanges *changes; // what frames say has changed
} Run;

static void die(const char *why) {
  fprintf(stderr, "screenenc: %s\n", why);
  exit(1);
}

// ---- what comes out

static int encoded, keys;
static guint32 sum; // of all data

// Has each byte in the sum, which is printed: so a tool sees one that was never written.
static GstFlowReturn take(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  (void)pad;
  (void)parent;
  GpSampleInfo info;
  GstMapInfo map;
  if (!gp_buffer_sample_info(buffer, &info) || !gst_buffer_map(buffer, &map, GST_MAP_READ))
    die("a buffer without metadata or data");
  for (gsize i = 0; i < map.size; i++)
    sum = sum * 31 + map.data[i];
  encoded++;
  keys += info.key;
  gst_buffer_unmap(buffer, &map);
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

static gboolean any_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  (void)pad;
  (void)parent;
  gst_event_unref(event);
  return TRUE;
}

// ---- settings

static int between(Run *r, int min, int max) { return g_rand_int_range(r->random, min, max + 1); }
static gboolean one_in(Run *r, int n) { return between(r, 1, n) == 1; }

// Of an int: mostly anything, and often what is at an end or the default.
static int any_int(Run *r, const GParamSpecInt *p) {
  // Bounds of many megabytes or threads make a run slow, and find nothing more.
  const int max = MIN(p->maximum, strcmp(G_PARAM_SPEC(p)->name, "threads") == 0 ? 6 : 20000000);
  switch (between(r, 0, 5)) {
  case 0:
    return p->minimum;
  case 1:
    return max;
  case 2:
    return p->default_value;
  default:
    return between(r, p->minimum, max);
  }
}

static int modes = 100; // at most

static void set_any(Run *r) {
  guint n;
  GParamSpec **all = g_object_class_list_properties(G_OBJECT_GET_CLASS(r->encoder), &n);
  const GParamSpec *p = all[between(r, 0, (int)n - 1)];
  if (p->owner_type != G_OBJECT_TYPE(r->encoder)) // GStreamer's own.
    ;
  else if (G_IS_PARAM_SPEC_INT(p))
    g_object_set(r->encoder, p->name, any_int(r, (const GParamSpecInt *)p), NULL);
  else if (G_IS_PARAM_SPEC_BOOLEAN(p))
    g_object_set(r->encoder, p->name, one_in(r, 2), NULL);
  else if (G_IS_PARAM_SPEC_ENUM(p)) {
    const GEnumClass *enums = ((const GParamSpecEnum *)p)->enum_class;
    g_object_set(r->encoder, p->name, enums->values[between(r, 0, MIN((int)enums->n_values, modes) - 1)].value, NULL);
  }
  g_free(all);
}

// ---- frames

static void say_caps(Run *r) {
  GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, r->nv12 ? "NV12" : "I420", "width",
                                      G_TYPE_INT, r->width, "height", G_TYPE_INT, r->height, "framerate",
                                      GST_TYPE_FRACTION, between(r, 0, 60), 1, NULL);
  if (!gst_pad_push_event(r->out, gst_event_new_caps(caps)))
    die("the caps are refused");
  gst_caps_unref(caps);
}

static void resize(Run *r) {
  r->width = one_in(r, 4) ? 16 : between(r, 16, 360);
  r->height = one_in(r, 4) ? 16 : between(r, 16, 240);
  r->nv12 = strcmp(GST_OBJECT_NAME(gst_element_get_factory(r->encoder)), "gpav1enc") == 0 && one_in(r, 2);
  say_caps(r);
  g_clear_pointer(&r->changes, gp_changes_unref);
  r->changes = gp_changes_new(r->width, r->height);
}

// Says that some blocks have changed, whatever the frame shows.
static GstBuffer *mark(Run *r, GstBuffer *buffer) {
  GpChanges *c = r->changes;
  const int blocks = c->columns * c->rows;
  c->number++;
  for (int i = one_in(r, 10) ? blocks : between(r, 0, 9); i > 0; i--)
    c->changed[between(r, 0, blocks - 1)] = c->number;
  return gp_changes_attach(c, buffer);
}

// A frame whose memory ends with its last pixel: lines that move, or noise.
static GstBuffer *draw(Run *r) {
  const int strides = r->width + between(r, 0, 9), chroma = (r->width + 1) / 2 * (r->nv12 ? 2 : 1) + between(r, 0, 9);
  const int rows = (r->height + 1) / 2, planes = r->nv12 ? 2 : 3;
  const gsize luma = (gsize)strides * (gsize)r->height, each = (gsize)chroma * (gsize)rows;
  const gsize size = luma + each * (gsize)(planes - 1);
  guint8 *data = g_malloc(size);
  const gboolean noise = one_in(r, 3);
  const int at = between(r, 0, 19);
  guint32 seed = g_rand_int(r->random);
  for (gsize i = 0; i < size; i++) {
    seed = seed * 1664525 + 1013904223;
    data[i] = noise ? (guint8)(seed >> 24) : ((int)(i / (gsize)strides) + at) % 12 < 6 ? 40 : 220;
  }
  GstBuffer *buffer = gst_buffer_new_wrapped(data, size);
  gsize offset[GST_VIDEO_MAX_PLANES] = {0, luma, luma + each};
  gint stride[GST_VIDEO_MAX_PLANES] = {strides, chroma, chroma};
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                                 r->nv12 ? GST_VIDEO_FORMAT_NV12 : GST_VIDEO_FORMAT_I420, (guint)r->width,
                                 (guint)r->height, (guint)planes, offset, stride);
  return buffer;
}

static void push(Run *r) {
  GstBuffer *buffer = draw(r);
  if (!one_in(r, 20))
    buffer = mark(r, buffer);
  GST_BUFFER_PTS(buffer) = r->pts;
  r->pts += one_in(r, 20) ? (GstClockTime)between(r, 0, 2000) * GST_SECOND : GST_SECOND / 30;
  GstFlowReturn flow = gst_pad_push(r->out, buffer);
  if (flow == GST_FLOW_OK)
    return;
  GstMessage *message = gst_bus_pop_filtered(r->bus, GST_MESSAGE_ERROR);
  GError *error = NULL;
  if (message != NULL)
    gst_message_parse_error(message, &error, NULL);
  die(error != NULL ? error->message : gst_flow_get_name(flow));
}

// ---- a run

static GstStaticPadTemplate any = GST_STATIC_PAD_TEMPLATE("in", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void open_run(Run *r, const char *element, guint32 seed) {
  *r = (Run){.random = g_rand_new_with_seed(seed), .encoder = gst_element_factory_make(element, NULL)};
  if (r->encoder == NULL)
    die("there is no such element");
  gst_object_ref_sink(r->encoder);
  r->bus = gst_bus_new();
  gst_element_set_bus(r->encoder, r->bus);
  r->out = gst_pad_new("out", GST_PAD_SRC);
  r->in = gst_pad_new_from_static_template(&any, "in");
  gst_pad_set_chain_function(r->in, take);
  gst_pad_set_event_function(r->in, any_event);
  GstPad *sink = gst_element_get_static_pad(r->encoder, "sink"), *src = gst_element_get_static_pad(r->encoder, "src");
  gst_pad_set_active(r->in, TRUE);
  gst_pad_set_active(r->out, TRUE);
  gst_pad_link(r->out, sink);
  gst_pad_link(src, r->in);
  gst_object_unref(sink);
  gst_object_unref(src);
  gst_element_set_state(r->encoder, GST_STATE_PLAYING);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(r->out, gst_event_new_stream_start("random"));
  resize(r);
  gst_pad_push_event(r->out, gst_event_new_segment(&segment));
}

static void close_run(Run *r) {
  if (one_in(r, 2))
    gst_pad_push_event(r->out, gst_event_new_eos());
  gst_element_set_state(r->encoder, GST_STATE_NULL);
  gst_pad_set_active(r->out, FALSE);
  gst_pad_set_active(r->in, FALSE);
  gst_element_set_bus(r->encoder, NULL);
  gst_object_unref(r->encoder);
  gst_object_unref(r->out);
  gst_object_unref(r->in);
  gst_object_unref(r->bus);
  g_rand_free(r->random);
  gp_changes_unref(r->changes);
}

static void run(const char *element, guint32 seed, int frames) {
  Run r;
  open_run(&r, element, seed);
  for (int n = 0; n < frames; n++) {
    for (int i = between(&r, 0, 3); i > 0; i--)
      set_any(&r);
    if (one_in(&r, 40))
      resize(&r);
    if (one_in(&r, 30))
      gst_pad_push_event(r.in, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    push(&r);
  }
  close_run(&r);
}

int main(int argc, char **argv) {
  char *why = NULL;
  gst_init(NULL, NULL);
  if (argc < 5 || argc > 6 || !gp_register(&why))
    die(why != NULL ? why : "usage: screenenc ELEMENT FIRST_SEED SEEDS PICTURES [MODES]");
  if (argc == 6)
    modes = MAX(atoi(argv[5]), 1);
  const int first = atoi(argv[2]), seeds = atoi(argv[3]), frames = atoi(argv[4]);
  for (int seed = first; seed < first + seeds; seed++) {
    encoded = keys = 0;
    sum = 0;
    run(argv[1], (guint32)seed, frames);
    printf("%s, seed %d: %d frames, %d encoded, %d key frames, sum %08x\n", argv[1], seed, frames, encoded, keys, sum);
    fflush(stdout);
    if (encoded == 0)
      die("nothing was encoded");
  }
  gst_deinit();
  return 0;
}
