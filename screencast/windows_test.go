// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"
)

func TestPick(t *testing.T) {
	windows := []*window{
		{id: 1, title: "Editor - main.go", shown: true},
		{id: 2, title: "Editor - main_test.go", shown: true},
		{id: 3, title: "editor", shown: true},
		{id: 4, title: "Editor", shown: true},
		{id: 5, title: "Mail", shown: false},
		{id: 6, title: "Mail - inbox", shown: true},
		{id: 7, title: "Terminal", shown: true},
		{id: 8, title: "Terminal", shown: true},
		{id: 0x1400009, title: "Ünïcode", shown: true},
	}
	for name, want := range map[string]uint32{
		"Editor":    4, // exactly so
		"editor":    3,
		"main.go":   1, // a part
		"MAIN_TEST": 2,
		"inbox":     6,
		"0x1400009": 0x1400009,
		"ünïCODE":   0x1400009,
	} {
		got, err := pick(windows, name)
		require.NoError(t, err, name)
		require.Equal(t, want, got.id, name)
	}
	for name, want := range map[string]string{
		"Terminal": `screencast: window "Terminal": several windows match, select one by id: ` +
			`"Terminal" (0x7), "Terminal" (0x8)`,
		"EDITOR": `screencast: window "EDITOR": several windows match, select one by id: ` +
			`"editor" (0x3), "Editor" (0x4)`,
		"editor -": `screencast: window "editor -": several windows match, select one by id: ` +
			`"Editor - main.go" (0x1), "Editor - main_test.go" (0x2)`,
		// The whole title goes first, though a part of another is shown.
		"Mail": `screencast: window "Mail": it is not visible: it may be minimised or on another workspace`,
	} {
		_, err := pick(windows, name)
		require.EqualError(t, err, want)
	}
	_, err := pick(windows, "Browser")
	var none *WindowError
	require.ErrorAs(t, err, &none)
	require.Empty(t, cmp.Diff([]string{
		`"Editor - main.go" (0x1)`, `"Editor - main_test.go" (0x2)`, `"editor" (0x3)`, `"Editor" (0x4)`,
		`"Mail - inbox" (0x6)`, `"Terminal" (0x7)`, `"Terminal" (0x8)`, `"Ünïcode" (0x1400009)`,
	}, none.Windows))
	_, err = pick(nil, "Browser")
	require.EqualError(t, err, `screencast: window "Browser": no visible window has a title`)
}

func TestLongListsAreCut(t *testing.T) {
	many := make([]*window, mostWindows+3)
	for i := range many {
		many[i] = &window{id: uint32(i), title: "w", shown: true}
	}
	_, err := pick(many, "x")
	require.ErrorContains(t, err, `"w" (0x13) and 3 more`)
	require.NotContains(t, err.Error(), "0x14")
}

// titles are those of windows, in their order.
func titles(windows []*window) []string {
	names := []string{}
	for _, w := range windows {
		names = append(names, w.title)
	}
	return names
}

// TestWindowsWithoutAManager are those with a title, at any depth, and none inside
// of them.
func TestWindowsWithoutAManager(t *testing.T) {
	p := newPainter(t, startX(t))
	p.window("one", red, rect{0, 0, 100, 100})
	p.hide(p.window("hidden", red, rect{0, 0, 100, 100}))
	frame := p.window("", red, rect{0, 0, 100, 100})
	inner := p.window("two", red, rect{0, 0, 100, 100})
	part := p.window("a part of two", red, rect{0, 0, 50, 50})
	require.NoError(t, xproto.ReparentWindowChecked(p.x.conn, inner, frame, 0, 0).Check())
	require.NoError(t, xproto.ReparentWindowChecked(p.x.conn, part, inner, 0, 0).Check())

	found, err := p.x.windows()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"one", "hidden", "two"}, titles(found))
	w, err := p.x.findWindow("two")
	require.NoError(t, err)
	require.Equal(t, &window{id: uint32(inner), title: "two", width: 100, height: 100, shown: true}, w)
	all, err := Targets(p.x.name)
	require.NoError(t, err)
	require.Len(t, all, 3, "the screen and two windows")
	require.Equal(t, int(p.x.root.WidthInPixels), all[0].Width)
	require.Empty(t, all[0].Window)
	require.Contains(t, all, Target{p.x.name, fmt.Sprintf("0x%x", inner), "two", 100, 100})
	_, err = p.x.findWindow("hidden")
	require.ErrorContains(t, err, "it is not visible")
	_, err = p.x.findWindow("0x7fffffff")
	require.EqualError(t, err, `screencast: window "0x7fffffff": there is no window with this id`)
}

// TestWindowsOfAManager are those that it lists, by their titles in UTF-8.
func TestWindowsOfAManager(t *testing.T) {
	p := newPainter(t, startX(t))
	id := p.window("latin", red, rect{0, 0, 100, 100})
	p.window("not listed", red, rect{0, 0, 100, 100})
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(p.x.conn, false, uint16(len(name)), name).Reply()
		require.NoError(t, err)
		return r.Atom
	}
	title := "Ünïcode – 日本"
	require.NoError(t, xproto.ChangePropertyChecked(p.x.conn, xproto.PropModeReplace, id,
		atom("_NET_WM_NAME"), atom("UTF8_STRING"), 8, uint32(len(title)), []byte(title)).Check())
	list := []byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24), 1, 2, 3, 4} // The second is gone.
	require.NoError(t, xproto.ChangePropertyChecked(p.x.conn, xproto.PropModeReplace, p.x.root.Root,
		atom("_NET_CLIENT_LIST"), xproto.AtomWindow, 32, 2, list).Check())
	found, err := newPainter(t, p.x.name).x.windows()
	require.NoError(t, err)
	require.Equal(t, []string{title}, titles(found))
}
