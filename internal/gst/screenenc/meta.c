// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "meta.h"

GType gp_sample_meta_api_get_type(void) {
  static gsize type = 0;
  static const gchar *tags[] = {NULL};
  if (g_once_init_enter(&type))
    g_once_init_leave(&type, gst_meta_api_type_register("GpSampleMetaAPI", tags));
  return type;
}

static gboolean meta_init(GstMeta *meta, gpointer params, GstBuffer *buffer) {
  (void)params;
  (void)buffer;
  ((GpSampleMeta *)meta)->info = (GpSampleInfo){.quantizer = -1};
  return TRUE;
}

// The metadata does not apply to a part of a sample.
static gboolean meta_transform(GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type, gpointer data) {
  (void)from;
  if (!GST_META_TRANSFORM_IS_COPY(type) || ((GstMetaTransformCopy *)data)->region)
    return FALSE;
  return gp_buffer_add_sample_meta(to, &((GpSampleMeta *)meta)->info) != NULL;
}

const GstMetaInfo *gp_sample_meta_get_info(void) {
  static gsize info = 0;
  if (g_once_init_enter(&info)) {
    const GstMetaInfo *made = gst_meta_register(gp_sample_meta_api_get_type(), GP_SAMPLE_META_NAME, sizeof(GpSampleMeta),
                                                meta_init, NULL, meta_transform);
    g_once_init_leave(&info, (gsize)made);
  }
  return (const GstMetaInfo *)info;
}

GpSampleMeta *gp_buffer_add_sample_meta(GstBuffer *buffer, const GpSampleInfo *info) {
  GpSampleMeta *meta = (GpSampleMeta *)gst_buffer_add_meta(buffer, gp_sample_meta_get_info(), NULL);
  if (meta != NULL)
    meta->info = *info;
  return meta;
}

gboolean gp_buffer_sample_info(GstBuffer *buffer, GpSampleInfo *info) {
  const GpSampleMeta *meta = (const GpSampleMeta *)gst_buffer_get_meta(buffer, gp_sample_meta_api_get_type());
  if (meta != NULL)
    *info = meta->info;
  return meta != NULL;
}
