// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GSTPUBLISH_DESCRIBE_H
#define GSTPUBLISH_DESCRIBE_H

#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/video/video.h>

// One line for each element, property, link and open pad, in the order of the text; its fields are separated by
// US (0x1f), and lines by RS (0x1e).
char *describe_bin(GstBin *bin); // full
// The value of a property in the syntax of launch text, without quotes; NULL if there is none.
char *describe_property(GObject *object, const char *name); // full
// The names of all raw formats, separated by spaces.
char *describe_video_formats(void); // full
char *describe_audio_formats(void); // full
// gst_parse_launchv, as a pipeline; NULL on an error.
GstElement *describe_parse(const char **words, char **error); // full

#endif
