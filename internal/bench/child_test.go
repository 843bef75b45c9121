// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// child is a copy of this program that is measured. It answers each line of its input with its usage so far, and ends
// with its input.
type child struct {
	pid int
	in  io.WriteCloser
	out *json.Decoder
}

// startChild starts a program that reads how, as JSON, from a variable of the environment. The program ends with the
// benchmark.
func startChild(b *testing.B, program, variable string, how any) *child {
	b.Helper()
	text, err := json.Marshal(how)
	require.NoError(b, err)
	cmd := exec.Command(program) //nolint:noctx // It ends with its input.
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	var failure bytes.Buffer
	cmd.Stderr = &failure
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		require.NoError(b, in.Close())
		stuck := time.AfterFunc(startPatience, func() { _ = cmd.Process.Kill() })
		defer stuck.Stop()
		require.NoError(b, cmd.Wait(), failure.String())
	})
	return &child{cmd.Process.Pid, in, json.NewDecoder(out)}
}

// ask requests the usage so far.
func (c *child) ask(b *testing.B, usage any) {
	b.Helper()
	_, err := fmt.Fprintln(c.in)
	require.NoError(b, err)
	require.NoError(b, c.out.Decode(usage))
}
