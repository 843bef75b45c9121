// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// stripedFrames returns the I444 frames of the tests, whose colour differs from one column to the next. Their
// brightness rises by ten with each frame that changes.
func stripedFrames() []byte {
	const luma = testWidth * testHeight
	all := make([]byte, testFrames*3*luma)
	for i := range testFrames {
		frame := all[i*3*luma:][:3*luma]
		for k := range luma {
			frame[k] = byte(16 + 10*(min(max(i, moves-1), moves+9)-moves+1))
			frame[luma+k] = byte(64 + k%testWidth%2*128)
			frame[2*luma+k] = 128
		}
	}
	return all
}

// recordStripes writes a clip of these frames with the command that reduces recordings.
func recordStripes(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stripes.clip")
	var out, errOut bytes.Buffer
	args := []string{"reduce", "--width", "320", "--height", "240", "--frames", "75", path}
	require.NoError(t, run(t.Context(), nil, args, bytes.NewReader(stripedFrames()), &out, &errOut))
	require.Regexp(t, `^recording\n75 frames, 10 of them changed, \d+\.\d MB\n$`, out.String())
	return path
}

func TestARecordingWithFullChroma(t *testing.T) {
	c, err := openClip(recordStripes(t), 1, 1, 1)
	require.NoError(t, err)
	require.NotNil(t, c.full)
	require.Equal(t, [4]int{320, 240, 30, 75}, [4]int{c.width, c.height, c.fps, c.frames})
	require.True(t, c.original(20).FullChroma)
	require.Equal(t, byte(16+60), c.original(20).YUV[0])
	require.Equal(t, byte(16+60), c.luma(20)[0])
	require.Equal(t, byte(128), c.seek.Frame(20)[320*240], "the mean of a column and the next")
}

func TestARecordingOfAnotherLengthIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.clip")
	args := []string{"reduce", "--width", "4", "--height", "2", "--frames", "3", path}
	for text, frames := range map[string]int{"EOF": 2, "more than 3 frames of 4x2": 4} {
		in := bytes.NewReader(make([]byte, frames*3*4*2))
		var out bytes.Buffer
		require.ErrorContains(t, run(t.Context(), nil, args, in, &out, &out), text)
		require.NoFileExists(t, path)
	}
}

