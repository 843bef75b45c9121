// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import "slices"

// modulePath is this module's.
const modulePath = "github.com/gstpublish/gstpublish"

// The limits of code that is not a test. CONTRIBUTING.md quotes them, which TestContributingQuotesTheLimits checks.
const (
	maxFileLines     = 450
	maxFunctionLines = 50 // of a function's body in Go
	maxPackageFiles  = 16
)

// gstRoom is the one room with a door to GStreamer, and gstDoors is what only it may import: these paths and those
// below. There is no exception, not for tests either.
const gstRoom = "internal/gst"

var gstDoors = []string{"C", "github.com/go-gst/go-gst", "github.com/go-gst/go-glib"}

// testRooms are for tests alone: these and what is below. The room of GStreamer has some too.
var testRooms = []string{gstRoom + "/standin", "internal/gsttest", "internal/test", "internal/e2e", "internal/browser"}

// room says what the packages of one room may import, in files that aren't tests: the standard library and the room
// itself always, and these.
type room struct {
	rooms   []string // of this module
	modules []string // others': these paths and those below
}

var (
	public = []string{".", "appsrc", "metrics", "pipeline", "pipeline/catalogue", "screencast", "sink"}
	// livekit is the SDK, and the modules whose types are in its signatures.
	livekit = []string{
		"github.com/livekit/server-sdk-go/v2",
		"github.com/livekit/protocol",
		"github.com/pion",
		"github.com/go-logr/logr",
	}
)

