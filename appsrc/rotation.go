// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import "fmt"

// Rotation is how far a frame must be turned clockwise to be upright. Values are those of
// VideoRotation in the LiveKit SDKs. The source turns the pixels itself, since LiveKit's server
// does not negotiate the orientation extension.
type Rotation int

// The rotations, clockwise.
const (
	Rotation0   Rotation = 0
	Rotation90  Rotation = 1
	Rotation180 Rotation = 2
	Rotation270 Rotation = 3
)

// Degrees returns the angle: 0, 90, 180 or 270, and 0 for an unknown rotation.
func (r Rotation) Degrees() int {
	if r < Rotation0 || r > Rotation270 {
		return 0
	}
	return int(r) * 90
}

// String returns the angle, such as "90°".
func (r Rotation) String() string {
	if r.check() != nil {
		return fmt.Sprintf("Rotation(%d)", int(r))
	}
	return fmt.Sprintf("%d°", r.Degrees())
}

// check returns an error that matches ErrRotation if r is not a rotation.
func (r Rotation) check() error {
	if r < Rotation0 || r > Rotation270 {
		return fmt.Errorf("%w %d: must be between %d and %d (not "+
			"degrees)", ErrRotation, int(r), int(Rotation0), int(Rotation270))
	}
	return nil
}
