// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/gsttest"
)

func TestMain(m *testing.M) { gsttest.Main(corpusRunner{m}) }
