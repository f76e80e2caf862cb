package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"millrace/eventlog"
)

// nameKeyFile is where the key by which names become pseudonyms is, if the
// project does not say: beside the store.
const nameKeyFile = ".millrace-key"

// minNameKey is how long a key is at least, in bytes.
const minNameKey = 16

// nameKey returns the key by which names of users become pseudonyms. from is
// what the project says: env:NAME or file:PATH. If it says nothing, the key is
// in a file beside the store, which is made where it is missing, and told of,
// unless create is false: then the key is one for once. dir is where relative
// paths begin.
func nameKey(out io.Writer, from, dir, storePath string, create bool) ([]byte, error) {
	kind, where, _ := strings.Cut(from, ":")
	switch {
	case from == "":
		return ownNameKey(out, filepath.Join(filepath.Dir(storePath), nameKeyFile), create)
	case kind == "env" && where != "":
		text := os.Getenv(where)
		if text == "" {
			return nil, fmt.Errorf("names: key_from: the environment has no %s", where)
		}
		return parseNameKey([]byte(text), from)
	case kind == "file" && where != "":
		if !filepath.IsAbs(where) {
			where = filepath.Join(dir, where)
		}
		text, err := os.ReadFile(where)
		if err != nil {
			return nil, fmt.Errorf("names: key_from: %w", err)
		}
		return parseNameKey(text, from)
	}
	return nil, usageError{errors.New("names: key_from: want env:NAME or file:PATH; the key itself does not belong in the project file")}
}

// lostNameKey is an error where the key should be in a file beside the store
// and is not, though people in the store are known by it.
func (e *env) lostNameKey() (err error) {
	path := e.Project.storePath()
	own := filepath.Join(filepath.Dir(path), nameKeyFile)
	if e.nameKeyFrom() != "" {
		return nil
	}
	for _, name := range []string{own, path} {
		_, err := os.Stat(name)
		switch there := err == nil; {
		case there && name == own, !there && errors.Is(err, fs.ErrNotExist) && name == path:
			return nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	s, err := eventlog.Open(e, path, eventlog.OpenOptions{ReadOnly: true, Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	keys, err := s.NameKeys(e)
	if err := errors.Join(err, s.Close()); err != nil || len(keys) == 0 {
		return err
	}
	return fmt.Errorf("%s is missing, the key %s by which names in %s became pseudonyms; nothing was changed, and no other key was made: with another, each person would be a second one. "+
		"Put the file back from your copy (its line of 64 digits, mode 0600), or say where the key is (names: key_from: env:NAME or file:PATH). "+
		"If it is lost: put a new key there (openssl rand -hex 32) and read all sources anew by millrace ingest --full, after which all pseudonyms are others; "+
		"or say names: keep, which stores names in clear, and do the same. Where people were forgotten by the lost key neither is possible: begin a new store",
		own, strings.Join(keys, ", "), filepath.Base(path))
}

// parseNameKey reads a key: hexadecimal digits, else the text itself.
func parseNameKey(text []byte, from string) ([]byte, error) {
	text = bytes.TrimSpace(text)
	key, err := hex.DecodeString(string(text))
	if err != nil {
		key = text
	}
	if len(key) < minNameKey {
		return nil, fmt.Errorf("names: the key of %s is too short: %d bytes or more are wanted, such as openssl rand -hex 32 gives", from, minNameKey)
	}
	return key, nil
}

// ownNameKey reads the key that is beside the store, or makes it, once.
func ownNameKey(out io.Writer, path string, create bool) ([]byte, error) {
	for range 2 {
		text, err := os.ReadFile(path)
		if err == nil {
			return parseNameKey(text, path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		key := make([]byte, 32)
		rand.Read(key) // never fails
		if !create {
			return key, nil
		}
		made, err := writeNameKey(path, key)
		if err != nil {
			return nil, err
		}
		if made {
			fmt.Fprintf(out, "%s: made, the key by which names of users become pseudonyms; keep a copy apart from the store: with another key the same person is another pseudonym\n", path)
		}
	}
	return nil, fmt.Errorf("%s: comes and goes", path)
}

// writeNameKey makes the file, whole or not at all, unless somebody else did.
func writeNameKey(path string, key []byte) (made bool, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), nameKeyFile+"-*") // 0600
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = fmt.Fprintf(f, "%x\n", key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return false, err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}
