// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package store keeps small entries in a folder, one file each, for other processes of the same
// user.
//
// Nothing here returns an error: an unreadable entry does not exist, and an entry that cannot be
// written is lost. The log has the reason.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	// MaxEntries is the maximum number of entries in a folder; the oldest are removed.
	MaxEntries = 256
	// maxSize is the maximum size of an entry, in bytes.
	maxSize = 64 << 10

	folderMode = 0o700
	writable   = 0o022 // by users other than the owner
	suffix     = ".json"
	unfinished = ".new-" // prefix of a file that is being written
)

// Name identifies an entry. Entries of one Group can be removed together.
type Name struct {
	Group, Rest string
}

// file returns the name of the entry's file.
func (n Name) file() string { return digest(n.Group) + "-" + digest(n.Rest) + suffix }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// Store is one folder. All methods are safe for concurrent use, by several processes
// too. A nil *Store holds nothing.
type Store struct {
	dir string
	log *slog.Logger
}

// Open returns the Store in a folder, which need not exist. It touches no file.
func Open(dir string, log *slog.Logger) *Store { return &Store{dir, log} }

// content is what a file contains. The name is repeated for a human reader.
type content struct {
	Group, Rest string
	Value       json.RawMessage
}

// Load reads an entry into value, which is a pointer, and reports whether there was
// one. value is undefined if not.
func (s *Store) Load(n Name, value any) bool {
	if s == nil {
		return false
	}
	err := s.load(n, value)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Debug("ignoring a cache entry", "folder", s.dir, "err", err)
	}
	return err == nil
}

func (s *Store) load(n Name, value any) error {
	if err := s.checkFolder(); err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(s.dir, n.file()))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // It was only read.
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err = checkOwner(info); err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSize {
		return fmt.Errorf("%s: not a regular file of at most %d bytes", f.Name(), maxSize)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return err
	}
	var c content
	if err = json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	if c.Group != n.Group || c.Rest != n.Rest {
		return fmt.Errorf("%s: belongs to another name", f.Name())
	}
	if err = json.Unmarshal(c.Value, value); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return nil
}

// Save writes an entry, in place of one that has the same name.
func (s *Store) Save(n Name, value any) {
	if s == nil {
		return
	}
	if err := s.save(n, value); err != nil {
		s.log.Debug("can't write the cache", "folder", s.dir, "err", err)
	}
}

func (s *Store) save(n Name, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		text, err = json.MarshalIndent(content{n.Group, n.Rest, text}, "", "\t")
	}
	if err != nil {
		return err
	}
	if len(text) > maxSize {
		return fmt.Errorf("an entry of %d bytes is too large", len(text))
	}
	if err = os.MkdirAll(s.dir, folderMode); err != nil {
		return err
	}
	if err = s.checkFolder(); err != nil {
		return err
	}
	if err = s.write(n.file(), append(text, '\n')); err != nil {
		return err
	}
	return s.prune()
}

// write writes a file so that readers see either all of it or the previous content.
func (s *Store) write(name string, text []byte) (err error) {
	f, err := os.CreateTemp(s.dir, unfinished+"*") // Its mode is 0600.
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(s.dir, name))
}

// Remove removes the entries of a group.
func (s *Store) Remove(group string) { s.remove(digest(group) + "-*" + suffix) }

// Clear removes all entries.
func (s *Store) Clear() { s.remove("*" + suffix) }

func (s *Store) remove(pattern string) {
	if s == nil || s.checkFolder() != nil {
		return
	}
	for _, name := range s.match(pattern) {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Debug("can't remove a cache entry", "folder", s.dir, "err", err)
		}
	}
}

// match returns the names of the folder's files that match a pattern.
func (s *Store) match(pattern string) (names []string) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if fits, err := filepath.Match(pattern, e.Name()); err == nil && fits {
			names = append(names, e.Name())
		}
	}
	return names
}

// prune removes the oldest files above MaxEntries, including unfinished ones.
func (s *Store) prune() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) <= MaxEntries {
		return err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		ours := strings.HasSuffix(e.Name(), suffix) || strings.HasPrefix(e.Name(), unfinished)
		if info, err := e.Info(); err == nil && ours {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	var errs []error
	for _, f := range files[:max(0, len(files)-MaxEntries)] {
		if err := os.Remove(filepath.Join(s.dir, f.Name())); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checkFolder rejects a folder that other users can write.
func (s *Store) checkFolder() error {
	info, err := os.Stat(s.dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: not a folder", s.dir)
	}
	return checkOwner(info)
}

// checkOwner rejects files that another user owns or can write.
func checkOwner(info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: owned by user %d", info.Name(), stat.Uid)
	}
	if mode := info.Mode(); mode.Perm()&writable != 0 {
		return fmt.Errorf("%s: writable by others: %v", info.Name(), mode)
	}
	return nil
}
