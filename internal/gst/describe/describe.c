// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "describe.h"

#include <string.h>

#define FIELD "\x1f"
#define LINE "\x1e"

static const char *factory_name(GstElement *element) {
  GstElementFactory *factory = gst_element_get_factory(element);
  return factory != NULL ? GST_OBJECT_NAME(factory) : "";
}

static gboolean is_plain(GParamSpec *spec) {
  return (spec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE && !g_str_equal(spec->name, "name") &&
         !g_str_equal(spec->name, "reference-timestamp-caps") &&
         !g_type_is_a(spec->value_type, G_TYPE_OBJECT) && !g_type_is_a(spec->value_type, G_TYPE_POINTER);
}

static char *enum_text(const GValue *v) {
  GEnumClass *klass = g_type_class_ref(G_VALUE_TYPE(v));
  GEnumValue *value = g_enum_get_value(klass, g_value_get_enum(v));
  char *nick = value != NULL ? g_strdup(value->value_nick) : g_strdup_printf("%d", g_value_get_enum(v));
  g_type_class_unref(klass);
  return nick;
}

// Writes flags by their nicks. GStreamer would write their names, which have spaces in some elements.
static char *flags_text(const GValue *v) {
  GFlagsClass *klass = g_type_class_ref(G_VALUE_TYPE(v));
  GString *text = g_string_new(NULL);
  guint left = g_value_get_flags(v);
  do {
    GFlagsValue *one = g_flags_get_first_value(klass, left);
    g_string_append(text, text->len > 0 ? "+" : "");
    if (one != NULL)
      g_string_append(text, one->value_nick);
    else
      g_string_append_printf(text, left == 0 ? "%u" : "0x%x", left);
    left = one != NULL ? left & ~one->value : 0;
  } while (left != 0);
  g_type_class_unref(klass);
  return g_string_free(text, FALSE);
}

// The value in the syntax of launch text, without quotes; NULL if there is none.
static char *value_text(const GValue *v) {
  if (G_VALUE_HOLDS_BOXED(v) && g_value_get_boxed(v) == NULL)
    return NULL;
  if (G_VALUE_HOLDS_STRING(v))
    return g_value_dup_string(v);
  if (GST_VALUE_HOLDS_CAPS(v)) // GStreamer would quote and escape them.
    return gst_caps_to_string(gst_value_get_caps(v));
  if (G_VALUE_HOLDS_ENUM(v))
    return enum_text(v);
  if (G_VALUE_HOLDS_FLAGS(v))
    return flags_text(v);
  return gst_value_serialize(v);
}

char *describe_property(GObject *object, const char *name) {
  GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), name);
  if (spec == NULL || !(spec->flags & G_PARAM_READABLE))
    return NULL;
  GValue v = G_VALUE_INIT;
  g_value_init(&v, G_PARAM_SPEC_VALUE_TYPE(spec));
  g_object_get_property(object, name, &v);
  char *text = value_text(&v);
  g_value_unset(&v);
  return text;
}

// Reports whether the property has the value that it has in a new element. Boxed values other than caps can't be
// compared, and new elements have some.
static gboolean is_untouched(GParamSpec *spec, const GValue *v) {
  return (G_VALUE_HOLDS_BOXED(v) && !GST_VALUE_HOLDS_CAPS(v)) || g_param_value_defaults(spec, v);
}

// Appends the properties that were changed from their defaults.
static void add_properties(GString *out, GstElement *element) {
  guint n = 0;
  GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  for (guint i = 0; i < n; i++) {
    if (!is_plain(specs[i]))
      continue;
    GValue v = G_VALUE_INIT;
    g_value_init(&v, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element), specs[i]->name, &v);
    char *text = is_untouched(specs[i], &v) ? NULL : value_text(&v);
    if (text != NULL)
      g_string_append_printf(out, "P" FIELD "%s" FIELD "%s" LINE, specs[i]->name, text);
    g_free(text);
    g_value_unset(&v);
  }
  g_free(specs);
}

