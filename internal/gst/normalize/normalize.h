// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_NORMALIZE_H
#define GSTPUBLISH_NORMALIZE_H

#include <gst/gst.h>
#include <stdlib.h>

// Watches a source pad, and links a bin of that launch text behind it when the frames need it, before the first of
// them. turned says that orientation tags do not count: the text before the pad turns frames by itself.
void normalize_watch(GstPad *src, const char *text, gboolean turned);

// What of a stream's form gstpublish may change; zero for what is unknown.
typedef struct {
  int width, height, par_n, par_d, channels;
  gboolean interlaced, turned; // turned: an orientation tag says so
  gboolean boxed;              // NAL units have lengths instead of start codes
} NormalizeForm;

// Reads the form of what has passed a pad.
void normalize_form(GstPad *pad, NormalizeForm *form);

#endif
