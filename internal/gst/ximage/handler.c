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

gboolean ximage_install_handler(XimageGone gone) {
  void *lib = dlopen("libX11.so.6", RTLD_NOW); // Never closed, since the handler stays.
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

guint64 ximage_ignored(void) { return atomic_load(&ignored); }

gboolean ximage_take_failure(void) {
  gboolean was = failed;
  failed = FALSE;
  return was;
}
