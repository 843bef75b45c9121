// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

#include <string.h>

// ---- a source that plays before what reads it is known

struct UpstreamHold {
  GstPad *pad;
  gulong probe;
};

static GstPadProbeReturn keep_back(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  (void)info;
  (void)data;
  return GST_PAD_PROBE_OK;
}

// A queue answers a serialized query, such as for an allocation, when that comes out of it. A source that asks would
// wait for as long as the queue is held.
static GstPadProbeReturn refuse_query(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  (void)data;
  return GST_QUERY_IS_SERIALIZED(GST_PAD_PROBE_INFO_QUERY(info)) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

UpstreamHold *upstream_hold(void *queue) {
  GstPad *pad = gst_element_get_static_pad(GST_ELEMENT(queue), "src");
  GstPad *sink = gst_element_get_static_pad(GST_ELEMENT(queue), "sink");
  if (sink != NULL) {
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, refuse_query, NULL, NULL);
    gst_object_unref(sink);
  }
  if (pad == NULL)
    return NULL;
  UpstreamHold *hold = g_new0(UpstreamHold, 1);
  hold->pad = pad;
  hold->probe = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, keep_back, NULL, NULL);
  return hold;
}

void upstream_hold_release(UpstreamHold *hold) {
  gst_pad_remove_probe(hold->pad, hold->probe);
  gst_object_unref(hold->pad);
  g_free(hold);
}

void upstream_drop_branch(void *first, void *last) {
  GstElement *elements[] = {GST_ELEMENT(first), GST_ELEMENT(last)};
  GstPad *sink = gst_element_get_static_pad(elements[0], "sink");
  GstPad *src = sink != NULL ? gst_pad_get_peer(sink) : NULL;
  GstElement *tee = src != NULL ? gst_pad_get_parent_element(src) : NULL;
  if (tee != NULL) { // A tee ignores what a pad that is gone answers.
    gst_pad_unlink(src, sink);
    gst_element_release_request_pad(tee, src);
  }
  for (guint i = 0; i < G_N_ELEMENTS(elements); i++)
    gst_element_set_locked_state(elements[i], TRUE);
  for (guint i = G_N_ELEMENTS(elements); i > 0; i--)
    gst_element_set_state(elements[i - 1], GST_STATE_NULL);
  for (guint i = 0; i < G_N_ELEMENTS(elements); i++) {
    GstObject *bin = gst_object_get_parent(GST_OBJECT(elements[i]));
    if (bin != NULL) {
      gst_bin_remove(GST_BIN(bin), elements[i]);
      gst_object_unref(bin);
    }
  }
  gst_clear_object(&tee);
  gst_clear_object(&src);
  gst_clear_object(&sink);
}

// ---- its pipeline becomes the other one

// Two pads that are linked. Full.
typedef struct {
  GstPad *src, *sink;
} Link;

static void clear_link(gpointer data) {
  Link *link = data;
  gst_object_unref(link->src);
  gst_object_unref(link->sink);
}

// The children of a bin, the first that was added first. Full.
static GList *children_of(GstBin *bin) {
  GList *children = NULL;
  GST_OBJECT_LOCK(bin);
  for (GList *l = bin->children; l != NULL; l = l->next)
    children = g_list_prepend(children, gst_object_ref(l->data));
  GST_OBJECT_UNLOCK(bin);
  return children;
}

static void note_links(GstElement *element, GArray *links) {
  GST_OBJECT_LOCK(element);
  for (GList *l = element->srcpads; l != NULL; l = l->next) {
    Link link = {.src = GST_PAD(l->data), .sink = gst_pad_get_peer(l->data)};
    if (link.sink != NULL) {
      gst_object_ref(link.src);
      g_array_append_val(links, link);
    }
  }
  GST_OBJECT_UNLOCK(element);
}

static gboolean is_source_of(GstElement *element, const char *factory) {
  GstElementFactory *made_by = gst_element_get_factory(element);
  return made_by != NULL && element->numsinkpads == 0 && strcmp(GST_OBJECT_NAME(made_by), factory) == 0;
}

gboolean upstream_take_source(void *held, UpstreamHold *hold, void *other, const char *factory) {
  GList *children = children_of(GST_BIN(other));
  GArray *links = g_array_new(FALSE, FALSE, sizeof(Link));
  g_array_set_clear_func(links, clear_link);
  GstElement *source = NULL;
  for (GList *l = children; l != NULL; l = l->next) {
    note_links(l->data, links);
    if (source == NULL && is_source_of(l->data, factory))
      source = l->data;
  }
  gboolean ok = source != NULL;
  for (GList *l = ok ? children : NULL; l != NULL; l = l->next) {
    gst_bin_remove(GST_BIN(other), l->data); // It unlinks the pads.
    if (l->data != source)
      ok &= gst_bin_add(GST_BIN(held), l->data);
  }
  for (guint i = 0; i < links->len && source != NULL; i++) {
    Link *link = &g_array_index(links, Link, i);
    GstElement *from = gst_pad_get_parent_element(link->src);
    ok &= gst_pad_link(from == source ? hold->pad : link->src, link->sink) == GST_PAD_LINK_OK;
    gst_clear_object(&from);
  }
  g_array_unref(links);
  g_list_free_full(children, gst_object_unref);
  return ok;
}
