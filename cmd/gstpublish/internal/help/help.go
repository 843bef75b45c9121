// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package help has the texts that gstpublish prints about itself.
package help

// The descriptions that --help prints above the options, by command.
const (
	Root = `gstpublish publishes what a pipeline leaves unlinked: it encodes raw video, passes
encoded video through, and encodes raw audio as Opus.

  gstpublish demo                     a server, a publisher and a viewer, without an account
  gstpublish run --dev --room demo -- videotestsrc is-live=true
  gstpublish screencast --dev --room demo
  gstpublish watch --dev --room demo  what a viewer receives

Results go to standard output, everything else to standard error. Set LIVEKIT_URL,
LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or LIVEKIT_TOKEN, in the environment: secrets are
safer there than on the command line, although gstpublish removes them from the list of
processes and prints none.

Ctrl-C (SIGINT), SIGTERM and SIGHUP stop cleanly: gstpublish ends the stream, sends
what is inside the pipeline for up to 3 s, and leaves the room, within 5 s altogether. A
second signal stops immediately.

Exit codes:
  0  the stream ended, or gstpublish was stopped
  1  something failed while running, such as an element
  2  the command line or the pipeline's text is wrong
  3  an element is not installed, no encoder works, or --sandbox lacks what it requires
  4  the server can't be reached, refused the connection or removed us, or was lost
  130, 143  a second SIGINT or SIGTERM stopped it immediately`

	Run = `Write the pipeline as for gst-launch-1.0, but leave out the sink: gstpublish publishes what
it leaves unlinked, one stream of video, one of audio, or one of each. gstpublish list
lists files that come with it. Or name a file, a URL, a camera, or - for standard input.

  gstpublish run --dev -r demo -- videotestsrc is-live=true ! video/x-raw,width=640,height=360
  gstpublish run --dev -r demo clip.mp4

On a terminal, gstpublish rewrites one line: the state (live, still, or why nothing is
sent), the encoder, the size, frames a second, what is sent and the target in kbit/s,
the round trip, packet loss, key frames, drops by cause, viewers, and the time.

Elsewhere, it prints once a second: the frames a second and kbit/s of the video; the
frames sent so far (frames), key frames (key) and requests for one (pli); captured
frames that were not sent (dropped; congested if for lack of bandwidth); the bandwidth
in kbit/s that the network has been shown to carry, as a lower bound (network>=) or an
upper bound (network<=); the round trip, the part of it spent in queues, and packet
loss. With several layers, each has its own line. --stats json prints everything.`

	Check = `Parses a pipeline, checks it, and prints its elements with the properties that it sets and
where their pads lead, and what gstpublish would publish of it. No element starts.

  gstpublish check camera.launch --set device=/dev/video2
  gstpublish check --dot -- videotestsrc ! tee name=t ! queue t. | dot -Tsvg > graph.svg

The exit code is 0 if run would accept the pipeline, 2 if the text is wrong, and 3 if an
element is not installed.`

	List = `Lists the launch files that come with gstpublish, or those in a folder. The first paragraph
of the comment at the beginning of a file describes it. Lines that begin with
"# Publishes:" and "# Needs:" say what it publishes and needs. Its variables have the
form ${name} or ${name:-default}; set them with --set or in the environment.

  gstpublish list
  gstpublish run --dev -r demo --set device=/dev/video2 camera`

	Devices = `Lists the cameras and microphones that GStreamer finds, and the screen and the windows of
the X11 display, each with the command that publishes it; add --room, and --dev or --url.

  gstpublish devices
  gstpublish run --dev -r demo /dev/video0

Wayland screens are not listed: see gstpublish screencast --help.`

	Screencast = `Captures an X11 screen or a window, or with --region a part of either. gstpublish
draws nothing over it, and other windows do not appear in a captured window.

  gstpublish screencast --dev -r demo
  gstpublish screencast --dev -r demo --display :1 --region 0,0,1280,720 --cursor
  gstpublish screencast --dev -r demo --window Terminal --fps 15 --codec h264

gstpublish finds a window by its whole title, or else by a part of it, ignoring case.
If several match, it lists them with their ids; select one by id. The window may move
and change its size. While it is minimised or partly off the screen, its last frame
stays. When it is closed, the capture ends.

Wayland screens come through PipeWire, from a node that the desktop portal
(org.freedesktop.portal.ScreenCast) gives to a program that asks for it. gstpublish
does not ask the portal. Pass the node with --pipewire, and the portal's connection
with --pipewire-fd. See docs/screencast.md.

Exit codes: 0 when stopped, 1 when the window is closed or the display can't be
opened, 2 when there is no such window or region; others as in gstpublish --help.`

	Doctor = `Lists the encoders of each codec in the order in which they are tried: the installed
ones, and what the others need. Each installed encoder encodes real frames, with the
settings for cameras and for screens, in a child process, because drivers crash and
hang. The result is decoded and compared. run and demo choose their encoder in the
same way, for the size of the frames to publish.

The exit code is 0 if an encoder works, and 3 if none does; then doctor names the
packages to install.`

	Serve = `Publishes what a configuration in YAML lists, each publication in a process of its own.
If one fails, serve restarts it, and the others continue. For example:

  ws_url: wss://example.livekit.cloud
  api_key: key
  api_secret_file: /etc/gstpublish/secret
  publications:
    entrance: {room: cameras, pipeline: "v4l2src ! video/x-raw,width=1280,height=720"}
    lobby: {room: cameras, input: lobby.launch, codec: h264}

Options of a publication have the names of the flags of run. LIVEKIT_URL,
LIVEKIT_API_KEY and LIVEKIT_API_SECRET override what all publications share. Instead
of --config, set GSTPUBLISH_CONFIG_FILE to the file, or GSTPUBLISH_CONFIG_BODY to its
text.

serve applies the file when it changes, and on SIGHUP; unchanged publications continue.
SIGTERM ends all publications after they have sent what they captured.

http://127.0.0.1:7888/ shows the state, and has /metrics, /healthz, /readyz,
/gst_pipeline/NAME and /debug/pprof/. See docs/operators.md.

Exit codes: 0 when stopped, 2 if the configuration is wrong; others as in
gstpublish --help.`

	Worker = `Registers this machine with LiveKit's agent dispatch, and publishes what it is assigned,
each publication in a process of its own, as serve does. LiveKit's servers prefer workers
with little load. The metadata of a dispatch is the name of a publication in the
configuration, or with --accept a whole publication, as JSON or YAML.

  gstpublish worker --config FILE --max-jobs 8
  lk dispatch create --agent-name gstpublish --room cameras --metadata entrance

The configuration is that of serve. It names the server, unless LIVEKIT_URL,
LIVEKIT_API_KEY and LIVEKIT_API_SECRET do. Its publications run only when LiveKit
dispatches them, in the room of the dispatch.

If the connection breaks, the worker registers again, and its publications continue.
On SIGTERM, it waits up to --patience for them to end, stops the rest, and ends. See
docs/operators.md.

Exit codes: 0 when stopped, 2 if the configuration is wrong, 4 if the server refuses the
worker; others as in gstpublish --help.`

	Apply = `Compares a configuration with the agent dispatches in the rooms of its publications,
changes the dispatches that differ, and prints what it did. It may run at any time.

  gstpublish dispatch apply FILE
  cameras/entrance: unchanged
  cameras/lobby: replaced (its publisher is not in the room)

LiveKit's server does not notice that a worker is gone. If a dispatch is older than
--grace and its publisher is not in the room, apply replaces it. Run apply periodically.

The exit code is 0 if all dispatches are now as configured.`

	Watch = `Subscribes to the first video track in the room, decodes it with GStreamer, and
prints once a second what arrived: the codec, the size, frames a second and kbit/s
(over two seconds), and the number of frames, key frames and lost packets so far.

  gstpublish watch --dev -r demo --frames 1 --png frame.png

--quality low or medium requests a smaller size, if the publisher has --layers. With
--codec vp8, watch acts as a viewer who can only decode VP8.

The exit code is 0 once the requested number of frames or duration was seen; without
either, when the track ends. It is 1 if the track ends earlier, or if no frame arrives
within --timeout.`

	Demo = `Starts a LiveKit server on free ports of this machine's loopback interface, publishes
a test pattern, watches it as a second participant, prints what arrived, and saves the
last frame. Then it stops everything.

With --web, which is the default on a terminal, it publishes a screen and prints the
address of a page that shows it in a browser, with what the browser measures, until
Ctrl-C. With --screen, it publishes a desktop with two terminals.

The demo needs a livekit-server: the one that gstpublish's scripts/setup builds, the one
that the variable LIVEKIT_SERVER names, or one on PATH.`

	Man = `Prints the manual page of gstpublish, or of one of its commands, from the same definitions
as --help.

  gstpublish man run | man -l -
  gstpublish man --all /usr/local/share/man/man1`
)

// Main are the options that most people need, of the commands that have many. The others are in --help-all.
var Main = map[string][]string{
	"run": {
		"url", "dev", "room", "reconnect", "codec", "bitrate", "layers", "screencast", "reencode", "stats", "loop",
		"set", "input",
	},
	"screencast": {
		"url", "dev", "room", "display", "window", "region", "cursor", "pipewire", "chroma", "codec", "bitrate", "fps",
		"stats", "duration",
	},
}
