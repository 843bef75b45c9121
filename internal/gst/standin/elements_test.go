// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// TestElements makes each element that there is, of each version, and runs it.
func TestElements(t *testing.T) {
	want(t, "anyconvert")
	specs, err := Specs()
	require.NoError(t, err)
	for _, spec := range specs {
		name := spec.Name + "@" + strings.Join(spec.Versions, ",")
		t.Run(name, func(t *testing.T) {
			// One process has one version of a name.
			spec.Name += "-" + strings.ReplaceAll(spec.Versions[0], ".", "-")
			require.NoError(t, register(&spec, spec.Versions[0]))
			checkProperties(t, &spec)
			const frames = "videotestsrc num-buffers=3 ! video/x-raw,width=320,height=240,framerate=30/1 ! anyconvert ! "
			if spec.Kind == Convert {
				require.NoError(t, runToEnd(frames+spec.Name+" ! fakesink"))
				return
			}
			samples := encode(t, frames+spec.Name+" ! appsink name=out", nil)
			require.Len(t, samples, 3)
			require.Equal(t, []int{0}, keyFrames(samples))
		})
	}
}

// checkProperties compares a registered element with its spec.
func checkProperties(t *testing.T, spec *Spec) {
	t.Helper()
	p := parse(t, spec.Name+" name=it")
	e := p.ByName("it")
	defer e.Release()
	for _, property := range spec.Properties {
		switch property.Type {
		case Structure:
			require.NoError(t, e.Set(property.Name, "a,b=(int)1"), property.place)
			continue
		case String:
			require.Equal(t, property.Default, e.Get(property.Name), property.place)
			continue
		default:
		}
		require.NoError(t, spec.Accepts(property.Name, property.Default))
		value := e.Get(property.Name)
		require.NoError(t, spec.Accepts(property.Name, value), property.place)
		require.NoError(t, gst.CheckProperty(spec.Name, property.Name, property.Default), property.place)
		for _, v := range property.Values {
			require.NoError(t, e.Set(property.Name, v.Nick), property.place)
			require.NoError(t, spec.Accepts(property.Name, v.Nick), property.place)
		}
		if property.Type != Bool && property.Values == nil {
			require.NoError(t, e.Set(property.Name, property.Min), property.place)
			require.NoError(t, e.Set(property.Name, property.Max), property.place)
		}
	}
}
