// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/screencast"
)

func TestText(t *testing.T) {
	l := New([]input.Device{
		{Name: "Front", Camera: true, Words: []string{"/dev/video0"}},
		{Name: "Desk", Words: []string{"--", "pulsesrc", "device=it's"}},
		{Name: "Odd"},
	}, []screencast.Target{
		{Display: ":0", Width: 640, Height: 480}, {Display: ":0", Window: "0x12", Title: "One", Width: 5, Height: 6},
	}, nil)
	require.Equal(t, `Cameras
  Front
      gstpublish run /dev/video0

Microphones
  Desk
      gstpublish run -- pulsesrc 'device=it'\''s'
  Odd
      no element of GStreamer's reads it

Screens
  :0, 640x480
      gstpublish screencast --display :0

Windows
  "One", 5x6
      gstpublish screencast --display :0 --window 0x12
`, l.Text())
}

func TestNothing(t *testing.T) {
	l := New(nil, nil, errors.New("screencast: no display: none"))
	require.Equal(t, "Cameras: none\n\nMicrophones: none\n\nScreens: no display: none\n", l.Text())
	data, err := json.Marshal(l)
	require.NoError(t, err)
	require.JSONEq(t, `{"cameras":[],"microphones":[],"screens":[],"windows":[],"no_screen":"no display: none"}`,
		string(data))
}
