// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Shared by `lk --dev` and `livekit-server --dev`.
const (
	devURL    = "ws://localhost:7880"
	devKey    = "devkey"
	devSecret = "secret"
)

// The environment variables of LiveKit's own tools.
const (
	envURL       = "LIVEKIT_URL"
	envAPIKey    = "LIVEKIT_API_KEY"
	envAPISecret = "LIVEKIT_API_SECRET"
	envToken     = "LIVEKIT_TOKEN"
)

// connection is where to connect, and as whom.
type connection struct {
	url, apiKey, apiSecret, token string
	dev                           bool
	room, identity                string
	reconnect                     string // as given
	patience                      gstpublish.Reconnect
	hideStats                     bool // requests for the statistics stay unanswered
}

// flags returns the flags of the connection.
func (c *connection) flags() []cli.Flag {
	const category = "Connection"
	fromEnv := func(key string) cli.ValueSourceChain {
		return cli.NewValueSourceChain(&envUnlessDev{key: key, dev: &c.dev})
	}
	return []cli.Flag{
		&cli.StringFlag{
			Name: "url", Destination: &c.url, Sources: fromEnv(envURL), Category: category,
			Usage: "`URL` of the LiveKit server, such as wss://example.livekit.cloud",
		},
		&cli.StringFlag{
			Name: "api-key", Destination: &c.apiKey, Sources: fromEnv(envAPIKey), Category: category,
			Usage: "API `KEY` of the server, to create an access token",
		},
		&cli.StringFlag{
			Name: "api-secret", Destination: &c.apiSecret, Sources: fromEnv(envAPISecret), Category: category,
			Usage: "API `SECRET` that belongs to the key",
		},
		&cli.StringFlag{
			Name: "token", Destination: &c.token, Sources: fromEnv(envToken), Category: category,
			Usage: "access `TOKEN`, instead of key, secret, room and identity",
		},
		&cli.BoolFlag{
			Name: "dev", Destination: &c.dev, Category: category,
			Usage: "connect to livekit-server --dev on this machine: " + devURL + " with its key and secret; " +
				"ignores the environment",
		},
		&cli.StringFlag{
			Name: "room", Aliases: []string{"r"}, Destination: &c.room, Category: category,
			Usage: "`NAME` of the room",
		},
		&cli.StringFlag{
			Name: "identity", Aliases: []string{"i"}, Destination: &c.identity, Category: category,
			Usage: "unique `NAME` of this participant in the room", DefaultText: "gstpublish- and six random letters",
		},
	}
}

// reconnectFlag returns the flag for publishers.
func (c *connection) reconnectFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "reconnect", Destination: &c.reconnect, Category: "Connection",
		Usage: "how long to retry after the connection breaks: a `TIME` such as 10s, forever, or off; capture continues " +
			"meanwhile; forever also retries the first join; if it is set, also how long to retry a lost source",
		DefaultText: strings.TrimSuffix(gstpublish.DefaultReconnect.String(), "0s"),
	}
}

// hideStatsFlag returns the flag for publishers.
func (c *connection) hideStatsFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "hide-stats", Destination: &c.hideStats, Category: "Connection",
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
		return 0, usagef("--reconnect must be a time such as 10s, forever or off, got %q", text)
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

// resolve fills in defaults, and checks the values.
func (c *connection) resolve() (err error) {
	if c.patience, err = parseReconnect(c.reconnect); err != nil {
		return err
	}
	if c.dev {
		c.url = orElse(c.url, devURL)
		if c.token == "" {
			c.apiKey, c.apiSecret = orElse(c.apiKey, devKey), orElse(c.apiSecret, devSecret)
		}
	}
	if err = c.checkURL(); err != nil {
		return err
	}
	switch {
	case c.token != "" && (c.room != "" || c.identity != ""):
		return usagef("--room and --identity have no effect with an access token, which contains both: remove " +
			"them, or the token (--token or " + envToken + ")")
	case c.token != "":
		return nil
	case c.apiKey == "" || c.apiSecret == "":
		return &hinted{
			usagef("no credentials: neither an access token nor an API key and its secret"),
			"Set --api-key and --api-secret, or --token; or " + envAPIKey + " and " + envAPISecret + ", or " +
				envToken + ".",
		}
	case c.room == "":
		return usagef("no room: set --room NAME")
	}
	c.identity = orElse(c.identity, "gstpublish-"+strings.ToLower(rand.Text()[:6]))
	return nil
}

