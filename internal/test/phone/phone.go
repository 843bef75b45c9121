// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package phone makes MP4 files as phones do: the frames lie on their side, and a matrix says so. Other programs differ
// from version to version: ffmpeg 5.1 and 7.1 write the matrix for different options, GStreamer 1.22 writes none.
package phone

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// matrixAt is where the matrix is in a track header of version 0, behind the letters "tkhd" (ISO/IEC 14496-12, 8.3.2).
// The width and the height follow it.
const matrixAt, matrixSize = 44, 36

// Turn copies the MP4 file from to the file to. There its first track says that frames are to be turned by 90° to the
// right.
func Turn(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("phone: reading: %w", err)
	}
	if err = turn(data); err != nil {
		return fmt.Errorf("phone: %s: %w", from, err)
	}
	if err = os.WriteFile(to, data, 0o600); err != nil {
		return fmt.Errorf("phone: writing: %w", err)
	}
	return nil
}

// turn changes the matrix of the first track.
func turn(mp4 []byte) error {
	at := bytes.Index(mp4, []byte("tkhd"))
	if at < 0 {
		return errors.New("it has no track header")
	}
	header := mp4[at:]
	if len(header) < matrixAt+matrixSize+8 || header[4] != 0 {
		return errors.New("its track header is not of version 0")
	}
	height := binary.BigEndian.Uint32(header[matrixAt+matrixSize+4:])
	const one = 1 << 16
	matrix := [9]uint32{
		0, one, 0,
		-one & 0xffffffff, 0, 0,
		height, 0, 1 << 30,
	}
	for i, value := range matrix {
		binary.BigEndian.PutUint32(header[matrixAt+4*i:], value)
	}
	return nil
}
