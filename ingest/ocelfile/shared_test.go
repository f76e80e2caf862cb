package ocelfile

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"millrace/eventlog"
	"millrace/ingest"
)

func headOf(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	head, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// A count is what the oracle says of a log, of what it does not lose.
type count struct {
	Events, Objects, E2O, O2O int
	ObjectChanges             int            `json:"object_changes"`
	EventTypes                map[string]int `json:"event_types"`
	ObjectTypes               map[string]int `json:"object_types"`
	Qualifiers                map[string]int
	E2ODistinct               int    `json:"e2o_distinct_pairs"`
	Min                       string `json:"min_ts"`
	Max                       string `json:"max_ts"`
}

func (w *whole) count() count {
	c := count{Events: len(w.Events), Objects: len(w.Objects), E2O: len(w.E2O), O2O: len(w.O2O),
		EventTypes: map[string]int{}, ObjectTypes: map[string]int{}, Qualifiers: map[string]int{}}
	first, last := int64(1<<62), int64(eventlog.NoTime)
	for _, e := range w.Events {
		c.EventTypes[e.Activity]++
		first, last = min(first, e.Time), max(last, e.Time)
	}
	c.Min, c.Max = stamp(first), stamp(last)
	for _, o := range w.Objects {
		c.ObjectTypes[o[0]]++
	}
	distinct := map[[2]string]bool{}
	for _, x := range w.E2O {
		c.Qualifiers[x[3]]++
		distinct[[2]string{x[0], x[2]}] = true
	}
	c.E2ODistinct = len(distinct)
	for _, v := range w.Values {
		if v.Time != eventlog.NoTime {
			c.ObjectChanges++
		}
	}
	return c
}

// TestOracle compares the counts with those of PM4Py 2.7.23.11. Where that
// loses data (shared/oracle/README.md) the truth is plain SQL.
func TestOracle(t *testing.T) {
	dir := shared(t)
	for _, x := range []struct {
		log   string
		truth func(c *count) // what the oracle lost
	}{
		{"example_log.csv", nil},
		{"example_log.jsonocel", nil},
		{"example_log.xmlocel", nil},
		{"example_log.sqlite", nil},
		{"newocel.jsonocel", nil},
		{"order_process.jsonocel", nil},
		{"ocel20_example.jsonocel", nil},
		{"ocel20_example.xmlocel", nil},
		{"ocel20_example.sqlite", nil},
		{"ocel_order_simulated.csv.gz", nil},
		{"pallet-logistics-v0.9.sqlite", nil},
		{"order-running-example.sqlite", func(c *count) {
			// 20 products without events, what relates to them, and their 120 prices (SELECT count(ocel_changed_field) FROM object_Products).
			c.Objects, c.O2O, c.ObjectTypes["products"], c.ObjectChanges = 10031, 25336, 20, 120
		}},
	} {
		t.Run(x.log, func(t *testing.T) {
			path := filepath.Join(dir, "data", "logs", x.log)
			w, said, err := readLog(t, formatOf(t, path), path, ingest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range said.notes {
				t.Logf("%s: %s", n.Code, n.Text)
			}
			if said.rejected > 0 {
				t.Errorf("rejected: %v", said.rejects)
			}
			name := strings.TrimSuffix(x.log, ".gz")
			i := strings.LastIndexByte(name, '.')
			name = strings.ReplaceAll(name[:i], ".", "_") + "_" + name[i+1:]
			want := oracle(t, dir, name)
			if x.truth != nil {
				x.truth(&want)
			}
			if diff := cmp.Diff(want, w.count()); diff != "" {
				t.Errorf("(-oracle +ours):\n%s", diff)
			}
		})
	}
}

func oracle(t *testing.T, dir, log string) count {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "oracle", "ocel_"+log+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Log count }
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*string{&all.Log.Min, &all.Log.Max} {
		*s = strings.TrimSuffix(*s, "+00:00") + "Z"
	}
	return all.Log
}

// TestTruth compares with counts by plain SQL.
func TestTruth(t *testing.T) {
	dir := shared(t)
	text, err := os.ReadFile(filepath.Join(dir, "oracle", "TRUTH_sqlite_counts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]json.RawMessage
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for log, raw := range truth {
		path := filepath.Join(dir, "data", "logs", log)
		if _, err := os.Stat(path); err != nil || log == "note" {
			continue
		}
		var want struct {
			SQL struct {
				Event, Object int
				EventObject   int `json:"event_object"`
				Distinct      int `json:"event_object_distinct_pairs"`
				ObjectObject  int `json:"object_object"`
			}
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		w, _, err := readLog(t, SQLite, path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := want
		c := w.count()
		got.SQL.Event, got.SQL.Object, got.SQL.EventObject, got.SQL.ObjectObject = c.Events, c.Objects, c.E2O, c.O2O
		if want.SQL.Distinct > 0 {
			got.SQL.Distinct = c.E2ODistinct
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-SQL +ours):\n%s", log, diff)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no log of TRUTH_sqlite_counts.json is there")
	}
}