func (c *connection) checkURL() error {
	if c.url == "" {
		return &hinted{
			usagef("no server: set --url"),
			"Or set " + envURL + ". Use --dev for a `livekit-server --dev` on this machine. `gstpublish demo` needs no server.",
		}
	}
	u, err := url.Parse(c.url)
	if err != nil || u.Host == "" {
		return usagef("--url must be like wss://example.livekit.cloud, got %q", c.url)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "https":
		return nil
	default:
		return usagef("--url must begin with wss:// or ws://, got %q", c.url)
	}
}

// viewerToken returns the token for joining as a viewer.
func (c *connection) viewerToken() (string, error) {
	if c.token != "" {
		return c.token, nil
	}
	grant := &auth.VideoGrant{RoomJoin: true, Room: c.room}
	grant.SetCanPublish(false)
	grant.SetCanPublishData(false)
	token, err := auth.NewAccessToken(c.apiKey, c.apiSecret).SetIdentity(c.identity).SetVideoGrant(grant).ToJWT()
	if err != nil {
		return "", fmt.Errorf("making an access token: %w", err)
	}
	return token, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// minBitrate is less than any video needs, in bit/s: a user who asks for it means kbit/s.
const minBitrate = 10_000

// Bounds of the encoder's options.
const (
	maxFPS     = 240
	defaultFPS = 30
	maxBitrate = 1_000_000_000 // bit/s
	maxLayers  = 3
)

// checkFPS is called only if a frame rate is given.
func checkFPS(fps int) error {
	if fps < 1 || fps > maxFPS {
		return fmt.Errorf("the frame rate must be between 1 and %d", maxFPS)
	}
	return nil
}

// parseRate parses a flag's rate in bit/s, a number that may end in k or M for a thousand or a
// million.
func parseRate(flag, text string) (int, error) {
	number, unit := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		number, unit = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"), strings.HasSuffix(text, "m"):
		number, unit = text[:len(text)-1], 1e6
	}
	value, err := strconv.ParseFloat(number, 64)
	rate := value * unit
	switch {
	case err != nil || !(rate > 0 && rate <= 1e12):
		return 0, usagef("--%s must be a rate such as 2500000, 2500k or 2.5M, got %q", flag, text)
	case rate > maxBitrate:
		return 0, usagef("--%s %s is %.0f bit/s, more than the maximum of %d", flag, text, rate, maxBitrate)
	case rate < minBitrate:
		return 0, usagef("--%s %s is %.0f bit/s, too little for video: did you mean %sk?", flag, text, rate, text)
	}
	return int(rate), nil
}

// checkLayers is called only if a number of layers is given.
func checkLayers(layers int) error {
	if layers < 1 || layers > maxLayers {
		return fmt.Errorf("the number of layers must be between 1 and %d", maxLayers)
	}
	return nil
}

// joinTimeout bounds joining of viewers. The SDK's own bounds, 5 s to connect and 3 s to
// ask why that failed, don't cover a server that accepts and says nothing.
const joinTimeout = 12 * time.Second

var errNoAnswer = fmt.Errorf("no answer within %v: %w", joinTimeout, context.DeadlineExceeded)

// newRoom returns the room to publish in, which is not joined yet.
func (a *app) newRoom(c *connection, v *video) (*gstpublish.Room, error) {
	var credentials gstpublish.Credentials = gstpublish.Token(c.token)
	if c.token == "" {
		credentials = gstpublish.APIKey{Key: c.apiKey, Secret: c.apiSecret, Room: c.room, Identity: c.identity}
	}
	o := &gstpublish.Options{
		Reconnect:    c.patience,
		RetryJoin:    c.patience == gstpublish.ReconnectForever,
		MaxBandwidth: v.maxBandwidth,
		OnEvent:      a.connectionTeller(c),
		Callback:     a.arrivals.callback(),
		Logger:       a.log,
	}
	if !c.hideStats {
		o.AnswerStats = a.records.Answer
	}
	if !v.noCache {
		o.ProofDir = gstpublish.UserProofDir()
	}
	return gstpublish.NewRoom(c.url, credentials, o)
}

// tellJoined tells the user where we are.
func (a *app) tellJoined(room *gstpublish.Room, c *connection) {
	joined := room.LiveKit()
	a.place.join(room)
	a.event(&report.Event{
		Head: report.Head{Event: report.Joined}, URL: c.url,
		Identity: joined.LocalParticipant.Identity(), ParticipantSID: joined.LocalParticipant.SID(),
	})
	a.status("in room %q of %s as %q", joined.Name(), c.url, joined.LocalParticipant.Identity())
}

