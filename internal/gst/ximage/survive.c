// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE // pipe2

#include "ximage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// When an X server goes away, libX11 calls exit(), unless the display that lost it has an exit handler of its own. The
// element does not show its display, so it is read where GStreamer 1.14 to 1.26 have it (sys/ximage/gstximagesrc.h):
//
//   struct _GstXImageSrc { GstPushSrc parent; GstXContext *xcontext; ... };
//   struct _GstXContext { Display *disp; ... };
//
// What is read there is checked before it is used. Where the check fails, the server's end stays the process's end.

typedef struct {
  gpointer *xcontext;
} AfterPushSrc;

// The beginning of libX11's _XPrivDisplay, whose layout is public.
typedef struct {
  gpointer ext_data, private1;
  int fd;
} DisplayHead;

// Copies memory that may not be readable. A system call refuses it, and does not crash.
static gboolean copy(const void *from, void *to, size_t size) {
  int ends[2];
  if (from == NULL || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return FALSE;
  gboolean ok = write(ends[1], from, size) == (ssize_t)size && read(ends[0], to, size) == (ssize_t)size;
  close(ends[0]);
  close(ends[1]);
  return ok;
}

static gboolean is_display(gconstpointer address) {
  DisplayHead head;
  struct stat st;
  return copy(address, &head, sizeof head) && fstat(head.fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

// The element's display; NULL if it has none or is not known to have it there.
static gpointer display_of(GstElement *src) {
  GTypeQuery query;
  g_type_query(G_OBJECT_TYPE(src), &query);
  if (query.instance_size < sizeof(GstPushSrc) + sizeof(AfterPushSrc))
    return NULL;
  AfterPushSrc after;
  memcpy(&after, (const char *)src + sizeof(GstPushSrc), sizeof after);
  gpointer display = NULL;
  return copy(after.xcontext, &display, sizeof display) && is_display(display) ? display : NULL;
}

// Whether buffers have numbers of a palette, which ximagesrc does not send with them.
static gboolean has_palette(GstEvent *caps_event) {
  GstCaps *caps;
  gst_event_parse_caps(caps_event, &caps);
  return g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "format"), "RGB8P") == 0;
}

// Learns what an event says of the buffers after it.
static void look(XimageDisplay *d, GstElement *src, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START)
    ximage_keep(d, display_of(src));
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS || !has_palette(event))
    return;
  d->palette = TRUE;
  // With so few bits, drawing the pointer never ends.
  g_object_set(src, "show-pointer", FALSE, NULL);
}

// Whether the buffers of the element cannot show the screen. It posts the error that says why.
static gboolean has_failed(XimageDisplay *d, GstElement *src) {
  if (g_atomic_int_get(&d->lost)) {
    GST_ELEMENT_ERROR(src, RESOURCE, READ, ("the X server closed the connection"), (NULL));
    return TRUE;
  }
  if (!d->palette)
    return FALSE;
  GST_ELEMENT_ERROR(src, RESOURCE, SETTINGS,
                    ("the screen has 8 bits a pixel, which are numbers of a palette and not colours"), (NULL));
  return TRUE;
}

// Runs on the element's thread. The first event comes once the display is open.
static GstPadProbeReturn probe(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  XimageDisplay *d = data;
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER)) {
    look(d, GST_ELEMENT(GST_PAD_PARENT(pad)), GST_PAD_PROBE_INFO_EVENT(info));
    return GST_PAD_PROBE_OK;
  }
  if (!has_failed(d, GST_ELEMENT(GST_PAD_PARENT(pad))))
    return GST_PAD_PROBE_OK;
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

void ximage_protect(GstElement *src) {
  GstPad *pad = gst_element_get_static_pad(src, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe,
                    g_new0(XimageDisplay, 1), ximage_forget);
  gst_object_unref(pad);
}
