// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

static void property_free(gpointer data) {
  StandinProperty *property = data;
  const GEnumValue *value = (const GEnumValue *)property->values->data;
  for (; value->value_nick != NULL; value++)
    g_free((char *)value->value_nick);
  g_array_unref(property->values);
  g_free(property->name);
  g_free(property->min);
  g_free(property->max);
  g_free(property->def);
  g_free(property);
}

// A spec's caps outlive gst_deinit, as do the pad templates that have them.
static GstCaps *lasting_caps(const char *text) {
  GstCaps *caps = gst_caps_from_string(text);
  if (caps != NULL)
    GST_MINI_OBJECT_FLAG_SET(caps, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);
  return caps;
}

gboolean standin_spec_needs_parser(const StandinSpec *spec) {
  GstCaps *made = gst_caps_from_string("video/x-h265, stream-format=byte-stream");
  gboolean needed =
      g_str_equal(standin_codec_name(spec->codec), "H265") && !gst_caps_can_intersect(made, spec->src_caps);
  gst_caps_unref(made);
  return needed;
}

// Reports whether nothing is missing and the element does not contain itself.
static gboolean complete(const StandinSpec *spec) {
  if (spec->sink_caps == NULL || spec->src_caps == NULL)
    return FALSE;
  if (spec->converter != NULL)
    return standin_installed(spec->converter) && !g_str_equal(spec->converter, spec->factory);
  return spec->codec != NULL && standin_codec_available(spec->codec, spec->factory) &&
         (!standin_spec_needs_parser(spec) || standin_installed("h265parse"));
}

StandinSpec *standin_spec_new(const char *factory, const char *codec, const char *converter, const char *sink_caps,
                              const char *src_caps) {
  StandinSpec *spec = g_new0(StandinSpec, 1);
  spec->factory = g_strdup(factory);
  spec->codec = codec != NULL && *codec != '\0' ? standin_codec_find(codec) : NULL;
  spec->converter = converter != NULL && *converter != '\0' ? g_strdup(converter) : NULL;
  spec->sink_caps = lasting_caps(sink_caps);
  spec->src_caps = lasting_caps(src_caps);
  spec->properties = g_ptr_array_new_with_free_func(property_free);
  g_mutex_init(&spec->lock);
  g_cond_init(&spec->changed);
  if (complete(spec))
    return spec;
  standin_spec_free(spec);
  return NULL;
}

void standin_spec_free(StandinSpec *spec) {
  gst_clear_caps(&spec->sink_caps);
  gst_clear_caps(&spec->src_caps);
  g_ptr_array_unref(spec->properties);
  g_free(spec->factory);
  g_free(spec->converter);
  g_free(spec->signal);
  g_free(spec->bitrate);
  g_free(spec->bitrate_field);
  g_mutex_clear(&spec->lock);
  g_cond_clear(&spec->changed);
  g_free(spec);
}

void standin_spec_key(StandinSpec *spec, StandinKey key, const char *signal) {
  spec->key = key;
  spec->signal = g_strdup(signal);
}

void standin_spec_bitrate(StandinSpec *spec, const char *property, const char *field, guint64 unit,
                          StandinChange change) {
  spec->bitrate = g_strdup(property);
  spec->bitrate_field = *field != '\0' ? g_strdup(field) : NULL;
  spec->bitrate_unit = unit;
  spec->change = change;
}

StandinProperty *standin_spec_property(StandinSpec *spec, const char *name, StandinType type, const char *min,
                                       const char *max, const char *def) {
  StandinProperty *property = g_new0(StandinProperty, 1);
  property->name = g_strdup(name);
  property->type = type;
  property->min = g_strdup(min);
  property->max = g_strdup(max);
  property->def = g_strdup(def);
  property->values = g_array_new(TRUE, TRUE, sizeof(GEnumValue));
  g_ptr_array_add(spec->properties, property);
  return property;
}

void standin_property_value(StandinProperty *property, gint value, const char *nick) {
  char *text = g_strdup(nick);
  GEnumValue entry = {value, text, text};
  g_array_append_val(property->values, entry);
}

void standin_spec_set_fault(StandinSpec *spec, StandinFault fault, guint64 frame) {
  g_mutex_lock(&spec->lock);
  spec->fault = fault;
  // A refusal happens before any frame.
  spec->fault_frame = fault == STANDIN_REFUSE_READY || fault == STANDIN_REFUSE_FORMAT ? 0 : frame;
  g_cond_broadcast(&spec->changed);
  g_mutex_unlock(&spec->lock);
}

void standin_spec_release(StandinSpec *spec) {
  g_mutex_lock(&spec->lock);
  if (spec->fault == STANDIN_HANG)
    spec->fault = STANDIN_NONE;
  g_cond_broadcast(&spec->changed);
  g_mutex_unlock(&spec->lock);
}

StandinCounts standin_spec_counts(StandinSpec *spec) {
  g_mutex_lock(&spec->lock);
  StandinCounts counts = spec->counts;
  g_mutex_unlock(&spec->lock);
  return counts;
}
