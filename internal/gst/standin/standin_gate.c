// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

typedef struct {
  GstBaseTransform parent;
  StandinElement *owner; // the bin that it is in, which outlives it
  StandinRole role;
} StandinGate;

typedef struct {
  GstBaseTransformClass parent_class;
} StandinGateClass;

G_DEFINE_TYPE(StandinGate, standin_gate, GST_TYPE_BASE_TRANSFORM)

#define GATE(OBJECT) ((StandinGate *)(OBJECT))

// ---- caps

// Returns the caps with one kind of memory, or with any. If ticks is not 0, it is
// the frame rate, or any frame rate is allowed.
static GstCaps *with_memory(GstCaps *caps, gboolean any, int ticks) {
  if (gst_caps_is_any(caps))
    return gst_caps_ref(caps);
  GstCaps *out = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    GstStructure *s = gst_structure_copy(gst_caps_get_structure(caps, i));
    if (ticks > 0 && any)
      gst_structure_remove_field(s, "framerate");
    else if (ticks > 0)
      gst_structure_set(s, "framerate", GST_TYPE_FRACTION, ticks, 1, NULL);
    out = gst_caps_merge_structure_full(out, s, any ? gst_caps_features_new_any() : NULL);
  }
  return out;
}

// Adapts caps to what drivers announce and software encoders do not, or
// differently: the level, or everything.
static GstCaps *without_claims(GstCaps *caps, gboolean all) {
  if (gst_caps_is_any(caps))
    return gst_caps_ref(caps);
  GstCaps *out = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    GstStructure *s = gst_structure_copy(gst_caps_get_structure(caps, i));
    gst_structure_remove_fields(s, "level", "tier", NULL);
    if (all)
      gst_structure_remove_fields(s, "profile", "alignment", "chroma-format", "bit-depth-luma", "bit-depth-chroma",
                                  NULL);
    if (gst_structure_has_name(s, "video/x-av1"))
      gst_structure_remove_fields(s, "stream-format", "framerate", NULL);
    out = gst_caps_merge_structure(out, s);
  }
  return out;
}

// B-frames may contradict the requested profile: such drivers announce it anyway.
static gboolean lies(StandinGate *self) { return standin_element_fault(self->owner) == STANDIN_B_FRAMES; }

static GstCaps *map_caps(StandinGate *self, gboolean outwards, GstCaps *caps) {
  const StandinCodec *codec = self->owner->spec->codec;
  if (self->role != STANDIN_GATE_TAIL) // System memory inside, any outside.
    return with_memory(caps, outwards, codec != NULL ? standin_codec_ticks(codec) : 0);
  return without_claims(caps, standin_codec_plain_caps(codec) || lies(self));
}

static GstCaps *transform_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *filter) {
  StandinGate *self = GATE(trans);
  const StandinSpec *spec = self->owner->spec;
  // A ghost pad applies its template to its peers, not to the inner elements.
  GstPadDirection outer = self->role == STANDIN_GATE_IN ? GST_PAD_SINK : GST_PAD_SRC;
  GstCaps *template = outer == GST_PAD_SINK ? spec->sink_caps : spec->src_caps;
  GstCaps *from = direction == outer ? gst_caps_intersect(caps, template) : gst_caps_ref(caps);
  GstCaps *out = map_caps(self, direction != outer, from);
  gst_caps_unref(from);
  if (direction != outer)
    gst_caps_take(&out, gst_caps_intersect(template, out));
  if (filter != NULL)
    gst_caps_take(&out, gst_caps_intersect_full(filter, out, GST_CAPS_INTERSECT_FIRST));
  return out;
}

// GstBaseTransform prefers caps that need no change, so encoders receive the
// requested level and profile, and keep to them.
static gboolean query(GstBaseTransform *trans, GstPadDirection direction, GstQuery *query) {
  StandinGate *self = GATE(trans);
  gboolean answered = GST_BASE_TRANSFORM_CLASS(standin_gate_parent_class)->query(trans, direction, query);
  if (answered && GST_QUERY_TYPE(query) == GST_QUERY_CAPS && direction == GST_PAD_SINK &&
      self->role == STANDIN_GATE_TAIL) {
    GstCaps *caps;
    gst_query_parse_caps_result(query, &caps);
    caps = without_claims(caps, lies(self));
    gst_query_set_caps_result(query, caps);
    gst_caps_unref(caps);
  }
  return answered;
}

// Fixes caps to what the stream really has.
static GstCaps *fixate_caps(G_GNUC_UNUSED GstBaseTransform *trans, G_GNUC_UNUSED GstPadDirection direction,
                            GstCaps *caps, GstCaps *possible) {
  GstCaps *same = gst_caps_intersect(possible, caps);
  if (gst_caps_is_empty(same)) {
    gst_caps_unref(same);
    return gst_caps_fixate(possible);
  }
  gst_caps_unref(possible);
  return gst_caps_fixate(same);
}

static gboolean set_caps(GstBaseTransform *trans, G_GNUC_UNUSED GstCaps *in, G_GNUC_UNUSED GstCaps *out) {
  StandinGate *self = GATE(trans);
  return self->role != STANDIN_GATE_IN || standin_element_fault(self->owner) != STANDIN_REFUSE_FORMAT;
}

// ---- buffers

static GstFlowReturn transform_ip(GstBaseTransform *trans, GstBuffer *buffer) {
  StandinGate *self = GATE(trans);
  return self->role == STANDIN_GATE_IN ? standin_element_frame(self->owner, buffer) : GST_FLOW_OK;
}

static void standin_gate_init(G_GNUC_UNUSED StandinGate *self) {}

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void standin_gate_class_init(StandinGateClass *klass) {
  GstElementClass *element_class = GST_ELEMENT_CLASS(klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "Gate", "Filter/Video", "Inside a stand-in",
                                        "The gstpublish authors");
  transform_class->transform_caps = transform_caps;
  transform_class->fixate_caps = fixate_caps;
  transform_class->query = query;
  transform_class->set_caps = set_caps;
  transform_class->transform_ip = transform_ip;
}

GstElement *standin_gate_new(StandinElement *owner, const char *name, StandinRole role) {
  StandinGate *self = g_object_new(standin_gate_get_type(), "name", name, NULL);
  self->owner = owner;
  self->role = role;
  return GST_ELEMENT(self);
}
