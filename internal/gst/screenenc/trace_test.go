// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// ivf returns an IVF file of these samples, as libvpx's tools write it.
func ivf(fourCC string, w, h int, all []sample) []byte {
	file := append([]byte("DKIF\x00\x00\x20\x00"), fourCC...)
	file = binary.LittleEndian.AppendUint16(file, uint16(w))
	file = binary.LittleEndian.AppendUint16(file, uint16(h))
	for _, v := range []uint32{30, 1, uint32(len(all)), 0} {
		file = binary.LittleEndian.AppendUint32(file, v)
	}
	for n, c := range all {
		file = binary.LittleEndian.AppendUint32(file, uint32(len(c.data)))
		file = binary.LittleEndian.AppendUint64(file, uint64(n))
		file = append(file, c.data...)
	}
	return file
}

// traced is a frame as FFmpeg reads it: the fields of its headers, and its size.
type traced map[string]int

// packet returns the size in a line such as "[trace_headers @ 0x5] Packet: 123 bytes, key frame".
func packet(words []string) (size int, ok bool) {
	at := slices.Index(words, "Packet:")
	if at < 0 || at+2 >= len(words) || !strings.HasPrefix(words[at+2], "bytes") {
		return 0, false
	}
	size, err := strconv.Atoi(words[at+1])
	return size, err == nil
}

// field returns the name and the value in a line such as "[trace_headers @ 0x5] 16 base_q_idx 00101000 = 40".
func field(words []string) (name string, value int, ok bool) {
	n := len(words)
	if n < 4 || words[n-2] != "=" {
		return "", 0, false
	}
	value, err := strconv.Atoi(words[n-1])
	return words[n-4], value, err == nil
}

// trace makes FFmpeg's parser read a file.
func trace(t *testing.T, filters string, file []byte) (frames []traced) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "coded.ivf")
	require.NoError(t, os.WriteFile(name, file, 0o600))
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-hide_banner", "-i", name, "-c", "copy",
		"-bsf:v", filters, "-f", "null", "-").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if size, ok := packet(words); ok {
			frames = append(frames, traced{"size": size})
		} else if name, value, ok := field(words); ok && len(frames) > 0 {
			frames[len(frames)-1][name] = value
		}
	}
	return frames
}

// buffers tracks a decoder's reference slots: which frame of which layer each contains.
type buffers [8][2]int

// refresh stores a frame as its header says.
func (b *buffers) refresh(f traced, frame, spatial int) {
	for i := range b {
		if f["refresh_frame_flags"]>>i&1 == 1 {
			b[i] = [2]int{frame, spatial}
		}
	}
}

// TestFFmpegSeesTheLayers parses each mode's stream with FFmpeg, and compares the frames' headers
// with the metadata.
func TestFFmpegSeesTheLayers(t *testing.T) {
	need.Encoding(t)
	const w, h, count = 320, 180, 20
	eachMode(t, func(t *testing.T, e *element, name string) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=1500000 scalability-mode="+name)
		var all []sample
		for n := range count {
			if n == 7 {
				require.True(t, f.sink.ForceKeyFrame())
			}
			all = append(all, f.encode(page(w, h, n)))
		}
		if e.codec == catalogue.AV1 {
			compareAV1(t, trace(t, "trace_headers", ivf("AV01", w, h, all)), all)
			return
		}
		compareVP9(t, trace(t, "vp9_superframe_split,trace_headers", ivf("VP90", w, h, all)), all)
	}, catalogue.VP8) // Debian 12's FFmpeg does not show VP8 headers.
}

func compareVP9(t *testing.T, frames []traced, all []sample) {
	t.Helper()
	var kept buffers
	for n, c := range all {
		for s, l := range c.info.Layers[:c.info.N] {
			require.NotEmpty(t, frames, "frame %d", n)
			frame := frames[0]
			frames = frames[1:]
			require.Equal(t, l.Size, frame["size"], "frame %d, layer %d", n, s)
			require.Equal(t, l.Quantizer, frame["base_q_idx"], "frame %d, layer %d", n, s)
			key := c.key && s == 0
			require.Equal(t, key, frame["frame_type"] == 0, "frame %d, layer %d", n, s)
			if key {
				require.Equal(t, []int{l.Width - 1, l.Height - 1},
					[]int{frame["frame_width_minus_1"], frame["frame_height_minus_1"]})
				frame["refresh_frame_flags"] = 255
			} else {
				require.Equal(t, 1, frame["error_resilient_mode"])
				checkBuffers(t, &kept, frame, n, s, &c)
			}
			kept.refresh(frame, n, s)
		}
	}
	require.Empty(t, frames)
}

// checkBuffers checks that a frame refers only to what its metadata names.
func checkBuffers(t *testing.T, kept *buffers, frame traced, n, s int, c *sample) {
	t.Helper()
	l := &c.info.Layers[s]
	said := map[[2]int]bool{}
	if l.InterLayer {
		said[[2]int{n, s - 1}] = true
	}
	for _, distance := range l.References[:l.N] {
		said[[2]int{n - distance, s}] = true
	}
	seen := map[[2]int]bool{}
	for i := range 3 {
		slot, ok := frame["ref_frame_idx["+strconv.Itoa(i)+"]"]
		require.True(t, ok, "%v", frame)
		seen[kept[slot]] = true
	}
	require.Equal(t, said, seen, "frame %d, layer %d: %v", n, s, frame)
	if c.info.Temporal > 0 && c.info.Temporal == c.info.TemporalLayers-1 && s == c.info.N-1 {
		require.Zero(t, frame["refresh_frame_flags"], "nothing is predicted from the highest layer")
	}
}

func compareAV1(t *testing.T, frames []traced, all []sample) {
	t.Helper()
	require.Len(t, frames, len(all))
	var kept buffers
	for n, c := range all {
		frame := frames[n]
		require.Equal(t, len(c.data), frame["size"])
		require.Equal(t, c.info.Temporal, frame["temporal_id"], "frame %d: %v", n, frame)
		require.Zero(t, frame["spatial_id"])
		require.Equal(t, c.info.Quantizer, frame["base_q_idx"])
		require.Equal(t, c.key, frame["frame_type"] == 0)
		if c.key {
			require.Equal(t, c.info.TemporalLayers-1, frame["operating_points_cnt_minus_1"])
			frame["refresh_frame_flags"] = 255
		} else {
			// Unused references may be named too: the slot that is written, as the golden one.
			slot, ok := frame["ref_frame_idx[0]"]
			require.True(t, ok)
			at := kept[slot]
			require.Equal(t, n-c.info.Layers[0].References[0], at[0], "frame %d: %v", n, frame)
		}
		kept.refresh(frame, n, 0)
	}
}
