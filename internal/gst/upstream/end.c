// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

#include <string.h>

// ---- sources that fail

// Whether it reads a playlist, and the parts of the stream that this names.
static gboolean is_adaptive(GstElement *element) {
  const char *klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  return klass != NULL && strstr(klass, "Demuxer") != NULL && strstr(klass, "Adaptive") != NULL;
}

static GList *src_pads(GstElement *element) {
  GST_OBJECT_LOCK(element);
  GList *pads = g_list_copy_deep(element->srcpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
  GST_OBJECT_UNLOCK(element);
  return pads;
}

gboolean upstream_is_of_network(void *message) {
  GstObject *from = GST_MESSAGE_SRC(message);
  if (from == NULL || !GST_IS_ELEMENT(from))
    return FALSE;
  return upstream_is_network(GST_ELEMENT(from)) || is_adaptive(GST_ELEMENT(from));
}

gboolean upstream_has_sent(void *message) {
  GstObject *from = GST_MESSAGE_SRC(message);
  if (from == NULL || !GST_IS_ELEMENT(from))
    return FALSE;
  GList *pads = src_pads(GST_ELEMENT(from));
  gboolean sent = FALSE;
  for (GList *l = pads; l != NULL; l = l->next) {
    GstEvent *event = gst_pad_get_sticky_event(l->data, GST_EVENT_SEGMENT, 0);
    sent |= event != NULL;
    gst_clear_event(&event);
  }
  g_list_free_full(pads, gst_object_unref);
  return sent;
}

// ---- streams that nothing else ends

// Ends what leaves the elements of which something is true. An event waits for the buffer at hand.
static void end_streams(GstBin *bin, gboolean (*is_it)(GstElement *)) {
  GstIterator *it = gst_bin_iterate_recurse(bin);
  GValue item = G_VALUE_INIT;
  GList *pads = NULL;
  while (gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object(&item);
    if (is_it(element))
      pads = g_list_concat(src_pads(element), pads);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(it);
  for (GList *l = pads; l != NULL; l = l->next)
    gst_pad_push_event(l->data, gst_event_new_eos());
  g_list_free_full(pads, gst_object_unref);
}

// Whether it repeats a frame forever.
static gboolean is_still(GstElement *element) {
  GstElementFactory *factory = gst_element_get_factory(element);
  return factory != NULL && strcmp(GST_OBJECT_NAME(factory), "imagefreeze") == 0;
}

void upstream_end_stills(void *bin) { end_streams(GST_BIN(bin), is_still); }

void upstream_end_adaptive(void *bin) { end_streams(GST_BIN(bin), is_adaptive); }
