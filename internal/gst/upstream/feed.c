// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

#include <string.h>
#include <sys/stat.h>

// ---- what feeds an output

typedef struct {
  UpstreamFeed *out; // NULL if only their number matters
  int sources, loose;
} Search;

// Whether a source reads a pipe or a socket, whose data comes when it is written.
static gboolean reads_pipe(GstElement *source) {
  struct stat info;
  int fd = -1;
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(source), "fd") == NULL)
    return FALSE;
  g_object_get(source, "fd", &fd, NULL);
  return fd >= 0 && fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISCHR(info.st_mode));
}

static gboolean knows(GstElement *element, GstFormat format) {
  gint64 n = -1;
  return gst_element_query_duration(element, format, &n) && n > 0;
}

static gboolean knows_duration(GstElement *element) {
  return knows(element, GST_FORMAT_BYTES) || knows(element, GST_FORMAT_TIME);
}

// Sources that read the network although their class does not say so.
static const char *const network_sources[] = {"rtmpsrc", "rtmp2src", "rtpsrc", "rfbsrc", NULL};

gboolean upstream_is_network(GstElement *element) {
  const char *klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  GstElementFactory *factory = gst_element_get_factory(element);
  if (klass != NULL && strstr(klass, "Source") != NULL && strstr(klass, "Network") != NULL)
    return TRUE;
  return factory != NULL && g_strv_contains(network_sources, GST_OBJECT_NAME(factory));
}

// Whether it was asked to end by itself.
static gboolean is_counted(GstElement *source) {
  int n = -1;
  GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(source), "num-buffers");
  if (spec != NULL && spec->value_type == G_TYPE_INT)
    g_object_get(source, "num-buffers", &n, NULL);
  return n >= 0;
}

// Calls itself for what feeds each sink pad, and notes sources and pads that are linked to nothing.
static void search(GstPad *src, Search *s, int depth);

static void search_sink(GstPad *sink, Search *s, int depth) {
  GstPad *peer = gst_pad_get_peer(sink);
  if (peer == NULL) {
    s->loose++;
    return;
  }
  if (GST_IS_PROXY_PAD(peer) && !GST_IS_GHOST_PAD(peer)) { // the inner side of a bin's sink pad
    GstPad *outer = GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(peer)));
    if (outer != NULL) {
      search_sink(outer, s, depth + 1);
      gst_object_unref(outer);
    }
  } else {
    search(peer, s, depth + 1);
  }
  gst_object_unref(peer);
}

static void note_source(GstElement *source, Search *s) {
  s->sources++;
  if (s->out != NULL)
    s->out->arrives |= reads_pipe(source) || (upstream_is_network(source) && !knows_duration(source));
}

static void search(GstPad *src, Search *s, int depth) {
  if (depth > UPSTREAM_MAX_DEPTH)
    return;
  if (GST_IS_GHOST_PAD(src)) {
    GstPad *target = gst_ghost_pad_get_target(GST_GHOST_PAD(src));
    if (target != NULL) {
      search(target, s, depth + 1);
      gst_object_unref(target);
    }
    return;
  }
  GstElement *element = gst_pad_get_parent_element(src);
  if (element == NULL) { // a pad by which a source feeds itself, as rtspsrc does
    s->sources++;
    return;
  }
  GST_OBJECT_LOCK(element);
  GList *pads = g_list_copy_deep(element->sinkpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
  GST_OBJECT_UNLOCK(element);
  if (pads == NULL)
    note_source(element, s);
  for (GList *l = pads; l != NULL; l = l->next)
    search_sink(l->data, s, depth);
  g_list_free_full(pads, gst_object_unref);
  gst_object_unref(element);
}

// The duration of a pad's segment; 0 if it has no end. A demuxer whose source cannot seek answers no query for the
// duration, but knows it from the container.
static gint64 duration_of_segment(GstPad *pad) {
  gint64 duration = 0;
  GstEvent *event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (event == NULL)
    return 0;
  const GstSegment *s;
  gst_event_parse_segment(event, &s);
  if (s->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(s->duration))
    duration = s->duration;
  else if (s->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(s->stop))
    duration = s->stop - s->start;
  gst_event_unref(event);
  return duration;
}

static gboolean feeds(GstPad *sink, UpstreamFeed *out) {
  Search s = {.out = out};
  search_sink(sink, &s, 0);
  return s.sources > 0 || s.loose == 0;
}

gboolean upstream_is_fed(void *appsink) {
  GstPad *sink = gst_element_get_static_pad(GST_ELEMENT(appsink), "sink");
  const gboolean fed = sink != NULL && feeds(sink, NULL);
  if (sink != NULL)
    gst_object_unref(sink);
  return fed;
}

void upstream_feed(void *appsink, UpstreamFeed *out) {
  memset(out, 0, sizeof *out);
  GstPad *sink = gst_element_get_static_pad(GST_ELEMENT(appsink), "sink");
  if (sink == NULL)
    return;
  out->is_fed = feeds(sink, out);
  GstQuery *query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(sink, query))
    gst_query_parse_latency(query, &live, NULL, NULL);
  out->is_live = live;
  gst_query_unref(query);
  gint64 n = -1;
  if (gst_pad_peer_query_duration(sink, GST_FORMAT_TIME, &n) && n > 0)
    out->duration = n;
  else
    out->duration = duration_of_segment(sink);
  gst_object_unref(sink);
}

// ---- sources that never end by themselves

// Returns the name of the pipeline's child that has the element.
static char *child_name(GstBin *pipeline, GstElement *element) {
  GstObject *o = gst_object_ref(GST_OBJECT(element)), *parent;
  while ((parent = gst_object_get_parent(o)) != NULL && parent != GST_OBJECT(pipeline)) {
    gst_object_unref(o);
    o = parent;
  }
  if (parent != NULL)
    gst_object_unref(parent);
  char *name = gst_object_get_name(o);
  gst_object_unref(o);
  return name;
}

typedef gboolean (*Judge)(GstElement *source);

// Returns the name of the child that has the first source on the network of which something is true.
static char *first_source(GstBin *pipeline, Judge is_it) {
  GstIterator *it = gst_bin_iterate_recurse(pipeline);
  GValue item = G_VALUE_INIT;
  char *name = NULL;
  while (name == NULL && gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object(&item);
    if (upstream_is_network(element) && !is_counted(element) && is_it(element))
      name = child_name(pipeline, element);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(it);
  return name;
}

// A source that knows how many bytes it reads fails by itself if some are missing.
static gboolean knows_no_bytes(GstElement *source) { return !knows(source, GST_FORMAT_BYTES); }

static gboolean knows_no_duration(GstElement *source) { return !knows_duration(source); }

char *upstream_endless(void *bin, gboolean is_cut) {
  return first_source(GST_BIN(bin), is_cut ? knows_no_bytes : knows_no_duration);
}

static gboolean any(GstElement *source) {
  (void)source;
  return TRUE;
}

gboolean upstream_reads_network(void *bin) {
  char *name = first_source(GST_BIN(bin), any);
  const gboolean found = name != NULL;
  g_free(name);
  return found;
}

char *upstream_incomplete(void *bin) { return first_source(GST_BIN(bin), upstream_is_cut); }
