// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

#include "encoder.h"

// If more than one in this many blocks must be encoded, the whole frame is: a map saves little then, and what moves may
// be predicted from anywhere.
#define MOST 4

void gp_map_clear(GpMap *m) {
  g_clear_pointer(&m->changes, gp_changes_unref);
  g_clear_pointer(&m->sharp, g_free);
  g_clear_pointer(&m->active, g_free);
}

static gboolean changed(const GpMap *m, int block) { return gp_changes_of_block(m->changes, block) > m->number; }

const guint8 *gp_map_plan(GpMap *m, const GpChangesMeta *frame) {
  if (frame == NULL || m->changes != frame->changes)
    return NULL;
  const int columns = m->changes->columns, blocks = columns * m->changes->rows;
  int active = 0;
  for (int i = 0; i < blocks; i++)
    m->active[i] = changed(m, i) || !m->sharp[i];
  // The conversion of colours takes chroma from the pixels beside, so the neighbours may differ too. Two marks them.
  for (int i = 0; i < blocks; i++) {
    if (m->active[i] == 1 && i % columns > 0 && m->active[i - 1] == 0)
      m->active[i - 1] = 2;
    if (m->active[i] == 1 && i % columns < columns - 1 && m->active[i + 1] == 0)
      m->active[i + 1] = 2;
  }
  for (int i = 0; i < blocks; i++)
    active += m->active[i] != 0;
  return active * MOST > blocks ? NULL : m->active;
}

void gp_map_encoded(GpMap *m, const GpChangesMeta *frame, gboolean key, gboolean sharp) {
  if (frame == NULL) {
    gp_map_clear(m);
    return;
  }
  const int blocks = frame->changes->columns * frame->changes->rows;
  const gboolean fresh = m->changes != frame->changes;
  if (fresh) {
    gp_map_clear(m);
    m->changes = gp_changes_ref(frame->changes);
    m->sharp = g_malloc0((gsize)blocks);
    m->active = g_malloc0((gsize)blocks);
  }
  for (int i = 0; i < blocks; i++)
    if (fresh || key || changed(m, i) || !m->sharp[i])
      m->sharp[i] = (guint8)sharp;
  m->number = frame->number;
}
