// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "upstream.h"

#include <string.h>

static gboolean decodes(GstElement *element) {
  const char *klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  return klass != NULL && strstr(klass, "Decoder") != NULL && !GST_IS_BIN(element);
}

// The source pad of an element that is linked to a sink pad, through the pads of bins. Full; NULL if there is none.
static GstPad *feed_of(GstPad *sink) {
  GstPad *src = gst_pad_get_peer(sink);
  for (int depth = 0; src != NULL && depth < UPSTREAM_MAX_DEPTH; depth++) {
    GstPad *next;
    if (GST_IS_GHOST_PAD(src)) {
      next = gst_ghost_pad_get_target(GST_GHOST_PAD(src));
    } else if (GST_IS_PROXY_PAD(src)) { // the inner side of a bin's sink pad
      GstPad *outer = GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(src)));
      next = outer != NULL ? gst_pad_get_peer(outer) : NULL;
      gst_clear_object(&outer);
    } else {
      return src;
    }
    gst_object_unref(src);
    src = next;
  }
  gst_clear_object(&src);
  return NULL;
}

// Takes sink.
static char *coded_before(GstPad *sink) {
  for (int depth = 0; sink != NULL && depth < UPSTREAM_MAX_DEPTH; depth++) {
    GstPad *src = feed_of(sink);
    gst_clear_object(&sink);
    GstElement *element = src != NULL ? gst_pad_get_parent_element(src) : NULL;
    gst_clear_object(&src);
    if (element == NULL)
      return NULL;
    sink = gst_element_get_static_pad(element, "sink");
    gboolean found = decodes(element);
    gst_object_unref(element);
    if (found && sink != NULL) {
      GstCaps *caps = gst_pad_get_current_caps(sink);
      char *text = caps != NULL ? gst_caps_to_string(caps) : NULL;
      gst_clear_caps(&caps);
      gst_object_unref(sink);
      return text;
    }
  }
  gst_clear_object(&sink);
  return NULL;
}

char *upstream_coded(void *appsink) { return coded_before(gst_element_get_static_pad(GST_ELEMENT(appsink), "sink")); }
