// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "ximage.h"

// The element: buffers go through it as they are, unless reading them has failed. It runs on ximagesrc's thread, where
// libX11 reports an error before the request that failed returns; so an error belongs to the buffer that comes next.

typedef struct {
  GstElement parent;
  GstPad *sink, *src;
  guint64 id, xid;
  Reclaim *reclaim; // of an ximagesrc before it; from READY to NULL
  gint shut;        // atomic: the window is gone, and buffers show something else
  gboolean failing; // the buffer before could not be read; of the streaming thread
} XimageGate;

typedef struct {
  GstElementClass parent;
} XimageGateClass;

G_DEFINE_TYPE(XimageGate, ximage_gate, GST_TYPE_ELEMENT)

enum { PROP_ID = 1, PROP_XID };

// All gates there are.
static GMutex gates_lock;
static GList *gates;

// Whether the buffer that comes now shows the window.
static gboolean is_read(XimageGate *g) {
  gboolean failing = ximage_take_failure();
  if (g_atomic_int_get(&g->shut))
    return FALSE; // Who watches the window says so.
  if (failing && !g->failing)
    GST_ELEMENT_WARNING(g, RESOURCE, READ,
                        ("the window can't be read, its last picture stays: is it minimised, or partly off the screen?"),
                        (NULL));
  g->failing = failing;
  return !failing;
}

static GstFlowReturn gate_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  XimageGate *g = (XimageGate *)parent;
  (void)pad;
  if (g->reclaim != NULL)
    ximage_reclaim_watch(g->reclaim, buffer);
  if (!is_read(g)) {
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
  }
  return gst_pad_push(g->src, buffer);
}

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

static GstPad *add_pad(XimageGate *g, GstStaticPadTemplate *template) {
  GstPad *pad = gst_pad_new_from_static_template(template, template->name_template);
  GST_PAD_SET_PROXY_CAPS(pad);
  GST_PAD_SET_PROXY_ALLOCATION(pad);
  gst_element_add_pad(GST_ELEMENT(g), pad);
  return pad;
}

static void ximage_gate_init(XimageGate *g) {
  g->sink = add_pad(g, &sink_template);
  gst_pad_set_chain_function(g->sink, gate_chain);
  g->src = add_pad(g, &src_template);
  g_mutex_lock(&gates_lock);
  gates = g_list_prepend(gates, g);
  g_mutex_unlock(&gates_lock);
}

// The element before the gate, if it is an ximagesrc; the caller has a reference.
static GstBaseSrc *source_of(XimageGate *g) {
  GstPad *peer = gst_pad_get_peer(g->sink);
  GstElement *element = peer == NULL ? NULL : gst_pad_get_parent_element(peer);
  gst_clear_object(&peer);
  GstElementFactory *factory = element == NULL ? NULL : gst_element_get_factory(element);
  if (factory != NULL && g_str_equal(GST_OBJECT_NAME(factory), "ximagesrc"))
    return GST_BASE_SRC(element);
  gst_clear_object(&element);
  return NULL;
}

// Elements change their states from the sinks on, one state at a time: when the gate goes from READY to NULL, the
// ximagesrc before it has gone from PAUSED to READY, where it stops.
static GstStateChangeReturn gate_change_state(GstElement *element, GstStateChange change) {
  XimageGate *g = (XimageGate *)element;
  GstBaseSrc *src = source_of(g);
  if (change == GST_STATE_CHANGE_NULL_TO_READY && src != NULL) {
    g->reclaim = ximage_reclaim_new(src);
  } else if (change == GST_STATE_CHANGE_READY_TO_NULL && g->reclaim != NULL) {
    ximage_reclaim_start(g->reclaim);
    g_clear_pointer(&g->reclaim, ximage_reclaim_unref);
  }
  gst_clear_object(&src);
  return GST_ELEMENT_CLASS(ximage_gate_parent_class)->change_state(element, change);
}

static void gate_dispose(GObject *object) {
  g_mutex_lock(&gates_lock);
  gates = g_list_remove(gates, object);
  g_mutex_unlock(&gates_lock);
  G_OBJECT_CLASS(ximage_gate_parent_class)->dispose(object);
}

static void gate_set_property(GObject *object, guint property, const GValue *value, GParamSpec *spec) {
  XimageGate *g = (XimageGate *)object;
  g_mutex_lock(&gates_lock);
  if (property == PROP_ID)
    g->id = g_value_get_uint64(value);
  else if (property == PROP_XID)
    g->xid = g_value_get_uint64(value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property, spec);
  g_mutex_unlock(&gates_lock);
}

static void add_property(GObjectClass *klass, guint property, const char *name, const char *blurb) {
  g_object_class_install_property(
      klass, property,
      g_param_spec_uint64(name, name, blurb, 0, G_MAXUINT64, 0, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
}

static void ximage_gate_class_init(XimageGateClass *klass) {
  GObjectClass *object = G_OBJECT_CLASS(klass);
  GstElementClass *element = GST_ELEMENT_CLASS(klass);
  object->dispose = gate_dispose;
  object->set_property = gate_set_property;
  element->change_state = gate_change_state;
  add_property(object, PROP_ID, "id", "Number to find the element by");
  add_property(object, PROP_XID, "xid", "Window that is captured, 0 for the screen");
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Gate after ximagesrc", "Filter/Video",
                                        "Drops buffers that ximagesrc could not read", "The gstpublish authors");
}

gboolean ximage_register_gate(void) {
  return gst_element_register(NULL, "ximagegate", GST_RANK_NONE, ximage_gate_get_type());
}

void ximage_shut(guint64 xid) {
  g_mutex_lock(&gates_lock);
  for (GList *l = gates; l != NULL; l = l->next) {
    XimageGate *g = l->data;
    if (g->xid != 0 && g->xid == xid)
      g_atomic_int_set(&g->shut, TRUE);
  }
  g_mutex_unlock(&gates_lock);
}

gboolean ximage_fail(guint64 id, const char *message) {
  GstElement *found = NULL;
  g_mutex_lock(&gates_lock);
  for (GList *l = gates; l != NULL && found == NULL; l = l->next) {
    XimageGate *g = l->data;
    if (g->id == id)
      found = gst_object_ref(g);
  }
  g_mutex_unlock(&gates_lock);
  if (found == NULL)
    return FALSE;
  GST_ELEMENT_ERROR(found, RESOURCE, NOT_FOUND, ("%s", message), (NULL));
  gst_object_unref(found);
  return TRUE;
}
