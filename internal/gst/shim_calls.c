// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Calls into Go. A thread that Go has not created must wait until all packages are initialized. A proof runs before
// that (package proof), so one of Go's own threads makes these calls there, while the calling thread waits.

#include "shim.h"

extern void gstpublishBefore(uintptr_t handle);
extern void gstpublishGone(uintptr_t handle);
extern void gstpublishRelease(uintptr_t handle);

typedef struct {
  ShimCall call;
  uintptr_t handle;
  gboolean done;
} Request;

static gint relayed;               // whether shim_calls_relay was called
static GMutex calls_lock;          // protects the following variables
static GQueue requests = G_QUEUE_INIT;
static GCond requested, done;
static __thread gboolean is_relay; // whether the thread may call into Go directly

static void call_directly(ShimCall call, uintptr_t handle) {
  switch (call) {
  case SHIM_BEFORE:
    gstpublishBefore(handle);
    break;
  case SHIM_GONE:
    gstpublishGone(handle);
    break;
  case SHIM_RELEASE:
    gstpublishRelease(handle);
    break;
  }
}

void shim_call(ShimCall call, uintptr_t handle) {
  if (!g_atomic_int_get(&relayed) || is_relay) {
    call_directly(call, handle);
    return;
  }
  Request request = {call, handle, FALSE};
  g_mutex_lock(&calls_lock);
  g_queue_push_tail(&requests, &request);
  g_cond_signal(&requested);
  while (!request.done)
    g_cond_wait(&done, &calls_lock);
  g_mutex_unlock(&calls_lock);
}

gboolean shim_calls_relay(void) { return g_atomic_int_compare_and_exchange(&relayed, 0, 1); }

int shim_calls_serve(void) {
  is_relay = TRUE;
  g_mutex_lock(&calls_lock);
  for (;;) {
    Request *request = g_queue_pop_head(&requests);
    if (request == NULL) {
      g_cond_wait(&requested, &calls_lock);
      continue;
    }
    g_mutex_unlock(&calls_lock);
    call_directly(request->call, request->handle);
    g_mutex_lock(&calls_lock);
    request->done = TRUE;
    g_cond_broadcast(&done);
  }
}
