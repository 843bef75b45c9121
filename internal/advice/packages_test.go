// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryDebianPackageIsNamedLikeOne(t *testing.T) {
	require.Equal(t, "gstreamer1.0-plugins-ugly", Package("x264enc"))
	require.Equal(t, "libgstreamer1.0-0", Package("queue"))
	require.Empty(t, Package("nosuchelement"))
	require.Empty(t, Package("Elements"), "comments aren't elements")
}
