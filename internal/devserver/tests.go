// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"fmt"
	"os"
	"time"
)

// testsTimeout limits the start of RunTests' server.
const testsTimeout = time.Minute

// RunTests runs a package's tests between the start and the end of a server, which they find in *server. It returns
// their exit code, or 1 with a line on standard error if the server does not start or end.
func RunTests(server **Server, run func() int) int {
	ctx, cancel := context.WithTimeout(context.Background(), testsTimeout)
	defer cancel()
	var err error
	if *server, err = Start(ctx, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := run()
	if err := (*server).Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
