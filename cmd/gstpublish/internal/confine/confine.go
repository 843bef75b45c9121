// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package confine has the flags of the sandbox, and what they permit.
package confine

import (
	"fmt"
	"os"
	"strconv"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Options holds the flags. The zero value means no sandbox.
type Options struct {
	whether              string
	read, write, connect []string
}

const category = "Sandbox"

// Flags returns the flags.
func (o *Options) Flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "sandbox", Destination: &o.whether, Category: category,
			Usage: "limit this process to the files and TCP ports that it needs: `WHETHER` is no, available (as far as this " +
				"system can) or required",
			DefaultText: "no",
		}, &cli.StringSliceFlag{
			Name: "sandbox-read", Destination: &o.read, Category: category, Config: cli.StringConfig{},
			Usage: "`PATH` of a file or folder that the pipeline may read; may be repeated",
		}, &cli.StringSliceFlag{
			Name: "sandbox-write", Destination: &o.write, Category: category, Config: cli.StringConfig{},
			Usage: "`PATH` of a file, folder or device that it may read and write; may be repeated",
		}, &cli.StringSliceFlag{
			Name: "sandbox-connect", Destination: &o.connect, Category: category,
			Usage: "TCP `PORT` to which it may connect, on any host; may be repeated",
		},
	}
}

// Check checks the flags, and returns what they permit; nil for no sandbox.
func (o *Options) Check() (*sandbox.Options, error) {
	permitted := &sandbox.Options{Read: o.read, Write: o.write}
	for _, text := range o.connect {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("--sandbox-connect must be a port from 1 to 65535, got %q", text)
		}
		permitted.Connect = append(permitted.Connect, uint16(port))
	}
	switch o.whether {
	case "", "no":
		if len(o.read)+len(o.write)+len(o.connect) > 0 {
			return nil, fmt.Errorf("--sandbox-read, --sandbox-write and --sandbox-connect need --sandbox available or required")
		}
		return nil, nil //nolint:nilnil // as documented
	case "available":
		return permitted, nil
	case "required":
		permitted.Required = true
		return permitted, nil
	default:
		return nil, fmt.Errorf("--sandbox must be no, available or required, got %q", o.whether)
	}
}

// Enter limits this process to what is permitted and what every publisher needs: to run itself, which proves encoders,
// to reach its server, and to serve HTTP at an address, which may be empty. GStreamer looks for plugins before that: a
// pipeline must not be able to write the list of them.
func Enter(permitted *sandbox.Options, server, address string) (sandbox.Applied, error) {
	program, err := os.Executable()
	if err != nil {
		return sandbox.Applied{}, err
	}
	pipeline.Init()
	permitted.Execute = append(permitted.Execute, program)
	permitted.AddGStreamer(os.Getenv)
	permitted.AddURL(server)
	permitted.AddServer(address)
	if cache := gstpublish.UserProofDir(); cache != "" && os.MkdirAll(cache, 0o700) == nil {
		permitted.Write = append(permitted.Write, cache)
	}
	return sandbox.Apply(permitted)
}
