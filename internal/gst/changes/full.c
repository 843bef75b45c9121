// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// RGB to YUV with full chroma. GStreamer's conversion has coefficients of eight bits, which puts values off by up to
// four: about 45 dB for coloured text, more than an encoder without loss may lose. This one rounds once.

#include "full.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Coefficients of BT.601 in studio range, times 2^15; by component, of red, green and blue.
static const gint16 bt601[3][3] = {{8414, 16519, 3208}, {-4857, -9535, 14392}, {14392, -12052, -2340}};
#define SHIFT 15

// What is added before the shift: the offset, and a half to round.
static gint32 bias(int component) { return ((component == 0 ? 16 : 128) << SHIFT) + (1 << (SHIFT - 1)); }

gboolean gp_full_init(GpFull *f, const GstVideoInfo *in, const GstVideoInfo *out) {
  const GstVideoColorimetry *from = &in->colorimetry, *to = &out->colorimetry;
  if (GST_VIDEO_INFO_FORMAT(out) != GST_VIDEO_FORMAT_Y444 || to->matrix != GST_VIDEO_COLOR_MATRIX_BT601 ||
      to->range != GST_VIDEO_COLOR_RANGE_16_235 || from->range != GST_VIDEO_COLOR_RANGE_0_255)
    return FALSE;
  int red;
  switch (GST_VIDEO_INFO_FORMAT(in)) {
  case GST_VIDEO_FORMAT_BGRx:
  case GST_VIDEO_FORMAT_BGRA:
    red = 2;
    break;
  case GST_VIDEO_FORMAT_RGBx:
  case GST_VIDEO_FORMAT_RGBA:
    red = 0;
    break;
  default:
    return FALSE;
  }
  for (int c = 0; c < 3; c++) {
    f->by_byte[c][red] = bt601[c][0];
    f->by_byte[c][1] = bt601[c][1];
    f->by_byte[c][2 - red] = bt601[c][2];
    f->by_byte[c][3] = 0;
  }
  return TRUE;
}

static guint8 dot(const guint8 *pixel, const gint16 *k, gint32 add) {
  return (guint8)((pixel[0] * k[0] + pixel[1] * k[1] + pixel[2] * k[2] + add) >> SHIFT);
}

#ifdef __SSE2__
// Returns the component of four pixels, in 32 bits each.
static __m128i dot4(const guint8 *pixels, __m128i k, __m128i add) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)pixels), zero = _mm_setzero_si128();
  const __m128 low = _mm_castsi128_ps(_mm_madd_epi16(_mm_unpacklo_epi8(bytes, zero), k));
  const __m128 high = _mm_castsi128_ps(_mm_madd_epi16(_mm_unpackhi_epi8(bytes, zero), k));
  const __m128i even = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
  const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
  return _mm_srai_epi32(_mm_add_epi32(_mm_add_epi32(even, odd), add), SHIFT);
}
#endif

// Converts the pixels of a row to one component.
static void component(guint8 *to, const guint8 *pixels, int width, const gint16 *k, gint32 add) {
  int x = 0;
#ifdef __SSE2__
  const __m128i factors = _mm_set_epi16(k[3], k[2], k[1], k[0], k[3], k[2], k[1], k[0]), adds = _mm_set1_epi32(add);
  for (; x + 16 <= width; x += 16) {
    const guint8 *at = pixels + 4 * x;
    const __m128i a = _mm_packs_epi32(dot4(at, factors, adds), dot4(at + 16, factors, adds));
    const __m128i b = _mm_packs_epi32(dot4(at + 32, factors, adds), dot4(at + 48, factors, adds));
    _mm_storeu_si128((__m128i *)(to + x), _mm_packus_epi16(a, b));
  }
#endif
  for (; x < width; x++)
    to[x] = dot(pixels + 4 * x, k, add);
}

void gp_full_convert(const GpFull *f, const GstVideoFrame *in, GstVideoFrame *out) {
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA(in, 0);
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(in); y++, pixels += GST_VIDEO_FRAME_PLANE_STRIDE(in, 0))
    for (int c = 0; c < 3; c++)
      component((guint8 *)GST_VIDEO_FRAME_PLANE_DATA(out, c) + (gsize)y * GST_VIDEO_FRAME_PLANE_STRIDE(out, c), pixels,
                GST_VIDEO_FRAME_WIDTH(in), f->by_byte[c], bias(c));
}
