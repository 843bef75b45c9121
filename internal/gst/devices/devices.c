// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "devices.h"

// The properties of sources that select a device, in the order in which they are looked for.
static const char *const selectors[] = {"device", "target-object", "path", "device-path"};

static void clear(gpointer data) {
  DevicesEntry *e = data;
  g_free(e->name);
  g_free(e->klass);
  g_free(e->caps);
  g_free(e->factory);
  g_free(e->value);
}

// Finds out which element reads the device, and what selects it.
static void note_element(DevicesEntry *e, GstDevice *device) {
  GstElement *element = gst_device_create_element(device, NULL);
  if (element == NULL)
    return;
  gst_object_ref_sink(element);
  GstElementFactory *factory = gst_element_get_factory(element);
  if (factory != NULL)
    e->factory = g_strdup(GST_OBJECT_NAME(factory));
  for (guint i = 0; i < G_N_ELEMENTS(selectors) && e->value == NULL; i++) {
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), selectors[i]);
    if (spec == NULL || spec->value_type != G_TYPE_STRING || !(spec->flags & G_PARAM_READABLE))
      continue;
    g_object_get(element, selectors[i], &e->value, NULL);
    e->property = (char *)selectors[i];
  }
  gst_object_unref(element);
}

GArray *devices_list(const char *klass) {
  GArray *list = g_array_new(FALSE, TRUE, sizeof(DevicesEntry));
  g_array_set_clear_func(list, clear);
  GstDeviceMonitor *monitor = gst_device_monitor_new();
  gst_device_monitor_add_filter(monitor, klass, NULL);
  GList *devices = gst_device_monitor_get_devices(monitor); // It has not started, so this probes.
  for (GList *l = devices; l != NULL; l = l->next) {
    DevicesEntry e = {0};
    e.name = gst_device_get_display_name(l->data);
    e.klass = gst_device_get_device_class(l->data);
    GstCaps *caps = gst_device_get_caps(l->data);
    if (caps != NULL) {
      e.caps = gst_caps_to_string(caps);
      gst_caps_unref(caps);
    }
    note_element(&e, l->data);
    g_array_append_val(list, e);
  }
  g_list_free_full(devices, gst_object_unref);
  gst_object_unref(monitor);
  return list;
}

void devices_free(GArray *list) { g_array_unref(list); }
