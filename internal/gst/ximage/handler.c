// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "ximage.h"

#include <dlfcn.h>
#include <stdatomic.h>

// What is needed of X11/Xlib.h and X11/Xproto.h, whose layout and numbers can't change any more. libX11 is loaded when
// it is needed: programs that never look at a screen don't depend on it, nor does building them on its headers.
typedef struct Display Display;

typedef struct {
  int type;
  Display *display;
  unsigned long resourceid;
  unsigned long serial;
  unsigned char error_code;
  unsigned char request_code;
  unsigned char minor_code;
} XErrorEvent;

typedef int (*ErrorHandler)(Display *, XErrorEvent *);
typedef ErrorHandler (*SetErrorHandler)(ErrorHandler);
typedef int (*InitThreads)(void);
typedef int (*IOErrorHandler)(Display *);
typedef IOErrorHandler (*SetIOErrorHandler)(IOErrorHandler);
typedef void (*IOErrorExitHandler)(Display *, void *);
typedef void (*SetIOErrorExitHandler)(Display *, IOErrorExitHandler, void *);
typedef void (*UnlockDisplay)(Display *);

enum {
  BAD_WINDOW = 3,
  BAD_MATCH = 8,
  BAD_DRAWABLE = 9,

  CHANGE_WINDOW_ATTRIBUTES = 2, // XSelectInput
  GET_WINDOW_ATTRIBUTES = 3,
  GET_GEOMETRY = 14,
  QUERY_POINTER = 38,
  TRANSLATE_COORDINATES = 40,
  CREATE_GC = 55,
  GET_IMAGE = 73,

  // Extensions have numbers that the server chooses, from here on.
  FIRST_EXTENSION = 128,
  DAMAGE_CREATE = 1,
  DAMAGE_DESTROY = 2,
  SHM_GET_IMAGE = 4,
};

static ErrorHandler previous;
static IOErrorHandler previous_io;
static SetIOErrorExitHandler set_exit_handler; // NULL before libX11 1.7
static UnlockDisplay unlock_display;
static XimageGone window_gone;
static atomic_ulong ignored;
static _Thread_local gboolean failed;

static gboolean is_no_window(const XErrorEvent *e) {
  return e->error_code == BAD_WINDOW || e->error_code == BAD_DRAWABLE;
}

// Whether a request that an ximagesrc makes of its window failed since the window isn't there, or isn't shown.
static gboolean reads_a_window(const XErrorEvent *e) {
  switch (e->request_code) {
  case CHANGE_WINDOW_ATTRIBUTES:
  case GET_WINDOW_ATTRIBUTES:
  case GET_GEOMETRY:
  case QUERY_POINTER:
  case TRANSLATE_COORDINATES:
  case CREATE_GC:
  case GET_IMAGE:
    return is_no_window(e) || e->error_code == BAD_MATCH;
  }
  if (e->request_code < FIRST_EXTENSION)
    return FALSE;
  switch (e->minor_code) {
  case SHM_GET_IMAGE:
    return is_no_window(e) || e->error_code == BAD_MATCH;
  case DAMAGE_CREATE:
    return is_no_window(e);
  case DAMAGE_DESTROY: // BadDamage, since it went with its window.
    return e->error_code >= FIRST_EXTENSION;
  default:
    return FALSE;
  }
}

static int handle_error(Display *display, XErrorEvent *e) {
  if (!reads_a_window(e))
    return previous(display, e);
  atomic_fetch_add(&ignored, 1);
  failed = TRUE;
  if (is_no_window(e))
    window_gone(e->resourceid);
  return 0;
}

// The displays that survive the end of their server.
static GMutex kept_lock;
static GList *kept;

static gboolean is_kept(Display *display) {
  g_mutex_lock(&kept_lock);
  GList *l = kept;
  while (l != NULL && ((XimageDisplay *)l->data)->display != display)
    l = l->next;
  g_mutex_unlock(&kept_lock);
  return l != NULL;
}

// libX11 calls this first, which by itself prints a line, and then the display's exit handler.
static int handle_io_error(Display *display) { return is_kept(display) ? 0 : previous_io(display); }

// In place of libX11's own exit handler, which calls exit(). libX11 has locked the display for this thread, since it
// expects the process to end; other threads still free images of it.
static void survive(Display *display, void *data) {
  g_atomic_int_set(&((XimageDisplay *)data)->lost, TRUE);
  unlock_display(display);
}

void ximage_keep(XimageDisplay *d, gpointer display) {
  if (previous_io == NULL || display == NULL)
    return;
  g_mutex_lock(&kept_lock);
  if (d->display == NULL)
    kept = g_list_prepend(kept, d);
  d->display = display;
  g_mutex_unlock(&kept_lock);
  set_exit_handler(display, survive, d);
}

void ximage_forget(gpointer data) {
  g_mutex_lock(&kept_lock);
  kept = g_list_remove(kept, data);
  g_mutex_unlock(&kept_lock);
  g_free(data);
}

static void *libx11(void) { return dlopen("libX11.so.6", RTLD_NOW); } // Never closed, since the handlers stay.

gboolean ximage_install_handler(XimageGone gone) {
  void *lib = libx11();
  if (lib == NULL)
    return FALSE;
  SetErrorHandler set = (SetErrorHandler)dlsym(lib, "XSetErrorHandler");
  InitThreads init_threads = (InitThreads)dlsym(lib, "XInitThreads");
  if (set == NULL || init_threads == NULL)
    return FALSE;
  init_threads(); // libX11 does so itself from 1.8 on. Buffers are freed on other threads than ximagesrc's.
  window_gone = gone;
  previous = set(handle_error);
  return TRUE;
}

gboolean ximage_install_io_handler(void) {
  void *lib = libx11();
  if (lib == NULL)
    return FALSE;
  SetIOErrorHandler set_io = (SetIOErrorHandler)dlsym(lib, "XSetIOErrorHandler");
  set_exit_handler = (SetIOErrorExitHandler)dlsym(lib, "XSetIOErrorExitHandler");
  unlock_display = (UnlockDisplay)dlsym(lib, "XUnlockDisplay");
  if (set_io == NULL || set_exit_handler == NULL || unlock_display == NULL)
    return FALSE;
  previous_io = set_io(handle_io_error);
  return TRUE;
}

guint64 ximage_ignored(void) { return atomic_load(&ignored); }

gboolean ximage_take_failure(void) {
  gboolean was = failed;
  failed = FALSE;
  return was;
}
