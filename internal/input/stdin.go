// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// headSize is how much of standard input Look examines, and headTime limits how long it waits for that much.
	headSize = 256 << 10
	headTime = 700 * time.Millisecond
)

// Reader reads a Standard input for GStreamer. Close must be called.
type Reader struct {
	in   Input
	head []byte // the beginning
	pipe *os.File
}

// Read begins to read r, for the rest of the process. It waits for the beginning of the stream; ctx bounds that wait.
func Read(ctx context.Context, r io.Reader) (*Reader, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("input: reading standard input: %w", err)
	}
	begin := make(chan []byte, 1)
	go func() {
		head := readHead(r)
		begin <- head
		if _, err := write.Write(head); err == nil {
			_, _ = io.Copy(write, r) // Whichever side has ended, the stream has.
		}
		_ = write.Close() // A pipe loses no data.
	}()
	var head []byte
	select {
	case head = <-begin:
	case <-ctx.Done():
		_ = read.Close() // Nothing has been read.
		return nil, context.Cause(ctx)
	}
	s := &Reader{pipe: read, in: Input{
		Kind: Standard, Name: "-", FD: int(read.Fd()), y4m: bytes.HasPrefix(head, y4mMagic),
	}, head: head}
	if len(head) == 0 {
		s.Close()
		return nil, errors.New("input: standard input is empty")
	}
	return s, nil
}

// readHead reads the beginning of a stream.
func readHead(r io.Reader) []byte {
	head := make([]byte, 0, headSize)
	var first time.Time
	for len(head) < cap(head) && (first.IsZero() || time.Since(first) < headTime) {
		n, err := r.Read(head[len(head):cap(head)])
		if head = head[:len(head)+n]; err != nil {
			break
		}
		if n > 0 && first.IsZero() {
			first = time.Now()
		}
	}
	return head
}

// Input returns the input.
func (s *Reader) Input() Input { return s.in }

// Look calls the function Look for this input. Call it at most once.
func (s *Reader) Look(ctx context.Context, want Want) (Streams, error) {
	if s.in.y4m {
		return Streams{Known: true, Video: true}, nil
	}
	// A pipe of its own, and no file: a sandbox may permit none.
	read, write, err := os.Pipe()
	if err != nil {
		return Streams{}, fmt.Errorf("input: looking at standard input: %w", err)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = write.Write(s.head) // It fails when enough has been read.
		_ = write.Close()          // A pipe loses no data.
	}()
	streams, err := Look(ctx, Input{Kind: Standard, Name: s.in.Name, FD: int(read.Fd())}, want)
	_ = read.Close() // It was only read.
	<-written
	s.head = nil
	return streams, err
}

// Close ends reading. The pipeline that reads the input must have ended.
func (s *Reader) Close() {
	_ = s.pipe.Close() // It was only read.
}
