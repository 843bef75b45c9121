// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

#include "standin.h"

struct StandinCodec {
  const char *name;
  const char *factory;
  const char *settings; // property=value, apart by spaces
  const char *bitrate;
  guint unit;   // of the bitrate, in bit/s
  guint most;   // of the units
  gboolean ignores_key_frames, plain_caps;
  int ticks;
};

// The settings are for real time: one frame in, one sample out. Key frames come
// only on request.
static const StandinCodec codecs[] = {
    {
        .name = "H264",
        .factory = "x264enc",
        .settings = "tune=zerolatency speed-preset=ultrafast threads=1 key-int-max=100000 vbv-buf-capacity=120 "
                    "aud=false",
        .bitrate = "bitrate",
        .unit = 1000,
        .most = 2048000,
    },
    {
        .name = "H265",
        .factory = "x265enc",
        .settings = "tune=zerolatency speed-preset=ultrafast key-int-max=100000 "
                    "option-string=bframes=0:pools=1:frame-threads=1",
        .bitrate = "bitrate",
        .unit = 1000,
        .most = 102400,
    },
    {
        .name = "VP8",
        .factory = "vp8enc",
        .settings = "deadline=1 cpu-used=8 lag-in-frames=0 end-usage=cbr keyframe-mode=disabled "
                    "keyframe-max-dist=100000 buffer-initial-size=500 buffer-optimal-size=600 buffer-size=1000 "
                    "max-quantizer=56 threads=1",
        .bitrate = "target-bitrate",
        .unit = 1,
        .most = G_MAXINT,
        .plain_caps = TRUE,
    },
    {
        .name = "VP9",
        .factory = "vp9enc",
        .settings = "deadline=1 cpu-used=8 lag-in-frames=0 end-usage=cbr keyframe-mode=disabled "
                    "keyframe-max-dist=100000 buffer-initial-size=500 buffer-optimal-size=600 buffer-size=1000 "
                    "max-quantizer=52 threads=1",
        .bitrate = "target-bitrate",
        .unit = 1,
        .most = G_MAXINT,
        .plain_caps = TRUE,
    },
    {
        // libaom aborts under CBR with the element's default max-quantizer. Its clock
        // ticks once a frame, so rates are wrong if frames fall between.
        .name = "AV1",
        .factory = "av1enc",
        .settings = "usage-profile=realtime cpu-used=6 lag-in-frames=0 end-usage=cbr min-quantizer=10 "
                    "max-quantizer=52 keyframe-mode=disabled keyframe-max-dist=100000 buf-initial-sz=600 "
                    "buf-optimal-sz=600 buf-sz=1000 undershoot-pct=50 overshoot-pct=50 threads=1",
        .bitrate = "target-bitrate",
        .unit = 1000,
        .most = G_MAXINT,
        .ignores_key_frames = TRUE,
        .plain_caps = TRUE,
        .ticks = 240,
    },
};

const StandinCodec *standin_codec_find(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(codecs); i++)
    if (g_str_equal(codecs[i].name, name))
      return &codecs[i];
  return NULL;
}

const char *standin_codec_name(const StandinCodec *codec) { return codec->name; }
gboolean standin_codec_ignores_key_frames(const StandinCodec *codec) { return codec->ignores_key_frames; }
gboolean standin_codec_plain_caps(const StandinCodec *codec) { return codec->plain_caps; }
int standin_codec_ticks(const StandinCodec *codec) { return codec->ticks; }

gboolean standin_installed(const char *factory) {
  GstElementFactory *found = gst_element_factory_find(factory);
  if (found == NULL)
    return FALSE;
  gst_object_unref(found);
  return TRUE;
}

gboolean standin_codec_available(const StandinCodec *codec, const char *factory) {
  return standin_installed("videoconvert") && standin_installed(codec->factory) &&
         !g_str_equal(codec->factory, factory);
}

GstElement *standin_codec_make(const StandinCodec *codec) {
  GstElement *encoder = gst_element_factory_make(codec->factory, "standin-encoder");
  char **settings = g_strsplit(codec->settings, " ", -1);
  for (char **s = settings; encoder != NULL && *s != NULL; s++) {
    char *value = strchr(*s, '=');
    *value++ = '\0';
    gst_util_set_object_arg(G_OBJECT(encoder), *s, value);
  }
  g_strfreev(settings);
  return encoder;
}

void standin_codec_set_bitrate(const StandinCodec *codec, GstElement *encoder, guint64 bps) {
  char *value = g_strdup_printf("%" G_GUINT64_FORMAT, CLAMP(bps / codec->unit, 1, codec->most));
  gst_util_set_object_arg(G_OBJECT(encoder), codec->bitrate, value);
  g_free(value);
}

void standin_codec_set_b_frames(const StandinCodec *codec, GstElement *encoder, gboolean on) {
  if (g_str_equal(codec->name, "H264")) {
    g_object_set(encoder, "bframes", on ? 2 : 0, "b-adapt", FALSE, NULL);
    gst_util_set_object_arg(G_OBJECT(encoder), "tune", on ? "0" : "zerolatency");
  } else if (g_str_equal(codec->name, "H265")) {
    const char *options = on ? "bframes=2:b-adapt=0:pools=1:frame-threads=1" : "bframes=0:pools=1:frame-threads=1";
    g_object_set(encoder, "option-string", options, NULL);
    gst_util_set_object_arg(G_OBJECT(encoder), "tune", on ? "ssim" : "zerolatency");
  }
}
