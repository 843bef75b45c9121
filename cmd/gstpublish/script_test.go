// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	standincamera "github.com/gstpublish/gstpublish/internal/gst/standin/camera"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// waitTimeout bounds every wait of a script.
const waitTimeout = 40 * time.Second

// scriptsTimeout bounds all scripts together: programs that a script executes are ended then.
const scriptsTimeout = 8 * time.Minute

// server is the LiveKit server of all scripts.
var server *devserver.Server

// TestMain makes this test binary the program, for the scripts to run.
func TestMain(m *testing.M) {
	testscript.Main(withServer{m}, map[string]func(){"gstpublish": mainWithStandIns, "confined": confined})
}

// mainWithStandIns is the program on a machine that has the encoders of the
// variable GSTPUBLISH_STANDINS. The children that prove them come through here
// too.
func mainWithStandIns() {
	if err := standin.FromEnv(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(problem.ExitFailure)
	}
	if path := os.Getenv(cameraEnv); path != "" {
		if err := standincamera.Register("A camera", path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(problem.ExitFailure)
		}
	}
	if file := os.Getenv(plugEnv); file != "" {
		if err := standincamera.Replace(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(problem.ExitFailure)
		}
	}
	main()
}

// plugEnv names a file that exists while a camera is plugged in.
const plugEnv = "GSTPUBLISH_CAMERA_PLUG"

// cameraEnv names the device of a camera that the program finds although there is none.
const cameraEnv = "GSTPUBLISH_CAMERA"

// withServer runs the tests while there is a server, and sees that nothing of
// them stays behind.
type withServer struct{ *testing.M }

func (w withServer) Run() int {
	// Scripts wait for live video more than they compute. What -parallel says has the
	// last word.
	err := errors.Join(flag.Set("test.parallel", "4"), w.start())
	code := 1
	if err == nil {
		code = w.M.Run()
		err = errors.Join(w.stop(), goleak.Find())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func (w withServer) start() (err error) {
	if !need.Short() {
		server, err = devserver.Start(context.Background(), nil)
	}
	return err
}

func (w withServer) stop() error {
	if server == nil {
		return nil
	}
	return server.Stop(context.Background())
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Setup:               setUp,
		Cmds:                scriptCommands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(scriptsTimeout),
	})
}

// setUp gives each script the server, and a room of its own.
func setUp(env *testscript.Env) error {
	variables, err := serverVariables()
	if err != nil {
		return err
	}
	launchFiles, err := filepath.Abs(filepath.Join("..", "..", "pipelines"))
	if err != nil {
		return err
	}
	maps.Copy(variables, map[string]string{
		"LIVEKIT_TOKEN": "",
		"DISPLAY":       "",
		"PIPELINES":     launchFiles,
		standin.EnvName: "",
		"SSL_CERT_FILE": "",
		cameraEnv:       "",
		plugEnv:         "",
		"ROOM":          strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"),
	})
	for name, value := range variables {
		env.Setenv(name, value)
	}
	// Each script remembers its own proofs.
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
	// GStreamer's registry of plugins is the user's: to make it takes seconds.
	if registry := gsttest.Registry(); registry != "" {
		env.Setenv("GST_REGISTRY", registry)
	}
	processes := &processes{byName: map[string]*process{}}
	for _, v := range env.Vars {
		name, _, _ := strings.Cut(v, "=")
		processes.variables = append(processes.variables, name)
	}
	env.Values[processesKey{}] = processes
	env.Values[ownServerKey{}] = &serverOfScript{}
	env.Values[cameraKey{}] = &camera{}
	env.Defer(processes.kill)
	return nil
}

// serverVariables returns what the environment says of the server. Under -short there is none, and scripts that need
// one begin with "[short] skip".
func serverVariables() (map[string]string, error) {
	if testing.Short() {
		const none = "none"
		return map[string]string{
			"LIVEKIT_SERVER": "/nonexistent", "LIVEKIT_URL": "ws://127.0.0.1:1",
			"LIVEKIT_API_KEY": none, "LIVEKIT_API_SECRET": none,
		}, nil
	}
	binary, err := devserver.Find()
	return map[string]string{
		"LIVEKIT_SERVER":     binary,
		"LIVEKIT_URL":        server.URL(),
		"LIVEKIT_API_KEY":    server.APIKey(),
		"LIVEKIT_API_SECRET": server.APISecret(),
	}, err
}

// TestDemoPublishesItsFile compares the text of the demo with the file that it names.
func TestDemoPublishesItsFile(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("..", "..", "pipelines", testPatternFile))
	require.NoError(t, err)
	text := ""
	for line := range strings.Lines(string(file)) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			text += line
		}
	}
	require.Equal(t, testPattern, text)
}

// TestEveryLaunchFileHasAScript: each file in pipelines is named by a script that runs it, or checks it if what it
// needs is not here.
func TestEveryLaunchFileHasAScript(t *testing.T) {
	files, err := fs.Glob(os.DirFS(filepath.Join("..", "..", "pipelines")), "*.launch")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "pipeline*.txtar"))
	require.NoError(t, err)
	var all strings.Builder
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		require.NoError(t, err)
		all.Write(text)
	}
	for _, file := range files {
		require.Contains(t, all.String(), "$PIPELINES/"+file)
	}
}
