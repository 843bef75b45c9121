// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "encoder.h"

// One type per codec, derived from GstVideoEncoder; the class knows its codec.

static GObjectClass *parent_class;

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  GpEncoder *self = (GpEncoder *)object;
  (void)spec;
  g_mutex_lock(&self->lock);
  gp_props_set(&self->wanted, id, value);
  g_mutex_unlock(&self->lock);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  GpEncoder *self = (GpEncoder *)object;
  (void)spec;
  g_mutex_lock(&self->lock);
  gp_props_get(&self->wanted, id, value);
  g_mutex_unlock(&self->lock);
}

static gboolean stop(GstVideoEncoder *encoder) {
  GpEncoder *self = (GpEncoder *)encoder;
  gp_encoder_close(self);
  g_clear_pointer(&self->codec_state, gst_video_codec_state_unref);
  return TRUE;
}

// Frames after a flush are decoded without those before it.
static gboolean flush(GstVideoEncoder *encoder) {
  ((GpEncoder *)encoder)->key_due = TRUE;
  return TRUE;
}

// Frames may have any strides.
static gboolean propose_allocation(GstVideoEncoder *encoder, GstQuery *query) {
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
  return GST_VIDEO_ENCODER_CLASS(parent_class)->propose_allocation(encoder, query);
}

static void finalize(GObject *object) {
  GpEncoder *self = (GpEncoder *)object;
  gp_encoder_close(self); // For an element whose state was never lowered.
  g_clear_pointer(&self->codec_state, gst_video_codec_state_unref);
  g_mutex_clear(&self->lock);
  parent_class->finalize(object);
}

static void add_template(GstElementClass *klass, const char *name, GstPadDirection direction, GstCaps *caps) {
  GstPadTemplate *template = gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps);
  GST_OBJECT_FLAG_SET(template, GST_OBJECT_FLAG_MAY_BE_LEAKED); // It lives as long as the class.
  gst_element_class_add_pad_template(klass, template);
  gst_caps_unref(caps);
}

static GstCaps *sink_caps(const GpCodec *codec) {
  char *text = g_strdup_printf("video/x-raw, format=(string)%s, width=(int)[1, %d], height=(int)[1, %d], "
                               "framerate=(fraction)[0/1, 2147483647/1]",
                               codec->formats, codec->max_width, codec->max_height);
  GstCaps *caps = gst_caps_from_string(text);
  g_free(text);
  return caps;
}

// The caps of the output for frames of the codec's formats.
static GstCaps *src_caps(const GpCodec *codec) {
  GstCaps *caps = gst_caps_from_string(codec->src_caps);
  if (codec->full_caps != NULL)
    gst_caps_append(caps, gst_caps_from_string(codec->full_caps));
  return caps;
}

// Removes the formats whose output downstream does not accept.
static void restrict_formats(GstVideoEncoder *encoder, GstCaps *caps) {
  const GpCodec *codec = gp_encoder_codec((GpEncoder *)encoder);
  GstCaps *allowed = codec->full_caps == NULL ? NULL : gst_pad_get_allowed_caps(encoder->srcpad);
  if (allowed == NULL)
    return;
  GstCaps *plain = gst_caps_from_string(codec->src_caps), *full = gst_caps_from_string(codec->full_caps);
  const gboolean takes_plain = gst_caps_can_intersect(allowed, plain), takes_full = gst_caps_can_intersect(allowed, full);
  if (takes_plain != takes_full)
    gst_caps_set_simple(caps, "format", G_TYPE_STRING, takes_full ? "Y444" : "I420", NULL);
  gst_caps_unref(plain);
  gst_caps_unref(full);
  gst_caps_unref(allowed);
}

static GstCaps *getcaps(GstVideoEncoder *encoder, GstCaps *filter) {
  GstCaps *caps = gst_caps_make_writable(gst_pad_get_pad_template_caps(encoder->sinkpad));
  restrict_formats(encoder, caps);
  GstCaps *result = gst_video_encoder_proxy_getcaps(encoder, caps, filter);
  gst_caps_unref(caps);
  return result;
}

static void class_init(gpointer g_class, gpointer class_data) {
  const GpCodec *codec = class_data;
  GObjectClass *object_class = g_class;
  GstElementClass *element_class = g_class;
  GstVideoEncoderClass *encoder_class = g_class;
  parent_class = g_type_class_peek_parent(g_class);
  ((GpEncoderClass *)g_class)->codec = codec;
  gst_element_class_set_metadata(element_class, codec->long_name, "Codec/Encoder/Video",
                                 "Encodes screens and cameras in real time", "The gstpublish authors");
  add_template(element_class, "sink", GST_PAD_SINK, sink_caps(codec));
  add_template(element_class, "src", GST_PAD_SRC, src_caps(codec));
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  gp_props_install(object_class, codec);
  encoder_class->stop = stop;
  encoder_class->flush = flush;
  encoder_class->getcaps = getcaps;
  encoder_class->set_format = gp_encoder_set_format;
  encoder_class->handle_frame = gp_encoder_handle_frame;
  encoder_class->propose_allocation = propose_allocation;
}

static void instance_init(GTypeInstance *instance, gpointer g_class) {
  GpEncoder *self = (GpEncoder *)instance;
  (void)g_class;
  g_mutex_init(&self->lock);
  gp_props_defaults(&self->wanted);
  gp_clock_reset(&self->clock);
}

gboolean gp_codec_register(const GpCodec *codec, char **why) {
  const GTypeInfo info = {
      .class_size = sizeof(GpEncoderClass),
      .class_init = class_init,
      .class_data = codec,
      .instance_size = sizeof(GpEncoder),
      .instance_init = instance_init,
  };
  if (g_type_from_name(codec->type_name) == 0 &&
      gst_element_register(NULL, codec->factory, GST_RANK_NONE,
                           g_type_register_static(GST_TYPE_VIDEO_ENCODER, codec->type_name, &info, 0)))
    return TRUE;
  *why = g_strdup_printf("%s can't be registered", codec->factory);
  return FALSE;
}

gboolean gp_register(char **why) {
  const GpCodec *const codecs[] = {&gp_vp8_codec, &gp_vp9_codec, &gp_av1_codec};
  for (guint i = 0; i < G_N_ELEMENTS(codecs); i++)
    if (!gp_codec_register(codecs[i], why))
      return FALSE;
  return TRUE;
}
