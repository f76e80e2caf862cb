package eventlog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace/eventlog"
)

// keptStore makes a store, and gives what opens it for reading.
func keptStore(t *testing.T) (path string, open func() *eventlog.Store) {
	path = filepath.Join(t.TempDir(), "millrace.duckdb")
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	return path, func() *eventlog.Store {
		s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func closed(t *testing.T, s *eventlog.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// asks asks for a number, and says whether it was computed.
func asks(t *testing.T, s *eventlog.Store, question string, answer int) (computed bool) {
	t.Helper()
	got, err := eventlog.Remember(s.Kept(), question, func() (int, error) { computed = true; return answer, nil })
	if err != nil || got != answer {
		t.Fatalf("%s is %d, %v; want %d", question, got, err, answer)
	}
	return computed
}

func TestKept(t *testing.T) {
	path, open := keptStore(t)
	s := open()
	if !asks(t, s, "a", 1) || asks(t, s, "a", 1) {
		t.Error("a question is not asked once")
	}
	closed(t, s)
	if info, err := os.Stat(path + ".answers"); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("answers lie in %v, %v; want a file of its owner's", info, err)
	}
	s = open()
	if asks(t, s, "a", 1) || !asks(t, s, "b", 2) {
		t.Error("an answer does not outlive the store's being open")
	}
	closed(t, s)
	if s = open(); asks(t, s, "a", 1) || asks(t, s, "b", 2) {
		t.Error("answers are lost when others are added")
	}
	closed(t, s)
	left, err := filepath.Glob(path + ".answers*")
	if err != nil || len(left) != 1 {
		t.Errorf("files of answers are %q, %v", left, err)
	}
}

// An error is no answer.
func TestKeptNoErrors(t *testing.T) {
	_, open := keptStore(t)
	s := open()
	defer closed(t, s)
	wrong := errors.New("wrong")
	if _, err := eventlog.Remember(s.Kept(), "a", func() (int, error) { return 7, wrong }); err != wrong {
		t.Errorf("error is %v", err)
	}
	if !asks(t, s, "a", 1) {
		t.Error("what failed was kept")
	}
}

// Whatever is changed, in the store or beside it, there are no answers to it.
func TestKeptOfTheSame(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, path string)
	}{
		{"opened for writing", func(t *testing.T, path string) {
			s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Kept() != nil {
				t.Error("a store that is written has answers")
			}
			if _, err := os.Stat(path + ".answers"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("beside a store that is written there are answers: %v", err)
			}
			closed(t, s)
		}},
		{"touched", func(t *testing.T, path string) {
			now := time.Now().Add(time.Hour)
			if err := os.Chtimes(path, now, now); err != nil {
				t.Fatal(err)
			}
		}},
		{"damaged", func(t *testing.T, path string) {
			text, err := os.ReadFile(path + ".answers")
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(text); i += 7 { // the last one stays
				bad := []byte(string(text))
				bad[i] ^= 1
				if err := os.WriteFile(path+".answers", bad, 0o600); err != nil {
					t.Fatal(err)
				}
				s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{ReadOnly: true})
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := eventlog.Recall[int](s.Kept(), "a"); ok {
					t.Errorf("with byte %d changed, the answer is %d", i, got)
				}
				closed(t, s)
			}
		}},
		{"cut off", func(t *testing.T, path string) {
			if err := os.Truncate(path+".answers", 40); err != nil {
				t.Fatal(err)
			}
		}},
		{"of another store", func(t *testing.T, path string) {
			other, open := keptStore(t)
			s := open()
			asks(t, s, "a", 2)
			closed(t, s)
			if err := os.Rename(other+".answers", path+".answers"); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, open := keptStore(t)
			s := open()
			asks(t, s, "a", 1)
			closed(t, s)
			c.change(t, path)
			s = open()
			if !asks(t, s, "a", 3) {
				t.Error("the answer is of what was before")
			}
			closed(t, s)
		})
	}
}

// What a killed reader left of its answers goes with them; what is called alike stays.
func TestKeptOfTheKilled(t *testing.T) {
	path, _ := keptStore(t)
	for _, name := range []string{".answers", ".answers.123", ".answers.old"} {
		if err := os.WriteFile(path+name, []byte("Smith"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	left, err := filepath.Glob(path + ".answers*")
	if err != nil || len(left) != 1 || left[0] != path+".answers.old" {
		t.Errorf("left are %q, %v", left, err)
	}
}

// What is too large is asked each time, and what was kept stays.
func TestKeptBound(t *testing.T) {
	path, open := keptStore(t)
	s := open()
	asks(t, s, "a", 1)
	s.Kept().Keep("b", strings.Repeat("x", 65<<20))
	if _, ok := eventlog.Recall[string](s.Kept(), "b"); ok {
		t.Error("65 MB are kept")
	}
	closed(t, s)
	if info, err := os.Stat(path + ".answers"); err != nil || info.Size() > 1000 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

// Nothing to ask by, or nowhere to keep it: it is asked.
func TestKeptNowhere(t *testing.T) {
	path, open := keptStore(t)
	if err := os.Mkdir(path+".answers", 0o700); err != nil { // what cannot be read or replaced
		t.Fatal(err)
	}
	s := open()
	if !asks(t, s, "a", 1) || !asks(t, s, "", 1) || !asks(t, s, "", 1) {
		t.Error("what has no name is kept")
	}
	closed(t, s)
	n := 0
	for range 2 {
		if _, err := eventlog.Remember(nil, "a", func() (int, error) { n++; return 1, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n != 2 {
		t.Errorf("nil kept something")
	}
}

func TestKeptAtTheSameTime(t *testing.T) {
	_, open := keptStore(t)
	s := open()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				asks(t, s, string(rune('a'+(i+j)%26)), (i+j)%26)
			}
		})
	}
	all.Wait()
	closed(t, s)
}
