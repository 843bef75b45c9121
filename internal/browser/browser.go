// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// stopWithin is how long a browser may take to exit by itself.
const stopWithin = 5 * time.Second

// longestTemp is the maximum length of the path of the temporary folder. Chromium creates a socket
// some 60 characters below it, and socket paths have at most 107 characters (unix(7)).
const longestTemp = 40

// Options configures a browser. The zero value works.
type Options struct {
	// Path is the program. The default is the result of Find.
	Path string
	// Log receives what pages write to their console, at level debug. The default discards it.
	Log *slog.Logger
}

// Browser is a running Chromium. All methods are safe for concurrent use.
type Browser struct {
	proc    *process
	pipe    *pipe
	log     *slog.Logger
	profile string

	stop func() error // once

	mu    sync.Mutex       // protects what follows
	pages map[string]*Page // by session
}

// Start runs Chromium with its own profile and waits until it answers. The caller must call Stop.
// The browser does not access the network: it resolves no names, and media use the loopback
// interface too.
func Start(ctx context.Context, opts *Options) (b *Browser, err error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Path == "" {
		if o.Path, err = Find(); err != nil {
			return nil, err
		}
	}
	b = &Browser{log: o.Log, pages: map[string]*Page{}}
	b.stop = sync.OnceValue(b.end)
	if b.profile, err = makeProfile(); err != nil {
		return nil, fmt.Errorf("browser: creating a profile: %w", err)
	}
	if err := b.launch(o.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("browser: starting %s: %w", o.Path, err), os.RemoveAll(b.profile))
	}
	var version struct {
		Product string `json:"product"`
	}
	if err := b.pipe.call(ctx, receiver{}, "Browser.getVersion", struct{}{}, &version); err != nil {
		return nil, errors.Join(err, b.Stop(), fmt.Errorf("browser: it wrote: %s", b.proc.out))
	}
	b.log.Debug("started", "product", version.Product, "pid", b.PID())
	return b, nil
}

// makeProfile creates a folder for all files of a browser.
func makeProfile() (string, error) {
	dir := os.TempDir()
	if len(dir) > longestTemp {
		dir = "/tmp"
	}
	return os.MkdirTemp(dir, "browser")
}

// launch creates the pipes and the process. If it fails, nothing is left running.
func (b *Browser) launch(path string) (err error) {
	var files [4]*os.File // the browser's input, our output, our input, the browser's output
	defer func() {
		for _, f := range files {
			if err != nil && f != nil {
				_ = f.Close() // A second close of a file does nothing.
			}
		}
	}()
	if files[0], files[1], err = os.Pipe(); err != nil {
		return err
	}
	if files[2], files[3], err = os.Pipe(); err != nil {
		return err
	}
	if b.proc, err = startProcess(path, arguments(b.profile), environment(b.profile), files[0], files[3]); err != nil {
		return err
	}
	b.pipe = newPipe(files[2], files[1], b.event)
	return nil
}

// PID returns the process ID of the browser, which is also its process group.
func (b *Browser) PID() int { return b.proc.cmd.Process.Pid }

// Stop ends the browser with all its processes and removes its profile. It is idempotent. After
// five seconds it kills the processes.
func (b *Browser) Stop() error { return b.stop() }

func (b *Browser) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	// If the request fails, the browser has ended or must be killed.
	asked := b.pipe.call(ctx, receiver{}, "Browser.close", struct{}{}, nil)
	err := b.proc.wait(ctx)
	if err != nil {
		err = fmt.Errorf("browser: had to kill it: %w", errors.Join(err, asked))
	}
	err = errors.Join(err, b.proc.kill())
	b.pipe.close()
	return errors.Join(err, os.RemoveAll(b.profile))
}

// event handles an event that the browser sends.
func (b *Browser) event(session, method string, params json.RawMessage) {
	b.mu.Lock()
	page := b.pages[session]
	b.mu.Unlock()
	if page != nil {
		page.event(method, params)
	}
}
