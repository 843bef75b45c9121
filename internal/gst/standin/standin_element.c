// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

G_DEFINE_ABSTRACT_TYPE(StandinElement, standin_element, GST_TYPE_BIN)

#define SELF(OBJECT) ((StandinElement *)(OBJECT))

// ---- the inner elements

static GstElement *add(StandinElement *self, const char *factory, const char *name) {
  GstElement *element = gst_element_factory_make(factory, name);
  gst_bin_add(GST_BIN(self), element);
  return element;
}

static GstPad *add_ghost(StandinElement *self, const char *name, GstElement *inner) {
  GstPad *target = gst_element_get_static_pad(inner, name);
  GstPadTemplate *template = gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name);
  GstPad *pad = gst_ghost_pad_new_from_template(name, target, template);
  gst_object_unref(target);
  gst_element_add_pad(GST_ELEMENT(self), pad);
  return pad;
}

static void build_encoder(StandinElement *self) {
  GstElement *convert = add(self, "videoconvert", "standin-convert");
  // Real time needs the profiles of 4:2:0 with 8 bits.
  GstElement *format = add(self, "capsfilter", "standin-format");
  gst_util_set_object_arg(G_OBJECT(format), "caps", "video/x-raw, format=(string){ NV12, I420 }");
  GstElement *tail = standin_gate_new(self, "standin-tail", STANDIN_GATE_TAIL);
  self->encoder = standin_codec_make(self->spec->codec);
  gst_bin_add_many(GST_BIN(self), self->encoder, tail, NULL);
  gst_element_link_many(self->gate, convert, format, self->encoder, NULL);
  if (standin_spec_needs_parser(self->spec))
    gst_element_link_many(self->encoder, add(self, "h265parse", "standin-parse"), tail, NULL);
  else
    gst_element_link(self->encoder, tail);
  GstPad *sink = add_ghost(self, "sink", self->gate);
  standin_tail_watch(self, sink, add_ghost(self, "src", tail));
}

static void build_converter(StandinElement *self) {
  GstElement *convert = add(self, self->spec->converter, "standin-convert");
  GstElement *out = standin_gate_new(self, "standin-out", STANDIN_GATE_OUT);
  gst_bin_add(GST_BIN(self), out);
  gst_element_link_many(self->gate, convert, out, NULL);
  add_ghost(self, "sink", self->gate);
  add_ghost(self, "src", out);
}

// ---- properties

static GParamSpec *pspec_at(StandinElement *self, guint i) {
  const StandinProperty *property = g_ptr_array_index(self->spec->properties, i);
  return g_object_class_find_property(G_OBJECT_GET_CLASS(self), property->name);
}

// The target in bit/s; 0 for the driver's choice.
static guint64 target(StandinElement *self, const GValue *value) {
  GValue number = G_VALUE_INIT;
  guint64 rate = 0;
  if (self->spec->bitrate_field != NULL) {
    const GstStructure *structure = g_value_get_boxed(value);
    value = structure != NULL ? gst_structure_get_value(structure, self->spec->bitrate_field) : NULL;
  }
  g_value_init(&number, G_TYPE_INT64);
  if (value != NULL && g_value_transform(value, &number))
    rate = (guint64)MAX(g_value_get_int64(&number), 0) * self->spec->bitrate_unit;
  g_value_unset(&number);
  return rate;
}

static gboolean running(StandinElement *self) { return GST_STATE(self) >= GST_STATE_PAUSED; }

static void bitrate_changed(StandinElement *self, guint64 rate) {
  StandinSpec *spec = self->spec;
  if (running(self)) {
    g_mutex_lock(&spec->lock);
    spec->counts.bitrates++;
    g_mutex_unlock(&spec->lock);
    if (spec->change == STANDIN_CHANGE_FIXED)
      return;
  }
  if (rate > 0)
    standin_codec_set_bitrate(spec->codec, self->encoder, rate);
  if (running(self) && spec->change == STANDIN_CHANGE_KEY)
    standin_element_force_key(self);
}

