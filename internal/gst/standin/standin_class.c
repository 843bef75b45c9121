// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

// Types, and everything that they refer to, live as long as the process.
static GType enum_type(const StandinSpec *spec, const StandinProperty *property) {
  char *name = g_strdup_printf("Standin-%s-%s", spec->factory, property->name);
  // GFlagsValue has the layout of GEnumValue.
  GType type = property->type == STANDIN_ENUM
                   ? g_enum_register_static(name, (const GEnumValue *)property->values->data)
                   : g_flags_register_static(name, (const GFlagsValue *)property->values->data);
  g_free(name);
  return type;
}

static gint64 integer(const char *text) { return g_ascii_strtoll(text, NULL, 10); }
static guint64 natural(const char *text) { return g_ascii_strtoull(text, NULL, 10); }
static double real(const char *text) { return g_ascii_strtod(text, NULL); }

#define PROPERTY_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)

#define NUMBER(KIND, READ)                                                                                             \
  g_param_spec_##KIND(name, name, name, READ(p->min), READ(p->max), READ(p->def), PROPERTY_FLAGS)

static GParamSpec *param_spec(const StandinSpec *spec, const StandinProperty *p) {
  const char *name = p->name;
  switch (p->type) {
  case STANDIN_INT:
    return NUMBER(int, integer);
  case STANDIN_UINT:
    return NUMBER(uint, natural);
  case STANDIN_INT64:
    return NUMBER(int64, integer);
  case STANDIN_UINT64:
    return NUMBER(uint64, natural);
  case STANDIN_FLOAT:
    return NUMBER(float, real);
  case STANDIN_DOUBLE:
    return NUMBER(double, real);
  case STANDIN_BOOL:
    return g_param_spec_boolean(name, name, name, g_str_equal(p->def, "true"), PROPERTY_FLAGS);
  case STANDIN_STRING:
    return g_param_spec_string(name, name, name, p->def, PROPERTY_FLAGS);
  case STANDIN_ENUM:
    return g_param_spec_enum(name, name, name, enum_type(spec, p), (gint)integer(p->def), PROPERTY_FLAGS);
  case STANDIN_FLAGS:
    return g_param_spec_flags(name, name, name, enum_type(spec, p), (guint)natural(p->def), PROPERTY_FLAGS);
  case STANDIN_STRUCTURE:
    break;
  }
  return g_param_spec_boxed(name, name, name, GST_TYPE_STRUCTURE, PROPERTY_FLAGS);
}

static void add_template(GstElementClass *klass, const char *name, GstPadDirection direction, GstCaps *caps) {
  GstPadTemplate *template = gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps);
  GST_OBJECT_FLAG_SET(template, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  gst_element_class_add_pad_template(klass, template);
}

static void on_signal(StandinElement *self, G_GNUC_UNUSED gpointer data) {
  if (standin_element_key_frame(self))
    standin_element_force_key(self);
}

static void class_init(gpointer g_class, gpointer class_data) {
  StandinSpec *spec = class_data;
  GObjectClass *object_class = g_class;
  GstElementClass *element_class = g_class;
  ((StandinElementClass *)g_class)->spec = spec;
  const char *kind = spec->codec != NULL ? "Codec/Encoder/Video/Hardware" : "Filter/Converter/Video/Hardware";
  gst_element_class_set_metadata(element_class, spec->factory, kind,
                                 "Stands in for the element of this name, in tests", "The gstpublish authors");
  add_template(element_class, "sink", GST_PAD_SINK, spec->sink_caps);
  add_template(element_class, "src", GST_PAD_SRC, spec->src_caps);
  object_class->set_property = standin_element_set_property;
  object_class->get_property = standin_element_get_property;
  for (guint i = 0; i < spec->properties->len; i++) {
    const StandinProperty *property = g_ptr_array_index(spec->properties, i);
    g_object_class_install_property(object_class, i + 1, param_spec(spec, property));
  }
  if (spec->key == STANDIN_KEY_SIGNAL)
    g_signal_new_class_handler(spec->signal, G_TYPE_FROM_CLASS(g_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
                               G_CALLBACK(on_signal), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

gboolean standin_register(StandinSpec *spec) {
  char *name = g_strdup_printf("Standin-%s", spec->factory);
  const GTypeInfo info = {
      .class_size = sizeof(StandinElementClass),
      .class_init = class_init,
      .class_data = spec,
      .instance_size = sizeof(StandinElement),
  };
  GType type = g_type_from_name(name) == 0 ? g_type_register_static(standin_element_get_type(), name, &info, 0) : 0;
  g_free(name);
  return type != 0 && gst_element_register(NULL, spec->factory, GST_RANK_NONE, type);
}
