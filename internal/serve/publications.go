// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var errNoPublications = errors.New("no publications: expected publications: {NAME: {pipeline: …, room: …}}")

// nameFormat is that of the names of publications: they are part of URLs, of file names and of labels.
var nameFormat = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// publicationKeys are the keys of a publication, credentials and options aside.
var publicationKeys = []string{"pipeline", "input", "room", "identity", "restart", "environment"}

// draft is a publication that is being read.
type draft struct {
	Publication

	credentials credentials
	options     map[string][]string // by the name of the flag
	environment map[string]string
	places      map[string]*yaml.Node // of the values of options
}

// publications reads all publications, on top of the defaults.
func (r *reader) publications(top, n, defaults *yaml.Node, shared credentials, c *Config) {
	base := draft{options: map[string][]string{}, environment: map[string]string{}, places: map[string]*yaml.Node{}}
	base.Restart = RestartAlways
	if defaults != nil {
		r.draft(defaults, &base)
		if base.Pipeline != "" || base.Input != "" || base.Identity != "" {
			r.fail(defaults, errors.New(
				"defaults must not have pipeline, input or identity, which each publication has for itself"))
		}
	}
	c.base = &base
	if n == nil || len(n.Content) == 0 {
		if !r.source.Worker {
			r.fail(top, errNoPublications)
		}
		return
	}
	participants := map[participant]string{}
	r.mapping(n, func(name string, k, v *yaml.Node) {
		if !nameFormat.MatchString(name) {
			r.fail(k, fmt.Errorf("the name of a publication must have up to 63 letters, digits, dots, - and _, got %q", name))
			return
		}
		d := base.clone()
		d.Name = name
		r.draft(v, &d)
		p := r.finish(k, &d, shared)
		if other, taken := participants[p.participant()]; taken {
			r.fail(k, fmt.Errorf("publications %q and %q are the same participant: give one of them another room, identity "+
				"or token", other, name))
		}
		participants[p.participant()] = name
		c.Publications = append(c.Publications, p)
	})
}

// clone returns a draft that begins as d.
func (d *draft) clone() draft {
	c := *d
	c.options, c.environment, c.places = maps.Clone(d.options), maps.Clone(d.environment), maps.Clone(d.places)
	return c
}

// draft reads the keys of one publication, or of the defaults.
func (r *reader) draft(n *yaml.Node, d *draft) {
	r.mapping(n, func(key string, k, v *yaml.Node) { r.draftKey(d, key, k, v) })
}

// draftKey reads a key of a publication.
func (r *reader) draftKey(d *draft, key string, k, v *yaml.Node) {
	switch key {
	case "pipeline":
		d.Pipeline = r.text(v)
	case "input":
		d.Input = r.text(v)
	case "room":
		d.Room = r.text(v)
	case "identity":
		d.Identity = r.text(v)
	case "restart":
		d.Restart = Restart(r.oneOf(v, string(RestartAlways), string(RestartOnFailure), string(RestartNever)))
	case "environment":
		r.mapping(v, func(name string, _, value *yaml.Node) { d.environment[name] = r.text(value) })
	default:
		if !r.credential(&d.credentials, key, v) {
			r.option(d, key, k, v)
		}
	}
}

// option reads a flag of `gstpublish run`. Its name may have _ instead of -.
func (r *reader) option(d *draft, key string, k, v *yaml.Node) {
	name := strings.ReplaceAll(key, "_", "-")
	kind, known := r.source.Flags[name]
	if !known {
		r.unknown(k, slices.Concat(publicationKeys, credentialKeys, slices.Sorted(maps.Keys(r.source.Flags))))
		return
	}
	d.places[name] = v
	switch kind {
	case BoolFlag:
		d.options[name] = []string{fmt.Sprint(r.truth(v))}
	case ListFlag:
		d.options[name] = r.list(v)
	case TextFlag:
		d.options[name] = []string{r.text(v)}
	}
}

