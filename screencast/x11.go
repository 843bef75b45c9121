// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// connection is our own connection to an X server, separate from ximagesrc's: pure Go, where X
// errors are values.
type connection struct {
	conn *xgb.Conn
	name string // of the display
	root *xproto.ScreenInfo

	atoms map[string]xproto.Atom
}

// quiet stops xgb from writing to standard error. It also returns what it writes there, except that
// a connection may need no authority.
var quiet = sync.OnceFunc(func() {
	xgb.Logger.SetOutput(io.Discard) //nolint:forbidigo // xgb has only this one.
})

// dial connects to a display. The error is a *DisplayError.
func dial(display string) (*connection, error) {
	quiet()
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, unreachable(display, err)
	}
	setup := xproto.Setup(conn)
	if conn.DefaultScreen >= len(setup.Roots) {
		conn.Close()
		return nil, &DisplayError{Display: display, Reason: "there is no screen with this number"}
	}
	x := &connection{conn: conn, name: display, root: &setup.Roots[conn.DefaultScreen], atoms: map[string]xproto.Atom{}}
	return x, nil
}

func (x *connection) close() { x.conn.Close() }

// lost returns the error for a server that no longer answers.
func (x *connection) lost(err error) error {
	return &DisplayError{Display: x.name, Reason: "the X server fails: " + err.Error(), Err: err}
}

// isXwayland reports whether the X server only serves X11 programs on a Wayland desktop. Its root
// window stays black.
func (x *connection) isXwayland() bool {
	// From 23.1 on, an extension identifies it.
	if r, err := xproto.QueryExtension(x.conn, uint16(len("XWAYLAND")), "XWAYLAND").Reply(); err == nil && r.Present {
		return true
	}
	if randr.Init(x.conn) != nil {
		return false
	}
	resources, err := randr.GetScreenResourcesCurrent(x.conn, x.root.Root).Reply()
	if err != nil {
		return false
	}
	for _, output := range resources.Outputs {
		info, err := randr.GetOutputInfo(x.conn, output, resources.ConfigTimestamp).Reply()
		if err == nil && strings.HasPrefix(string(info.Name), "XWAYLAND") {
			return true
		}
	}
	return false
}

// atom returns the server's number for a name; 0 if no client has used it.
func (x *connection) atom(name string) (xproto.Atom, error) {
	if a, known := x.atoms[name]; known {
		return a, nil
	}
	r, err := xproto.InternAtom(x.conn, true, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, x.lost(err)
	}
	x.atoms[name] = r.Atom
	return r.Atom, nil
}

// longestProperty limits how much of a property is read, in units of four bytes.
const longestProperty = 1 << 16

// property reads a property of a window; nil if the window lacks it, or is gone.
func (x *connection) property(window xproto.Window, name string) ([]byte, error) {
	a, err := x.atom(name)
	if err != nil || a == 0 {
		return nil, err
	}
	r, err := xproto.GetProperty(x.conn, false, window, a, xproto.GetPropertyTypeAny, 0, longestProperty).Reply()
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, x.lost(err)
	}
	return r.Value, nil
}

// errUnseen is the error for a window that only takes input.
var errUnseen = errors.New("screencast: no part of the window is visible")

// isGone reports whether an error means that the window does not exist or is not visible.
func isGone(err error) bool {
	var window xproto.WindowError
	var drawable xproto.DrawableError
	return errors.As(err, &window) || errors.As(err, &drawable) || errors.Is(err, errUnseen)
}
