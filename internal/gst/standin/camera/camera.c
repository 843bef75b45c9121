// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// A device provider with one camera, whose element is a v4l2src.

#include "camera.h"

#include <unistd.h>

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

// ---- a v4l2src whose device can be unplugged

static char *plug; // set once

typedef GstBin StandInSource;
typedef GstBinClass StandInSourceClass;
G_DEFINE_TYPE(StandInSource, stand_in_source, GST_TYPE_BIN)

static gboolean is_plugged(void) { return access(plug, F_OK) == 0; }

static GstPadProbeReturn frame(GstPad *pad, GstPadProbeInfo *info, gpointer self) {
  (void)pad;
  (void)info;
  if (is_plugged())
    return GST_PAD_PROBE_OK;
  GST_ELEMENT_ERROR(self, RESOURCE, READ, ("Could not read from resource."), ("poll error 1: No such device (19)"));
  return GST_PAD_PROBE_DROP;
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  (void)object; // All devices are the same one.
  (void)id;
  (void)value;
  (void)spec;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  (void)object;
  (void)id;
  (void)spec;
  g_value_set_static_string(value, "/dev/video0");
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange change) {
  if (change == GST_STATE_CHANGE_NULL_TO_READY && !is_plugged()) {
    GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("Cannot identify device."), ("No such file or directory"));
    return GST_STATE_CHANGE_FAILURE;
  }
  return GST_ELEMENT_CLASS(stand_in_source_parent_class)->change_state(element, change);
}

static void stand_in_source_class_init(StandInSourceClass *klass) {
  GObjectClass *object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  g_object_class_install_property(
      object, 1, g_param_spec_string("device", "Device", "Its path", "/dev/video0", G_PARAM_READWRITE));
  GST_ELEMENT_CLASS(klass)->change_state = change_state;
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "stand-in", "Source/Video", "A camera for tests",
                                        "gstpublish");
  gst_element_class_add_pad_template(GST_ELEMENT_CLASS(klass),
                                     gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_CAPS_ANY));
}

// What the camera is: the launch text in its file, or a test picture.
static GstElement *inner_of(void) {
  char *text = NULL;
  gsize size = 0;
  GstElement *inner = NULL;
  if (g_file_get_contents(plug, &text, &size, NULL) && size > 0)
    inner = gst_parse_bin_from_description(text, TRUE, NULL);
  g_free(text);
  if (inner == NULL) {
    inner = gst_element_factory_make("videotestsrc", NULL);
    g_object_set(inner, "is-live", TRUE, NULL);
  }
  return inner;
}

static void stand_in_source_init(StandInSource *self) {
  GstElement *inner = inner_of();
  gst_bin_add(self, inner);
  GstPad *pad = gst_element_get_static_pad(inner, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, frame, self, NULL);
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new("src", pad));
  gst_object_unref(pad);
}

gboolean camera_replace(const char *file) {
  plug = g_strdup(file);
  return gst_element_register(NULL, "v4l2src", GST_RANK_PRIMARY, stand_in_source_get_type());
}
