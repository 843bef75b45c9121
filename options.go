// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/session"
)

// Reconnect is how long a Room tries to come back after the connection broke, as in
// Reconnect(10 * time.Second). The zero value is a minute.
type Reconnect time.Duration

const (
	// ReconnectForever never gives up.
	ReconnectForever Reconnect = -1
	// ReconnectNever takes the first interruption as the end of the connection.
	ReconnectNever Reconnect = -2
)

// DefaultReconnect is what the zero value of Reconnect means.
const DefaultReconnect = Reconnect(session.DefaultPatience)

// String returns "forever", "never", or the time.
func (r Reconnect) String() string {
	switch r {
	case ReconnectForever:
		return "forever"
	case ReconnectNever:
		return "never"
	case 0:
		return DefaultReconnect.String()
	default:
		return time.Duration(r).String()
	}
}

// patience returns the session's word for it.
func (r Reconnect) patience() (time.Duration, error) {
	switch {
	case r == ReconnectForever:
		return session.Forever, nil
	case r == ReconnectNever:
		return time.Nanosecond, nil
	case r < 0:
		return 0, fmt.Errorf("gstpublish: Reconnect must be positive, ReconnectForever or ReconnectNever, got %v", r)
	default:
		return time.Duration(r), nil // 0 is the session's default too.
	}
}

// Options configures joining a room and keeping the connection. The zero value is ready to use.
type Options struct {
	// Reconnect is how long the room tries to come back after the connection broke.
	// Capturing continues meanwhile. Defaults to DefaultReconnect.
	Reconnect Reconnect
	// RetryJoin retries the first join too: for as long as Reconnect says, and until the
	// context of Join is done. If the server refuses the access token, Join fails at
	// once. Defaults to a single attempt.
	RetryJoin bool
	// MaxBandwidth limits the video of all publications together, in bit/s on average
	// with all headers, whatever the network carries. Defaults to no limit.
	MaxBandwidth int
	// Subscribe receives what other participants publish: see Callback. Defaults to
	// publishing only.
	Subscribe bool
	// Callback receives events of the room, such as data and other
	// participants' tracks. Its functions for the state of the connection are not called:
	// OnEvent takes their place. Defaults to none.
	Callback *lksdk.RoomCallback
	// OnEvent is called when the connection is interrupted and when it is back, one call
	// at a time, in order. It must not block, nor call Close. Defaults to none.
	OnEvent func(Event)
	// AnswerStats has participants who ask for statistics with StatsMethod get an answer, such as the page of `gstpublish
	// watch --web`, which expects the object of metrics.Records. It receives the SID of the track that is asked for, or ""
	// for any, and returns what becomes the answer as JSON, of at most 15 kB, or nil if no such track is published. It
	// is called by any goroutine, one call at a time, only when a participant asks, and not more than twice a second for
	// a track. Every participant who may publish data may ask. Defaults to none: requests are refused.
	AnswerStats func(trackSID string) any
	// ProofDir is a folder in which proofs of encoders are remembered for later
	// processes, such as UserProofDir(). A proof takes about a second per encoder.
	// Defaults to none: proofs are remembered while the process lives.
	ProofDir string
	// Logger receives messages about encoders and publications, and at level
	// Debug about the connection and those of LiveKit's SDK, without secrets.
	// By default they are discarded.
	Logger *slog.Logger
}

// AttachOptions say what Attach does with a room that the caller has joined. The zero
// value is ready to use. The fields are those of Options.
type AttachOptions struct {
	MaxBandwidth int
	OnEvent      func(Event)
	AnswerStats  func(trackSID string) any
	ProofDir     string
	Logger       *slog.Logger
}

// UserProofDir returns a folder for Options.ProofDir below the user's cache folder, such
// as ~/.cache/gstpublish/proofs. It returns "" if the user has none.
func UserProofDir() string { return proof.UserCacheDir() }

// withDefaults returns valid options.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.MaxBandwidth < 0 {
		return c, fmt.Errorf("gstpublish: MaxBandwidth must not be negative, got %d", c.MaxBandwidth)
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	_, err := c.Reconnect.patience()
	return c, err
}

// checkURL refuses what cannot be a LiveKit server's.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return errors.New("gstpublish: the URL of the LiveKit server is empty")
	case err != nil || u.Host == "":
		return fmt.Errorf("gstpublish: %q is not the URL of a LiveKit server, such as wss://example.livekit.cloud", text)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "https":
		return nil
	default:
		return fmt.Errorf("gstpublish: the URL of a LiveKit server begins with wss:// or ws://, got %q", text)
	}
}
