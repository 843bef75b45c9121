// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/livekit/protocol/auth"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
)

// Place describes the room for the user.
func (c *Connection) Place() string {
	if c.Room == "" {
		return c.URL + ", the room of the token"
	}
	return fmt.Sprintf("room %q of %s", c.Room, c.URL)
}

// browserTokenTime is how long a browser may take from receiving its token to joining.
const browserTokenTime = 10 * time.Minute

// BrowserToken returns an access token for one browser: for one room, to subscribe, and to ask publishers for their
// statistics, which needs the permission to publish data.
func (c *Connection) BrowserToken() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	browser := *c
	browser.Identity = "browser-" + strings.ToLower(rand.Text()[:6])
	grant := &auth.VideoGrant{RoomJoin: true, Room: c.Room}
	grant.SetCanSubscribe(true)
	grant.SetCanPublish(false)
	grant.SetCanPublishData(true)
	token, err := auth.NewAccessToken(c.APIKey, c.APISecret).SetIdentity(browser.Identity).
		SetVideoGrant(grant).SetValidFor(browserTokenTime).ToJWT()
	if err != nil {
		return "", fmt.Errorf("making an access token: %w", err)
	}
	return token, nil
}

// CheckBrowserToken refuses an access token that permits more than a browser needs.
func (c *Connection) CheckBrowserToken() error {
	if c.Token == "" {
		return nil
	}
	claims, err := tokenClaims(c.Token)
	if err != nil {
		return problem.Usagef("--web: the access token cannot be read: %v", err)
	}
	if grant := claims.Video; grant == nil || grant.GetCanPublish() || grant.RoomAdmin || grant.RoomCreate {
		return problem.Hint(
			problem.Usagef("--web gives the access token to browsers, and this one permits more than to subscribe"),
			"Use a token with canPublish: false, or --api-key and --api-secret, from which gstpublish makes one.",
		)
	}
	return nil
}

// tokenClaims reads what an access token permits, without its key.
func tokenClaims(token string) (*auth.ClaimGrants, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("it is not a JSON Web Token")
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	claims := &auth.ClaimGrants{}
	return claims, json.Unmarshal(data, claims)
}

// ViewerToken returns the token for joining as a viewer.
func (c *Connection) ViewerToken() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	grant := &auth.VideoGrant{RoomJoin: true, Room: c.Room}
	grant.SetCanPublish(false)
	grant.SetCanPublishData(false)
	token, err := auth.NewAccessToken(c.APIKey, c.APISecret).SetIdentity(c.Identity).SetVideoGrant(grant).ToJWT()
	if err != nil {
		return "", fmt.Errorf("making an access token: %w", err)
	}
	return token, nil
}