// finish checks a publication, and gives it its credentials.
func (r *reader) finish(at *yaml.Node, d *draft, shared credentials) Publication {
	p := d.Publication
	own := d.credentials
	p.URL, d.places["url"] = own.url, own.place
	if p.URL == "" {
		p.URL, d.places["url"] = shared.url, shared.place
	}
	switch {
	case own.token != "":
		p.Token = own.token
	case own.key != "" || own.secret != "" || shared.token == "":
		p.APIKey, p.APISecret = orElse(own.key, shared.key), orElse(own.secret, shared.secret)
	default:
		p.Token = shared.token
	}
	wrong := ""
	switch {
	case (p.Pipeline == "") == (p.Input == ""):
		wrong = "must have pipeline or input, and not both"
	case strings.HasPrefix(p.Input, "-"):
		wrong = fmt.Sprintf("has the input %q, which is an option or standard input", p.Input)
	case p.URL == "":
		wrong = "has no server: set ws_url, or LIVEKIT_URL in the environment"
	case p.Token == "" && (p.APIKey == "" || p.APISecret == ""):
		wrong = "has no credentials: set api_key and api_secret_file, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET in the " +
			"environment"
	case p.Token == "" && p.Room == "":
		wrong = "has no room"
	case p.Token != "" && (p.Room != "" || p.Identity != ""):
		wrong = "has a token, which contains the room and the identity: remove both"
	}
	if wrong != "" && r.err == nil {
		r.fail(at, fmt.Errorf("publication %q %s", p.Name, wrong))
	}
	if p.Token == "" {
		// The same one after a restart, so that the server removes what is left of the process before.
		p.Identity = orElse(p.Identity, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(d.options)) {
		for _, value := range d.options[name] {
			p.Options = append(p.Options, "--"+name+"="+value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.environment)) {
		p.Environment = append(p.Environment, name+"="+d.environment[name])
	}
	r.checkOptions(at, d, &p)
	return p
}

// flagName matches the name of a flag in an error.
var flagName = regexp.MustCompile(`--([a-z][a-z-]*)`)

// checkOptions checks the values of options. An error is at the place of the value that it is about.
func (r *reader) checkOptions(at *yaml.Node, d *draft, p *Publication) {
	if r.err != nil || r.source.Check == nil {
		return
	}
	err := r.source.Check(p)
	if err == nil {
		return
	}
	r.fail(d.place(err.Error(), at), fmt.Errorf("publication %q: %w", p.Name, err))
}

// place returns the value of the option that an error is about: the error has its name, or its value in quotes.
// Otherwise it returns at.
func (d *draft) place(text string, at *yaml.Node) *yaml.Node {
	for _, m := range flagName.FindAllStringSubmatch(text, -1) {
		if place := d.places[m[1]]; place != nil {
			return place
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.options)) {
		for _, value := range d.options[name] {
			if strings.Contains(text, strconv.Quote(value)) {
				return d.places[name]
			}
		}
	}
	return at
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// credentials are where to connect, and as whom.
type credentials struct {
	url, key, secret, token string

	place *yaml.Node // of url; nil if it is from the environment
}

// credentialKeys are the keys of credentials. A name that ends in _file is that of a file with the value.
var credentialKeys = []string{
	"ws_url", "api_key", "api_secret", "token", "api_key_file", "api_secret_file", "token_file",
}

// credential reads a key of credentials, and reports whether it is one.
func (r *reader) credential(c *credentials, key string, v *yaml.Node) bool {
	name, isFile := strings.CutSuffix(key, "_file")
	to := map[string]*string{"ws_url": &c.url, "api_key": &c.key, "api_secret": &c.secret, "token": &c.token}[name]
	if name == "ws_url" {
		c.place = v
	}
	switch {
	case to == nil || isFile && name == "ws_url":
		return false
	case isFile:
		*to = r.secret(v)
	default:
		*to = r.text(v)
	}
	return true
}

// override replaces what all publications share by the environment, as LiveKit's services do.
func (r *reader) override(c *credentials) {
	for _, v := range []struct {
		to    *string
		names []string
	}{
		{&c.url, []string{"LIVEKIT_URL", "LIVEKIT_WS_URL"}},
		{&c.key, []string{"LIVEKIT_API_KEY"}},
		{&c.secret, []string{"LIVEKIT_API_SECRET"}},
		{&c.token, []string{"LIVEKIT_TOKEN"}},
	} {
		for _, name := range slices.Backward(v.names) {
			if value := r.source.Getenv(name); value != "" {
				*v.to = value
				if v.to == &c.url {
					c.place = nil
				}
			}
		}
	}
}
