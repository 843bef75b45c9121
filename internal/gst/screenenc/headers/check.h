/* SPDX-FileCopyrightText: 2026 The gstpublish authors */
/* SPDX-License-Identifier: Apache-2.0 */

/* Only Linux is checked, where these headers are on the compiler's default path. If yours are not, set CGO_CFLAGS. */
#if defined(__linux__) && defined(__has_include)
#if !__has_include(<vpx/vpx_encoder.h>) || !__has_include(<aom/aom_encoder.h>)
#error "gstpublish needs headers of libvpx and libaom: install libvpx-dev and libaom-dev, or build with -tags noscreenenc"
#endif
#endif
