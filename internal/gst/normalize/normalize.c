// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "normalize.h"

#include <string.h>

typedef struct {
  char *text;
  gboolean turned;
} Watch;

static void watch_free(gpointer data) {
  Watch *w = data;
  g_free(w->text);
  g_free(w);
}

// Encoders and viewers take pixels for square and all lines for lines of one moment.
static gboolean caps_need(const GstCaps *caps) {
  const GstStructure *s = gst_caps_get_structure(caps, 0);
  int n = 1, d = 1;
  gst_structure_get_fraction(s, "pixel-aspect-ratio", &n, &d);
  const char *mode = gst_structure_get_string(s, "interlace-mode");
  return n != d || (mode != NULL && strcmp(mode, "progressive") != 0);
}

static gboolean tags_need(GstTagList *tags) {
  char *orientation = NULL;
  gboolean need = gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation) &&
                  strcmp(orientation, "rotate-0") != 0;
  g_free(orientation);
  return need;
}

static gboolean needs(const Watch *w, GstEvent *event) {
  GstCaps *caps;
  GstTagList *tags;
  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps(event, &caps);
    return caps_need(caps);
  case GST_EVENT_TAG:
    gst_event_parse_tag(event, &tags);
    return !w->turned && tags_need(tags);
  default:
    return FALSE;
  }
}

// The event that comes must not be the first that the new elements see.
static gboolean send_sticky(GstPad *src, GstEvent **event, gpointer sink) {
  (void)src;
  GstEventType type = GST_EVENT_TYPE(*event);
  if (type == GST_EVENT_STREAM_START || type == GST_EVENT_CAPS || type == GST_EVENT_SEGMENT)
    gst_pad_send_event(sink, gst_event_ref(*event));
  return TRUE;
}

static gboolean splice(GstPad *src, GstPad *peer, GstElement *bin) {
  GstPad *in = gst_element_get_static_pad(bin, "sink"), *out = gst_element_get_static_pad(bin, "src");
  gboolean ok = in != NULL && out != NULL && gst_pad_unlink(src, peer) && gst_pad_link(src, in) == GST_PAD_LINK_OK &&
                gst_pad_link(out, peer) == GST_PAD_LINK_OK && gst_element_sync_state_with_parent(bin);
  if (ok)
    gst_pad_sticky_events_foreach(src, send_sticky, in);
  if (in != NULL)
    gst_object_unref(in);
  if (out != NULL)
    gst_object_unref(out);
  return ok;
}

// On the streaming thread, between two buffers.
static void insert(GstPad *src, const Watch *w) {
  GstElement *element = gst_pad_get_parent_element(src);
  GstObject *parent = element != NULL ? gst_object_get_parent(GST_OBJECT(element)) : NULL;
  GstPad *peer = gst_pad_get_peer(src);
  GError *error = NULL;
  GstElement *bin = gst_parse_bin_from_description(w->text, TRUE, &error);
  gboolean ok = error == NULL && bin != NULL && parent != NULL && peer != NULL && gst_bin_add(GST_BIN(parent), bin) &&
                splice(src, peer, bin);
  if (!ok && element != NULL)
    GST_ELEMENT_ERROR(element, CORE, PAD, ("can't insert \"%s\": %s", w->text, error != NULL ? error->message : "no link"),
                      (NULL));
  g_clear_error(&error);
  if (bin != NULL && GST_OBJECT_PARENT(bin) == NULL)
    gst_object_unref(gst_object_ref_sink(bin));
  if (peer != NULL)
    gst_object_unref(peer);
  if (parent != NULL)
    gst_object_unref(parent);
  if (element != NULL)
    gst_object_unref(element);
}

static GstPadProbeReturn before_event(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  if (!needs(data, GST_PAD_PROBE_INFO_EVENT(info)))
    return GST_PAD_PROBE_OK;
  insert(pad, data);
  return GST_PAD_PROBE_REMOVE;
}

void normalize_watch(GstPad *src, const char *text, gboolean turned) {
  Watch *w = g_new0(Watch, 1);
  w->text = g_strdup(text);
  w->turned = turned;
  gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, before_event, w, watch_free);
}

void normalize_form(GstPad *pad, NormalizeForm *form) {
  memset(form, 0, sizeof *form);
  GstCaps *caps = gst_pad_get_current_caps(pad);
  if (caps != NULL) {
    const GstStructure *s = gst_caps_get_structure(caps, 0);
    form->par_n = form->par_d = 1;
    gst_structure_get_int(s, "width", &form->width);
    gst_structure_get_int(s, "height", &form->height);
    gst_structure_get_int(s, "channels", &form->channels);
    gst_structure_get_fraction(s, "pixel-aspect-ratio", &form->par_n, &form->par_d);
    const char *mode = gst_structure_get_string(s, "interlace-mode");
    form->interlaced = mode != NULL && strcmp(mode, "progressive") != 0;
    const char *format = gst_structure_get_string(s, "stream-format");
    form->boxed = format != NULL && (g_str_has_prefix(format, "avc") || g_str_has_prefix(format, "h"));
    gst_caps_unref(caps);
  }
  GstEvent *event;
  for (guint i = 0; (event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i)) != NULL; i++) {
    GstTagList *tags;
    gst_event_parse_tag(event, &tags);
    form->turned = form->turned || tags_need(tags);
    gst_event_unref(event);
  }
}
