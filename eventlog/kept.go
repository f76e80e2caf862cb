package eventlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A Kept holds what was computed of a store's content and takes long to compute
// again: answers, each by what was asked. They lie in a file beside the store
// and are only of the content and the program that they were computed of and by:
// when either has changed there are none. Opening the store for writing removes
// the file, so that nothing that is to be forgotten stays in it.
//
// A nil Kept has no answers and keeps none. It may be used by several goroutines.
type Kept struct {
	path, of string // file, and what the answers are of
	mu       sync.Mutex
	answers  map[string][]byte
	size     int
	added    bool
}

// keptMost bounds the bytes of answers: what comes after is asked each time.
const keptMost = 64 << 20

// keptFile is where the answers of a store are.
func keptFile(store string) string { return store + ".answers" }

// A keptList is the content of the file, after the hash of its bytes.
type keptList struct {
	Of        string
	Questions []string // sorted
	Answers   [][]byte
}

// Kept are the answers that are kept of the store; what is added to them is
// written when it is closed. A file that is damaged, of another content, or may
// not be read counts as none. A store that is open for writing has none.
func (s *Store) Kept() *Kept {
	s.keptOnce.Do(func() {
		if s.readOnly { // what it holds stays as it is: who writes comes after
			s.kept = s.readKept()
		}
	})
	return s.kept
}

func (s *Store) readKept() *Kept {
	of, err := s.content()
	if err != nil {
		return nil
	}
	k := &Kept{path: keptFile(s.path), of: of, answers: map[string][]byte{}}
	text, err := os.ReadFile(k.path)
	if err != nil || len(text) < sha256.Size {
		return k
	}
	if sum := sha256.Sum256(text[sha256.Size:]); !bytes.Equal(sum[:], text[:sha256.Size]) {
		return k
	}
	var list keptList
	if err := gob.NewDecoder(bytes.NewReader(text[sha256.Size:])).Decode(&list); err != nil || list.Of != of || len(list.Questions) != len(list.Answers) {
		return k
	}
	for i, q := range list.Questions {
		k.answers[q] = list.Answers[i]
		k.size += len(q) + len(list.Answers[i])
	}
	return k
}

// content tells the content of the store from others, and the program that reads
// it: a file is another when its size or the moment of its last change is.
func (s *Store) content() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	of := ""
	for _, path := range []string{program, s.path, s.path + ".wal"} {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			of += "-\n"
		case err != nil:
			return "", err
		default:
			of += fmt.Sprintf("%d %d\n", info.Size(), info.ModTime().UnixNano())
		}
	}
	return of, nil
}

// Recall gives the answer that was kept of a question; "" is none.
func Recall[T any](k *Kept, question string) (answer T, ok bool) {
	if k == nil || question == "" {
		return answer, false
	}
	k.mu.Lock()
	text, ok := k.answers[question]
	k.mu.Unlock()
	if !ok {
		return answer, false
	}
	err := gob.NewDecoder(bytes.NewReader(text)).Decode(&answer)
	return answer, err == nil
}

// Keep keeps an answer. What gob cannot tell apart comes back alike: an empty
// list as none.
func (k *Kept) Keep(question string, answer any) {
	if k == nil || question == "" {
		return
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(answer); err != nil {
		panic(fmt.Sprintf("eventlog: an answer of type %T cannot be kept: %v", answer, err))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if size := k.size + len(question) + text.Len(); size <= keptMost {
		k.answers[question], k.size, k.added = text.Bytes(), size, true
	}
}

// Remember gives the answer that was kept of a question, or asks and keeps it.
func Remember[T any](k *Kept, question string, ask func() (T, error)) (T, error) {
	if answer, ok := Recall[T](k, question); ok {
		return answer, nil
	}
	answer, err := ask()
	if err == nil {
		k.Keep(question, answer)
	}
	return answer, err
}

// save writes the answers beside the store, which is still to be open: else
// they might come to lie beside what somebody has written meanwhile. Where
// nothing can be written, as on a disk that is full or not ours, nothing is kept.
func (k *Kept) save() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.added {
		return
	}
	list := keptList{Of: k.of, Questions: slices.Sorted(maps.Keys(k.answers))}
	for _, q := range list.Questions {
		list.Answers = append(list.Answers, k.answers[q])
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(list); err != nil {
		panic("eventlog: answers cannot be kept: " + err.Error()) // they are texts
	}
	sum := sha256.Sum256(text.Bytes())
	f, err := os.CreateTemp(filepath.Dir(k.path), filepath.Base(k.path)+".*") // its owner's only
	if err != nil {
		return
	}
	_, err = f.Write(append(sum[:], text.Bytes()...))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), k.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return
	}
	k.added = false
}

// keptClean removes the answers of a store that is about to be written, and what
// killed readers left of theirs.
func keptClean(store string) error {
	old, err := filepath.Glob(stageGlob(keptFile(store)) + ".*")
	if err != nil {
		return err
	}
	for _, path := range append(old, keptFile(store)) {
		if path != keptFile(store) && strings.Trim(strings.TrimPrefix(path, keptFile(store)+"."), "0123456789") != "" {
			continue // somebody else's
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
