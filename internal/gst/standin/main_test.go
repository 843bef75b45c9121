// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/gstpublish/gstpublish/internal/gsttest"
)

// childEnv is the variable with the launch text that a child process of these tests plays.
const childEnv = "STANDIN_TEST_LAUNCH"

func TestMain(m *testing.M) {
	if launch := os.Getenv(childEnv); launch != "" {
		os.Exit(child(launch)) //nolint:forbidigo // the end of a TestMain
	}
	flag.Parse()
	gsttest.Main(m)
}

// child plays launch text with the stand-ins of its environment.
func child(launch string) int {
	specs, err := testSpecs()
	if err == nil {
		err = fromEnv(func(name, version string) error { return registerOf(specs, name, version) })
	}
	if err == nil {
		err = runToEnd(launch)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func testSpecs() ([]Spec, error) { return readSpecs(os.DirFS("testdata")) }

func registerOf(specs []Spec, name, version string) error {
	spec, err := find(specs, name, version)
	return errors.Join(err, registerIf(spec, version))
}

func registerIf(spec *Spec, version string) error {
	if spec == nil {
		return nil
	}
	return register(spec, version)
}
