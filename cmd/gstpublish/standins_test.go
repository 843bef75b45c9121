// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// startXvfb starts an X server without a screen, on a display that is free, and
// sets DISPLAY.
func startXvfb(ts *testscript.TestScript, _ []string) {
	r, w, err := os.Pipe()
	ts.Check(err)
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	err = errors.Join(cmd.Start(), w.Close())
	ts.Check(err)
	ts.Defer(func() {
		_ = cmd.Process.Kill() // The only error is that it has ended.
		_ = cmd.Wait()
	})
	ts.Check(r.SetReadDeadline(time.Now().Add(waitTimeout)))
	number, err := bufio.NewReader(r).ReadString('\n')
	ts.Check(errors.Join(err, r.Close()))
	ts.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	ts.Setenv("XVFB", strconv.Itoa(cmd.Process.Pid))
}

// startSilent listens at a port, accepts and says nothing. The variable becomes
// the URL.
func startSilent(ts *testscript.TestScript, args []string) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], "ws://"+listener.Addr().String())
}

// startHTTP serves the files of the script. The variable becomes the address, as host:port.
func startHTTP(ts *testscript.TestScript, args []string) {
	s := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs("."))))
	ts.Defer(s.Close)
	ts.Setenv(args[0], strings.TrimPrefix(s.URL, "http://"))
}

// startOnce serves a file to a single client. The variable becomes the address, as host:port.
func startOnce(ts *testscript.TestScript, args []string) {
	content := []byte(ts.ReadFile(args[1]))
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = listener.Close()
		_, _ = conn.Write(content) // A client that is gone fails the script elsewhere.
		_ = conn.Close()
	}()
}

// camera is an IP camera. It speaks as much RTSP (RFC 2326) as a client needs that
// wants its one track over TCP, and its video is of gst-launch-1.0. It says that rtsp://ADDRESS/recording lasts a
// minute.
type camera struct {
	listener net.Listener
	video    net.PacketConn // RTP from gst-launch-1.0
	encoder  *exec.Cmd
	running  sync.WaitGroup

	mu     sync.Mutex
	viewer net.Conn // who gets the video now
}

type cameraKey struct{}

// startCamera starts one; the variable becomes its address, as host:port. "rtspcamera off" ends it, as a camera that is
// switched off does.
func startCamera(ts *testscript.TestScript, args []string) {
	c, ok := ts.Value(cameraKey{}).(*camera)
	if !ok {
		ts.Fatalf("the script wasn't set up")
	}
	if args[0] == "off" {
		c.stop()
		return
	}
	ts.Check(c.start())
	ts.Defer(c.stop)
	ts.Setenv(args[0], c.listener.Addr().String())
}

// cameraSource is what the camera sees.
const cameraSource = "videotestsrc is-live=true"

// start starts the camera. stop must be called. Tests that call it must also call need.RealTime or need.Server.
func (c *camera) start() (err error) {
	if c.listener, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		return err
	}
	c.video, err = new(net.ListenConfig).ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(c.video.LocalAddr().String())
	if err != nil {
		return err
	}
	c.encoder = exec.Command("gst-launch-1.0", strings.Fields("-q "+cameraSource+
		" ! video/x-raw,width=320,height=240,framerate=15/1"+
		// One slice a frame: rtph264pay repeats the parameter sets before each slice of a key frame.
		" ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 bitrate=300 key-int-max=15"+
		" ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 pt=96 mtu=1200"+
		" ! udpsink sync=false host=127.0.0.1 port="+port)...)
	if err = c.encoder.Start(); err != nil {
		return err
	}
	c.running.Go(c.accept)
	c.running.Go(c.relay)
	return nil
}

func (c *camera) stop() {
	_ = c.encoder.Process.Kill() // The only error is that it has ended.
	_ = c.encoder.Wait()
	_ = c.listener.Close()
	_ = c.video.Close()
	c.setViewer(nil)
	c.running.Wait()
}

// setViewer hangs up on who was there.
func (c *camera) setViewer(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.viewer != nil && c.viewer != conn {
		_ = c.viewer.Close()
	}
	c.viewer = conn
}

func (c *camera) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.running.Go(func() {
			defer conn.Close()
			_ = c.serve(conn) // The client has hung up.
		})
	}
}

// relay sends RTP packets between the answers, as of RFC 2326, section 10.12.
func (c *camera) relay() {
	packet := make([]byte, 4+1500)
	for {
		n, _, err := c.video.ReadFrom(packet[4:])
		if err != nil {
			return
		}
		copy(packet, []byte{'$', 0, byte(n >> 8), byte(n)})
		c.mu.Lock()
		if c.viewer != nil {
			_, _ = c.viewer.Write(packet[:4+n]) // serve notices when it has gone.
		}
		c.mu.Unlock()
	}
}

const cameraSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n" +
	"c=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"

// serve answers requests until the client hangs up.
func (c *camera) serve(conn net.Conn) error {
	r := bufio.NewReader(conn)
	for {
		if err := skipPackets(r); err != nil {
			return err
		}
		line, err := textproto.NewReader(r).ReadLine()
		if err != nil {
			return err
		}
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return err
		}
		length, _ := strconv.ParseInt(header.Get("Content-Length"), 10, 64) // Without, there is no body.
		if _, err := io.CopyN(io.Discard, r, length); err != nil {
			return err
		}
		method, _, _ := strings.Cut(line, " ")
		if err := c.answer(conn, method, line, header.Get("CSeq")); err != nil {
			return err
		}
	}
}

// skipPackets steps over what the client sends in between: RTCP.
func skipPackets(r *bufio.Reader) error {
	for {
		head, err := r.Peek(1)
		if err != nil || head[0] != '$' {
			return err
		}
		if head, err = r.Peek(4); err != nil {
			return err
		}
		if _, err := r.Discard(4 + int(head[2])<<8 + int(head[3])); err != nil {
			return err
		}
	}
}

func (c *camera) answer(conn net.Conn, method, line, sequence string) error {
	header, body := "", ""
	switch method {
	case "OPTIONS":
		header = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"
	case "DESCRIBE":
		header, body = "Content-Type: application/sdp\r\n", cameraSDP
		if strings.Contains(line, "/recording") {
			body = strings.Replace(body, "t=0 0\r\n", "t=0 0\r\na=range:npt=0-60\r\n", 1)
		}
	case "SETUP":
		header = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
	}
	c.mu.Lock()
	_, err := fmt.Fprintf(conn, "RTSP/1.0 200 OK\r\nCSeq: %s\r\nSession: 1\r\n%sContent-Length: %d\r\n\r\n%s",
		sequence, header, len(body), body)
	c.mu.Unlock()
	if method == "PLAY" {
		c.setViewer(conn)
	}
	return err
}
