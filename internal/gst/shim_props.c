// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "shim.h"

// Reads text as the property's type and range say. The value is set on SHIM_SET_OK.
static int parse_value(GParamSpec *spec, const char *text, GValue *value) {
  if (spec == NULL)
    return SHIM_SET_NO_PROPERTY;
  if (!(spec->flags & G_PARAM_WRITABLE))
    return SHIM_SET_READ_ONLY;
  g_value_init(value, G_PARAM_SPEC_VALUE_TYPE(spec));
  if (!gst_value_deserialize_with_pspec(value, text, spec))
    return SHIM_SET_BAD_VALUE;
  // Validation changes a value that is out of range, and reports that.
  if (g_param_value_validate(spec, value))
    return SHIM_SET_OUT_OF_RANGE;
  return SHIM_SET_OK;
}

int shim_set(GObject *object, const char *name, const char *value, gboolean clamp) {
  GValue v = G_VALUE_INIT;
  GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), name);
  int ret = parse_value(spec, value, &v);
  if (ret == SHIM_SET_OUT_OF_RANGE && clamp)
    ret = SHIM_SET_OK; // Validation has changed it to the nearest value in range.
  if (ret == SHIM_SET_OK)
    g_object_set_property(object, name, &v);
  if (G_IS_VALUE(&v))
    g_value_unset(&v);
  return ret;
}

int shim_check_property(GObjectClass *klass, const char *name, const char *value) {
  GValue v = G_VALUE_INIT;
  GParamSpec *spec = g_object_class_find_property(klass, name);
  // Only gst_parse knows the syntax of objects, boxed values and strings.
  if (spec != NULL && (G_TYPE_IS_OBJECT(G_PARAM_SPEC_VALUE_TYPE(spec)) ||
                       G_TYPE_FUNDAMENTAL(G_PARAM_SPEC_VALUE_TYPE(spec)) == G_TYPE_BOXED ||
                       G_PARAM_SPEC_VALUE_TYPE(spec) == G_TYPE_STRING))
    return spec->flags & G_PARAM_WRITABLE ? SHIM_SET_OK : SHIM_SET_READ_ONLY;
  int ret = parse_value(spec, value, &v);
  if (G_IS_VALUE(&v))
    g_value_unset(&v);
  return ret;
}

gboolean shim_emit(GObject *object, const char *signal) {
  guint id = g_signal_lookup(signal, G_OBJECT_TYPE(object));
  GSignalQuery query;
  g_signal_query(id, &query);
  if (id == 0 || query.n_params != 0 || !(query.signal_flags & G_SIGNAL_ACTION))
    return FALSE;
  g_signal_emit(object, id, 0);
  return TRUE;
}

gboolean shim_has_property(GObject *object, const char *name) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(object), name) != NULL;
}

static char *enum_hint(GType type) {
  GEnumClass *klass = g_type_class_ref(type);
  GString *s = g_string_new("one of ");
  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf(s, "%s%s", i > 0 ? ", " : "", klass->values[i].value_nick);
  g_type_class_unref(klass);
  return g_string_free(s, FALSE);
}

static char *flags_hint(GType type) {
  GFlagsClass *klass = g_type_class_ref(type);
  GString *s = g_string_new("any of ");
  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf(s, "%s%s", i > 0 ? ", " : "", klass->values[i].value_nick);
  g_string_append(s, ", joined by +");
  g_type_class_unref(klass);
  return g_string_free(s, FALSE);
}

#define RANGE(SPEC, FMT) g_strdup_printf("from " FMT " to " FMT, (SPEC)->minimum, (SPEC)->maximum)