// The element that a pad belongs to, also where the pad is inside a ghost pad.
static GstElement *owner(GstPad *pad) {
  GstObject *parent = gst_object_get_parent(GST_OBJECT(pad));
  while (parent != NULL && !GST_IS_ELEMENT(parent)) {
    GstObject *above = gst_object_get_parent(parent);
    gst_object_unref(parent);
    parent = above;
  }
  return (GstElement *)parent;
}

static gboolean is_always(GstPad *pad) {
  GstPadTemplate *template = gst_pad_get_pad_template(pad);
  gboolean always = template == NULL || GST_PAD_TEMPLATE_PRESENCE(template) == GST_PAD_ALWAYS;
  gst_clear_object(&template);
  return always;
}

static void add_pad(GString *out, GstPad *pad) {
  GstPad *peer = gst_pad_get_peer(pad);
  GstElement *to = peer != NULL ? owner(peer) : NULL;
  if (to != NULL && GST_PAD_IS_SRC(pad))
    g_string_append_printf(out, "L" FIELD "%s" FIELD "%s" FIELD "%s" LINE, GST_OBJECT_NAME(pad), GST_OBJECT_NAME(to),
                           GST_OBJECT_NAME(peer));
  else if (peer == NULL && is_always(pad))
    g_string_append_printf(out, "U" FIELD "%s" FIELD "%s" LINE, GST_OBJECT_NAME(pad),
                           GST_PAD_IS_SRC(pad) ? "src" : "sink");
  gst_clear_object(&to);
  gst_clear_object(&peer);
}

static void add_bin(GString *out, GstBin *bin, int depth);

static void add_element(GString *out, GstElement *element, int depth) {
  g_string_append_printf(out, "E" FIELD "%d" FIELD "%s" FIELD "%s" LINE, depth, GST_OBJECT_NAME(element),
                         factory_name(element));
  add_properties(out, element);
  GST_OBJECT_LOCK(element);
  GList *pads = g_list_copy_deep(element->pads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
  GST_OBJECT_UNLOCK(element);
  for (GList *l = pads; l != NULL; l = l->next)
    add_pad(out, l->data);
  g_list_free_full(pads, gst_object_unref);
  if (G_OBJECT_TYPE(element) == GST_TYPE_BIN || G_OBJECT_TYPE(element) == GST_TYPE_PIPELINE)
    add_bin(out, GST_BIN(element), depth + 1);
}

static void add_bin(GString *out, GstBin *bin, int depth) {
  GST_OBJECT_LOCK(bin);
  GList *children = g_list_copy_deep(bin->children, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
  GST_OBJECT_UNLOCK(bin);
  for (GList *l = g_list_last(children); l != NULL; l = l->prev)
    add_element(out, l->data, depth);
  g_list_free_full(children, gst_object_unref);
}

char *describe_bin(GstBin *bin) {
  GString *out = g_string_new(NULL);
  add_bin(out, bin, 0);
  return g_string_free(out, FALSE);
}

char *describe_video_formats(void) {
  guint n = 0;
  const GstVideoFormat *formats = gst_video_formats_raw(&n);
  GString *out = g_string_new("ENCODED DMA_DRM");
  for (guint i = 0; i < n; i++)
    g_string_append_printf(out, " %s", gst_video_format_to_string(formats[i]));
  return g_string_free(out, FALSE);
}

char *describe_audio_formats(void) {
  guint n = 0;
  const GstAudioFormat *formats = gst_audio_formats_raw(&n);
  GString *out = g_string_new("ENCODED");
  for (guint i = 0; i < n; i++)
    g_string_append_printf(out, " %s", gst_audio_format_to_string(formats[i]));
  return g_string_free(out, FALSE);
}

GstElement *describe_parse(const char **words, char **error) {
  GError *fault = NULL;
  GstElement *element = gst_parse_launchv(words, &fault);
  if (fault != NULL) {
    *error = g_strdup(fault->message);
    g_error_free(fault);
    gst_clear_object(&element);
    return NULL;
  }
  if (!GST_IS_PIPELINE(element)) {
    GstElement *pipeline = gst_pipeline_new(NULL);
    gst_bin_add(GST_BIN(pipeline), element);
    element = pipeline;
  }
  return gst_object_ref_sink(element);
}
