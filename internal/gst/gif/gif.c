// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "gif.h"

#include <string.h>

static GQuark reader_quark(void) { return g_quark_from_static_string("gstpublish-gif-reader"); }
static GQuark demuxer_quark(void) { return g_quark_from_static_string("gstpublish-gif-demuxer"); }

// ---- avdemux_gif: the end of the file

static gboolean feeds_demuxer(GstPad *src) {
  GstPad *sink = gst_pad_get_peer(src);
  if (sink == NULL)
    return FALSE;
  gboolean feeds = g_object_get_qdata(G_OBJECT(sink), demuxer_quark()) != NULL;
  gst_object_unref(sink);
  return feeds;
}

// Reads for the demuxer. GST_FLOW_EOS would become a read of no bytes, and that another read. GST_FLOW_FLUSHING becomes
// an error, and an error after the first frame is the end of the stream.
static GstFlowReturn read_range(GstPad *pad, GstObject *parent, guint64 offset, guint length, GstBuffer **buffer) {
  GstPadGetRangeFunction own = (GstPadGetRangeFunction)g_object_get_qdata(G_OBJECT(pad), reader_quark());
  GstFlowReturn flow = own(pad, parent, offset, length, buffer);
  return flow == GST_FLOW_EOS && feeds_demuxer(pad) ? GST_FLOW_FLUSHING : flow;
}

static void on_linked(GstPad *sink, GstPad *src, gpointer data) {
  (void)sink, (void)data;
  GstPadGetRangeFunction own = GST_PAD_GETRANGEFUNC(src);
  if (own == NULL || own == read_range)
    return;
  g_object_set_qdata(G_OBJECT(src), reader_quark(), (gpointer)own);
  gst_pad_set_getrange_function(src, read_range);
}

static void repair_demuxer(GstPad *sink) {
  g_object_set_qdata(G_OBJECT(sink), demuxer_quark(), GINT_TO_POINTER(1));
  g_signal_connect(sink, "linked", G_CALLBACK(on_linked), NULL);
  GstPad *src = gst_pad_get_peer(sink);
  if (src != NULL) {
    on_linked(sink, src, NULL);
    gst_object_unref(src);
  }
}

// ---- avdec_gif: time stamps

// What the decoder has received last. Its streaming thread has it alone: a frame leaves while its packet is decoded.
typedef struct {
  GstClockTime pts, duration;
} Packet;

static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  Packet *last = data;
  last->pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  last->duration = GST_BUFFER_DURATION(GST_PAD_PROBE_INFO_BUFFER(info));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad;
  const Packet *last = data;
  if (!GST_CLOCK_TIME_IS_VALID(last->pts) || GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) == last->pts)
    return GST_PAD_PROBE_OK;
  GstBuffer *frame = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_BUFFER_PTS(frame) = last->pts;
  GST_BUFFER_DURATION(frame) = last->duration;
  info->data = frame;
  return GST_PAD_PROBE_OK;
}

static void repair_decoder(GstElement *decoder, GstPad *sink) {
  GstPad *src = gst_element_get_static_pad(decoder, "src");
  if (src == NULL)
    return;
  Packet *last = g_new(Packet, 1);
  last->pts = last->duration = GST_CLOCK_TIME_NONE;
  g_object_set_data_full(G_OBJECT(decoder), "gstpublish-gif-packet", last, g_free);
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, last, NULL);
  gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, on_frame, last, NULL);
  gst_object_unref(src);
}

// ---- finding them

static void repair(GstElement *element) {
  GstElementFactory *factory = gst_element_get_factory(element);
  const char *name = factory != NULL ? GST_OBJECT_NAME(factory) : "";
  gboolean demuxes = strcmp(name, "avdemux_gif") == 0;
  if (!demuxes && strcmp(name, "avdec_gif") != 0)
    return;
  GstPad *sink = gst_element_get_static_pad(element, "sink");
  if (sink == NULL)
    return;
  if (demuxes)
    repair_demuxer(sink);
  else
    repair_decoder(element, sink);
  gst_object_unref(sink);
}

static void on_added(GstBin *bin, GstBin *parent, GstElement *element, gpointer data) {
  (void)bin, (void)parent, (void)data;
  repair(element);
}

static void repair_item(const GValue *item, gpointer data) {
  (void)data;
  repair(g_value_get_object(item));
}

void gif_repair(void *bin) {
  g_signal_connect(bin, "deep-element-added", G_CALLBACK(on_added), NULL);
  GstIterator *it = gst_bin_iterate_recurse(GST_BIN(bin));
  gst_iterator_foreach(it, repair_item, NULL);
  gst_iterator_free(it);
}
