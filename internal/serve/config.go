// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The defaults of Config.
const (
	DefaultBindAddress  = "127.0.0.1"
	DefaultHealthPort   = 7888
	DefaultDrainTimeout = 15 * time.Second
	DefaultStallTimeout = 30 * time.Second
	DefaultHangTimeout  = 10 * time.Second
)

// Config is a configuration. All values are checked, and secrets are read.
type Config struct {
	BindAddress                             string
	HealthPort, PrometheusPort, DebugPort   int // the last two are HealthPort if they are not given
	LogLevel                                string
	LogJSON                                 bool
	DrainTimeout, StallTimeout, HangTimeout time.Duration
	Publications                            []Publication // in the order of the file

	// URL, APIKey and APISecret are what all publications share; empty if they are not given.
	URL, APIKey, APISecret string

	base *draft // the defaults of publications; see Job
}

// Restart is when a publication is started again.
type Restart string

// The values of Restart.
const (
	RestartAlways    Restart = "always"
	RestartOnFailure Restart = "on-failure" // not after the end of its stream
	RestartNever     Restart = "never"
)

// Publication is one publication, with the defaults applied. Two of them that are equal by reflect.DeepEqual need no
// restart.
type Publication struct {
	Name string
	// Pipeline is launch text, and Input what `gstpublish run` accepts as its argument. One of them is set.
	Pipeline, Input string
	URL             string
	APIKey          string
	APISecret       string
	Token           string
	Room, Identity  string
	Restart         Restart
	// Options are flags of `gstpublish run`, as --name=value, in the order of their names.
	Options []string
	// Environment has variables for the process, as NAME=value, in the order of their names.
	Environment []string
	// Movable makes the publication end when the server removes it or another client takes its identity. Else it is
	// started again.
	Movable bool
	// Stamp differs if the contents of the launch file that Input names do; empty for anything else.
	Stamp string
	// Generation differs between two publications that need a process each, although they are otherwise equal.
	Generation uint64
}

// Source is what a configuration is read with.
type Source struct {
	// Name begins each error, such as the name of the file.
	Name string
	// Flags are the flags of `gstpublish run` that may be options.
	Flags map[string]FlagKind
	// Check checks the options of a publication, and where it connects; nil for no check.
	Check func(p *Publication) error
	// Getenv reads an environment variable, and ReadFile a file with a secret.
	Getenv   func(name string) string
	ReadFile func(path string) ([]byte, error)
	// Worker permits a configuration without publications, for jobs.
	Worker bool
}

// FlagKind says which values a flag has.
type FlagKind int

// The kinds of flags.
const (
	TextFlag FlagKind = iota // text, a number or a duration
	BoolFlag
	ListFlag // may be repeated
)

// Error is what is wrong in a configuration, and where.
type Error struct {
	Name         string // of the file
	Line, Column int    // 0 if unknown
	Err          error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.Name, e.Line, e.Column, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Parse reads a configuration. The error is an *Error.
func Parse(text []byte, s *Source) (*Config, error) {
	r := &reader{source: s}
	document, err := decode(text, s.Name)
	if err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		if !s.Worker {
			return nil, &Error{Name: s.Name, Err: errNoPublications}
		}
		document.Content = []*yaml.Node{{Kind: yaml.MappingNode}}
	}
	c := r.config(document.Content[0])
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// decode decodes a document of YAML, which must be the only one.
func decode(text []byte, name string) (document yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err = decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return document, syntaxError(name, err)
	}
	var second yaml.Node
	switch err = decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return document, nil
	case err != nil:
		return document, syntaxError(name, err)
	default:
		err = errors.New("a second document: remove --- and what follows")
		return document, &Error{name, second.Line, second.Column, err}
	}
}

func (r *reader) config(n *yaml.Node) *Config {
	c := &Config{
		BindAddress: DefaultBindAddress, HealthPort: DefaultHealthPort, LogLevel: "info",
		DrainTimeout: DefaultDrainTimeout, StallTimeout: DefaultStallTimeout, HangTimeout: DefaultHangTimeout,
	}
	var defaults, publications *yaml.Node
	var shared credentials
	c.PrometheusPort, c.DebugPort = -1, -1
	r.mapping(n, func(key string, k, v *yaml.Node) {
		switch key {
		case "bind_address":
			c.BindAddress = r.text(v)
		case "health_port":
			c.HealthPort = r.port(v)
		case "prometheus_port":
			c.PrometheusPort = r.port(v)
		case "debug_handler_port":
			c.DebugPort = r.port(v)
		case "logging":
			r.logging(v, c)
		case "drain_timeout":
			c.DrainTimeout = r.duration(v)
		case "stall_timeout":
			c.StallTimeout = r.duration(v)
		case "hang_timeout":
			c.HangTimeout = r.duration(v)
		case "defaults":
			defaults = v
		case "publications":
			publications = v
		default:
			if !r.credential(&shared, key, v) {
				r.unknown(k, slices.Concat(topKeys, credentialKeys))
			}
		}
	})
	if c.PrometheusPort < 0 {
		c.PrometheusPort = c.HealthPort
	}
	if c.DebugPort < 0 {
		c.DebugPort = c.HealthPort
	}
	r.override(&shared)
	c.URL, c.APIKey, c.APISecret = shared.url, shared.key, shared.secret
	r.publications(n, publications, defaults, shared, c)
	return c
}

// topKeys are the keys of a configuration, credentials aside.
var topKeys = []string{
	"bind_address", "health_port", "prometheus_port", "debug_handler_port", "logging", "drain_timeout", "stall_timeout",
	"hang_timeout", "defaults", "publications",
}

// logging reads logging: {level, json}, as in the configuration of LiveKit's services.
func (r *reader) logging(n *yaml.Node, c *Config) {
	r.mapping(n, func(key string, k, v *yaml.Node) {
		switch key {
		case "level":
			c.LogLevel = r.oneOf(v, "debug", "info", "warn", "error")
		case "json":
			c.LogJSON = r.truth(v)
		default:
			r.unknown(k, []string{"level", "json"})
		}
	})
}
