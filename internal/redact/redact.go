// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package redact removes secrets from text and from log records: access tokens, also
// those that the server renews; credentials in URLs and in properties of elements; those
// of TURN and ICE, which LiveKit's SDK logs.
package redact

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
)

// Mark replaces each secret.
const Mark = "[redacted]"

// Each pattern matches what is around a secret with two groups. None of them is ever changed.
var (
	// passwords matches those of cameras and streams: in URLs, and as the values of properties and variables.
	passwords = []*regexp.Regexp{
		regexp.MustCompile(`(://[^/\s:@"']*:)[^/\s@"']+(@)`),
		regexp.MustCompile(`((?:-pw|password|passphrase)=\\*["']?)[^\s"'\\$&!]+()`),
	}
	patterns = slices.Concat(passwords, []*regexp.Regexp{
		regexp.MustCompile(`()eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*()`),
		regexp.MustCompile(`(access_token=)[^&\s"'\\]+()`),
		regexp.MustCompile(`(credential:\s*\\*")[^"\\]+()`),
		regexp.MustCompile(`(a=ice-pwd:)[^\s"\\]+()`),
	})
)

// Passwords returns the passwords in launch text, URLs and settings such as user-pw=VALUE. They share the memory of
// text.
func Passwords(text string) (found []string) {
	for _, pattern := range passwords {
		for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
			found = append(found, text[m[3]:m[4]])
		}
	}
	return found
}

// Text returns text without what looks like a secret.
func Text(text string) string {
	for _, pattern := range patterns {
		text = pattern.ReplaceAllString(text, "${1}"+Mark+"${2}")
	}
	return text
}

// Debug returns a handler for a log that may have secrets, such as those of LiveKit's SDK, which passes records
// to h without secrets and at slog.LevelDebug: the SDK returns its errors too, and its caller
// decides what they mean. The attribute sdk_level is the original level.
func Debug(h slog.Handler) slog.Handler { return debug{h, slog.LevelDebug} }

// LevelSDK is the level of SDK.
const LevelSDK = slog.LevelDebug - 4

// SDK is Debug at a lower level, for the many records of LiveKit's SDK and of pion below it.
func SDK(h slog.Handler) slog.Handler { return debug{h, LevelSDK} }

type debug struct {
	next  slog.Handler
	level slog.Level
}

func (d debug) Enabled(ctx context.Context, _ slog.Level) bool {
	return d.next.Enabled(ctx, d.level)
}

func (d debug) Handle(ctx context.Context, r slog.Record) error {
	if !d.Enabled(ctx, r.Level) {
		return nil // logr doesn't ask before it reports an error.
	}
	clean := slog.NewRecord(r.Time, d.level, Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(attr(a))
		return true
	})
	clean.AddAttrs(slog.String("sdk_level", r.Level.String()))
	return d.next.Handle(ctx, clean)
}

func (d debug) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = attr(a)
	}
	return debug{d.next.WithAttrs(clean), d.level}
}

func (d debug) WithGroup(name string) slog.Handler { return debug{d.next.WithGroup(name), d.level} }

// attr returns the attribute without secrets. What has a structure becomes text, which is
// how a secret inside it would be printed.
func attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Text(v.String()))
	case slog.KindAny:
		return slog.String(a.Key, Text(fmt.Sprintf("%+v", v.Any())))
	case slog.KindGroup:
		members := v.Group()
		clean := make([]slog.Attr, len(members))
		for i, member := range members {
			clean[i] = attr(member)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindUint64, slog.KindTime,
		slog.KindLogValuer:
	}
	return a
}