// rooms has each folder of packages. A package belongs to the longest one that is its path or above it. A new room
// needs a line here, and one in ARCHITECTURE.md.
var rooms = map[string]room{
	".": { // the root package alone
		rooms: []string{
			"appsrc", "pipeline", "screencast", "internal/proof", "sink", "internal/congestion",
			"internal/network",
			"internal/session", "internal/signal", "internal/redact", "internal/timeline", "internal/wires",
		},
		modules: livekit,
	},
	"cmd/gstpublish": {
		rooms: slices.Concat(public, []string{
			"internal/viewer", "internal/devserver", "internal/proof", "internal/redact", "internal/timeline",
			"internal/version", "internal/admin", "internal/input", "internal/serve", "internal/serve/host",
			"internal/serve/worker", "internal/dispatch", "internal/sandbox",
			"internal/desktop", "internal/link", "internal/manual", "internal/report", "internal/status",
			"internal/page", "internal/pattern",
		}),
		modules: slices.Concat(livekit, []string{
			"github.com/urfave/cli/v3", "github.com/prometheus/client_golang", "golang.org/x/term",
		}),
	},
	"sink": {
		rooms: []string{
			"pipeline", "pipeline/catalogue", "internal/proof", "appsrc", "internal/bitstream",
			"internal/encode", "internal/frames", "internal/policy", "internal/policy/chroma", "internal/policy/screencast",
			"internal/supervise", "internal/timeline", "internal/times", "internal/track",
			"internal/allocation", "internal/incoming", "internal/media", "internal/network", "internal/signal",
			"internal/stamps", "internal/video", "internal/wires",
		},
		modules: slices.Concat(livekit, []string{"github.com/google/uuid", "golang.org/x/sync"}),
	},
	"internal/allocation": {rooms: []string{"internal/video"}},
	"internal/congestion": {},
	"internal/network":    {rooms: []string{"internal/congestion"}, modules: livekit},
	"internal/incoming":   {rooms: []string{"internal/bitstream", "pipeline/catalogue"}},
	"internal/input": {
		rooms: []string{
			gstRoom, "internal/gst/normalize", "internal/advice", "internal/incoming", "internal/media",
			"pipeline/catalogue",
		},
	},
	"internal/packets": {modules: livekit},
	"internal/session": {rooms: []string{"internal/signal"}, modules: livekit},
	"internal/signal": {
		rooms:   []string{"internal/packets"},
		modules: slices.Concat(livekit, []string{"google.golang.org/protobuf", "go.uber.org/atomic"}),
	},
	"internal/policy/chroma":     {},
	"internal/policy/screencast": {rooms: []string{"internal/video"}},
	"appsrc": {
		rooms: []string{gstRoom, "internal/frames", "internal/inside", "internal/stamps", "internal/video"},
	},
	"pipeline": {
		rooms: []string{
			gstRoom, "pipeline/catalogue", "internal/advice", "internal/bitstream", "internal/incoming",
			"internal/inside", "internal/launch", "internal/media", "internal/stamps", "internal/video",
		},
	},
	"pipeline/catalogue": {},
	"internal/encode": {
		rooms: []string{"pipeline", "pipeline/catalogue", gstRoom, "internal/media", "internal/video"},
	},
	"screencast": {
		rooms: []string{"pipeline", gstRoom, "internal/video"}, modules: []string{"github.com/jezek/xgb"},
	},
	"internal/proof": {
		rooms: []string{
			"pipeline", "pipeline/catalogue", gstRoom, "appsrc", "internal/encode", "internal/procfs",
			"internal/testframe", "internal/video",
		},
	},
	"metrics": {
		rooms:   []string{".", "sink", "internal/report"},
		modules: []string{"github.com/prometheus/client_golang"},
	},
	"examples": {
		rooms: public, modules: slices.Concat(livekit, []string{"github.com/prometheus/client_golang"}),
	},
	gstRoom:              {modules: gstDoors},
	"internal/viewer":    {rooms: []string{"pipeline", gstRoom, "internal/signal"}, modules: livekit},
	"internal/browser":   {},
	"internal/page":      {},
	"internal/pattern":   {rooms: []string{"appsrc"}, modules: []string{"golang.org/x/image"}},
	"internal/desktop":   {},
	"internal/devserver": {},
	"internal/testframe": {rooms: []string{"appsrc"}},
	"internal/testclip":  {modules: []string{"golang.org/x/image"}},
	"internal/policy":    {rooms: []string{"internal/policy/screencast", "internal/allocation"}},
	"internal/admin": {
		modules: []string{"github.com/prometheus/client_golang"},
	},
	"internal/serve": {modules: []string{"go.yaml.in/yaml/v3"}},
	"internal/serve/host": {
		rooms: []string{"internal/admin", "internal/serve"},
		modules: []string{
			"github.com/prometheus/client_golang", "github.com/prometheus/client_model", "github.com/prometheus/common",
			"github.com/coreos/go-systemd/v22",
		},
	},
	"internal/sandbox": {
		modules: []string{"github.com/landlock-lsm/go-landlock", "github.com/elastic/go-seccomp-bpf"},
	},
	"internal/dispatch": {
		modules: slices.Concat(livekit, []string{"github.com/gorilla/websocket", "google.golang.org/protobuf"}),
	},
	"internal/serve/worker": {
		rooms: []string{"internal/dispatch", "internal/procfs", "internal/serve", "internal/serve/host"},
		modules: slices.Concat(livekit, []string{
			"github.com/prometheus/client_golang", "golang.org/x/sync",
		}),
	},
	"internal/supervise": {rooms: []string{"pipeline", "internal/proof"}},
	"internal/procfs":    {},
	"internal/stamps":    {},
	"internal/timeline":  {rooms: []string{"internal/procfs"}},
	"internal/times":     {},
	"internal/track": {
		rooms: []string{
			"pipeline", "internal/timeline", "internal/times", "internal/allocation", "internal/incoming", "internal/media",
			"internal/packets",
			"internal/signal", "internal/stamps", "internal/video",
		},
		modules: slices.Concat(livekit, []string{"go.uber.org/atomic"}),
	},
	"internal/version":         {},
	"internal/video":           {},
	"internal/wires":           {rooms: []string{"internal/network", "internal/proof"}, modules: livekit},
	"internal/redact":          {},
	"internal/status":          {rooms: []string{"internal/report", "sink"}},
	"internal/report":          {rooms: []string{".", "sink", "internal/viewer"}},
	"internal/advice":          {},
	"internal/archtest":        {},
	"internal/launch":          {rooms: []string{gstRoom}},
	"internal/link":            {},
	"internal/manual":          {modules: []string{"github.com/urfave/cli/v3"}},
	"internal/bitstream":       {rooms: []string{"pipeline/catalogue"}},
	"internal/bench":           {},
	"internal/bench/operators": {},
	"internal/bench/proc":      {rooms: []string{"internal/procfs"}},
	"internal/bench/quality":   {},
	"internal/bench/shm":       {},
	"internal/bench/publisher": {
		rooms: []string{
			"sink", "internal/network", "internal/session", "appsrc", "pipeline", "internal/proof",
			"internal/encode", "internal/testclip", "internal/frames",
			"internal/bench/proc", "internal/bench/quality", "internal/bench/shm", "internal/wires",
		},
		modules: livekit,
	},
	"internal/bench/screen": {
		rooms: []string{
			"sink", "pipeline", "internal/proof", "internal/viewer", "internal/devserver", "internal/link",
			"internal/testclip", "internal/video", "internal/bench/proc", "internal/bench/publisher",
			"internal/bench/quality",
		},
		modules: []string{"golang.org/x/image"},
	},
	"internal/e2e":             {},
	"internal/test/film":       {rooms: []string{"appsrc", "internal/testframe"}},
	"internal/test/need":       {},
	"internal/test/attempt":    {},
	"internal/test/generated":  {modules: []string{"github.com/stretchr/testify"}},
	"internal/test/locked":     {},
	"internal/test/attack":     {},
	"internal/test/damage":     {},
	"internal/test/phone":      {},
	"internal/test/port":       {modules: []string{"github.com/stretchr/testify"}},
	"internal/test/turns":      {modules: []string{"github.com/pion/turn/v5"}},
	"internal/test/prometheus": {modules: []string{"github.com/stretchr/testify"}},
	"internal/test/served": {
		rooms: []string{
			"internal/devserver", "internal/serve", "internal/serve/host", "internal/test/locked", "internal/viewer",
		},
		modules: []string{"github.com/livekit/protocol", "github.com/stretchr/testify"},
	},
	"internal/test/example": {
		rooms:   []string{"internal/devserver", "internal/test/locked", "internal/viewer", gstRoom},
		modules: []string{"github.com/livekit/protocol", "github.com/stretchr/testify"},
	},
	"internal/frames":  {rooms: []string{gstRoom, "internal/inside"}},
	"internal/inside":  {},
	"internal/media":   {rooms: []string{gstRoom, "internal/inside", "pipeline/catalogue"}},
	"internal/gsttest": {rooms: []string{gstRoom}, modules: []string{"go.uber.org/goleak"}},
}
