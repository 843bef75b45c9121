// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

func TestErrorsOfElementsKeepWhatTheySay(t *testing.T) {
	inner := &gst.ElementError{
		Path: "/GstPipeline:p/GstX264Enc:enc", Factory: "x264enc", Domain: "gst-stream-error-quark", Code: 4,
		Message: "no more", Debug: "gstx264enc.c(1): f ():\nout of memory",
		Mismatch: &gst.Mismatch{Src: "a.src", Sink: "b.sink", SrcCaps: "video/x-raw", SinkCaps: "audio/x-raw"},
		Cause:    "it has no memory", Cure: "buy some",
	}
	e := elementError(inner)
	require.Equal(t, inner, e.inner(), "no field is lost")
	require.Equal(t, inner.Error(), e.Error())
	require.Equal(t, "enc", e.Element())
	require.Equal(t, inner.Mismatch.String(), e.Mismatch.String())
	require.False(t, e.NotNegotiated())
	require.Nil(t, elementError(&gst.ElementError{}).Mismatch)
	require.True(t, (&ElementError{Debug: "streaming stopped, reason not-negotiated (-4)"}).NotNegotiated())
}

func TestPropertyErrorsSayWhy(t *testing.T) {
	for text, reason := range map[string]PropertyReason{
		"videotestsrc patern=ball":    PropertyUnknown,
		"videotestsrc pattern=round":  PropertyBadValue,
		"videotestsrc num-buffers=-2": PropertyOutOfRange,
		"appsink eos=true":            PropertyReadOnly,
	} {
		_, err := Parse(text, nil)
		bad, ok := errors.AsType[*PropertyError](err)
		require.True(t, ok, "%s: %v", text, err)
		require.Equal(t, reason, bad.Reason, text)
		require.ErrorContains(t, err, bad.Error())
	}
	other := errors.New("another error")
	require.Equal(t, other, propertyError(other))
}
