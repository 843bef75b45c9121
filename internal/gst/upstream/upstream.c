// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

// ---- the way from an output up to its sources

typedef gboolean (*Visit)(GstElement *element, GstPad *src, gpointer data);

static void walk_up(GstPad *src, Visit visit, gpointer data, int depth);

// Continues at what feeds a sink pad, through the pads of bins.
static void walk_sink(GstPad *sink, Visit visit, gpointer data, int depth) {
  GstPad *peer = gst_pad_get_peer(sink);
  if (peer == NULL)
    return;
  if (GST_IS_PROXY_PAD(peer) && !GST_IS_GHOST_PAD(peer)) { // the inner side of a bin's sink pad
    GstPad *outer = GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(peer)));
    if (outer != NULL) {
      walk_sink(outer, visit, data, depth + 1);
      gst_object_unref(outer);
    }
  } else {
    walk_up(peer, visit, data, depth + 1);
  }
  gst_object_unref(peer);
}

// Visits the element of a source pad, and all elements that feed it, until visit returns TRUE on each way.
static void walk_up(GstPad *src, Visit visit, gpointer data, int depth) {
  if (depth > UPSTREAM_MAX_DEPTH)
    return;
  if (GST_IS_GHOST_PAD(src)) {
    GstPad *target = gst_ghost_pad_get_target(GST_GHOST_PAD(src));
    if (target != NULL) {
      walk_up(target, visit, data, depth + 1);
      gst_object_unref(target);
    }
    return;
  }
  GstElement *element = gst_pad_get_parent_element(src);
  if (element == NULL)
    return;
  if (!visit(element, src, data)) {
    GST_OBJECT_LOCK(element);
    GList *pads = g_list_copy_deep(element->sinkpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
    GST_OBJECT_UNLOCK(element);
    for (GList *l = pads; l != NULL; l = l->next)
      walk_sink(l->data, visit, data, depth);
    g_list_free_full(pads, gst_object_unref);
  }
  gst_object_unref(element);
}

// ---- the format that a converter gives an encoder

// Formats of 4:2:0 with 8 bits, which every decoder of every codec supports.
static const char *const formats_420[] = {"I420", "YV12", "NV12", "NV21"};

// Returns caps with these formats alone; empty if there are none. Full.
static GstCaps *only_420(const GstCaps *caps) {
  GValue wanted = G_VALUE_INIT, format = G_VALUE_INIT;
  gst_value_list_init(&wanted, G_N_ELEMENTS(formats_420));
  g_value_init(&format, G_TYPE_STRING);
  for (guint i = 0; i < G_N_ELEMENTS(formats_420); i++) {
    g_value_set_static_string(&format, formats_420[i]);
    gst_value_list_append_value(&wanted, &format);
  }
  GstCaps *out = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GstStructure *s = gst_caps_get_structure(caps, i);
    const GValue *has = gst_structure_get_value(s, "format");
    GValue both = G_VALUE_INIT;
    if (has != NULL && !gst_value_intersect(&both, has, &wanted))
      continue;
    GstStructure *narrowed = gst_structure_copy(s);
    if (has != NULL)
      gst_structure_take_value(narrowed, "format", &both);
    gst_caps_append_structure_full(out, narrowed, gst_caps_features_copy(gst_caps_get_features(caps, i)));
  }
  g_value_unset(&format);
  g_value_unset(&wanted);
  return out;
}

// Narrows the answer of an encoder to a question that says what the other side can make. If that has no 4:2:0 of 8
// bits, because launch text asks for another format, the answer stays.
static GstPadProbeReturn answer_420(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  GstCaps *filter = NULL, *answer = NULL;
  (void)pad;
  (void)data;
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
    return GST_PAD_PROBE_OK;
  gst_query_parse_caps(query, &filter);
  gst_query_parse_caps_result(query, &answer);
  if (filter == NULL || answer == NULL || gst_caps_is_any(answer))
    return GST_PAD_PROBE_OK;
  GstCaps *narrowed = only_420(answer);
  if (!gst_caps_is_empty(narrowed))
    gst_query_set_caps_result(query, narrowed);
  gst_caps_unref(narrowed);
  return GST_PAD_PROBE_OK;
}

static gboolean visit_encoder(GstElement *element, GstPad *src, gpointer data) {
  (void)src;
  GstElementFactory *factory = gst_element_get_factory(element);
  if (factory == NULL || !gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_VIDEO_ENCODER))
    return FALSE;
  GstPad *sink = gst_element_get_static_pad(element, "sink");
  if (sink != NULL) {
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PULL, answer_420, NULL, NULL);
    upstream_fill_stamps(sink);
    gst_object_unref(sink);
    g_ptr_array_add(data, gst_object_ref(element));
  }
  return TRUE;
}

void **upstream_prepare_encoders(void *src) {
  GPtrArray *encoders = g_ptr_array_new();
  walk_up(GST_PAD(src), visit_encoder, encoders, 0);
  g_ptr_array_add(encoders, NULL);
  return g_ptr_array_free(encoders, FALSE);
}

// ---- elements in front of an appsink of the text

gboolean upstream_insert_tail(void *element, void *bin_to_insert) {
  GstElement *appsink = GST_ELEMENT(element), *tail = GST_ELEMENT(bin_to_insert);
  GstPad *sink = gst_element_get_static_pad(appsink, "sink");
  GstPad *from = sink != NULL ? gst_pad_get_peer(sink) : NULL;
  GstObject *bin = gst_object_get_parent(GST_OBJECT(appsink));
  gboolean ok = FALSE;
  if (from != NULL && bin != NULL) {
    g_object_set(appsink, "caps", NULL, NULL); // The tail decides.
    gst_pad_unlink(from, sink);
    GstPad *to = gst_bin_add(GST_BIN(bin), tail) ? gst_element_get_static_pad(tail, "sink") : NULL;
    ok = to != NULL && gst_pad_link(from, to) == GST_PAD_LINK_OK && gst_element_link_pads(tail, "src", appsink, "sink");
    if (to != NULL)
      gst_object_unref(to);
  }
  GstObject *all[] = {(GstObject *)sink, (GstObject *)from, bin};
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    if (all[i] != NULL)
      gst_object_unref(all[i]);
  return ok;
}

