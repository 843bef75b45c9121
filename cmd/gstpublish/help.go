// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

// What --help says beside the options.
const (
	rootDescription = `What a pipeline leaves unlinked is published: raw video is encoded, video that
is coded already is passed on as it is, raw audio becomes Opus.

  gstpublish demo                     the whole way, with no account and no server
  gstpublish run --dev --room demo -- videotestsrc is-live=true
  gstpublish screencast --dev --room demo
  gstpublish watch --dev --room demo  what a viewer gets of it
  gstpublish doctor                   which encoders work here, and why others don't

Results go to standard output, all else to standard error. No secret is printed,
and those on the command line are wiped from the list of processes; better still
they come in the environment (LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET,
LIVEKIT_TOKEN). GStreamer's own variables, such as GST_DEBUG, work as ever.

Ctrl-C (SIGINT) and SIGTERM end in good order: the stream is ended and drained,
for 5 s at the most, and the room is left. A second one ends at once.

Exit codes:
  0  the end of the stream, or stopped as asked
  1  a failure while running, such as an element's error
  2  the command line or the pipeline's text is wrong
  3  an element isn't installed, or no encoder works
  4  the server can't be reached, or it refused; or the connection was lost and
     didn't come back within --reconnect, or the server sent us away
  130, 143  stopped at once by a second SIGINT or SIGTERM`

	runDescription = `The pipeline is written as for gst-launch-1.0: in a file, over as many lines as
you like and with comments (lines that begin with #), or after --. It ends with
what is to be published, without a sink: one stream of video, one of audio, or one
of each. Examples are in gstpublish's folder pipelines.

  gstpublish run --dev -r demo -- videotestsrc is-live=true ! video/x-raw,width=640,height=360
  gstpublish run --dev -r demo camera.launch
  gstpublish run --dev -r demo --screencast screen.launch
  gstpublish run --dev -r demo --layers 3 camera.launch

Once a second it prints how it goes: frames a second and kbit/s of video; coded
pictures so far (frames), key frames among them (key), requests for one (pli), and
captured pictures that weren't sent (dropped; congested, if for lack of bandwidth).
Then what the network has shown to carry in kbit/s: at least (network>=) or at most
(network<=) so much. And the round trip, its part in queues, and packets lost. Where there
are several layers, each has a line. --stats json has all of it.

Nothing is encoded while nobody watches. Servers tell of that some seconds late.

Exit codes: see gstpublish --help.`

	screencastDescription = `Captures the screen of an X11 display, or a window of it, or with --region a part
of either. Nothing is drawn over what is captured, and windows above a captured
window are not seen in its picture.

  gstpublish screencast --dev -r demo
  gstpublish screencast --dev -r demo --display :1 --region 0,0,1280,720 --cursor
  gstpublish screencast --dev -r demo --window Terminal --fps 15 --codec h264

A window is found by its title as a whole, else by a part of it, in any case of
letters; where several match they are listed, and the id of one says which. It may
move and change its size. While it is minimised, or partly off the screen, its last
picture stays. When it is closed, the capture ends.

Wayland's screens come through PipeWire, as a node that the desktop's portal
(org.freedesktop.portal.ScreenCast) gives to the program that asks it. This one
doesn't ask; it takes the node with --pipewire, and the portal's connection with
--pipewire-fd. See docs/screencast.md.

Exit codes: 0 when stopped, 1 when the window is closed or the display can't be
opened, 2 when there is no such window or region; others as in gstpublish --help.`

	doctorDescription = `Lists the encoders of each codec in the order in which they are tried: which are
here, and what is missing for the others. Each that is here encodes real pictures,
with the settings for cameras and with those for screens, in a process of its own,
since drivers crash and hang; what it makes is decoded and compared. That is how
run and demo choose an encoder too, in the size of the pictures at hand.

The exit code is 0 when an encoder works, and 3 when none does: then it says which
packages to install.`

	watchDescription = `Takes the first video that it finds in the room, decodes it with GStreamer, and
prints once a second what arrived: the size, the codec, frames a second and kbit/s
(over two seconds), and how many pictures, key frames and lost packets since the
beginning.

  gstpublish watch --dev -r demo --frames 1 --png picture.png

With --quality low or medium it asks for a smaller size, which there is where the
publisher was given --layers. With --codec vp8 it is a viewer who can't decode
anything else.

The exit code is 0 when as many pictures or as much time were seen as asked for,
and, where no number was asked for, when the track ends. It is 1 when the track
ends before, or no picture comes within --timeout.`

	demoDescription = `Starts a LiveKit server on this machine, on free ports of the loopback interface,
publishes a test pattern, watches it as a second participant, tells what arrived
and saves the last picture. Then it ends everything. It needs a livekit-server:
the one that gstpublish's scripts/setup builds, the one that the variable
LIVEKIT_SERVER names, or one on PATH.`
)