static char *number_hint(GParamSpec *spec) {
  if (G_IS_PARAM_SPEC_INT(spec))
    return RANGE(G_PARAM_SPEC_INT(spec), "%d");
  if (G_IS_PARAM_SPEC_UINT(spec))
    return RANGE(G_PARAM_SPEC_UINT(spec), "%u");
  if (G_IS_PARAM_SPEC_INT64(spec))
    return RANGE(G_PARAM_SPEC_INT64(spec), "%" G_GINT64_FORMAT);
  if (G_IS_PARAM_SPEC_UINT64(spec))
    return RANGE(G_PARAM_SPEC_UINT64(spec), "%" G_GUINT64_FORMAT);
  if (G_IS_PARAM_SPEC_LONG(spec))
    return RANGE(G_PARAM_SPEC_LONG(spec), "%ld");
  if (G_IS_PARAM_SPEC_ULONG(spec))
    return RANGE(G_PARAM_SPEC_ULONG(spec), "%lu");
  if (G_IS_PARAM_SPEC_DOUBLE(spec))
    return RANGE(G_PARAM_SPEC_DOUBLE(spec), "%g");
  if (G_IS_PARAM_SPEC_FLOAT(spec))
    return RANGE(G_PARAM_SPEC_FLOAT(spec), "%g");
  return NULL;
}

char *shim_property_hint(GObjectClass *klass, const char *name) {
  GParamSpec *spec = g_object_class_find_property(klass, name);
  if (spec == NULL)
    return NULL;
  GType type = G_PARAM_SPEC_VALUE_TYPE(spec);
  if (G_TYPE_IS_ENUM(type))
    return enum_hint(type);
  if (G_TYPE_IS_FLAGS(type))
    return flags_hint(type);
  if (type == G_TYPE_BOOLEAN)
    return g_strdup("true or false");
  char *number = number_hint(spec);
  return number != NULL ? number : g_strdup_printf("a %s", g_type_name(type));
}

char **shim_property_names(GObjectClass *klass) {
  guint n = 0;
  GParamSpec **specs = g_object_class_list_properties(klass, &n);
  char **names = g_new0(char *, n + 1);
  for (guint i = 0; i < n; i++)
    names[i] = g_strdup(specs[i]->name);
  g_free(specs);
  return names;
}

GObjectClass *shim_factory_class(const char *name) {
  GstElementFactory *factory = gst_element_factory_find(name);
  if (factory == NULL)
    return NULL;
  GstPluginFeature *loaded = gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory));
  gst_object_unref(factory);
  if (loaded == NULL)
    return NULL;
  GType type = gst_element_factory_get_element_type(GST_ELEMENT_FACTORY(loaded));
  GObjectClass *klass = type != G_TYPE_INVALID ? g_type_class_ref(type) : NULL;
  gst_object_unref(loaded);
  return klass;
}

char **shim_factory_names(void) {
  GList *features = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
  char **names = g_new0(char *, g_list_length(features) + 1);
  guint n = 0;
  for (GList *l = features; l != NULL; l = l->next)
    names[n++] = g_strdup(GST_OBJECT_NAME(l->data));
  gst_plugin_feature_list_free(features);
  return names;
}

gboolean shim_is_bin(const char *factory) {
  GObjectClass *klass = shim_factory_class(factory);
  if (klass == NULL)
    return TRUE;
  gboolean is_bin = GST_IS_BIN_CLASS(klass);
  g_type_class_unref(klass);
  return is_bin;
}

gboolean shim_is_plain(const char *factory, const char *property) {
  GObjectClass *klass = shim_factory_class(factory);
  if (klass == NULL)
    return FALSE;
  GParamSpec *spec = g_object_class_find_property(klass, property);
  gboolean plain = FALSE;
  if (spec != NULL) {
    switch (G_TYPE_FUNDAMENTAL(G_PARAM_SPEC_VALUE_TYPE(spec))) {
    case G_TYPE_BOOLEAN:
    case G_TYPE_INT:
    case G_TYPE_UINT:
    case G_TYPE_LONG:
    case G_TYPE_ULONG:
    case G_TYPE_INT64:
    case G_TYPE_UINT64:
    case G_TYPE_ENUM:
    case G_TYPE_FLAGS:
    case G_TYPE_FLOAT:
    case G_TYPE_DOUBLE:
    case G_TYPE_STRING:
      plain = TRUE;
      break;
    default:
      plain = G_PARAM_SPEC_VALUE_TYPE(spec) == GST_TYPE_FRACTION;
    }
  }
  g_type_class_unref(klass);
  return plain;
}
