package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// linesFormat is a format of object-centric logs that a person can write: one
// event, object or relation a line.
//
//	object TYPE ID [attribute=value]…
//	link ID ID [qualifier]
//	event ID ACTIVITY TIME [ID]…
var linesFormat = ingest.ObjectFormat{
	Name: "lines", Doc: "Object-centric log of a test, in lines.", Extensions: []string{".objects"},
	Sniff: func(head []byte) bool { return bytes.HasPrefix(head, []byte("# objects\n")) },
	Open: func(_ context.Context, path string, o ingest.Options) (ingest.ObjectFile, error) {
		return &linesFile{path: path}, nil
	},
}

type linesFile struct {
	path    string
	rejects []eventlog.Reject
}

func (f *linesFile) Read(_ context.Context, emit func(*eventlog.ObjectBatch) error) error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		b := &eventlog.ObjectBatch{}
		w := strings.Fields(lines.Text())
		switch {
		case len(w) == 0 || w[0] == "#":
		case w[0] == "object" && len(w) >= 3:
			b.Objects = eventlog.ObjectRows{Type: w[1:2], ID: w[2:3]}
			for _, a := range w[3:] {
				name, value, _ := strings.Cut(a, "=")
				v := &b.Values
				v.Object, v.Attribute, v.Time = append(v.Object, w[2]), append(v.Attribute, name), append(v.Time, eventlog.NoTime)
				v.Kind, v.Value = append(v.Kind, eventlog.Text), append(v.Value, value)
			}
		case w[0] == "link" && len(w) >= 3:
			b.ObjectObject = eventlog.ObjectObjects{Source: w[1:2], Target: w[2:3], Qualifier: []string{strings.Join(w[3:], " ")}}
		case w[0] == "event" && len(w) >= 4:
			at, err := time.Parse(time.RFC3339, w[3])
			if err != nil {
				f.rejects = append(f.rejects, eventlog.Reject{Place: fmt.Sprintf("%s:%d", filepath.Base(f.path), n), Column: "time", Reason: fmt.Sprintf("%q is no time", w[3])})
				continue
			}
			b.Events = eventlog.ObjectEvents{ID: w[1:2], Activity: w[2:3], Time: []int64{at.UnixMicro()}}
			for _, o := range w[4:] {
				b.EventObject.Event, b.EventObject.Object = append(b.EventObject.Event, w[1]), append(b.EventObject.Object, o)
			}
		default:
			return fmt.Errorf("%s:%d: %q is no line of the format", f.path, n, lines.Text())
		}
		if err := emit(b); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (f *linesFile) Detected() []ingest.Detection { return nil }
func (f *linesFile) Rejects() ([]eventlog.Reject, int64) {
	return f.rejects, int64(len(f.rejects))
}
func (f *linesFile) Notes() []eventlog.Note    { return nil }
func (f *linesFile) Meta() eventlog.ObjectMeta { return eventlog.ObjectMeta{Version: "2.0"} }
func (f *linesFile) Progress() (int64, int64)  { return 0, 0 }
func (f *linesFile) Close() error              { return nil }

// A file that ends badly leaves no temporary store behind, nor does one that
// is read, nor a run that was interrupted.
func TestObjectFilesLeaveNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	good, bad := filepath.Join(t.TempDir(), "good.objects"), filepath.Join(t.TempDir(), "bad.objects")
	text := "# objects\nobject order o1\nevent e1 place 2024-01-01T10:00:00Z o1\n"
	if err := os.WriteFile(good, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte(text+"nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		ctx  context.Context
		args []string
		code int
	}{
		{t.Context(), []string{"mine", "dfg", good}, done},
		{t.Context(), []string{"log", "show", good}, done},
		{t.Context(), []string{"mine", "dfg", bad}, failed},
		{t.Context(), []string{"mine", "dfg", good, "--case", "invoice"}, usedWrong},
		{t.Context(), []string{"mine", "dfg", good, "--where", "no such column = 1"}, failed},
		{interrupted, []string{"mine", "dfg", good}, failed},
	} {
		var out, errs bytes.Buffer
		if code := run(test.ctx, test.args, strings.NewReader(""), &out, &errs); code != test.code {
			t.Errorf("%v: exit %d, want %d\n%s", test.args, code, test.code, errs.String())
		}
		left, err := os.ReadDir(tmp)
		if err != nil || len(left) > 0 {
			t.Errorf("%v left %v, %v", test.args, left, err)
		}
	}
}

// A flattened log is the one that a plain program makes of the same lines.
func TestFlattening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.objects")
	var text strings.Builder
	text.WriteString("# objects\n")
	want := map[string]int64{} // pairs of activities that follow each other in an order's case
	last := map[int]string{}
	for i := range 7 {
		fmt.Fprintf(&text, "object order o%d\nobject item i%d\nlink i%d o%d\n", i, i, i, i)
	}
	for i := range 200 {
		activity, a, b := fmt.Sprint("a", i*i%5), i*7%7, i*11%7
		fmt.Fprintf(&text, "event e%d %s %s o%d o%d o%d i%d\n", i, activity, time.Unix(int64(i), 0).UTC().Format(time.RFC3339), a, b, a, i%7)
		touched := []int{a, b}
		slices.Sort(touched)
		for _, o := range slices.Compact(touched) { // twice in an event is once in a case
			if last[o] != "" {
				want[last[o]+" → "+activity]++
			}
			last[o] = activity
		}
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var g ours
	if err := json.Unmarshal([]byte(millrace(t, "mine", "dfg", path, "--case", "order", "--json")), &g); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, x := range g.Edges {
		got[x.From+" → "+x.To] = x.Count
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("want %v\ngot  %v", want, got)
	}
}
