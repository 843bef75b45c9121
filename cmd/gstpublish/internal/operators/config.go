// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"os"

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
	return text, nil
}

// configuration is where the configuration is.
type configuration struct{ file, body string }

func (c *configuration) read() ([]byte, error) {
	if c.file == "" {
		return []byte(c.body), nil
	}
	return os.ReadFile(c.file)
}

// checkServer sees that a configuration names a server and an API key.
func checkServer(c *serve.Config) error {
	if c.URL == "" || c.APIKey == "" || c.APISecret == "" {
		return problem.Usagef("no server or no API key: set ws_url, api_key and api_secret_file in the configuration, or "+
			"%s, %s and %s", options.EnvURL, options.EnvAPIKey, options.EnvAPISecret)
	}
	return nil
}
