// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

#include <string.h>

static char *pad_label(GstPad *pad);

GstElement *shim_parse(const char *text, GError **error, char ***missing) {
  GstParseContext *context = gst_parse_context_new();
  GstElement *element = gst_parse_launch_full(text, context, GST_PARSE_FLAG_NONE, error);
  *missing = gst_parse_context_get_missing_elements(context);
  gst_parse_context_free(context);
  if (element != NULL && !GST_IS_PIPELINE(element)) {
    // A single element is returned without a pipeline.
    GstElement *pipeline = gst_pipeline_new(NULL);
    gst_bin_add(GST_BIN(pipeline), element);
    element = pipeline;
  }
  return element == NULL ? NULL : gst_object_ref_sink(element);
}

GstBin *shim_parse_bin(const char *text, GError **error) {
  GstElement *bin = gst_parse_bin_from_description(text, TRUE, error);
  return bin == NULL ? NULL : GST_BIN(gst_object_ref_sink(bin));
}

// ---- elements and pads

static char *object_path(GstObject *object) { return gst_object_get_path_string(object); }

char *shim_element_path(GstElement *element) { return object_path(GST_OBJECT(element)); }

static gboolean passes_on(GstElement *element) {
  GstElementFactory *factory = element != NULL ? gst_element_get_factory(element) : NULL;
  const char *name = factory != NULL ? GST_OBJECT_NAME(factory) : "";
  return strcmp(name, "identity") == 0 || strcmp(name, "capsfilter") == 0;
}

// The source pad before elements that pass on what they get: those that people wrote as caps, or that we added.
static GstPad *origin(GstPad *pad) {
  gst_object_ref(pad);
  for (int i = 0; i < 8; i++) {
    GstElement *element = gst_pad_get_parent_element(pad);
    GstPad *sink = passes_on(element) ? gst_element_get_static_pad(element, "sink") : NULL;
    GstPad *before = sink != NULL ? gst_pad_get_peer(sink) : NULL;
    if (sink != NULL)
      gst_object_unref(sink);
    if (element != NULL)
      gst_object_unref(element);
    if (before == NULL)
      break;
    gst_object_unref(pad);
    pad = before;
  }
  return pad;
}

char *shim_origin_label(GstPad *pad) {
  GstPad *from = origin(pad);
  char *label = pad_label(from);
  gst_object_unref(from);
  return label;
}

// What the text says for an element that GStreamer makes of caps; NULL for any other.
static char *caps_label(GstObject *element) {
  GstElementFactory *factory = GST_IS_ELEMENT(element) ? gst_element_get_factory(GST_ELEMENT(element)) : NULL;
  const char *name = GST_OBJECT_NAME(element);
  if (factory == NULL || !g_str_equal(GST_OBJECT_NAME(factory), "capsfilter") ||
      !(g_str_has_prefix(name, "capsfilter") || g_str_has_prefix(name, "gstpublish-")))
    return NULL;
  GstCaps *caps = NULL;
  g_object_get(element, "caps", &caps, NULL);
  char *text = gst_caps_to_string(caps);
  char *label = g_strdup_printf("the caps %s", text);
  g_free(text);
  gst_clear_caps(&caps);
  return label;
}

static char *pad_label(GstPad *pad) {
  GstObject *parent = gst_object_get_parent(GST_OBJECT(pad));
  char *label = parent != NULL ? caps_label(parent) : NULL;
  if (label == NULL)
    label = g_strdup_printf("%s.%s", parent != NULL ? GST_OBJECT_NAME(parent) : "?", GST_OBJECT_NAME(pad));
  if (parent != NULL)
    gst_object_unref(parent);
  return label;
}

static GstCaps *offered(GstPad *pad) {
  GstCaps *caps = gst_pad_get_current_caps(pad);
  return caps != NULL ? caps : gst_pad_query_caps(pad, NULL);
}

static gboolean mismatched(GstPad *src, GstPad *sink, ShimMismatch *out) {
  GstCaps *a = offered(src), *b = gst_pad_query_caps(sink, NULL);
  if (gst_caps_is_empty(b)) {
    // Nothing gets through the element as things are: what it takes at all says more.
    gst_caps_unref(b);
    b = gst_pad_get_pad_template_caps(sink);
  }
  // Of a pad that can have nothing, the reason is further up.
  gboolean bad = !gst_caps_is_empty(a) && !gst_caps_can_intersect(a, b);
  if (bad) {
    out->src = shim_origin_label(src);
    out->sink = pad_label(sink);
    out->src_caps = gst_caps_to_string(a);
    out->sink_caps = gst_caps_to_string(b);
  }
  gst_caps_unref(a);
  gst_caps_unref(b);
  return bad;
}

