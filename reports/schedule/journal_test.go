package schedule

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// sampleJournal is a journal with a run in every state, and where its lines end.
func sampleJournal(t *testing.T, path string) (text []byte, ends []int) {
	t.Helper()
	j := &journal{path: path}
	at := time.Date(2026, 11, 29, 6, 30, 0, 0, time.UTC)
	for i, r := range []record{
		{Schedule: "a", Period: "2026-11-28", State: Started, Plan: "p", Tries: 1},
		{Schedule: "a", Period: "2026-11-28", State: StepDone, Steps: 1, Tries: 1},
		{Schedule: "ö", Period: "2026-W47", State: Started, Plan: "q", Tries: 1},
		{Schedule: "ö", Period: "2026-W47", State: Failed, Tries: 1, Error: "no \"table\"\nat all"},
		{Schedule: "a", Period: "2026-11-28", State: Finished, Steps: 2, Tries: 1},
		{Schedule: "c", Period: "2025", State: Started, Tries: 1},
		{Schedule: "c", Period: "2025", State: Undone},
	} {
		r.At, r.Due = at.Add(time.Duration(i)*time.Second), at
		if err := j.append(r); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(j.text))
	}
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(text, j.text) {
		t.Fatalf("the file is not what was appended: %v", err)
	}
	return text, ends
}

// A journal cut at any byte is its whole lines, and can be written on.
func TestJournalCutAnywhere(t *testing.T) {
	path := filepath.Join(quickDir(t), "runs")
	text, ends := sampleJournal(t, path)
	for cut := 0; cut <= len(text); cut++ {
		if err := os.WriteFile(path, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, e := range ends {
			if e <= cut {
				whole = e
			}
		}
		j := &journal{path: path}
		if err := j.read(); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if !bytes.Equal(j.text, text[:whole]) {
			t.Fatalf("cut at %d: %d bytes are taken, want %d", cut, len(j.text), whole)
		}
		if err := j.append(record{Schedule: "a", Period: "later", State: Started, Tries: 1}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(len(j.text)) {
			t.Fatalf("cut at %d and written on: the file is %v, want %d bytes: %v", cut, info, len(j.text), err)
		}
		again := &journal{path: path}
		if err := again.read(); err != nil {
			t.Fatalf("cut at %d and written on: %v", cut, err)
		}
		if !reflect.DeepEqual(again.runs, j.runs) || again.run("a", "later") == nil {
			t.Fatalf("cut at %d and written on: read %v, want %v", cut, again.runs, j.runs)
		}
	}
}

// No byte can be changed unseen: a line but the last is an error, the last is as
// if it had been cut off. (Without the end of the line before it, it is both.)
func TestJournalChangedAnywhere(t *testing.T) {
	path := filepath.Join(quickDir(t), "runs")
	text, ends := sampleJournal(t, path)
	last := ends[len(ends)-2]
	for at := range text {
		changed := slices.Clone(text)
		changed[at] ^= 0x20
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		j := &journal{path: path}
		err := j.read()
		switch {
		case at == last-1:
			if err != nil || len(j.text) != ends[len(ends)-3] {
				t.Fatalf("the end of the last line but one changed: %d bytes are taken: %v", len(j.text), err)
			}
		case at < last && !errors.Is(err, ErrCorrupt):
			t.Fatalf("byte %d changed: %v", at, err)
		case at >= last && (err != nil || len(j.text) != last):
			t.Fatalf("byte %d, in the last line, changed: %d bytes are taken, want %d: %v", at, len(j.text), last, err)
		}
	}
}

// A journal that has become long keeps what counts, and stays short.
func TestJournalCompacts(t *testing.T) {
	path := filepath.Join(quickDir(t), "runs")
	var text []byte
	day := time.Date(2020, 1, 1, 6, 0, 0, 0, time.UTC)
	for i := range 5000 {
		for _, state := range []State{Started, StepDone, Finished} {
			line, err := record{Schedule: "a", Period: fmt.Sprint(i), Due: day.AddDate(0, 0, i), State: state, Tries: 1}.line()
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, line...)
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	j := &journal{path: path}
	if err := errors.Join(j.read(), j.compact()); err != nil {
		t.Fatal(err)
	}
	if len(j.runs) != keptRuns || j.run("a", "4999") == nil || len(j.text) > compactAt/4 {
		t.Errorf("%d runs and %d bytes are left", len(j.runs), len(j.text))
	}
	if info, err := os.Stat(path); err != nil || info.Size() != int64(len(j.text)) || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v: %v", info, err)
	}
	if err := j.append(record{Schedule: "a", Period: "new", State: Started}); err != nil {
		t.Fatal(err)
	}
}
