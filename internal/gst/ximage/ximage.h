// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_XIMAGE_H
#define GSTPUBLISH_XIMAGE_H

#include <gst/base/gstpushsrc.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

// Replaces libX11's error handler. gone is called for a window that is not there any more, by its XID, on the thread
// of the request that failed. FALSE if there is no libX11.
typedef void (*XimageGone)(guint64 xid);
gboolean ximage_install_handler(XimageGone gone);

// Replaces the handler for the end of a server, which then has no effect on displays that ximage_keep() knows. FALSE if
// there is no libX11, or it is older than 1.7.
gboolean ximage_install_io_handler(void);

// How many errors were ignored.
guint64 ximage_ignored(void);

// Whether an error was ignored on this thread since it was asked last.
gboolean ximage_take_failure(void);

// A display whose server may go away without the end of the process. It must live as long as the display is open.
typedef struct {
  gpointer display; // NULL at first
  gint lost;        // atomic: the server went away, and libX11 does nothing for the display any more
  gboolean palette; // the screen has one; of the streaming thread
} XimageDisplay;

// Has no effect if display is NULL, or without ximage_install_io_handler().
void ximage_keep(XimageDisplay *d, gpointer display);
void ximage_forget(gpointer d); // and frees it

// Makes an ximagesrc that is not started yet end with an error of its own when its X server goes away, or its screen has
// a palette.
void ximage_protect(GstElement *src);

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
