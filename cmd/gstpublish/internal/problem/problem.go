// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package problem turns errors into what the command prints about them, hints included, and into its exit codes.
package problem

import (
	"errors"
	"fmt"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The exit codes. help.Root documents them.
const (
	ExitOK      = 0
	ExitFailure = 1 // while running
	ExitUsage   = 2 // the command line, or the pipeline's text
	ExitMissing = 3 // an element is not installed, no encoder works, or there is no sandbox
	ExitConnect = 4 // the server is unreachable or refused us or a track, or the connection was lost for good
	ExitSignal  = 128
)

// UsageError is an error in the command line.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usage returns a UsageError with a cause.
func Usage(err error) error { return &UsageError{err} }

// Usagef returns a UsageError with a formatted text.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// HintedError is an error with a hint about what to do.
type HintedError struct {
	Err  error
	Hint string
}

func (e *HintedError) Error() string { return e.Err.Error() }
func (e *HintedError) Unwrap() error { return e.Err }

// Hint adds a hint to an error.
func Hint(err error, hint string) error { return &HintedError{err, hint} }

// StoppedError is the cause of a context that a signal has ended.
type StoppedError struct{ Signal string }

func (e *StoppedError) Error() string { return "stopped by " + e.Signal }

// UnfitError means that no encoder works on this machine.
type UnfitError struct{ Text string }

func (e *UnfitError) Error() string { return e.Text }

// RefusedError means that the server refuses a worker.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Code is the one place where errors become exit codes.
func Code(err error) int {
	var (
		stopped *StoppedError
		missing *pipeline.MissingElementError
		usage   *UsageError
		launch  *pipeline.LaunchError
		refused *gstpublish.JoinError
		lost    *gstpublish.LostError
		none    *pipeline.NoEncoderError
		unfit   *UnfitError
		open    *sandbox.UnavailableError
		banned  *sink.PermissionError
		foreign *sink.CodecError
		barred  *RefusedError
	)
	switch {
	case err == nil, errors.As(err, &stopped):
		return ExitOK
	case errors.As(err, &missing), errors.As(err, &none), errors.As(err, &unfit), errors.As(err, &open):
		return ExitMissing
	case errors.As(err, &usage), errors.As(err, &launch),
		errors.Is(err, sink.ErrNoMedia), errors.Is(err, sink.ErrTwoOutputs):
		return ExitUsage
	case errors.As(err, &refused), errors.As(err, &lost), errors.As(err, &banned), errors.As(err, &foreign),
		errors.As(err, &barred):
		return ExitConnect
	default:
		return ExitFailure
	}
}
