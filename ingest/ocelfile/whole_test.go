package ocelfile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// A whole is all batches of a log, row by row, in the order in which they came.
type whole struct {
	Events  []event
	Objects [][2]string // type, id
	E2O     [][4]string // event, type, object, qualifier
	O2O     [][5]string // type, source, type, target, qualifier
	Values  []value

	batches int
}

type event struct {
	ID, Activity string
	Time, Place  int64
	Attributes   map[string]string // text form, behind the type
}

type value struct {
	Type, Object, Attribute string
	Time                    int64
	Kind                    eventlog.Type
	Value                   string
}

func at(s []string, i int) string {
	if s == nil {
		return ""
	}
	return s[i]
}

func (w *whole) add(b *eventlog.ObjectBatch) error {
	w.batches++
	for i, id := range b.Events.ID {
		e := event{ID: id, Activity: b.Events.Activity[i], Time: b.Events.Time[i], Place: b.Events.Place[i], Attributes: map[string]string{}}
		for _, c := range b.Events.Attributes {
			if c.Null != nil && c.Null[i] {
				continue
			}
			if c.Null != nil && len(c.Null) != len(b.Events.ID) {
				return fmt.Errorf("column %s has %d nulls", c.Name, len(c.Null))
			}
			r := reading{kind: c.Type}
			var original string
			switch c.Type {
			case eventlog.Text, eventlog.Nested:
				original = c.Text[i]
			case eventlog.Float:
				r = float(c.Float[i])
			default:
				r.bits = uint64(c.Int[i])
			}
			name := c.Name
			if c.Type == eventlog.Nested {
				name += "/nested"
			}
			if _, ok := e.Attributes[name]; ok {
				return fmt.Errorf("two columns %s", name)
			}
			e.Attributes[name] = c.Type.String() + " " + string(appendReading(nil, r, []byte(original)))
		}
		w.Events = append(w.Events, e)
	}
	for i, id := range b.Objects.ID {
		w.Objects = append(w.Objects, [2]string{b.Objects.Type[i], id})
	}
	x := b.EventObject
	for i := range x.Event {
		w.E2O = append(w.E2O, [4]string{x.Event[i], at(x.Type, i), x.Object[i], at(x.Qualifier, i)})
	}
	o := b.ObjectObject
	for i := range o.Source {
		w.O2O = append(w.O2O, [5]string{at(o.SourceType, i), o.Source[i], at(o.TargetType, i), o.Target[i], at(o.Qualifier, i)})
	}
	v := b.Values
	for i := range v.Object {
		w.Values = append(w.Values, value{at(v.Type, i), v.Object[i], v.Attribute[i], v.Time[i], v.Kind[i], v.Value[i]})
	}
	return nil
}

func stamp(us int64) string {
	if us == eventlog.NoTime {
		return "-"
	}
	return string(appendTime(nil, us))
}

// String prints the log for people.
func (w *whole) String() string {
	var b strings.Builder
	for _, e := range w.Events {
		fmt.Fprintf(&b, "event %s %q %s #%d", e.ID, e.Activity, stamp(e.Time), e.Place)
		for _, name := range sorted(e.Attributes) {
			fmt.Fprintf(&b, " %s=%s", name, e.Attributes[name])
		}
		b.WriteByte('\n')
	}
	for _, o := range w.Objects {
		fmt.Fprintf(&b, "object %s %q\n", o[1], o[0])
	}
	for _, v := range w.Values {
		fmt.Fprintf(&b, "value %s %q %s=%s %s from %s\n", v.Object, v.Type, v.Attribute, v.Kind, v.Value, stamp(v.Time))
	}
	for _, x := range w.E2O {
		fmt.Fprintf(&b, "relation %s → %s %q %q\n", x[0], x[2], x[1], x[3])
	}
	for _, x := range w.O2O {
		fmt.Fprintf(&b, "relation %s %q → %s %q %q\n", x[1], x[0], x[3], x[2], x[4])
	}
	return b.String()
}

func sorted(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A told is what a reader says of a log besides its rows.
type told struct {
	meta     eventlog.ObjectMeta
	notes    []eventlog.Note
	rejects  []eventlog.Reject
	rejected int64
}

// readLog reads a file with a format.
func readLog(t testing.TB, f ingest.ObjectFormat, path string, o ingest.Options) (*whole, told, error) {
	t.Helper()
	x, err := f.Open(t.Context(), path, o)
	if err != nil {
		return nil, told{}, err
	}
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	w := &whole{}
	err = x.Read(t.Context(), w.add)
	var said told
	said.meta, said.notes = x.Meta(), x.Notes()
	said.rejects, said.rejected = x.Rejects()
	if err == nil {
		if done, total := x.Progress(); done != total {
			t.Errorf("progress ends at %d of %d", done, total)
		}
	}
	return w, said, err
}

// write writes text into a file of the test.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shared returns the folder of public logs and of what other tools computed on
// them, which is too large for the repository.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "logs")); err != nil {
		t.Skipf("no public logs in %s; set MILLRACE_SHARED to the folder that has data/logs and oracle", dir)
	}
	return dir
}

// formatOf returns the first format that takes a file.
func formatOf(t testing.TB, path string) (found ingest.ObjectFormat) {
	t.Helper()
	head := headOf(t, path)
	n := 0
	for _, f := range Formats {
		if f.Sniff(head) {
			found = f
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d formats take %s, want 1", n, path)
	}
	return found
}

// unordered sorts the rows of a log, for comparing forms that have them in
// different orders.
func (w *whole) unordered() *whole {
	sort.Slice(w.Events, func(i, j int) bool { return w.Events[i].ID < w.Events[j].ID })
	sort.Slice(w.Objects, func(i, j int) bool { return slices.Compare(w.Objects[i][:], w.Objects[j][:]) < 0 })
	sort.Slice(w.E2O, func(i, j int) bool { return slices.Compare(w.E2O[i][:], w.E2O[j][:]) < 0 })
	sort.Slice(w.O2O, func(i, j int) bool { return slices.Compare(w.O2O[i][:], w.O2O[j][:]) < 0 })
	sort.SliceStable(w.Values, func(i, j int) bool {
		a, b := w.Values[i], w.Values[j]
		if c := slices.Compare([]string{a.Object, a.Attribute, a.Type}, []string{b.Object, b.Attribute, b.Type}); c != 0 {
			return c < 0
		}
		return a.Time < b.Time
	})
	return w
}