void standin_element_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec) {
  StandinElement *self = SELF(object);
  gboolean is_bitrate = g_strcmp0(pspec->name, self->spec->bitrate) == 0;
  GST_OBJECT_LOCK(self);
  guint64 before = is_bitrate ? target(self, &self->values[id - 1]) : 0;
  g_value_copy(value, &self->values[id - 1]);
  GST_OBJECT_UNLOCK(self);
  guint64 rate = is_bitrate ? target(self, value) : 0;
  if (rate != before)
    bitrate_changed(self, rate);
  if (self->encoder != NULL && g_str_equal(pspec->name, "min-force-key-unit-interval"))
    g_object_set_property(G_OBJECT(self->encoder), pspec->name, value);
}

void standin_element_get_property(GObject *object, guint id, GValue *value, G_GNUC_UNUSED GParamSpec *pspec) {
  StandinElement *self = SELF(object);
  GST_OBJECT_LOCK(self);
  g_value_copy(&self->values[id - 1], value);
  GST_OBJECT_UNLOCK(self);
}

static void init_values(StandinElement *self) {
  guint n = self->spec->properties->len;
  self->values = g_new0(GValue, n);
  for (guint i = 0; i < n; i++) {
    GParamSpec *pspec = pspec_at(self, i);
    g_value_init(&self->values[i], G_PARAM_SPEC_VALUE_TYPE(pspec));
    g_param_value_set_default(pspec, &self->values[i]);
    if (self->encoder != NULL && g_strcmp0(pspec->name, self->spec->bitrate) == 0)
      bitrate_changed(self, target(self, &self->values[i]));
  }
}

// ---- states and messages

static gboolean open_device(StandinElement *self) {
  switch (standin_element_fault(self)) {
  case STANDIN_REFUSE_READY:
    // The message of GstVideoEncoder for a subclass that cannot open.
    GST_ELEMENT_ERROR(self, LIBRARY, INIT, (NULL), ("Failed to open %s", self->encoder != NULL ? "encoder" : "device"));
    return FALSE;
  case STANDIN_ABORT:
    abort();
  case STANDIN_CRASH:
    standin_crash();
    return FALSE;
  default:
    return TRUE;
  }
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange transition) {
  StandinElement *self = SELF(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !open_device(self))
    return GST_STATE_CHANGE_FAILURE;
  GstStateChangeReturn ret = GST_ELEMENT_CLASS(standin_element_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    self->failed = FALSE;
    g_mutex_lock(&self->spec->lock);
    self->frames = 0;
    g_mutex_unlock(&self->spec->lock);
  }
  return ret;
}

// Errors of the inner elements become the stand-in's own.
static void handle_message(GstBin *bin, GstMessage *message) {
  GError *error = NULL;
  char *debug = NULL;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, &debug);
    gst_message_unref(message);
    message = gst_message_new_error(GST_OBJECT(bin), error, debug);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning(message, &error, &debug);
    gst_message_unref(message);
    message = gst_message_new_warning(GST_OBJECT(bin), error, debug);
  }
  g_clear_error(&error);
  g_free(debug);
  GST_BIN_CLASS(standin_element_parent_class)->handle_message(bin, message);
}

static void constructed(GObject *object) {
  StandinElement *self = SELF(object);
  G_OBJECT_CLASS(standin_element_parent_class)->constructed(object);
  self->spec = ((StandinElementClass *)G_OBJECT_GET_CLASS(object))->spec;
  self->gate = standin_gate_new(self, "standin-gate", STANDIN_GATE_IN);
  gst_bin_add(GST_BIN(self), self->gate);
  if (self->spec->codec != NULL)
    build_encoder(self);
  else
    build_converter(self);
  init_values(self);
  g_mutex_lock(&self->spec->lock);
  self->spec->counts.instances++;
  g_mutex_unlock(&self->spec->lock);
}

static void finalize(GObject *object) {
  StandinElement *self = SELF(object);
  for (guint i = 0; i < self->spec->properties->len; i++)
    g_value_unset(&self->values[i]);
  g_free(self->values);
  G_OBJECT_CLASS(standin_element_parent_class)->finalize(object);
}

static void standin_element_init(G_GNUC_UNUSED StandinElement *self) {}

static void standin_element_class_init(StandinElementClass *klass) {
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->constructed = constructed;
  object_class->finalize = finalize;
  GST_ELEMENT_CLASS(klass)->change_state = change_state;
  GST_BIN_CLASS(klass)->handle_message = handle_message;
}