// ---- where data stops

#define MAX_FLOWS 64

typedef struct {
  GstPad *pad;
  gulong probe;
  gint *seen; // there was a buffer; the probe's, which may run while it is removed
} Flow;

struct UpstreamWatch {
  Flow flows[MAX_FLOWS];
  guint n;
  GstElement *finding; // a demuxer without pads, in front of the first; or NULL
};

static GstPadProbeReturn note_flow(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  (void)info;
  g_atomic_int_set((gint *)data, 1);
  return GST_PAD_PROBE_OK;
}

static gboolean visit_flow(GstElement *element, GstPad *src, gpointer data) {
  UpstreamWatch *w = data;
  (void)element;
  if (w->n == MAX_FLOWS)
    return TRUE;
  Flow *f = &w->flows[w->n++];
  f->pad = gst_object_ref(src);
  f->seen = g_new0(gint, 1);
  f->probe = gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, note_flow, f->seen, g_free);
  return FALSE;
}

// Reports whether source pads of an element appear when it finds streams, and it has found none.
static gboolean finds_nothing(GstElement *element) {
  if (element->numsrcpads > 0)
    return FALSE;
  for (GList *t = gst_element_class_get_pad_template_list(GST_ELEMENT_GET_CLASS(element)); t != NULL; t = t->next)
    if (GST_PAD_TEMPLATE_DIRECTION(t->data) == GST_PAD_SRC && GST_PAD_TEMPLATE_PRESENCE(t->data) == GST_PAD_SOMETIMES)
      return TRUE;
  return FALSE;
}

// Returns a demuxer of the pipeline that has found nothing, or NULL. Full.
static GstElement *finding_element(GstElement *inside) {
  GstObject *top = gst_object_ref(GST_OBJECT(inside));
  for (GstObject *up; (up = gst_object_get_parent(top)) != NULL; top = up)
    gst_object_unref(top);
  GstElement *found = NULL;
  GstIterator *all = GST_IS_BIN(top) ? gst_bin_iterate_recurse(GST_BIN(top)) : NULL;
  GValue item = G_VALUE_INIT;
  while (found == NULL && all != NULL && gst_iterator_next(all, &item) == GST_ITERATOR_OK) {
    GstElement *element = GST_ELEMENT(g_value_get_object(&item));
    if (finds_nothing(element))
      found = gst_object_ref(element);
    g_value_reset(&item);
  }
  if (G_IS_VALUE(&item))
    g_value_unset(&item);
  if (all != NULL)
    gst_iterator_free(all);
  gst_object_unref(top);
  return found;
}

// Reports whether nothing feeds an element that takes something.
static gboolean starves(GstElement *element) {
  GstPad *sink = element != NULL ? gst_element_get_static_pad(element, "sink") : NULL;
  gboolean is = sink != NULL && !gst_pad_is_linked(sink);
  if (sink != NULL)
    gst_object_unref(sink);
  return is;
}

UpstreamWatch *upstream_watch_new(void *appsink) {
  UpstreamWatch *w = g_new0(UpstreamWatch, 1);
  GstPad *sink = gst_element_get_static_pad(GST_ELEMENT(appsink), "sink");
  if (sink != NULL) {
    walk_sink(sink, visit_flow, w, 0);
    gst_object_unref(sink);
  }
  GstElement *first = w->n > 0 ? gst_pad_get_parent_element(w->flows[w->n - 1].pad) : NULL;
  if (starves(first))
    w->finding = finding_element(GST_ELEMENT(appsink));
  if (first != NULL)
    gst_object_unref(first);
  return w;
}

gboolean upstream_watch_flow(UpstreamWatch *w, guint i, UpstreamFlow *out) {
  if (i == w->n && w->finding != NULL) {
    GstElementFactory *made_by = gst_element_get_factory(w->finding);
    out->element = gst_object_get_name(GST_OBJECT(w->finding));
    out->factory = made_by != NULL ? gst_object_get_name(GST_OBJECT(made_by)) : NULL;
    out->flows = out->has_caps = 0;
    out->finding = 1;
    return TRUE;
  }
  if (i >= w->n)
    return FALSE;
  out->finding = 0;
  Flow *f = &w->flows[i];
  GstElement *element = gst_pad_get_parent_element(f->pad);
  GstElementFactory *factory = element != NULL ? gst_element_get_factory(element) : NULL;
  GstCaps *caps = gst_pad_get_current_caps(f->pad);
  out->element = element != NULL ? gst_object_get_name(GST_OBJECT(element)) : NULL;
  out->factory = factory != NULL ? gst_object_get_name(GST_OBJECT(factory)) : NULL;
  out->flows = g_atomic_int_get(f->seen);
  out->has_caps = caps != NULL && !gst_caps_is_any(caps);
  if (caps != NULL)
    gst_caps_unref(caps);
  if (element != NULL)
    gst_object_unref(element);
  return TRUE;
}

void upstream_watch_free(UpstreamWatch *w) {
  for (guint i = 0; i < w->n; i++) {
    gst_pad_remove_probe(w->flows[i].pad, w->flows[i].probe);
    gst_object_unref(w->flows[i].pad);
  }
  if (w->finding != NULL)
    gst_object_unref(w->finding);
  g_free(w);
}
