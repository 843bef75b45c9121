// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Page is a window of the browser. All methods are safe for concurrent use.
type Page struct {
	b               *Browser
	target, session string
	crashed, loaded chan struct{} // closed when the page's process is gone, and when the page is loaded
	crash, load     func()        // close these channels, once
}

// Open opens a window with an address, such as "about:blank" or that of a server on 127.0.0.1, and
// waits until it is loaded.
func (b *Browser) Open(ctx context.Context, url string) (*Page, error) {
	p := &Page{b: b, crashed: make(chan struct{}), loaded: make(chan struct{})}
	p.crash = sync.OnceFunc(func() { close(p.crashed) })
	p.load = sync.OnceFunc(func() { close(p.loaded) })
	var made struct {
		TargetID string `json:"targetId"`
	}
	err := b.pipe.call(ctx, receiver{}, "Target.createTarget",
		map[string]any{"url": "about:blank", "newWindow": true}, &made)
	if err != nil {
		return nil, err
	}
	p.target = made.TargetID
	if err := p.show(ctx, url); err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	return p, nil
}

// show loads an address in a new window.
func (p *Page) show(ctx context.Context, url string) error {
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	err := p.b.pipe.call(ctx, receiver{}, "Target.attachToTarget",
		map[string]any{"targetId": p.target, "flatten": true}, &attached)
	if err != nil {
		return err
	}
	p.session = attached.SessionID
	p.b.mu.Lock()
	p.b.pages[p.session] = p
	p.b.mu.Unlock()
	for _, domain := range []string{"Inspector.enable", "Page.enable", "Runtime.enable"} {
		if err := p.call(ctx, domain, struct{}{}, nil); err != nil {
			return err
		}
	}
	var gone struct {
		Error string `json:"errorText"`
	}
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": url}, &gone); err != nil {
		return err
	}
	if gone.Error != "" {
		return fmt.Errorf("browser: opening %s: %s", url, gone.Error)
	}
	select {
	case <-p.loaded:
		return nil
	case <-p.crashed:
		return fmt.Errorf("browser: opening %s: %w", url, ErrCrashed)
	case <-ctx.Done():
		return fmt.Errorf("browser: opening %s: %w", url, context.Cause(ctx))
	}
}

// Close closes the window.
func (p *Page) Close(ctx context.Context) error {
	p.b.mu.Lock()
	delete(p.b.pages, p.session)
	p.b.mu.Unlock()
	return p.b.pipe.call(ctx, receiver{}, "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}

// Eval evaluates a JavaScript expression in the page and waits for it if it is a promise. If result
// is not nil, Eval decodes the value from JSON into it. The error is the exception, if the
// expression throws one.
func (p *Page) Eval(ctx context.Context, expression string, result any) error {
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Thrown *exception `json:"exceptionDetails"`
	}
	err := p.call(ctx, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true,
	}, &got)
	switch {
	case err != nil:
		return err
	case got.Thrown != nil:
		return got.Thrown
	case result == nil:
		return nil
	case got.Result.Value == nil:
		return errors.New("browser: the expression has no value")
	}
	if err := json.Unmarshal(got.Result.Value, result); err != nil {
		return fmt.Errorf("browser: reading a value: %w", err)
	}
	return nil
}

// Call calls a function of the page with these arguments, as JSON. It is otherwise like Eval.
func (p *Page) Call(ctx context.Context, function string, result any, args ...any) error {
	texts := make([]string, len(args))
	for i, arg := range args {
		text, err := json.Marshal(arg)
		if err != nil {
			return fmt.Errorf("browser: argument %d of %s: %w", i, function, err)
		}
		texts[i] = string(text)
	}
	return p.Eval(ctx, "("+function+")("+strings.Join(texts, ",")+")", result)
}

// call sends a command to the page.
func (p *Page) call(ctx context.Context, method string, params, result any) error {
	return p.b.pipe.call(ctx, receiver{session: p.session, gone: p.crashed}, method, params, result)
}

// ErrCrashed means that the process of a page is gone.
var ErrCrashed = errors.New("the page has crashed")

// event handles an event about the page.
func (p *Page) event(method string, params json.RawMessage) {
	switch method {
	case "Inspector.targetCrashed":
		p.crash()
	case "Page.loadEventFired":
		p.load()
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		p.b.log.Debug("page", "event", method, "params", string(params))
	}
}

// exception is an exception that a page has thrown.
type exception struct {
	Text      string `json:"text"`
	Exception struct {
		Description string          `json:"description"`
		Value       json.RawMessage `json:"value"`
	} `json:"exception"`
}

func (e *exception) Error() string {
	what := e.Exception.Description
	if what == "" {
		what = string(e.Exception.Value)
	}
	return fmt.Sprintf("browser: %s: %s", e.Text, what)
}
