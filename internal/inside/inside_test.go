// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package inside_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/inside"
)

type counter interface{ Add(n int) int }

type door = inside.Door[counter]

// House stands for a public type.
type House struct {
	door

	n int
}

func newHouse() *House {
	h := &House{}
	h.door = inside.New[counter]((*behind)(h))
	return h
}

type behind House

func (b *behind) Add(n int) int {
	b.n += n
	return b.n
}

func TestADoorOpens(t *testing.T) {
	h := newHouse()
	require.Equal(t, 2, h.Inside(inside.Key{}).Add(2))
	require.Equal(t, 5, h.Inside(inside.Key{}).Add(3))
	require.Equal(t, 5, h.n)
	require.Nil(t, new(House).Inside(inside.Key{}))
}

func TestADoorTakesSomethingIn(t *testing.T) {
	var h House
	h.Put(inside.Key{}, (*behind)(&h))
	require.Equal(t, 2, h.Inside(inside.Key{}).Add(2))
	require.Equal(t, 2, h.n)
}
