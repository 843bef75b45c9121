// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_CAMERA_H
#define GSTPUBLISH_CAMERA_H

#include <gst/gst.h>

// Registers a device provider with one camera. It copies the strings.
gboolean camera_register(const char *name, const char *path);

#endif
