// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/gsttest"
)

func TestMain(m *testing.M) { gsttest.Main(m) }
