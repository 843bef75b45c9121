// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// disk is a file on a disk that may be full.
type disk struct {
	text strings.Builder
	full bool
}

func (d *disk) Write(p []byte) (int, error) {
	if d.full {
		return 0, syscall.ENOSPC
	}
	return d.text.Write(p)
}

// TestFullDisk: lines are lost while the disk is full, and written again when it has space.
func TestFullDisk(t *testing.T) {
	d := &disk{}
	l := NewLines(d)
	t.Cleanup(l.Close)
	write := func(line string) error {
		_, err := l.Write([]byte(line))
		l.Flush(time.Minute)
		return err
	}
	require.NoError(t, write("one "))
	d.full = true
	require.NoError(t, write("lost "), "this is not known yet")
	require.ErrorIs(t, write("lost too "), syscall.ENOSPC)
	d.full = false
	require.ErrorIs(t, write("two "), syscall.ENOSPC, "of the line before")
	require.NoError(t, write("three"))
	require.Equal(t, "one two three", d.text.String())
}
