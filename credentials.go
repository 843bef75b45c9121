// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/livekit/protocol/auth"

	"github.com/gstpublish/gstpublish/internal/redact"
)

// Credentials give a participant its access tokens: see [Token], [TokenFunc] and
// [APIKey].
type Credentials interface {
	// AccessToken returns the token for an attempt to join. It is called for each
	// attempt, also long after the first one, so a token need only be valid when it is
	// used. It must return when ctx is done. It is not called concurrently for one room.
	AccessToken(ctx context.Context) (string, error)
}

// Token is an access token made elsewhere. It names the room and the participant. A Room
// reconnects with the same token, and the server renews it as long as the participant is
// connected; after an outage that outlasts the token, a Room cannot come back. A Token
// prints as "[redacted]".
type Token string

// AccessToken returns the token.
func (t Token) AccessToken(context.Context) (string, error) {
	if t == "" {
		return "", errNoToken
	}
	return string(t), nil
}

// String hides the token.
func (t Token) String() string { return redact.Mark }

// GoString hides the token.
func (t Token) GoString() string { return redact.Mark }

var errNoToken = errors.New("gstpublish: the access token is empty")

// TokenFunc returns an access token for each attempt to join, such as one from a web
// service.
type TokenFunc func(ctx context.Context) (string, error)

// AccessToken calls f.
func (f TokenFunc) AccessToken(ctx context.Context) (string, error) { return f(ctx) }

// APIKey makes access tokens from a key of the LiveKit server's API. The secret permits everything
// on the server, so it belongs on a server only. An APIKey prints without the secret.
type APIKey struct {
	// Key and Secret are the server's.
	Key, Secret string
	// Room is the name of the room to join.
	Room string
	// Identity identifies the participant. It must be unique in the room. Defaults to
	// "gstpublish-" and six random letters, the same for the life of a Room.
	Identity string
	// Name is the participant's name as others see it. Defaults to none.
	Name string
}

// AccessToken makes a token that lets the participant publish and subscribe in the room.
func (k APIKey) AccessToken(context.Context) (string, error) {
	if err := k.check(); err != nil {
		return "", err
	}
	grant := &auth.VideoGrant{RoomJoin: true, Room: k.Room}
	grant.SetCanPublish(true)
	token, err := auth.NewAccessToken(k.Key, k.Secret).
		SetIdentity(k.identified().Identity).SetName(k.Name).SetVideoGrant(grant).ToJWT()
	if err != nil {
		return "", fmt.Errorf("gstpublish: making an access token: %w", err)
	}
	return token, nil
}

func (k APIKey) check() error {
	switch {
	case k.Key == "" || k.Secret == "":
		return errors.New("gstpublish: APIKey needs both Key and Secret")
	case k.Room == "":
		return errors.New("gstpublish: APIKey needs the name of a Room")
	default:
		return nil
	}
}

// identified returns k with an identity.
func (k APIKey) identified() APIKey {
	if k.Identity == "" {
		k.Identity = "gstpublish-" + strings.ToLower(rand.Text()[:6])
	}
	return k
}

// String hides the secret.
func (k APIKey) String() string {
	return fmt.Sprintf("key %s for room %q as %q", k.Key, k.Room, k.Identity)
}

// GoString hides the secret.
func (k APIKey) GoString() string { return k.String() }

// checkCredentials returns credentials that are ready for use.
func checkCredentials(c Credentials) (Credentials, error) {
	switch c := c.(type) {
	case nil:
		return nil, errors.New("gstpublish: no credentials: use Token, TokenFunc or APIKey")
	case Token:
		if c == "" {
			return nil, errNoToken
		}
	case TokenFunc:
		if c == nil {
			return nil, errors.New("gstpublish: the TokenFunc is nil")
		}
	case APIKey:
		return c.identified(), c.check()
	case *APIKey:
		if c == nil {
			return nil, errors.New("gstpublish: the *APIKey is nil")
		}
		return c.identified(), c.check()
	}
	return c, nil
}
