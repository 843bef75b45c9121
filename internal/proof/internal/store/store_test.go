// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type entry struct{ Text string }

var name = Name{Group: "vp8enc", Rest: "640x360"}

func open(t *testing.T) *Store {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "below", "cache"), slog.New(slog.DiscardHandler))
}

func loaded(s *Store, n Name) string {
	var e entry
	if !s.Load(n, &e) {
		return ""
	}
	return e.Text
}

func path(s *Store, n Name) string { return filepath.Join(s.dir, n.file()) }

func TestWhatIsSavedIsLoaded(t *testing.T) {
	s := open(t)
	require.Empty(t, loaded(s, name))
	s.Save(name, entry{"first"})
	require.Equal(t, "first", loaded(s, name))
	s.Save(name, entry{"second"})
	require.Equal(t, "second", loaded(Open(s.dir, s.log), name))
	require.Empty(t, loaded(s, Name{Group: "vp8enc", Rest: "1280x720"}))
	require.Empty(t, loaded(s, Name{Group: "vp9enc", Rest: "640x360"}))

	folder, err := os.Stat(s.dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(folderMode), folder.Mode().Perm())
	files, err := os.ReadDir(s.dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing unfinished stays")
	info, err := files[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestNilHoldsNothing(t *testing.T) {
	var s *Store
	s.Save(name, entry{"first"})
	require.Empty(t, loaded(s, name))
	s.Remove(name.Group)
	s.Clear()
}

func TestRemove(t *testing.T) {
	s := open(t)
	s.Remove("vp8enc") // There is no folder yet.
	other, same := Name{"vp9enc", "640x360"}, Name{"vp8enc", "1280x720"}
	for _, n := range []Name{name, other, same} {
		s.Save(n, entry{n.Rest})
	}
	s.Remove("vp8enc")
	require.Empty(t, loaded(s, name))
	require.Empty(t, loaded(s, same))
	require.Equal(t, other.Rest, loaded(s, other))
	s.Clear()
	require.Empty(t, loaded(s, other))
}

func TestDamagedEntriesAreNotThere(t *testing.T) {
	s := open(t)
	for what, text := range map[string]string{
		"empty":         "",
		"half":          `{"Group": "vp8enc", "Rest": "64`,
		"another's":     `{"Group": "vp9enc", "Rest": "640x360", "Value": {"Text": "x"}}`,
		"without value": `{"Group": "vp8enc", "Rest": "640x360"}`,
		"other value":   `{"Group": "vp8enc", "Rest": "640x360", "Value": [1]}`,
		"too large":     `{"Group": "vp8enc", "Rest": "640x360", "Value": {}}` + strings.Repeat(" ", maxSize),
	} {
		s.Save(name, entry{"first"})
		require.NoError(t, os.WriteFile(path(s, name), []byte(text), 0o600))
		require.Empty(t, loaded(s, name), what)
		s.Save(name, entry{"again"})
		require.Equal(t, "again", loaded(s, name), what)
	}
	require.NoError(t, os.Remove(path(s, name)))
	require.NoError(t, os.Mkdir(path(s, name), 0o700))
	require.Empty(t, loaded(s, name), "a folder in its place")
	s.Save(name, entry{"lost"})
	require.Empty(t, loaded(s, name))
}

func TestWhatOthersCanWriteIsNotTrusted(t *testing.T) {
	s := open(t)
	s.Save(name, entry{"first"})
	require.NoError(t, os.Chmod(path(s, name), 0o666))
	require.Empty(t, loaded(s, name), "the file")
	require.NoError(t, os.Chmod(path(s, name), 0o600))
	require.NoError(t, os.Chmod(s.dir, 0o777))
	require.Empty(t, loaded(s, name), "the folder")
	s.Save(name, entry{"second"})
	s.Clear()
	require.NoError(t, os.Chmod(s.dir, 0o700))
	require.Equal(t, "first", loaded(s, name))
}

// foreign is a file as another user would own it.
type foreign struct{ os.FileInfo }

func (f foreign) Sys() any { return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1} }

func TestAnotherUsersCacheIsNotTrusted(t *testing.T) {
	info, err := os.Stat(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, checkOwner(info))
	require.ErrorContains(t, checkOwner(foreign{info}), "owned by user")
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/nowhere"} {
		s := Open(dir, slog.New(slog.DiscardHandler))
		s.Save(name, entry{"first"})
		require.Empty(t, loaded(s, name), dir)
		s.Remove(name.Group)
	}
}

func TestTheOldestMakeRoom(t *testing.T) {
	s := open(t)
	old := time.Now().Add(-time.Hour)
	for i := range MaxEntries {
		n := Name{"old", fmt.Sprint(i)}
		s.Save(n, entry{"old"})
		at := old.Add(time.Duration(i) * time.Second)
		require.NoError(t, os.Chtimes(path(s, n), at, at))
	}
	s.Save(name, entry{"new"})
	require.Equal(t, "new", loaded(s, name))
	require.Empty(t, loaded(s, Name{"old", "0"}))
	require.Equal(t, "old", loaded(s, Name{"old", "1"}))
}

func TestConcurrentWriters(t *testing.T) {
	s := open(t)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			mine := Open(s.dir, s.log)
			text := strings.Repeat(fmt.Sprint(w), 1000)
			for range 20 {
				mine.Save(name, entry{text})
				got := loaded(mine, name)
				// Of whichever writer, but whole.
				if len(got) != 1000 || strings.Trim(got, got[:1]) != "" {
					t.Errorf("read %q", got)
				}
			}
		})
	}
	group.Wait()
	require.Len(t, s.match("*"), 1)
}
