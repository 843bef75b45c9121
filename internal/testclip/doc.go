// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package testclip holds clips of screens as what each frame changes of the one
// before it, and plays them as a program that draws does: by changing one frame.
//
// A clip that is held frame by frame has hundreds of megabytes, and each capture
// reads memory that no cache and no page table entry is warm for. On virtual
// machines that costs milliseconds a frame, in every publisher, and then it is
// what a benchmark shows.
//
// [Scroll] makes a clip of a page of text that is still, scrolls, and is still
// again. [Reduce] makes one of a recording in I420, [ReduceFull] one with full
// chroma. Frames are tightly packed.
package testclip
