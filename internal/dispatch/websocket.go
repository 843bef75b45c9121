// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

const (
	// maxMessage limits a message of the server, in bytes. Metadata may have 512 KiB.
	maxMessage  = 4 << 20
	sendTimeout = 5 * time.Second
	// tokenLife is how long the token of a worker is valid. It is used once, for the connection.
	tokenLife = 10 * time.Minute
)

// RefusedError reports that the server refuses a worker.
type RefusedError struct {
	Status int // of HTTP
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("the server refuses the worker: %d %s", e.Status, http.StatusText(e.Status))
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return text + ": check the API key and its secret"
	case http.StatusNotFound:
		return text + ": it has no agent dispatch"
	}
	return text
}

// Dialer returns a function that connects to a LiveKit server as a worker, for Options. Its tokens are made from an API
// key and its secret.
func Dialer(server, key, secret string) func(ctx context.Context) (Conn, error) {
	return func(ctx context.Context) (Conn, error) {
		address, err := agentURL(server)
		if err != nil {
			return nil, err
		}
		token, err := auth.NewAccessToken(key, secret).SetVideoGrant(&auth.VideoGrant{Agent: true}).
			SetValidFor(tokenLife).ToJWT()
		if err != nil {
			return nil, err
		}
		header := http.Header{"Authorization": {"Bearer " + token}}
		ws, response, err := websocket.DefaultDialer.DialContext(ctx, address, header)
		if response != nil {
			_ = response.Body.Close() // It has been read.
			switch response.StatusCode {
			case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				return nil, &RefusedError{response.StatusCode}
			}
		}
		if err != nil {
			return nil, err
		}
		ws.SetReadLimit(maxMessage)
		return &wsConn{ws: ws}, nil
	}
}

// agentURL returns the address of a server's agent protocol.
func agentURL(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/agent"
	u.RawQuery = "protocol=1"
	return u.String(), nil
}

// wsConn is a Conn of a websocket.
type wsConn struct {
	ws *websocket.Conn
	mu sync.Mutex // of sending
}

func (c *wsConn) Send(m *livekit.WorkerMessage) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err = c.ws.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	return c.ws.WriteMessage(websocket.BinaryMessage, data)
}

func (c *wsConn) Receive() (*livekit.ServerMessage, error) {
	for {
		kind, data, err := c.ws.ReadMessage()
		if err != nil {
			return nil, err
		}
		if kind != websocket.BinaryMessage {
			continue
		}
		m := &livekit.ServerMessage{}
		if err = proto.Unmarshal(data, m); err != nil {
			return nil, err
		}
		return m, nil
	}
}

// Close closes the connection with a farewell, which the server does not need.
func (c *wsConn) Close() error {
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.ws.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(time.Second))
	return c.ws.Close()
}
