// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"testing"
	"time"

	"github.com/gstpublish/gstpublish/internal/gsttest"
)

var prover *Prover

func TestMain(m *testing.M) {
	prover = Start(&Options{Timeout: 20 * time.Second})
	gsttest.Main(m)
}
