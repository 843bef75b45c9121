// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// reorders matches the properties with which an element may produce B-frames.
var reorders = regexp.MustCompile(`(?i)^(max-|num-)?b-?frames$|^allow-frame-reordering$`)

// TestNoRowHasBFrames: each version of each element that can reorder frames gets a setting against that, whatever its
// default is.
func TestNoRowHasBFrames(t *testing.T) {
	families := map[catalogue.Family]bool{}
	for _, row := range catalogue.Rows() {
		for _, spec := range specsOf(t, row.Factory) {
			for _, p := range spec.Properties {
				if !reorders.MatchString(p.Name) {
					continue
				}
				families[row.Family] = true
				for _, mode := range [][]catalogue.Setting{row.Camera, row.Screen} {
					value := valueOf(&spec, p.Name, slices.Concat(row.Common, mode))
					require.Contains(t, []string{"0", "false"}, value, "%s %v: %s", row.Factory, spec.Versions, p.Name)
				}
			}
		}
	}
	require.Greater(t, len(families), 5, "%v", families)
}

// valueOf returns the value that settings give to a property: a setting with several names is for the first that the
// element has. It returns "" if none does.
func valueOf(spec *standin.Spec, property string, settings []catalogue.Setting) (value string) {
	has := func(name string) bool {
		return slices.ContainsFunc(spec.Properties, func(p standin.Property) bool { return p.Name == name })
	}
	for _, s := range settings {
		names := strings.Split(s.Name, "|")
		if i := slices.IndexFunc(names, has); i >= 0 && names[i] == property {
			value = s.Value
		}
	}
	return value
}
