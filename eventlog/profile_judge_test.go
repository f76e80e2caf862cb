package eventlog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A profileWorld is a small store, and the checks as a person would make them.
type profileWorld struct {
	types  []string // of object i
	events []worldEvent
}

type worldEvent struct {
	activity string
	time     int64 // minutes; -1: none
	start    int64 // minutes; -1: none
	objects  []int // sorted
}

func (e worldEvent) begin() int64 {
	if e.start >= 0 {
		return e.start
	}
	return e.time
}

func (e worldEvent) end() int64 {
	if e.time >= 0 {
		return e.time
	}
	return e.start
}

func drawWorld(t *rapid.T) *profileWorld {
	w := &profileWorld{}
	cases := rapid.IntRange(1, 45).Draw(t, "cases")
	for range cases {
		w.types = append(w.types, "Order")
	}
	for range rapid.IntRange(1, 6).Draw(t, "deliveries") {
		w.types = append(w.types, "Delivery")
	}
	object := rapid.IntRange(0, len(w.types)-1)
	order := rapid.IntRange(0, cases-1)
	clock := rapid.OneOf(rapid.Int64Range(0, 30), rapid.Int64Range(0, 30), rapid.Int64Range(0, 30), rapid.Int64Range(20_000, 20_300), rapid.Just(int64(-1)))
	for range rapid.IntRange(0, 220).Draw(t, "events") {
		e := worldEvent{activity: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "activity"), time: clock.Draw(t, "time"), start: -1}
		if rapid.IntRange(0, 9).Draw(t, "lasts") == 0 {
			e.start = clock.Draw(t, "start")
		}
		e.objects = []int{order.Draw(t, "order")}
		switch rapid.IntRange(0, 9).Draw(t, "more") {
		case 0, 1:
			e.objects = append(e.objects, object.Draw(t, "object"))
		case 2:
			e.objects = nil
		}
		slices.Sort(e.objects)
		e.objects = slices.Compact(e.objects)
		w.events = append(w.events, e)
	}
	return w
}