// In 4:4:4 a viewer sees each column's colour, in 4:2:0 the mean of two.
func TestMeasuresFullChroma(t *testing.T) {
	if !screenenc.Included {
		t.Skip("noscreenenc: the test needs our own encoders")
	}
	printed, dir, err := measureOnce(t, "--clip", recordStripes(t), "--shipped-only", "--rest", "0",
		"--codecs", "VP9", "--crop", "8,8,64,32")
	require.NoError(t, err, printed)
	all := figuresOf(t, dir)
	require.Len(t, all, 2)
	require.Equal(t, shipped, all[0].Publisher)
	require.Equal(t, fullChroma, all[1].Publisher)
	require.Less(t, all[0].FinalRGB, figure(15))
	require.Greater(t, all[1].FinalRGB, figure(20))
	require.NotNil(t, all[1].Encoded)
	require.Contains(t, printed, "crops-VP9-screen-2500000.png, from above: the recording, gstpublish gpvp9enc, "+
		"gstpublish, 4:4:4 gpvp9enc; on the left frame 20")
	f, err := os.Open(filepath.Join(dir, "crops-VP9-screen-2500000.png"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.Equal(t, image.Pt(2*2*64+8, 3*2*32+2*8), img.Bounds().Size())
}

func TestPlacesOfCrops(t *testing.T) {
	r, err := parseCrop("11,20,29,40")
	require.NoError(t, err)
	require.Equal(t, image.Rect(10, 20, 40, 60), r)
	for _, text := range []string{"", "1,2,3", "1,2,3,4,5", "1,2,3,x", "-1,2,3,4", "1,2,0,4"} {
		_, err = parseCrop(text)
		require.ErrorContains(t, err, "--crop must be X,Y,W,H", text)
	}
}

// greyFrame returns a frame of one brightness, but for its pixel at 5,3.
func greyFrame(luma byte) *viewer.Frame {
	p := &viewer.Frame{Width: 8, Height: 8, YUV: bytes.Repeat([]byte{128}, 8*8*3/2)}
	for i := range 64 {
		p.YUV[i] = luma
	}
	p.YUV[3*8+5] = 235
	return p
}

func TestCropsShowWhatAViewerHas(t *testing.T) {
	c := &testclip.Clip{Width: 8, Height: 8, FPS: 30, First: greyFrame(16).YUV, Changes: make([]testclip.Changes, 9)}
	b := &benchmark{clip: newClip("", c, nil), shape: &shape{changed: []int{2, 4, 7}}}
	b.crop, b.cropAt = image.Rect(4, 2, 8, 4), -1
	require.Equal(t, 4, b.cropFrame())
	var s seen
	for _, luma := range []byte{16, 126, 180, 235} {
		s.add(greyFrame(luma), b.crop)
	}
	got := b.cropsOf(&match{frames: []int{0, 3, 5, 8}}, s.cropped)
	require.Equal(t, image.Pt(4, 2), got.last.Rect.Size())
	require.Equal(t, color.RGBA{128, 128, 128, 255}, got.motion.RGBAAt(0, 0), "that of frame 3")
	require.Equal(t, color.RGBA{255, 255, 255, 255}, got.motion.RGBAAt(1, 1))
	require.Equal(t, color.RGBA{255, 255, 255, 255}, got.last.RGBAAt(0, 0))
	require.Equal(t, color.RGBA{0, 0, 0, 255}, b.originalCrops().last.RGBAAt(0, 0))
	b.cropAt = 5
	later := b.cropsOf(&match{frames: []int{0, 3, 5, 8}}, s.cropped)
	require.Equal(t, color.RGBA{191, 191, 191, 255}, later.motion.RGBAAt(0, 0))

	img := sheet([]crops{b.originalCrops(), got})
	require.Equal(t, image.Pt(2*8+cropGap, 2*4+cropGap), img.Rect.Size())
	for at, want := range map[image.Point]byte{
		{0, 0}: 0, {2, 2}: 255, {3, 3}: 255, {8, 0}: 128, {8 + cropGap + 2, 2}: 255, {0, 4 + cropGap}: 128,
		{8 + cropGap, 4 + cropGap}: 255,
	} {
		require.Equal(t, want, img.RGBAAt(at.X, at.Y).G, "%v", at)
	}
}

func TestAPlaceOfAFrame(t *testing.T) {
	numbered := func(width, height int, full bool) *viewer.Frame {
		p := &viewer.Frame{Width: width, Height: height, FullChroma: full}
		p.YUV = make([]byte, testclip.FrameSize(width, height))
		if full {
			p.YUV = make([]byte, testclip.FullSize(width, height))
		}
		for i := range p.YUV {
			p.YUV[i] = byte(i)
		}
		return p
	}
	got := cut(numbered(5, 3, false), image.Rect(2, 0, 6, 4)) // over both edges
	require.Equal(t, &viewer.Frame{
		Width: 3, Height: 3, YUV: []byte{2, 3, 4, 7, 8, 9, 12, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26},
	}, got)
	got = cut(numbered(5, 3, true), image.Rect(2, 0, 4, 2))
	require.Equal(t, &viewer.Frame{
		Width: 2, Height: 2, FullChroma: true, YUV: []byte{2, 3, 7, 8, 17, 18, 22, 23, 32, 33, 37, 38},
	}, got)
	require.Empty(t, cut(numbered(5, 3, true), image.Rect(10, 10, 12, 12)).YUV)
}

func TestOfLargeFramesOnlyLumaIsKept(t *testing.T) {
	large := &viewer.Frame{Width: 1922, Height: 1080, YUV: make([]byte, testclip.FrameSize(1922, 1080))}
	var s seen
	s.add(large, image.Rectangle{})
	require.Same(t, large, s.newest)
	require.Nil(t, s.cropped)
	require.Len(t, s.decoded[0].YUV, 1922*1080)
	require.Len(t, large.YUV, testclip.FrameSize(1922, 1080))
}

// Another publisher comes above ours, and repeats have no rows.
func TestCropsOfACodecAreInOneImage(t *testing.T) {
	c := &testclip.Clip{Width: 8, Height: 8, FPS: 30, First: greyFrame(16).YUV, Changes: make([]testclip.Changes, 2)}
	b := &benchmark{clip: newClip("", c, nil), shape: &shape{}}
	b.out, b.againstName, b.crop, b.cropAt = t.TempDir(), "other", image.Rect(0, 0, 4, 4), -1
	one := func(publisher string, repeat int) *result {
		return &result{Publisher: publisher, Codec: "VP9", Bitrate: 5, Repeat: repeat, crops: b.originalCrops()}
	}
	text, err := b.writeCrops([]*result{one(shipped, 0), one("other", 0), one(shipped, 1)})
	require.NoError(t, err)
	require.Equal(t, "crops-VP9-screen-5.png, from above: the recording, other, gstpublish; on the left frame 0, on the "+
		"right the last one.\n", text)
	files, err := os.ReadDir(b.out)
	require.NoError(t, err)
	require.Len(t, files, 1)
	b.crop = image.Rectangle{}
	text, err = b.writeCrops([]*result{one(shipped, 0)})
	require.NoError(t, err)
	require.Empty(t, strings.TrimSpace(text))
}
