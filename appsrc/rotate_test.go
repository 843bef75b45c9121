// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A frame is turned in strips, of which the last may be lower.
func TestHighFramesAreTurned(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	for _, typ := range allTypes() {
		for _, r := range []Rotation{Rotation90, Rotation180, Rotation270} {
			s, rec, _ := newSource(t, nil)
			f := patterned(t, typ, 6, 4*strip+6)
			for i := range typ.PlaneCount() {
				_, err := random.Read(f.Planes[i].Data)
				require.NoError(t, err)
			}
			require.NoError(t, s.CaptureFrame(f, &CaptureOptions{Rotation: r}))
			requireTurned(t, f, r, rec.last().data)
		}
	}
}

func TestGatherStaysWithinItsSource(t *testing.T) {
	src := []byte{1, 2, 3, 4, 5, 6}
	dst := make([][2]byte, 3)
	gather(dst, src, 4, -2)
	require.Equal(t, [][2]byte{{5, 6}, {3, 4}, {1, 2}}, dst)
	for _, c := range [][2]int{{0, 3}, {5, -2}, {5, 0}, {3, -2}, {-1, 2}} {
		require.Panics(t, func() { gather(dst, src, c[0], c[1]) }, "from %d in steps of %d", c[0], c[1])
	}
}