static gboolean element_mismatched(GstElement *element, ShimMismatch *out) {
  gboolean found = FALSE;
  GST_OBJECT_LOCK(element);
  GList *pads = g_list_copy_deep(element->srcpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
  GST_OBJECT_UNLOCK(element);
  for (GList *l = pads; l != NULL && !found; l = l->next) {
    GstPad *peer = gst_pad_get_peer(l->data);
    if (peer == NULL)
      continue;
    found = mismatched(l->data, peer, out);
    gst_object_unref(peer);
  }
  g_list_free_full(pads, gst_object_unref);
  return found;
}

// Calls f for each element, including those of nested bins, until it returns TRUE.
static gboolean each_element(GstBin *bin, gboolean (*f)(GstElement *, gpointer), gpointer data) {
  GstIterator *it = gst_bin_iterate_recurse(bin);
  GValue item = G_VALUE_INIT;
  gboolean stop = FALSE;
  while (!stop && gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
    stop = f(g_value_get_object(&item), data);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(it);
  return stop;
}

static gboolean visit_mismatch(GstElement *element, gpointer data) { return element_mismatched(element, data); }

gboolean shim_find_mismatch(GstBin *bin, ShimMismatch *out) { return each_element(bin, visit_mismatch, out); }

static GstPad *unlinked_pad(GstElement *element, GstPadDirection direction) {
  GstPad *found = NULL;
  GST_OBJECT_LOCK(element);
  for (GList *l = element->pads; l != NULL && found == NULL; l = l->next)
    if (GST_PAD_DIRECTION(l->data) == direction && !gst_pad_is_linked(l->data))
      found = gst_object_ref(l->data);
  GST_OBJECT_UNLOCK(element);
  return found;
}

gboolean shim_find_unlinked(GstBin *bin, const char *src, const char *sink, ShimMismatch *out) {
  GstElement *a = gst_bin_get_by_name(bin, src), *b = gst_bin_get_by_name(bin, sink);
  GstPad *from = a != NULL ? unlinked_pad(a, GST_PAD_SRC) : NULL;
  GstPad *to = b != NULL ? unlinked_pad(b, GST_PAD_SINK) : NULL;
  gboolean found = from != NULL && to != NULL && mismatched(from, to, out);
  GstObject *all[] = {(GstObject *)a, (GstObject *)b, (GstObject *)from, (GstObject *)to};
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    if (all[i] != NULL)
      gst_object_unref(all[i]);
  return found;
}

void shim_mismatch_clear(ShimMismatch *m) {
  g_free(m->src);
  g_free(m->sink);
  g_free(m->src_caps);
  g_free(m->sink_caps);
}

typedef struct {
  const char *factory;
  GstElement **out;
  guint n, room;
} Collect;

static gboolean visit_factory(GstElement *element, gpointer data) {
  Collect *c = data;
  GstElementFactory *factory = gst_element_get_factory(element);
  if (factory != NULL && g_strcmp0(GST_OBJECT_NAME(factory), c->factory) == 0 && c->n < c->room)
    c->out[c->n++] = gst_object_ref(element);
  return FALSE;
}

guint shim_elements_of(GstBin *bin, const char *factory, GstElement **out, guint room) {
  Collect c = {factory, out, 0, room};
  each_element(bin, visit_factory, &c);
  return c.n;
}

guint shim_unlinked_src_pads(GstBin *bin, GstPad **out, guint room) {
  guint n = 0;
  GST_OBJECT_LOCK(bin);
  // The list is newest first; callers expect the order of the text.
  for (GList *l = g_list_last(bin->children); l != NULL; l = l->prev)
    for (GList *p = GST_ELEMENT(l->data)->srcpads; p != NULL; p = p->next)
      if (!gst_pad_is_linked(p->data) && n < room)
        out[n++] = gst_object_ref(p->data);
  GST_OBJECT_UNLOCK(bin);
  return n;
}

static gboolean has_late_src(GstElement *element) {
  if (element->numsrcpads > 0)
    return FALSE;
  const GList *templates = gst_element_get_pad_template_list(element);
  for (; templates != NULL; templates = templates->next)
    if (GST_PAD_TEMPLATE_DIRECTION(templates->data) == GST_PAD_SRC &&
        GST_PAD_TEMPLATE_PRESENCE(templates->data) == GST_PAD_SOMETIMES)
      return TRUE;
  return FALSE;
}

gboolean shim_has_sometimes_src(GstBin *bin, char **path) {
  gboolean found = FALSE;
  GST_OBJECT_LOCK(bin);
  for (GList *l = bin->children; l != NULL && !found; l = l->next) {
    // A delayed link of gst_parse waits for the pads to appear.
    GstElement *e = l->data;
    found = has_late_src(e) &&
            g_signal_handler_find(e, G_SIGNAL_MATCH_ID, g_signal_lookup("pad-added", GST_TYPE_ELEMENT), 0, NULL, NULL,
                                  NULL) == 0;
    if (found)
      *path = g_strdup(GST_OBJECT_NAME(e));
  }
  GST_OBJECT_UNLOCK(bin);
  return found;
}

gboolean shim_link_tail(GstBin *bin, GstPad *src, GstElement *tail) {
  if (!gst_bin_add(bin, tail))
    return FALSE;
  GstPad *sink = gst_element_get_static_pad(tail, "sink");
  gboolean ok = sink != NULL && gst_pad_link(src, sink) == GST_PAD_LINK_OK;
  if (sink != NULL)
    gst_object_unref(sink);
  return ok;
}

// ---- messages

void shim_message_error(GstMessage *message, ShimError *out) {
  GError *error = NULL;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning(message, &error, &out->debug);
  else
    gst_message_parse_error(message, &error, &out->debug);
  GstObject *src = GST_MESSAGE_SRC(message);
  if (src != NULL) {
    out->path = object_path(src);
    GstElementFactory *factory = GST_IS_ELEMENT(src) ? gst_element_get_factory(GST_ELEMENT(src)) : NULL;
    out->factory = factory != NULL ? g_strdup(GST_OBJECT_NAME(factory)) : NULL;
  }
  out->domain = g_strdup(g_quark_to_string(error->domain));
  out->message = g_strdup(error->message);
  out->code = error->code;
  g_error_free(error);
}

void shim_error_clear(ShimError *e) {
  g_free(e->path);
  g_free(e->factory);
  g_free(e->domain);
  g_free(e->message);
  g_free(e->debug);
}

void shim_bus_wake(GstBus *bus) {
  gst_bus_post(bus, gst_message_new_application(NULL, gst_structure_new_empty("gstpublish-wake")));
}

// Whether an object is, or contains, the one with a path.
static gboolean leads_to(GstElement *element, const char *path) {
  char *own = object_path(GST_OBJECT(element));
  const gsize length = strlen(own);
  const gboolean leads = path != NULL && g_str_has_prefix(path, own) && (path[length] == '/' || path[length] == '\0');
  g_free(own);
  return leads;
}

// Each source receives the event by itself. The pipeline would hold its state lock while it sends the event and waits
// for a streaming thread, which may wait for its sink to preroll and thus for that lock.
gboolean shim_send_eos(GstBin *bin, const char *except) {
  GstIterator *it = gst_bin_iterate_sources(bin);
  GValue item = G_VALUE_INIT;
  GPtrArray *sources = g_ptr_array_new_with_free_func(gst_object_unref);
  while (gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
    g_ptr_array_add(sources, g_value_dup_object(&item));
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(it);
  gboolean sent = sources->len > 0;
  for (guint i = 0; i < sources->len; i++) {
    GstElement *source = g_ptr_array_index(sources, i);
    if (G_OBJECT_TYPE(source) == GST_TYPE_BIN)
      sent &= shim_send_eos(GST_BIN(source), except);
    else if (!leads_to(source, except))
      sent &= gst_element_send_event(source, gst_event_new_eos());
  }
  g_ptr_array_unref(sources);
  return sent;
}

// ---- reasons of failures

// What a failed pipeline shows about the reason: pads that nothing is linked to, and plugins that are missing.

// gst_pb_utils_missing_plugin_message_get_description() and its kind are in a library of their own. The structure of the
// message is documented: "missing-plugin" with the strings type and name, and detail, which is caps or a string.
gboolean shim_missing_plugin(GstMessage *message, ShimMissing *out) {
  const GstStructure *s = gst_message_get_structure(message);
  if (s == NULL || !gst_structure_has_name(s, "missing-plugin"))
    return FALSE;
  const GValue *detail = gst_structure_get_value(s, "detail");
  out->kind = g_strdup(gst_structure_get_string(s, "type"));
  out->name = g_strdup(gst_structure_get_string(s, "name"));
  if (detail != NULL && GST_VALUE_HOLDS_CAPS(detail))
    out->detail = gst_caps_to_string(gst_value_get_caps(detail));
  else if (detail != NULL && G_VALUE_HOLDS_STRING(detail))
    out->detail = g_value_dup_string(detail);
  return TRUE;
}

void shim_missing_clear(ShimMissing *m) {
  g_free(m->kind);
  g_free(m->name);
  g_free(m->detail);
}

static gboolean is_loose(GstPad *pad) {
  GstPad *peer = gst_pad_get_peer(pad);
  if (peer == NULL)
    return TRUE;
  gst_object_unref(peer);
  return FALSE;
}

static void note(GstPad *pad, ShimLoose *out) {
  GstCaps *caps = gst_pad_get_current_caps(pad);
  if (caps == NULL)
    caps = gst_pad_query_caps(pad, NULL);
  GstObject *parent = gst_object_get_parent(GST_OBJECT(pad));
  out->label = g_strdup_printf("%s.%s", parent != NULL ? GST_OBJECT_NAME(parent) : "?", GST_OBJECT_NAME(pad));
  out->caps = gst_caps_to_string(caps);
  out->is_src = GST_PAD_IS_SRC(pad);
  gst_caps_unref(caps);
  gst_clear_object(&parent);
}

guint shim_loose_pads(GstBin *bin, ShimLoose *out, guint room) {
  GPtrArray *pads = g_ptr_array_new_with_free_func(gst_object_unref);
  GST_OBJECT_LOCK(bin);
  for (GList *l = g_list_last(bin->children); l != NULL; l = l->prev) {
    GST_OBJECT_LOCK(l->data);
    for (GList *p = GST_ELEMENT(l->data)->pads; p != NULL; p = p->next)
      g_ptr_array_add(pads, gst_object_ref(p->data));
    GST_OBJECT_UNLOCK(l->data);
  }
  GST_OBJECT_UNLOCK(bin);
  guint n = 0;
  for (guint i = 0; i < pads->len && n < room; i++)
    if (is_loose(pads->pdata[i]))
      note(pads->pdata[i], &out[n++]);
  g_ptr_array_unref(pads);
  return n;
}

void shim_loose_clear(ShimLoose *l) {
  g_free(l->label);
  g_free(l->caps);
}

gboolean shim_is_stranded(GstMessage *message) {
  GstObject *src = GST_MESSAGE_SRC(message);
  if (src == NULL || !GST_IS_ELEMENT(src))
    return FALSE;
  GstElement *element = GST_ELEMENT(src);
  gboolean stranded;
  GST_OBJECT_LOCK(element);
  stranded = element->srcpads != NULL;
  for (GList *l = element->srcpads; l != NULL; l = l->next)
    stranded &= !gst_pad_is_linked(l->data);
  GST_OBJECT_UNLOCK(element);
  return stranded;
}

char *shim_factory_sink_caps(const char *name) {
  GstElementFactory *factory = gst_element_factory_find(name);
  char *text = NULL;
  const GList *l = factory == NULL ? NULL : gst_element_factory_get_static_pad_templates(factory);
  for (; l != NULL && text == NULL; l = l->next) {
    const GstStaticPadTemplate *template = l->data;
    if (template->direction == GST_PAD_SINK)
      text = g_strdup(template->static_caps.string);
  }
  gst_clear_object(&factory);
  return text;
}

gboolean shim_caps_intersect(const char *a, const char *b) {
  GstCaps *x = gst_caps_from_string(a), *y = gst_caps_from_string(b);
  gboolean ok = x != NULL && y != NULL && gst_caps_can_intersect(x, y);
  gst_clear_caps(&x);
  gst_clear_caps(&y);
  return ok;
}
