// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <gst/gst.h>

// Repairs the elements for GIF in a bin, and those that are added to it later.
void gif_repair(void *bin);
