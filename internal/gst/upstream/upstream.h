// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <gst/gst.h>
#include <stdlib.h>

// Go's packages have types of their own for the same C type, so pads and elements are void.

// Makes the video encoders that feed a source pad take 4:2:0 of 8 bits wherever what is before them can make it, and
// gives their frames time stamps. Returns the elements, ended by NULL. Full.
void **upstream_prepare_encoders(void *src);
// Gives buffers that come to a sink pad without a PTS the end of the one before, or the beginning of the segment.
void upstream_fill_stamps(GstPad *sink);
// Puts a bin between an appsink and what feeds it.
gboolean upstream_insert_tail(void *appsink, void *bin);

// Observes what leaves the elements that feed an appsink, from the last to the source.
typedef struct UpstreamWatch UpstreamWatch;
typedef struct {
  char *element, *factory; // full
  int flows;               // a buffer has left it since
  int has_caps;
  int finding; // it has not found a stream in its data yet, so nothing is linked to it
} UpstreamFlow;
UpstreamWatch *upstream_watch_new(void *appsink);
gboolean upstream_watch_flow(UpstreamWatch *w, guint i, UpstreamFlow *out); // FALSE behind the last
void upstream_watch_free(UpstreamWatch *w);

// The elements between a source and an output; more than that is a loop.
#define UPSTREAM_MAX_DEPTH 64

// What feeds an appsink: see Feed.
typedef struct {
  int is_fed, is_live, arrives;
  gint64 duration; // in ns; 0 if it is not known
} UpstreamFeed;
void upstream_feed(void *appsink, UpstreamFeed *out);
// Its is_fed alone. It asks no element anything: tsdemux does not bear a query while its stream ends.
gboolean upstream_is_fed(void *appsink);
// Whether a source reads the network, and was not asked to end by itself. It asks no element anything either.
gboolean upstream_reads_network(void *bin);
// The name of a source on the network whose end is not known, or is_cut, has not come. Full; NULL if there is none.
char *upstream_endless(void *bin, gboolean is_cut);
// Follows the containers that sources on the network bring, so that upstream_incomplete knows whether bytes are missing
// at the end of one.
void upstream_follow(void *pipeline);
// The name of a source on the network whose container has not come to its end. Full; NULL if there is none.
char *upstream_incomplete(void *bin);
gboolean upstream_is_cut(GstElement *source);
gboolean upstream_is_network(GstElement *element);
// Whether the element that posted a message reads the network, or the parts of a stream that are there, as HLS's does.
gboolean upstream_is_of_network(void *message);
// Whether the element that posted a message has sent a buffer. Sources announce a segment before the first one.
gboolean upstream_has_sent(void *message);
void upstream_end_stills(void *bin);
// Ends the streams of adaptive demuxers, such as HLS's, which fail without an end of the stream behind what they sent.
void upstream_end_adaptive(void *bin);
// The caps of what a decoder that feeds an appsink decodes. Full; NULL if there is none.
char *upstream_coded(void *appsink);

// A source that plays before what reads it is known: what a queue behind it would send is kept back. NULL if the element
// has no source pad. Release it once, after what reads it was started.
typedef struct UpstreamHold UpstreamHold;
UpstreamHold *upstream_hold(void *queue);
void upstream_hold_release(UpstreamHold *hold);
// Removes two elements behind a tee from a pipeline that plays.
void upstream_drop_branch(void *first, void *last);
// Moves all elements of another pipeline, which is in NULL, to that of a source that is held, except its own source
// of that factory, whose place the one that is held takes.
gboolean upstream_take_source(void *held, UpstreamHold *hold, void *other, const char *factory);
