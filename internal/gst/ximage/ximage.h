// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_XIMAGE_H
#define GSTPUBLISH_XIMAGE_H

#include <gst/base/gstbasesrc.h>
#include <gst/gst.h>
#include <stdlib.h>

// Replaces libX11's error handler. gone is called for a window that is not there any more, by its XID, on the thread
// of the request that failed. FALSE if there is no libX11.
typedef void (*XimageGone)(guint64 xid);
gboolean ximage_install_handler(XimageGone gone);

// How many errors were ignored.
guint64 ximage_ignored(void);

// Whether an error was ignored on this thread since it was asked last.
gboolean ximage_take_failure(void);

// Makes the element known by its name.
gboolean ximage_register_gate(void);

// Posts an error of the gate with that id. FALSE if there is none.
gboolean ximage_fail(guint64 id, const char *message);

// Sees to it that buffers of an ximagesrc are freed that come back after it has stopped. It is counted by reference: each
// buffer has one. The element must live while there is a buffer, which by itself sees to that.
typedef struct Reclaim Reclaim;
Reclaim *ximage_reclaim_new(GstBaseSrc *src);
void ximage_reclaim_unref(gpointer reclaim);

// Watches a buffer that ximagesrc has given, on its thread.
void ximage_reclaim_watch(Reclaim *r, GstBuffer *buffer);

// Says that ximagesrc has stopped.
void ximage_reclaim_start(Reclaim *r);

// Lets nothing through the gates of a window any more.
void ximage_shut(guint64 xid);

#endif
