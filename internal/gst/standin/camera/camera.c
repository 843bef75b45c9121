// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// A device provider with one camera, whose element is a v4l2src.

#include "camera.h"

static char *stand_in_name, *stand_in_path; // set once

typedef GstDevice StandInDevice;
typedef GstDeviceClass StandInDeviceClass;
G_DEFINE_TYPE(StandInDevice, stand_in_device, GST_TYPE_DEVICE)

static GstElement *create_element(GstDevice *device, const gchar *name) {
  (void)device;
  GstElement *element = gst_element_factory_make("v4l2src", name);
  if (element != NULL)
    g_object_set(element, "device", stand_in_path, NULL);
  return element;
}

static void stand_in_device_class_init(StandInDeviceClass *klass) { klass->create_element = create_element; }
static void stand_in_device_init(StandInDevice *self) { (void)self; }

typedef GstDeviceProvider StandInProvider;
typedef GstDeviceProviderClass StandInProviderClass;
G_DEFINE_TYPE(StandInProvider, stand_in_provider, GST_TYPE_DEVICE_PROVIDER)

static GList *probe(GstDeviceProvider *provider) {
  (void)provider;
  GstCaps *caps = gst_caps_from_string("video/x-raw,width=640,height=480,framerate=30/1;image/jpeg");
  GList *list = g_list_append(NULL, g_object_new(stand_in_device_get_type(), "display-name", stand_in_name,
                                                 "device-class", "Video/Source", "caps", caps, NULL));
  gst_caps_unref(caps);
  return list;
}

static void stand_in_provider_class_init(StandInProviderClass *klass) {
  klass->probe = probe;
  gst_device_provider_class_set_static_metadata(klass, "stand-in", "Source/Video", "A camera for tests", "gstpublish");
}
static void stand_in_provider_init(StandInProvider *self) { (void)self; }

gboolean camera_register(const char *name, const char *path) {
  stand_in_name = g_strdup(name);
  stand_in_path = g_strdup(path);
  return gst_device_provider_register(NULL, "standinprovider", GST_RANK_PRIMARY, stand_in_provider_get_type());
}
