// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// mostExposed is the most that systemd-analyze may find exposed, in tenths of its scale from 0 to 10.
const mostExposed = "20"

// TestUnit has systemd check the unit, and how much of the system it leaves exposed.
func TestUnit(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/systemd/gstpublish.service")
	require.NoError(t, err)
	unit := filepath.Join(t.TempDir(), "gstpublish.service")
	text = bytes.Replace(text, []byte("/usr/bin/gstpublish"), []byte("/bin/true"), 1) // It is not installed here.
	require.NoError(t, os.WriteFile(unit, text, 0o600))
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput() //nolint:gosec // our unit
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "gstpublish.service")
	out, err = exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", //nolint:gosec // our unit
		"--threshold="+mostExposed, unit).CombinedOutput()
	require.NoError(t, err, "%s", out)

	permitted := systemCalls(t, string(text))
	for _, call := range []string{
		"read", "sched_setaffinity", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp",
	} {
		require.True(t, permitted[call], call)
	}
	for _, call := range []string{"mount", "ptrace", "bpf", "setuid", "setrlimit"} {
		require.False(t, permitted[call], call)
	}
}

// systemCalls returns the system calls that a unit permits.
func systemCalls(t *testing.T, unit string) map[string]bool {
	t.Helper()
	permitted := map[string]bool{}
	var set func(name string, permit bool)
	set = func(name string, permit bool) {
		if !strings.HasPrefix(name, "@") {
			permitted[name] = permit
			return
		}
		out, err := exec.Command("systemd-analyze", "syscall-filter", name).CombinedOutput() //nolint:gosec // our unit
		require.NoError(t, err, "%s", out)
		for _, line := range strings.Split(string(out), "\n")[1:] {
			if fields := strings.Fields(line); len(fields) == 1 {
				set(fields[0], permit)
			}
		}
	}
	for line := range strings.Lines(unit) {
		filter, is := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !is {
			continue
		}
		filter, refuse := strings.CutPrefix(filter, "~")
		for name := range strings.FieldsSeq(filter) {
			set(name, !refuse)
		}
	}
	return permitted
}

// TestImage: the recipe of the image fits to the module, to the manifests, and to the default port.
func TestImage(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile("../../../" + path)
		require.NoError(t, err)
		return string(text)
	}
	recipe, module := read("deploy/container/Dockerfile"), read("go.mod")
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)
	require.Contains(t, recipe, "\nFROM golang:"+version[1]+"-bookworm AS build\n")
	require.Contains(t, recipe, fmt.Sprintf("\nEXPOSE %d\n", serve.DefaultHealthPort))
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(recipe)
	manifests := read("deploy/kubernetes/gstpublish.yaml")
	require.Contains(t, manifests, "\n        runAsUser: "+user[1]+"\n        runAsGroup: "+user[2]+"\n")
	installed := read("scripts/setup")
	for _, name := range regexp.MustCompile(`\b(gstreamer1\.0-[a-z-]+|lib[a-z0-9.-]+-dev)\b`).FindAllString(recipe, -1) {
		require.Contains(t, installed, name, "the tests run with the same packages")
	}
}

// manifest is what the test needs of one of Kubernetes's objects.
type manifest struct {
	Kind string
	Data map[string]string
	Spec struct {
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
				Containers                    []struct {
					Ports []struct {
						Name          string
						ContainerPort int `yaml:"containerPort"`
					}
				}
			}
		}
	}
}

// TestManifests sees that the configuration in the manifests can be used, and that the rest fits to it.
func TestManifests(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/kubernetes/gstpublish.yaml")
	require.NoError(t, err)
	objects := map[string]manifest{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var m manifest
		err = decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		objects[m.Kind] = m
	}
	config, err := serve.Parse([]byte(objects["ConfigMap"].Data["serve.yaml"]), &serve.Source{
		Name: "serve.yaml", Getenv: func(string) string { return "" },
		ReadFile: func(path string) ([]byte, error) {
			require.True(t, strings.HasPrefix(path, "/etc/livekit/api-"))
			return []byte("secret"), nil
		},
	})
	require.NoError(t, err)
	pod := objects["Deployment"].Spec.Template.Spec
	ports := map[string]int{}
	for _, port := range pod.Containers[0].Ports {
		ports[port.Name] = port.ContainerPort
	}
	require.Equal(t, map[string]int{"health": config.HealthPort, "metrics": config.PrometheusPort}, ports)
	require.Equal(t, "0.0.0.0", config.BindAddress)
	require.Greater(t, pod.TerminationGracePeriodSeconds, int(config.DrainTimeout.Seconds()))
}
