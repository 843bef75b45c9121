// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "meta.h"

GType gp_coded_meta_api_get_type(void) {
  static gsize type = 0;
  static const gchar *tags[] = {NULL};
  if (g_once_init_enter(&type))
    g_once_init_leave(&type, gst_meta_api_type_register("GpCodedMetaAPI", tags));
  return type;
}

static gboolean meta_init(GstMeta *meta, gpointer params, GstBuffer *buffer) {
  (void)params;
  (void)buffer;
  ((GpCodedMeta *)meta)->info = (GpCodedInfo){.quantizer = -1};
  return TRUE;
}

// A part of a coded frame isn't what the metadata is of.
static gboolean meta_transform(GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type, gpointer data) {
  (void)from;
  if (!GST_META_TRANSFORM_IS_COPY(type) || ((GstMetaTransformCopy *)data)->region)
    return FALSE;
  return gp_buffer_add_coded_meta(to, &((GpCodedMeta *)meta)->info) != NULL;
}

const GstMetaInfo *gp_coded_meta_get_info(void) {
  static gsize info = 0;
  if (g_once_init_enter(&info)) {
    const GstMetaInfo *made = gst_meta_register(gp_coded_meta_api_get_type(), GP_CODED_META_NAME, sizeof(GpCodedMeta),
                                                meta_init, NULL, meta_transform);
    g_once_init_leave(&info, (gsize)made);
  }
  return (const GstMetaInfo *)info;
}

GpCodedMeta *gp_buffer_add_coded_meta(GstBuffer *buffer, const GpCodedInfo *info) {
  GpCodedMeta *meta = (GpCodedMeta *)gst_buffer_add_meta(buffer, gp_coded_meta_get_info(), NULL);
  if (meta != NULL)
    meta->info = *info;
  return meta;
}

gboolean gp_buffer_coded_info(GstBuffer *buffer, GpCodedInfo *info) {
  const GpCodedMeta *meta = (const GpCodedMeta *)gst_buffer_get_meta(buffer, gp_coded_meta_api_get_type());
  if (meta != NULL)
    *info = meta->info;
  return meta != NULL;
}