// fill makes s hold the world.
func (w *profileWorld) fill(s *Store) error {
	ctx := context.Background()
	var objects, events, touches []string
	for i, typ := range w.types {
		objects = append(objects, fmt.Sprintf("(%d, '%s', '%d', true, 's', 1)", i, typ, i))
	}
	at := func(minutes int64) string {
		if minutes < 0 {
			return "NULL"
		}
		return fmt.Sprintf("TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL %d MINUTE", minutes)
	}
	for i, e := range w.events {
		events = append(events, fmt.Sprintf("(%d, %d, '%s', %s, %s, 'exact', 0, 's', 0, 1)", i, i, e.activity, at(e.time), at(e.start)))
		for _, o := range e.objects {
			touches = append(touches, fmt.Sprintf("(%d, %d, '', 1)", i, o))
		}
	}
	return s.write(ctx, func(c *storeConn) error {
		for _, text := range []string{"DELETE FROM object", "DELETE FROM event", "DELETE FROM event_object", "DELETE FROM load",
			"INSERT INTO load BY NAME SELECT 1 AS load, 's' AS source, 'test' AS kind, '' AS origin, '' AS content, now() AS started_at, now() AS ended_at, 0 AS rows_in, 0 AS rows_new, 0 AS rows_known, 0 AS rows_rejected"} {
			if err := c.exec(ctx, text); err != nil {
				return err
			}
		}
		for _, x := range []struct {
			head string
			rows []string
		}{
			{"INSERT INTO object (object, type, id, defined, source, load) VALUES ", objects},
			{"INSERT INTO event (event, id, activity, time, start, precision, rank, source, sequence, load) VALUES ", events},
			{"INSERT INTO event_object (event, object, qualifier, load) VALUES ", touches},
		} {
			if len(x.rows) > 0 {
				if err := c.exec(ctx, x.head+strings.Join(x.rows, ", ")); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// cases lists the events of each order that have a time, in their order.
func (w *profileWorld) cases() map[int][]int {
	out := map[int][]int{}
	for i, e := range w.events {
		for _, o := range e.objects {
			if w.types[o] == "Order" && e.end() >= 0 {
				out[o] = append(out[o], i)
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b int) int {
			x, y := w.events[a], w.events[b]
			return cmp.Or(cmp.Compare(x.begin(), y.begin()), cmp.Compare(x.end(), y.end()), cmp.Compare(x.activity, y.activity), cmp.Compare(a, b))
		})
	}
	return out
}

// judge counts the findings of some checks, and of their parts.
func (w *profileWorld) judge() map[string]int64 {
	found := map[string]int64{}
	add := func(key string, n int) {
		if n > 0 {
			found[key] += int64(n)
		}
	}
	copies := map[string]int{}
	for _, e := range w.events {
		if e.time < 0 {
			add("missing-times", 1)
		}
		if e.time >= 0 && e.start > e.time {
			add("end-before-start", 1)
		}
		if len(e.objects) == 0 {
			add("events-without-objects", 1)
		}
		if e.time >= 0 && len(e.objects) > 0 {
			key := fmt.Sprint(e)
			if copies[key] > 0 {
				add("duplicates", 1)
				add("duplicates "+e.activity, 1)
			}
			copies[key]++
		}
		orders := 0
		for _, o := range e.objects {
			if w.types[o] == "Order" {
				orders++
			}
		}
		if orders > 1 {
			add("convergence", 1)
		}
	}
	var durations, sizes []float64
	waits := map[string][]float64{}
	for _, list := range w.cases() {
		w.ties(list, add)
		first, last := w.events[list[0]].begin(), int64(math.MinInt64)
		for j, i := range list {
			e := w.events[i]
			last = max(last, e.end())
			if j > 0 {
				before := w.events[list[j-1]]
				if wait := e.begin() - before.end(); wait >= 0 {
					key := before.activity + " → " + e.activity
					waits[key] = append(waits[key], float64(wait))
				}
			}
		}
		durations, sizes = append(durations, float64(last-first)), append(sizes, float64(len(list)))
	}
	add("long-cases", beyond(durations, 0))
	add("large-cases", beyond(sizes, 0))
	for key, list := range waits {
		add("long-waits "+key, beyond(list, 60))
		add("long-waits", beyond(list, 60))
	}
	for typ := range map[string]bool{"Order": true, "Delivery": true} {
		w.flatten(typ, add)
	}
	return found
}

// ties counts the events of a case whose place nothing decides.
func (w *profileWorld) ties(list []int, add func(string, int)) {
	for _, i := range list {
		e := w.events[i]
		names, n, first := map[string]bool{}, 0, math.MaxInt
		for _, j := range list {
			if x := w.events[j]; x.begin() == e.begin() && x.end() == e.end() {
				names[x.activity] = true
				n++
				first = min(first, j)
			}
		}
		if i != first || len(names) < 2 {
			continue // told with the first of its group
		}
		add("ties", n-1)
		for _, p := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "c"}} {
			if names[p[0]] && names[p[1]] {
				add("ties "+p[0]+" and "+p[1], 1)
			}
		}
	}
}

// beyond counts the outliers of a list.
func beyond(list []float64, least float64) (n int) {
	if len(list) < fewToJudge {
		return 0
	}
	middle := func(x []float64) float64 {
		s := slices.Sorted(slices.Values(x))
		return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
	}
	m := middle(list)
	var away []float64
	mean := 0.0
	for _, x := range list {
		away = append(away, math.Abs(x-m))
		mean += math.Abs(x-m) / float64(len(list))
	}
	scale := middle(away)
	if scale == 0 {
		scale = 1.2533 * mean
	}
	if mean == 0 {
		return 0
	}
	p95 := slices.Sorted(slices.Values(list))[(19*len(list)+19)/20-1]
	for _, x := range list {
		if x > max(m+10*scale, least, 3*p95)+1e-9 {
			n++
		}
	}
	return n
}

// flatten counts what happens if each object of a type is a case.
func (w *profileWorld) flatten(typ string, add func(string, int)) {
	for o := range w.types {
		if w.types[o] != typ {
			continue
		}
		others := map[string]map[string]bool{}
		for _, e := range w.events {
			if !slices.Contains(e.objects, o) {
				continue
			}
			set := ""
			for _, x := range e.objects {
				if w.types[x] != typ {
					set += fmt.Sprint(x, " ")
				}
			}
			if others[e.activity] == nil {
				others[e.activity] = map[string]bool{}
			}
			others[e.activity][set] = true
		}
		for _, sets := range others {
			if len(sets) > 1 {
				add("divergence each "+typ+" a case", 1)
				break
			}
		}
	}
	for _, e := range w.events {
		n := 0
		for _, x := range e.objects {
			if w.types[x] == typ {
				n++
			}
		}
		if n > 1 {
			add("convergence each "+typ+" a case", 1)
		}
	}
}

// TestProfileJudged: on any small world the profile counts what an obvious
// program counts.
func TestProfileJudged(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	if err := s.DefineLog(ctx, LogDefinition{Name: "l", CaseType: "Order"}); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		if err := w.fill(s); err != nil {
			t.Fatal(err)
		}
		p, err := s.Profile(ctx, "l", LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := w.judge()
		got := map[string]int64{}
		for _, c := range p.Checks {
			whole := func() bool { _, ok := want[c.Code]; return ok }
			switch c.Code {
			case "ties", "long-waits":
				for _, part := range c.Parts {
					got[c.Code+" "+part.Name(1)] = part.Count
				}
				got[c.Code] = c.Count
			case "duplicates", "convergence", "divergence":
				for _, part := range c.Parts {
					if !strings.HasPrefix(part.What, "log ") {
						got[c.Code+" "+part.Name(1)] = part.Count
					}
				}
				if c.Unit != "case notions" && c.Code != "divergence" {
					got[c.Code] = c.Count
				}
			case "missing-times", "end-before-start", "events-without-objects", "long-cases", "large-cases":
				got[c.Code] = c.Count
			default:
				if whole() {
					t.Fatalf("check %s is judged, and not compared", c.Code)
				}
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	})
}

// TestProfileOfAnyOrder: the profile does not depend on the order of loads.
func TestProfileOfAnyOrder(t *testing.T) {
	profile := func(s *Store, log string) string {
		p, err := s.Profile(context.Background(), log, LogOptions{Model: profileModel()})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(p, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const systems = `
		system erp
		1..30 every 25h11m7s: 2024-01-01 08:00:01 Create: Order #
		1..5 every 0s: 2024-02-20 08:00:01 Change: Order 3
		1..5 every 0s: 2024-02-20 08:00:01 Release: Order 3
		1..30 every 1h: Order #: number A-2#, value 7
		system wms
		1..30 every 25h11m9s: 2024-01-01 07:01:02 Pick: Order #, Delivery 5
		1..30 every 25h11m9s: 2024-01-01 07:01:02 Weigh: Order #
		2024-02-20 08:00:01 Change: Order 3
		system finance
		1..30 every 25h15m9s: 2024-01-20 09:01:02 Pay: Order #
		- Bill: Order 7, Invoice 8`
	one, log := profileStore(t, systems, false)
	other, _ := profileStore(t, systems, true)
	if diff := gocmp.Diff(profile(one, log), profile(other, log)); diff != "" {
		t.Errorf("systems in another order: %s", diff)
	}
	draw := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) row {
		return row{kase: rapid.StringMatching("[a-e]").Draw(t, "case"), activity: rapid.StringMatching("[A-C]").Draw(t, "activity"),
			second: rapid.Int64Range(0, 5).Draw(t, "second") * 3600, amount: rapid.Int64Range(0, 3).Draw(t, "amount")}
	}), 1, 40, func(r row) row { return r })
	first, second := openStore(t, filepath.Join(t.TempDir(), "a.duckdb")), openStore(t, filepath.Join(t.TempDir(), "b.duckdb"))
	for seed := range 10 { // stores take too long for a hundred
		rows := draw.Example(seed)
		log := fmt.Sprint("l", seed)
		const parts = 3
		load := func(s *Store, reversed bool) string {
			for i := range parts {
				if reversed {
					i = parts - 1 - i
				}
				from, to := i*len(rows)/parts, (i+1)*len(rows)/parts
				mustImport(t, s, ImportOptions{Log: log, Kind: "csv", File: fmt.Sprintf("%d.csv", i)}, batches(rowBatch(rows[from:to], true)))
			}
			return profile(s, log)
		}
		if diff := gocmp.Diff(load(first, false), load(second, true)); diff != "" {
			t.Fatalf("seed %d: files in another order: %s", seed, diff)
		}
	}
}
