// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Accept says which metadata of dispatches a worker accepts.
type Accept string

// The values of Accept.
const (
	AcceptNames      Accept = "names"      // of publications in the configuration of the worker
	AcceptRestricted Accept = "restricted" // also pipelines, under the policy restricted
	AcceptAny        Accept = "any"        // also any pipeline, input and environment
)

// publicationKey is the key of the name of a publication in metadata.
const publicationKey = "publication"

// Job returns the publication that the metadata of a dispatch to a room describes, for a worker with the configuration
// c. The metadata is the name of a publication of c, as text or as {publication: NAME}, or a publication with the keys
// of a configuration. Such a publication has the defaults of c, but room and credentials are never its own. The error
// is an *Error.
func (c *Config) Job(metadata, room string, accept Accept, s *Source) (Publication, error) {
	r := &reader{source: s}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(metadata), &document); err != nil {
		return Publication{}, syntaxError(s.Name, err)
	}
	if len(document.Content) == 0 {
		return Publication{}, &Error{Name: s.Name, Err: errors.New("expected the name of a publication, got nothing")}
	}
	p := r.job(document.Content[0], c, accept)
	p.Room, p.Movable = room, true
	p.URL, p.APIKey, p.APISecret = c.URL, c.APIKey, c.APISecret // The room is on the server that dispatches.
	if r.err != nil {
		return Publication{}, r.err
	}
	return p, nil
}

// job reads the metadata of a dispatch.
func (r *reader) job(n *yaml.Node, c *Config, accept Accept) Publication {
	name, keys := "", 0
	if n.Kind == yaml.ScalarNode {
		name = r.text(n)
	} else {
		r.mapping(n, func(key string, _, v *yaml.Node) {
			if keys++; key == publicationKey {
				name = r.text(v)
			}
		})
	}
	if !nameFormat.MatchString(name) {
		r.fail(n, fmt.Errorf("expected the name of a publication, got %q", name))
		return Publication{}
	}
	if keys > 1 {
		return r.whole(n, name, c, accept)
	}
	i := slices.IndexFunc(c.Publications, func(p Publication) bool { return p.Name == name })
	if i < 0 {
		r.fail(n, fmt.Errorf("the configuration has no publication %q", name))
		return Publication{}
	}
	if c.Publications[i].Token != "" {
		r.fail(n, fmt.Errorf("publication %q has a token: a job needs an API key", name))
	}
	return c.Publications[i]
}

// whole reads a publication that is in the metadata itself.
func (r *reader) whole(n *yaml.Node, name string, c *Config, accept Accept) Publication {
	if accept != AcceptRestricted && accept != AcceptAny {
		r.fail(n, fmt.Errorf("publication %q has more than a name, which this worker does not accept", name))
		return Publication{}
	}
	d := c.base.clone()
	d.Name = name
	r.mapping(n, func(key string, k, v *yaml.Node) {
		switch refused := r.refused(key, accept) || key == "environment" && c.base.sandboxed(); {
		case key == publicationKey:
		case refused:
			r.fail(k, fmt.Errorf("publication %q must not have %q, which this worker does not accept from a dispatch",
				name, key))
		default:
			r.draftKey(&d, key, k, v)
		}
	})
	if accept == AcceptRestricted {
		d.options["policy"] = []string{"restricted"}
	}
	d.Room = "that of the dispatch"
	d.credentials = credentials{}
	return r.finish(n, &d, credentials{url: c.URL, key: c.APIKey, secret: c.APISecret})
}

// sandboxed reports whether processes have a sandbox. GStreamer and the system's loader read the environment before it
// limits anything.
func (d *draft) sandboxed() bool {
	sandbox := d.options["sandbox"]
	return len(sandbox) > 0 && sandbox[0] != "no"
}

// refused reports whether a dispatch must not have a key.
func (r *reader) refused(key string, accept Accept) bool {
	key = strings.ReplaceAll(key, "_", "-")
	switch {
	case key == "room", strings.HasPrefix(key, "sandbox"), slices.ContainsFunc(credentialKeys, func(c string) bool {
		return strings.ReplaceAll(c, "_", "-") == key
	}):
		return true
	case accept == AcceptRestricted:
		return key == "input" || key == "environment" || key == "policy"
	}
	return false
}

// Metadata returns the metadata of a dispatch for a publication: its name, or the whole of it without room and
// credentials. Equal publications have equal metadata.
func (p *Publication) Metadata(whole bool) string {
	fields := map[string]any{publicationKey: p.Name}
	if whole {
		for key, value := range map[string]string{
			"pipeline": p.Pipeline, "input": p.Input, "identity": p.Identity, "restart": string(p.Restart),
		} {
			if value != "" {
				fields[key] = value
			}
		}
		environment := map[string]string{}
		for _, v := range p.Environment {
			name, value, _ := strings.Cut(v, "=")
			environment[name] = value
		}
		if len(environment) > 0 {
			fields["environment"] = environment
		}
		for _, o := range p.Options {
			addOption(fields, o)
		}
	}
	text, _ := json.Marshal(fields) // Strings, and lists and maps of strings.
	return string(text)
}

// addOption adds --name=value to fields. A flag that occurs twice becomes a list.
func addOption(fields map[string]any, option string) {
	name, value, _ := strings.Cut(strings.TrimPrefix(option, "--"), "=")
	switch before := fields[name].(type) {
	case nil:
		fields[name] = value
		if value == "true" || value == "false" {
			fields[name] = value == "true"
		}
	case []string:
		fields[name] = append(before, value)
	default:
		fields[name] = []string{fmt.Sprint(before), value}
	}
}
