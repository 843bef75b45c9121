// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNilRecordsNothing(t *testing.T) {
	line := From(t.Context())
	require.Nil(t, line)
	line.Begin("a")()
	line.Finish("b")
	require.Empty(t, line.Stages())
	require.Empty(t, line.Attrs())
}

func TestStagesAreInTheOrderOfTheirBegin(t *testing.T) {
	finished := make(chan []Stage, 1)
	line := New(time.Now(), func(l *Timeline) { finished <- l.Stages() })
	ctx := With(t.Context(), line)
	endA := From(ctx).Begin("a")
	endB := From(ctx).Begin("b")
	endB()
	endA()
	from := line.Stages()[0].End
	endA()
	line.Begin("open")
	line.Finish("sent")
	line.Finish("again")
	line.Begin("late")()
	stages := <-finished
	require.Equal(t, stages, line.Stages())
	require.Len(t, stages, 4)
	require.Equal(t, from, stages[0].End, "only the first end counts")
	require.Equal(t, []string{"a", "b", "open", "sent"},
		[]string{stages[0].Name, stages[1].Name, stages[2].Name, stages[3].Name})
	require.LessOrEqual(t, stages[1].End, stages[0].End)
	require.Zero(t, stages[2].End)
	require.Equal(t, stages[3].Begin, stages[3].End)
}

func TestStagesInALog(t *testing.T) {
	ms := time.Millisecond
	for text, s := range map[string]Stage{
		"120-310": {Begin: 120 * ms, End: 310 * ms},
		"120-":    {Begin: 120 * ms},
		"120":     {Begin: 120 * ms, End: 120 * ms},
	} {
		require.Equal(t, text, s.String())
	}
}

func TestConcurrentUse(t *testing.T) {
	line := New(time.Now(), nil)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			line.Begin("a")()
			line.Attrs()
		})
	}
	group.Wait()
	line.Finish("end")
	require.Len(t, line.Stages(), 9)
}

func TestProcessStart(t *testing.T) {
	require.WithinRange(t, ProcessStart(), time.Now().Add(-24*time.Hour), time.Now())
}