// connectionTeller returns what tells the user what becomes of the connection. Its loss
// is an error, and told as that.
func (a *app) connectionTeller(c *connection) func(gstpublish.Event) {
	failure := "" // the last one, which is printed once
	return func(e gstpublish.Event) {
		a.connectionEvent(e)
		away := e.Away.Round(100 * time.Millisecond)
		switch {
		case c.patience == gstpublish.ReconnectNever:
		case e.Kind == gstpublish.Interrupted:
			a.status("the connection was interrupted; reconnecting")
		case e.Kind == gstpublish.Resumed:
			a.status("reconnected after %v", away)
		case e.Kind == gstpublish.Rejoined:
			a.status("rejoined the room and published again after %v", away)
		case e.Kind == gstpublish.JoinFailed && e.Err.Error() != failure:
			failure = e.Err.Error()
			a.status("%s; retrying", withoutPackage(failure))
		}
	}
}

// waitJoined limits a call of the SDK. If the call continues after that, it ends with the process.
func waitJoined(ctx context.Context, join func() error) error {
	joined := make(chan error, 1)
	go func() { joined <- join() }()
	timeout := time.NewTimer(joinTimeout)
	defer timeout.Stop()
	select {
	case err := <-joined:
		return err
	case <-timeout.C:
		return errNoAnswer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// connectionHint says what to do about a room that could not be joined, or was lost; ""
// for other errors.
func connectionHint(err error) string {
	if lost := (*gstpublish.LostError)(nil); errors.As(err, &lost) {
		if lost.Away.Round(100*time.Millisecond) > 0 {
			return "With --reconnect forever, gstpublish keeps trying."
		}
		return ""
	}
	if hint := refusalHint(err); hint != "" {
		return hint
	}
	failed := (*gstpublish.JoinError)(nil)
	if !errors.As(err, &failed) {
		return ""
	}
	switch failed.Failure {
	case gstpublish.ServerUnreachable:
		return "Is the server running? `gstpublish demo` starts its own."
	case gstpublish.NoAnswer:
		return "Check that it is a LiveKit server, and that no firewall is in the way."
	case gstpublish.Unauthorized:
		return "Check that the API key and secret, or the token, belong to this server."
	case gstpublish.TokenExpired:
		return "Create a new one, or set --api-key and --api-secret, from which gstpublish creates its own."
	case gstpublish.MediaBlocked:
		return "The server's UDP ports, its TCP port for ICE, or its TURN server with a certificate that this machine " +
			"trusts, must be reachable from here (see LiveKit's documentation on ports and firewalls)."
	case gstpublish.NotAdmitted:
		return "Is the room full (max_participants)? Does a proxy in front of the server let WebSockets through?"
	case gstpublish.HostUnknown, gstpublish.NotFound, gstpublish.OtherFailure:
	}
	return ""
}

// refusalHint says what to do about a track that the server does not accept; "" for other errors.
func refusalHint(err error) string {
	if banned := (*sink.PermissionError)(nil); errors.As(err, &banned) {
		return "Create a token with canPublish, and with the source in canPublishSources if it has that."
	}
	refused := (*sink.CodecError)(nil)
	if !errors.As(err, &refused) {
		return ""
	}
	for _, name := range refused.Enabled {
		if codec, err := pipeline.ParseCodec(name); err == nil && refused.Codec != "opus" {
			return fmt.Sprintf("Use --codec %s or --fallback-codec %[1]s for raw video, or enable %s on the server.",
				strings.ToLower(codec.String()), refused.Codec)
		}
	}
	return "Enable it on the server (room.enabled_codecs)."
}

// tellReason tells the user of decisions of the server, and of their end.
func (a *app) tellReason() func(sink.Reason) {
	var before sink.Reason // the last decision; sink.ReasonNone if there is none
	return func(r sink.Reason) {
		switch {
		case r == sink.ReasonNotPermitted:
			a.status("the server does not permit this participant to publish any more; waiting until it does")
		case r == sink.ReasonMutedByServer && before != r:
			a.status("the server has muted the track: nothing is sent until it is unmuted")
		case r == sink.ReasonMutedByServer:
			a.status("the track stays muted after the new connection")
		case r == sink.ReasonCodecNotEnabled:
			a.status("the server does not accept the codec any more: nothing is sent")
		case r == sink.ReasonDisconnected || r == sink.ReasonNotNegotiated:
			return // That is not their end.
		case before == sink.ReasonMutedByServer:
			a.status("the track is not muted any more")
		case before != sink.ReasonNone:
			a.status("the server permits publishing again: published")
		}
		if before = r; r < sink.ReasonNotPermitted || r > sink.ReasonMutedByServer {
			before = sink.ReasonNone
		}
	}
}
