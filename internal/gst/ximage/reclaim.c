// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "ximage.h"

#include <sys/shm.h>

// ximagesrc takes its buffers back into a pool when there are no references to them, and empties the pool when it stops. What
// comes back later goes into the pool all the same, refers to the element that owns the pool, and so neither is ever
// freed; nor is the shared memory, of the size of a picture. Sinks give their last buffer back that late, and so does
// who keeps a last frame. It is so in GStreamer 1.22 and 1.26 (sys/ximage/gstximagesrc.c, gst_ximage_src_return_buf).
//
// So the buffers get a function of ours for when there are no references to them. Once the element has stopped, it lets
// ximagesrc stop again, which empties the pool.

struct Reclaim {
  gint users;  // the gate, and each buffer
  gint active; // once ximagesrc has stopped
  GstBaseSrc *src;
  GstMiniObjectDisposeFunction dispose; // ximagesrc's own
};

static GQuark reclaim_quark(void) { return g_quark_from_static_string("gstpublish-ximage-reclaim"); }

Reclaim *ximage_reclaim_new(GstBaseSrc *src) {
  Reclaim *r = g_new0(Reclaim, 1);
  r->users = 1;
  r->src = src;
  return r;
}

static Reclaim *reclaim_ref(Reclaim *r) {
  g_atomic_int_inc(&r->users);
  return r;
}

void ximage_reclaim_unref(gpointer data) {
  Reclaim *r = data;
  if (g_atomic_int_dec_and_test(&r->users))
    g_free(r);
}

static void empty_pool(Reclaim *r) { GST_BASE_SRC_GET_CLASS(r->src)->stop(r->src); }

static gpointer first_memory(GstBuffer *buffer) {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    return NULL;
  gst_buffer_unmap(buffer, &map);
  return map.data;
}

// Reports whether the buffer is to be freed.
static gboolean dispose_buffer(GstMiniObject *object) {
  Reclaim *r = gst_mini_object_get_qdata(object, reclaim_quark());
  if (!g_atomic_int_get(&r->active))
    return r->dispose(object);
  // It refers to the element, whose last reference this may be.
  reclaim_ref(r);
  GstBaseSrc *src = gst_object_ref(r->src);
  gpointer memory = first_memory(GST_BUFFER_CAST(object));
  gboolean done = r->dispose(object);
  if (done)
    shmdt(memory); // ximagesrc has left it attached, having no connection any more. Other memory is only an EINVAL.
  else
    empty_pool(r); // The buffer is in it, and comes here again to be freed.
  gst_object_unref(src);
  ximage_reclaim_unref(r);
  return done;
}

void ximage_reclaim_watch(Reclaim *r, GstBuffer *buffer) {
  GstMiniObject *object = GST_MINI_OBJECT_CAST(buffer);
  if (gst_mini_object_get_qdata(object, reclaim_quark()) != NULL)
    return; // It comes from the pool.
  r->dispose = object->dispose;
  gst_mini_object_set_qdata(object, reclaim_quark(), reclaim_ref(r), ximage_reclaim_unref);
  object->dispose = dispose_buffer;
}

void ximage_reclaim_start(Reclaim *r) {
  g_atomic_int_set(&r->active, TRUE);
  empty_pool(r); // of what came back since it stopped
}
