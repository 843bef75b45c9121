// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_CAMERA_H
#define GSTPUBLISH_CAMERA_H

#include <gst/gst.h>

// Makes v4l2src an element that shows a test picture while the file exists, and fails like an unplugged camera without
// it. If the file has launch text with one unlinked source pad, it makes the video. It copies the string.
gboolean camera_replace(const char *file);

// Registers a device provider with one camera. It copies the strings.
gboolean camera_register(const char *name, const char *path);

#endif
