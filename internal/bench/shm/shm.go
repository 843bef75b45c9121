// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package shm hands frames to GStreamer's shmsrc in another process, through shared
// memory. So a benchmark gives a pipeline frames as an X server does: they are there
// when it says so, and the reader copies nothing.
package shm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// The commands of shmsrc's protocol (gst-plugins-bad, sys/shm/shmpipe.c). A command
// is a C struct: its number and an area's in 4 bytes each, then two values of 8.
const (
	commandNewArea   = 1 // with the size of the area and of the name that follows
	commandNewBuffer = 3 // with offset and size
	commandAckBuffer = 4 // with the offset, from the reader

	commandSize = 24
	area        = 1 // its only one
)

// slots is how many frames there is room for. A reader that keeps the last frame,
// has one waiting and encodes one uses three.
const slots = 8

const dir = "/dev/shm"

// Writer hands frames to one reader. Close must be called.
type Writer struct {
	frame    int // bytes of a slot
	name     string
	memory   []byte
	listener net.Listener
	free     chan int // slots

	mu     sync.Mutex
	conn   net.Conn // nil before the reader is there
	closed bool
	done   sync.WaitGroup
}

// Listen makes a Writer of frames of so many bytes. socket is the path for shmsrc's
// property socket-path.
func Listen(ctx context.Context, socket string, frame int) (*Writer, error) {
	file, err := os.CreateTemp(dir, "gstpublish-")
	if err != nil {
		return nil, fmt.Errorf("shm: creating shared memory: %w", err)
	}
	page := os.Getpagesize()
	w := &Writer{frame: (frame + page - 1) / page * page, name: file.Name(), free: make(chan int, slots)}
	if err = file.Truncate(int64(slots * w.frame)); err == nil {
		w.memory, err = syscall.Mmap(int(file.Fd()), 0, slots*w.frame, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_SHARED)
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		w.listener, err = new(net.ListenConfig).Listen(ctx, "unix", socket)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("shm: sharing memory: %w", err), w.Close())
	}
	for i := range slots {
		w.free <- i
	}
	w.done.Go(w.serve)
	return w, nil
}

// serve waits for the reader and takes back what it has read.
func (w *Writer) serve() {
	conn, err := w.listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	name := append([]byte("/"+filepath.Base(w.name)), 0)
	hello := append(command(commandNewArea, len(w.memory), len(name)), name...)
	if _, err = conn.Write(hello); err != nil {
		return
	}
	w.mu.Lock()
	if w.conn = conn; w.closed {
		w.conn = nil
	}
	w.mu.Unlock()
	for b := make([]byte, commandSize); ; {
		if _, err = io.ReadFull(conn, b); err != nil {
			break
		}
		if binary.NativeEndian.Uint32(b) == commandAckBuffer {
			w.free <- int(binary.NativeEndian.Uint64(b[8:])) / w.frame
		}
	}
	w.mu.Lock()
	w.conn = nil
	w.mu.Unlock()
}

func command(number, first, second int) []byte {
	b := make([]byte, 0, commandSize)
	b = binary.NativeEndian.AppendUint32(b, uint32(number))
	b = binary.NativeEndian.AppendUint32(b, area)
	b = binary.NativeEndian.AppendUint64(b, uint64(first))
	return binary.NativeEndian.AppendUint64(b, uint64(second))
}

// Write hands a frame to the reader. It reports whether there is one; without one
// the frame is gone. While the reader uses all slots, it waits.
func (w *Writer) Write(ctx context.Context, frame []byte) (bool, error) {
	w.mu.Lock()
	conn := w.conn
	w.mu.Unlock()
	if conn == nil {
		return false, nil
	}
	select {
	case slot := <-w.free:
		at := slot * w.frame
		copy(w.memory[at:at+w.frame], frame)
		if _, err := conn.Write(command(commandNewBuffer, at, len(frame))); err != nil {
			return false, fmt.Errorf("shm: writing a frame: %w", err)
		}
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// Close ends the reader's stream. It is idempotent.
func (w *Writer) Close() error {
	w.mu.Lock()
	conn, closed := w.conn, w.closed
	w.conn, w.closed = nil, true
	w.mu.Unlock()
	if closed {
		return nil
	}
	err := os.Remove(w.name)
	if w.listener != nil {
		err = errors.Join(err, w.listener.Close())
	}
	if conn != nil {
		// serve closes the connection too, when the reader has left.
		if failure := conn.Close(); !errors.Is(failure, net.ErrClosed) {
			err = errors.Join(err, failure)
		}
	}
	w.done.Wait()
	if w.memory != nil {
		err = errors.Join(err, syscall.Munmap(w.memory))
	}
	return err
}
