// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

// showing finds frames that this viewer decodes but a browser would not show: libwebrtc drops a frame
// whose time stamp is before that of an earlier frame, and then all frames up to the next key frame,
// since it assumes that each refers to the one before. B-frames are such frames. The zero value is
// ready.
type showing struct {
	begun  bool
	newest uint32 // RTP time
	broken bool   // a frame was dropped since the last key frame
}

// shows reports whether a browser would show the frame of a sample.
func (o *showing) shows(f *sample) bool {
	late := o.begun && int32(f.rtpTime-o.newest) < 0 //nolint:gosec // time stamps wrap around
	switch {
	case late:
		o.broken = true
	case f.key:
		o.broken = false
	}
	if !late {
		o.begun, o.newest = true, f.rtpTime
	}
	return !o.broken
}
