// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/serve"
)

// The variables of the configuration, named as those of LiveKit's services.
const (
	envConfigFile = "GSTPUBLISH_CONFIG_FILE"
	envConfigBody = "GSTPUBLISH_CONFIG_BODY"
)

func configFlag(file *string) cli.Flag {
	return &cli.StringFlag{
		Name: "config", Destination: file, Usage: "`FILE` of the configuration", Sources: cli.EnvVars(envConfigFile),
	}
}

// configText returns where the configuration is.
func configText(file string, needed bool) (configuration, error) {
	text := configuration{file: file, body: os.Getenv(envConfigBody)}
	switch {
	case file != "" && text.body != "":
		return text, problem.Usagef("both --config (or %s) and %s are set: remove one", envConfigFile, envConfigBody)
	case needed && file == "" && text.body == "":
		return text, problem.Usagef("no configuration: set --config FILE, %s or %s", envConfigFile, envConfigBody)
	}
	if info, err := os.Stat(file); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0 {
		data, err := os.ReadFile(file) //nolint:gosec // the operator's
		if err != nil {
			return text, problem.Usage(err)
		}
		text.body, text.once = string(data), true
	}
	return text, nil
}

// configuration is where the configuration is.
type configuration struct {
	file, body string
	once       bool // the file is a pipe, which can be read once: body has what it had
}

func (c *configuration) read() ([]byte, error) {
	if c.file == "" || c.once {
		return []byte(c.body), nil
	}
	return os.ReadFile(c.file)
}

// slowFile is how long reading a file may take before it is named.
const slowFile = 5 * time.Second

// reader returns a function that reads a file. It calls slow with the path of one that takes long, such as on a file
// system whose server is down.
func reader(slow func(path string)) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		timer := time.AfterFunc(slowFile, func() { slow(path) })
		defer timer.Stop()
		return os.ReadFile(path) //nolint:gosec // the operator's
	}
}

// interruptible returns load, without waiting for it when ctx is done.
func interruptible(ctx context.Context, load func() (*serve.Config, error)) func() (*serve.Config, error) {
	type loaded struct {
		config *serve.Config
		err    error
	}
	return func() (*serve.Config, error) {
		done := make(chan loaded, 1)
		go func() {
			config, err := load()
			done <- loaded{config, err}
		}()
		select {
		case l := <-done:
			return l.config, l.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// checkServer sees that a configuration names a server and an API key.
func checkServer(c *serve.Config) error {
	if c.URL == "" || c.APIKey == "" || c.APISecret == "" {
		return problem.Usagef("no server or no API key: set ws_url, api_key and api_secret_file in the configuration, or "+
			"%s, %s and %s", options.EnvURL, options.EnvAPIKey, options.EnvAPISecret)
	}
	return nil
}
