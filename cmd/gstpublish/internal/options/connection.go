// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package options has the flags that several commands share, for connections, video and statistics: their definition,
// their checks and what they mean. It neither connects nor encodes.
package options

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

// Shared by `lk --dev` and `livekit-server --dev`.
const (
	devURL    = "ws://localhost:7880"
	devKey    = "devkey"
	DevSecret = "secret"
)

// The environment variables of LiveKit's own tools.
const (
	EnvURL       = "LIVEKIT_URL"
	EnvAPIKey    = "LIVEKIT_API_KEY"
	EnvAPISecret = "LIVEKIT_API_SECRET"
	EnvToken     = "LIVEKIT_TOKEN"
)

// Connection is where to connect, and as whom.
type Connection struct {
	URL, APIKey, APISecret, Token string

	Room, Identity string
	Reconnect      string // as given
	Patience       gstpublish.Reconnect
	HideStats      bool // requests for the statistics stay unanswered

	dev bool
}

// Flags returns the flags of the connection.
func (c *Connection) Flags() []cli.Flag {
	const category = "Connection"
	fromEnv := func(key string) cli.ValueSourceChain {
		return cli.NewValueSourceChain(&envUnlessDev{key: key, dev: &c.dev})
	}
	return []cli.Flag{
		&cli.StringFlag{
			Name: "url", Destination: &c.URL, Sources: fromEnv(EnvURL), Category: category,
			Usage: "`URL` of the LiveKit server, such as wss://example.livekit.cloud",
		},
		&cli.StringFlag{
			Name: "api-key", Destination: &c.APIKey, Sources: fromEnv(EnvAPIKey), Category: category,
			Usage: "API `KEY` of the server, to create an access token",
		},
		&cli.StringFlag{
			Name: "api-secret", Destination: &c.APISecret, Sources: fromEnv(EnvAPISecret), Category: category,
			Usage: "API `SECRET` that belongs to the key",
		},
		&cli.StringFlag{
			Name: "token", Destination: &c.Token, Sources: fromEnv(EnvToken), Category: category,
			Usage: "access `TOKEN`, instead of key, secret, room and identity",
		},
		&cli.BoolFlag{
			Name: "dev", Destination: &c.dev, Category: category,
			Usage: "connect to livekit-server --dev on this machine: " + devURL + " with its key and secret; " +
				"ignores the environment",
		},
		&cli.StringFlag{
			Name: "room", Aliases: []string{"r"}, Destination: &c.Room, Category: category,
			Usage: "`NAME` of the room",
		},
		&cli.StringFlag{
			Name: "identity", Aliases: []string{"i"}, Destination: &c.Identity, Category: category,
			Usage: "unique `NAME` of this participant in the room", DefaultText: "gstpublish- and six random letters",
		},
	}
}

// ReconnectFlag returns the flag for publishers.
func (c *Connection) ReconnectFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "reconnect", Destination: &c.Reconnect, Category: "Connection",
		Usage: "how long to retry after the connection breaks: a `TIME` such as 10s, forever, or off; capture continues " +
			"meanwhile; forever also retries the first join; if it is set, also how long to retry a lost source",
		DefaultText: strings.TrimSuffix(gstpublish.DefaultReconnect.String(), "0s"),
	}
}

// HideStatsFlag returns the flag for publishers.
func (c *Connection) HideStatsFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "hide-stats", Destination: &c.HideStats, Category: "Connection",
		Usage: "do not answer participants who ask for the statistics, such as the page of watch --web",
	}
}

// parseReconnect parses --reconnect.
func parseReconnect(text string) (gstpublish.Reconnect, error) {
	switch text {
	case "":
		return gstpublish.DefaultReconnect, nil
	case "forever":
		return gstpublish.ReconnectForever, nil
	case "off":
		return gstpublish.ReconnectNever, nil
	}
	patience, err := time.ParseDuration(text)
	if err != nil || patience <= 0 {
		return 0, problem.Usagef("--reconnect must be a time such as 10s, forever or off, got %q", text)
	}
	return gstpublish.Reconnect(patience), nil
}

// envUnlessDev is an environment variable that --dev overrides: with --dev, the user does not mean
// the environment's server.
type envUnlessDev struct {
	key string
	dev *bool
}

func (e *envUnlessDev) Lookup() (string, bool) {
	if *e.dev {
		return "", false
	}
	return os.LookupEnv(e.key)
}

func (e *envUnlessDev) IsFromEnv() bool  { return true }
func (e *envUnlessDev) Key() string      { return e.key }
func (e *envUnlessDev) String() string   { return "environment variable " + e.key }
func (e *envUnlessDev) GoString() string { return fmt.Sprintf("&envUnlessDev{key:%q}", e.key) }

// Resolve fills in defaults, and checks the values.
func (c *Connection) Resolve() (err error) {
	if c.Patience, err = parseReconnect(c.Reconnect); err != nil {
		return err
	}
	if c.dev {
		c.URL = cmp.Or(c.URL, devURL)
		if c.Token == "" {
			c.APIKey, c.APISecret = cmp.Or(c.APIKey, devKey), cmp.Or(c.APISecret, DevSecret)
		}
	}
	if err = c.checkURL(); err != nil {
		return err
	}
	switch {
	case c.Token != "" && (c.Room != "" || c.Identity != ""):
		return problem.Usagef("--room and --identity have no effect with an access token, which contains both: remove " +
			"them, or the token (--token or " + EnvToken + ")")
	case c.Token != "":
		return nil
	case c.APIKey == "" || c.APISecret == "":
		return problem.Hint(
			problem.Usagef("no credentials: neither an access token nor an API key and its secret"),
			"Set --api-key and --api-secret, or --token; or "+EnvAPIKey+" and "+EnvAPISecret+", or "+
				EnvToken+".",
		)
	case c.Room == "":
		return problem.Usagef("no room: set --room NAME")
	}
	c.Identity = cmp.Or(c.Identity, "gstpublish-"+strings.ToLower(rand.Text()[:6]))
	return nil
}

func (c *Connection) checkURL() error {
	if c.URL == "" {
		return problem.Hint(
			problem.Usagef("no server: set --url"),
			"Or set "+EnvURL+". Use --dev for a `livekit-server --dev` on this machine. `gstpublish demo` needs no server.",
		)
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return problem.Usagef("--url must be like wss://example.livekit.cloud, got %q", c.URL)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "https":
		return nil
	default:
		return problem.Usagef("--url must begin with wss:// or ws://, got %q", c.URL)
	}
}
