// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_DEVICES_H
#define GSTPUBLISH_DEVICES_H

#include <gst/gst.h>

// A device. The strings belong to the list.
typedef struct {
  char *name, *klass, *caps;
  char *factory;          // of the element that reads it
  char *property, *value; // of that element, which selects the device; NULL if it has none
} DevicesEntry;

// Lists the devices of a class such as "Video/Source". The list is freed with devices_free.
GArray *devices_list(const char *klass);
void devices_free(GArray *list);

#endif
