// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"os"
	"testing"
	"time"

	"github.com/gstpublish/gstpublish/internal/gsttest"
)

var prover *Prover

func TestMain(m *testing.M) {
	if _, asked := os.LookupEnv(requestVariable); asked {
		if do, ok := mains()[os.Getenv(mainVariable)]; ok {
			do()
		}
	}
	prover = New(&Options{Timeout: 20 * time.Second})
	gsttest.Main(m)
}
