// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// SetSDKLogger sets the logger for what LiveKit's SDK reports about no particular room, mainly
// pion's reports about connections. If logger is nil, they are discarded. The SDK has one such
// logger per process, which prints to standard error by default, and reads it without a lock. So
// call SetSDKLogger from a program's main function, or a test's TestMain, before any room exists.
func SetSDKLogger(l *slog.Logger) {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	lksdk.SetLogger(sdkLogger(l, ""))
}

// sdkLogger returns a logger for LiveKit's SDK. The SDK logs every step at level info, which
// becomes debug here. Its errors stay errors. The log never contains an access token.
func sdkLogger(l *slog.Logger, token string) logger.Logger {
	const infoToDebug = int(slog.LevelInfo - slog.LevelDebug)
	return logger.LogRLogger(logr.FromSlogHandler(&redactor{l.Handler(), newSecrets(token)}).V(infoToDebug))
}

// redacted replaces a secret.
const redacted = "[redacted]"

// newSecrets matches a token, and any other token: the server sends new ones.
func newSecrets(token string) *regexp.Regexp {
	const jwt = `eyJ[\w-]+\.[\w-]+\.[\w-]+` // a JSON object and two more parts
	if token == "" {
		return regexp.MustCompile(jwt)
	}
	return regexp.MustCompile(jwt + "|" + regexp.QuoteMeta(token))
}

// redactor is a handler that keeps secrets out of the log. It is needed because the SDK logs a
// struct with the access token in a field, which slog's text handler prints.
type redactor struct {
	slog.Handler
	secrets *regexp.Regexp
}

// Handle passes on a record without its secrets.
func (r *redactor) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, r.text(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(r.attr(a))
		return true
	})
	return r.Handler.Handle(ctx, clean)
}

// WithAttrs returns a handler that adds the attributes without their secrets.
func (r *redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = r.attr(a)
	}
	return &redactor{r.Handler.WithAttrs(clean), r.secrets}
}

// WithGroup returns a handler whose attributes are in a group.
func (r *redactor) WithGroup(name string) slog.Handler {
	return &redactor{r.Handler.WithGroup(name), r.secrets}
}

// attr renders every value except numbers and times, since a handler would otherwise render it and
// reveal a secret inside it.
func (r *redactor) attr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, r.text(v.String()))
	case slog.KindGroup:
		group := v.Group()
		clean := make([]any, len(group))
		for i, member := range group {
			clean[i] = r.attr(member)
		}
		return slog.Group(a.Key, clean...)
	case slog.KindAny:
		return slog.String(a.Key, r.text(fmt.Sprintf("%+v", v.Any())))
	default: // numbers and times
	}
	return a
}

func (r *redactor) text(s string) string { return r.secrets.ReplaceAllString(s, redacted) }
