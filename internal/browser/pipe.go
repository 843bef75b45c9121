// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// errEnded means that the browser has closed its end of the pipe.
var errEnded = errors.New("the browser has ended")

// pipe carries messages of the DevTools protocol, each terminated by a zero byte. All methods are
// safe for concurrent use.
type pipe struct {
	out     *os.File
	in      *os.File
	onEvent func(session, method string, params json.RawMessage)
	done    chan struct{} // closed when no more messages will come

	mu      sync.Mutex // protects what follows, and writing
	last    int
	waiting map[int]chan answer
}

// message is a command, the answer to one, or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	answer
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  *protocolError  `json:"error,omitempty"`
}

// protocolError is the browser's refusal of a command.
type protocolError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *protocolError) Error() string { return fmt.Sprintf("%s (%d)", e.Message, e.Code) }

// newPipe takes ownership of our ends of the pipes. onEvent is called on the goroutine that reads,
// so it must not block.
func newPipe(in, out *os.File, onEvent func(session, method string, params json.RawMessage)) *pipe {
	p := &pipe{in: in, out: out, onEvent: onEvent, done: make(chan struct{}), waiting: map[int]chan answer{}}
	go p.read()
	return p
}

func (p *pipe) read() {
	defer close(p.done)
	r := bufio.NewReaderSize(p.in, 1<<16)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			return // This is not a message of a browser.
		}
		if m.ID == 0 {
			p.onEvent(m.Session, m.Method, m.Params)
			continue
		}
		p.mu.Lock()
		to := p.waiting[m.ID]
		delete(p.waiting, m.ID)
		p.mu.Unlock()
		if to != nil {
			to <- m.answer
		}
	}
}

// receiver is the receiver of a command. The zero value is the browser itself.
type receiver struct {
	session string          // of a page; empty for the browser
	gone    <-chan struct{} // closed when the receiver will not answer any more
}

// call sends a command, and decodes the answer into result if that is not nil.
func (p *pipe) call(ctx context.Context, who receiver, method string, params, result any) error {
	id, to, err := p.send(who.session, method, params)
	if err != nil {
		return fmt.Errorf("browser: sending %s: %w", method, err)
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, id)
	}()
	var a answer
	select {
	case a = <-to:
	case <-p.done:
		return fmt.Errorf("browser: %s: %w", method, errEnded)
	case <-who.gone:
		return fmt.Errorf("browser: %s: %w", method, ErrCrashed)
	case <-ctx.Done():
		return fmt.Errorf("browser: waiting for %s: %w", method, context.Cause(ctx))
	}
	if a.Error != nil {
		return fmt.Errorf("browser: %s: %w", method, a.Error)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(a.Result, result); err != nil {
		return fmt.Errorf("browser: reading the answer to %s: %w", method, err)
	}
	return nil
}

func (p *pipe) send(session, method string, params any) (id int, to chan answer, err error) {
	text, err := json.Marshal(params)
	if err != nil {
		return 0, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	id, to = p.last, make(chan answer, 1)
	text, err = json.Marshal(message{ID: id, Session: session, Method: method, Params: text})
	if err != nil {
		return 0, nil, err
	}
	p.waiting[id] = to
	if _, err = io.Copy(p.out, bytes.NewReader(append(text, 0))); err != nil {
		delete(p.waiting, id)
	}
	return id, to, err
}

// close closes our ends, which ends the browser too, and waits for the reader.
func (p *pipe) close() {
	_ = p.out.Close() // Pipes lose no data.
	_ = p.in.Close()
	<-p.done
}
