// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/jezek/xgb/xproto"
)

// window is a window with a title.
type window struct {
	id            uint32
	title         string
	width, height int // px, without the border
	shown         bool
}

func (w *window) String() string { return fmt.Sprintf("%q (0x%x)", w.title, w.id) }

// findWindow finds a window by its id or its title. The error is a *WindowError.
func (x *connection) findWindow(name string) (*window, error) {
	if id, ok := windowID(name); ok {
		w, err := x.window(xproto.Window(id))
		switch {
		case isGone(err):
			return nil, &WindowError{Window: name, Reason: "there is no window with this id"}
		case err != nil:
			return nil, err
		}
		return pick([]*window{w}, name)
	}
	all, err := x.windows()
	if err != nil {
		return nil, err
	}
	return pick(all, name)
}

// windowID parses an id such as 0x1400003. A number without that prefix may be a title.
func windowID(name string) (id uint32, ok bool) {
	digits, ok := strings.CutPrefix(name, "0x")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return uint32(n), err == nil
}

// pick returns the one matching window: by id, or by exact title, or by title ignoring case, or by
// a part of the title.
func pick(all []*window, name string) (*window, error) {
	id, _ := windowID(name)
	lower := strings.ToLower(name)
	for _, matches := range []func(*window) bool{
		func(w *window) bool { return id != 0 && w.id == id },
		func(w *window) bool { return w.title == name },
		func(w *window) bool { return strings.ToLower(w.title) == lower },
		func(w *window) bool { return strings.Contains(strings.ToLower(w.title), lower) },
	} {
		shown, hidden := sift(all, matches)
		switch {
		case len(shown) == 1:
			return shown[0], nil
		case len(shown) > 1:
			return nil, &WindowError{
				Window: name, Reason: "several windows match, select one by id", Windows: labels(shown),
			}
		case len(hidden) > 0:
			return nil, &WindowError{Window: name, Reason: "it is not visible: it may be minimised or on another workspace"}
		}
	}
	shown, _ := sift(all, func(*window) bool { return true })
	if len(shown) == 0 {
		return nil, &WindowError{Window: name, Reason: "no visible window has a title"}
	}
	return nil, &WindowError{Window: name, Reason: "not found; the visible windows are", Windows: labels(shown)}
}

// sift returns the windows that match.
func sift(all []*window, matches func(*window) bool) (shown, hidden []*window) {
	for _, w := range all {
		switch {
		case !matches(w):
		case w.shown:
			shown = append(shown, w)
		default:
			hidden = append(hidden, w)
		}
	}
	return shown, hidden
}

func labels(windows []*window) []string {
	names := make([]string, len(windows))
	for i, w := range windows {
		names[i] = w.String()
	}
	return names
}

// windows lists the windows with a title: those that the window manager lists as programs'
// (_NET_CLIENT_LIST of the EWMH), or without a window manager, all of them.
func (x *connection) windows() ([]*window, error) {
	list, err := x.property(x.root.Root, "_NET_CLIENT_LIST")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return x.walk(x.root.Root, maxDepth)
	}
	var found []*window
	for ; len(list) >= 4; list = list[4:] {
		// xgb requests the connection's byte order, little-endian.
		w, err := x.window(xproto.Window(binary.LittleEndian.Uint32(list)))
		switch {
		case isGone(err):
		case err != nil:
			return nil, err
		case w.title != "":
			found = append(found, w)
		}
	}
	return found, nil
}

// maxDepth is how far below the root a program's window can be: window managers put a frame or two
// around it.
const maxDepth = 4

// walk lists the windows with a title below another one. Anything below such a window is a part of
// it.
func (x *connection) walk(parent xproto.Window, depth int) ([]*window, error) {
	tree, err := xproto.QueryTree(x.conn, parent).Reply()
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, x.lost(err)
	}
	var found []*window
	for _, child := range tree.Children {
		w, err := x.window(child)
		switch {
		case isGone(err):
		case err != nil:
			return nil, err
		case w.title != "":
			found = append(found, w)
		case depth > 1:
			below, err := x.walk(child, depth-1)
			if err != nil {
				return nil, err
			}
			found = append(found, below...)
		}
	}
	return found, nil
}

// window queries one window; isGone recognises the error if it does not exist.
func (x *connection) window(id xproto.Window) (*window, error) {
	attributes, err := xproto.GetWindowAttributes(x.conn, id).Reply()
	if err == nil && attributes.Class == xproto.WindowClassInputOnly {
		return nil, errUnseen
	}
	var geometry *xproto.GetGeometryReply
	if err == nil {
		geometry, err = xproto.GetGeometry(x.conn, xproto.Drawable(id)).Reply()
	}
	if err != nil {
		return nil, x.lost(err)
	}
	title, err := x.title(id)
	return &window{
		id: uint32(id), title: title, width: int(geometry.Width), height: int(geometry.Height),
		shown: attributes.MapState == xproto.MapStateViewable,
	}, err
}

// title returns a window's _NET_WM_NAME, which is UTF-8, or otherwise its WM_NAME.
func (x *connection) title(id xproto.Window) (string, error) {
	for _, name := range []string{"_NET_WM_NAME", "WM_NAME"} {
		value, err := x.property(id, name)
		if err != nil || len(value) > 0 {
			return strings.TrimRight(strings.ToValidUTF8(string(value), "?"), "\x00"), err
		}
	}
	return "", nil
}
