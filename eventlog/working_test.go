package eventlog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"millrace/eventlog/calendar"
)

// someCalendars are of sites that work differently, in several zones.
func someCalendars(t testing.TB) []*calendar.Calendar {
	var out []*calendar.Calendar
	for _, text := range []string{
		`{timezone: Europe/Berlin, weekdays: "08:00-18:00", holidays: DE-HH}`,
		`{timezone: Europe/Berlin, daily: "22:00-06:00", closed: [12-24..12-31]}`,
		`{timezone: America/New_York, weekdays: "09:00-12:00, 13:00-17:00", saturday: "09:00-12:00"}`,
		`24/7`,
	} {
		c, err := calendar.Parse([]byte(text), "UTC")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// anyCalendars draws calendars of the sites hh, muc and ny, of which some may
// have none.
func anyCalendars(t *rapid.T, some []*calendar.Calendar) *Calendars {
	pick := func(name string) *calendar.Calendar {
		if rapid.IntRange(0, 3).Draw(t, "no "+name) == 0 {
			return nil
		}
		return rapid.SampledFrom(some).Draw(t, name)
	}
	c := &Calendars{Default: pick("default"), Of: map[string]*calendar.Calendar{}}
	if rapid.Bool().Draw(t, "by site") {
		c.By = "site"
	}
	for _, site := range []string{"hh", "muc", "ny"} {
		if of := pick(site); of != nil {
			c.Of[site] = of
		}
	}
	return c
}

// sitedBatch is a random batch whose cases, or events, may say where they are,
// and the site of each case as anybody would find it.
func sitedBatch(t *rapid.T) (*Batch, map[string]string) {
	b := &Batch{}
	lasts, ofCases := rapid.Bool().Draw(t, "lasts"), rapid.Bool().Draw(t, "sites of cases")
	sites, events := map[string]string{}, Column{Name: "site", Type: Text}
	site := rapid.SampledFrom([]string{"", "hh", "MUC", "ny", "Ülm"})
	for i := range rapid.IntRange(1, 60).Draw(t, "events") {
		end := rapid.Int64Range(1.69e15, 1.72e15).Draw(t, "time") // July 2023 to July 2024
		if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
			end = NoTime
		}
		id := rapid.StringMatching(`[a-h]`).Draw(t, "case")
		b.Case = append(b.Case, id)
		b.Activity = append(b.Activity, rapid.SampledFrom([]string{"order", "pick", "ship", "bill"}).Draw(t, "activity"))
		b.Time, b.Place = append(b.Time, end), append(b.Place, int64(i+1))
		if lasts {
			start := int64(NoTime)
			if end != NoTime && rapid.Bool().Draw(t, "begins") {
				start = end - rapid.Int64Range(0, 1e12).Draw(t, "length")
			}
			b.Start = append(b.Start, start)
		}
		at := site.Draw(t, "site")
		events.Text, events.Null = append(events.Text, at), append(events.Null, at == "")
		if sites[id] == "" && !ofCases {
			sites[id] = at
		}
	}
	b.Attributes = []Column{events}
	if ofCases {
		own := Column{Name: "Site", Type: Text}
		b.Attributes[0].Name = "place"
		for _, id := range slices.Compact(slices.Sorted(slices.Values(b.Case))) {
			at := site.Draw(t, "site of the case")
			sites[id] = at
			b.CaseIDs = append(b.CaseIDs, id)
			own.Text, own.Null = append(own.Text, at), append(own.Null, at == "")
		}
		b.CaseAttributes = []Column{own}
	}
	return b, sites
}

func workLog(t *rapid.T, b *Batch) *Log {
	builder := NewBuilder(BuilderOptions{Name: "l", Attributes: true})
	if err := builder.Add(b); err != nil {
		t.Fatal(err)
	}
	l, err := builder.Log()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// calendarByHand is the calendar of a site as the documentation has it.
func calendarByHand(c *Calendars, site string) *calendar.Calendar {
	if c.By != "" && site != "" {
		for name, of := range c.Of {
			if name == site || name == strings.ToLower(site) {
				return of
			}
		}
	}
	return c.Default
}

// inWorkingTime writes the times of a case as the working time since 1970.
func inWorkingTime(c handCase, by *calendar.Calendar) handCase {
	out := handCase{number: c.number}
	for _, e := range c.events {
		begin, end := int64(NoTime), int64(NoTime)
		if by != nil {
			begin, end = by.Between(0, e.begin), by.Between(0, e.end)
		}
		out.events = append(out.events, handEvent{e.activity, begin, end, e.event})
	}
	return out
}

// overlapping writes negative durations of obviousSummary as overlaps: a list
// of exact durations does not have their length.
func overlapping(lines []string) []string {
	for i, line := range lines {
		words := strings.Fields(line)
		for j, w := range words {
			if at := strings.TrimLeft(w, "["); strings.HasPrefix(at, "-") {
				words[j] = strings.Replace(w, strings.TrimRight(at, "]"), "overlap", 1)
			}
		}
		lines[i] = sortedList(strings.Join(words, " "))
	}
	slices.Sort(lines)
	return lines
}

// A summary in working time, of a log through any filters, is what anybody
// would count with the calendar of each case.
func TestWorkingTimeIsWhatAnybodyWouldCount(t *testing.T) {
	ctx := context.Background()
	some := someCalendars(t)
	rapid.Check(t, func(t *rapid.T) {
		b, sites := sitedBatch(t)
		plain := workLog(t, b)
		cals := anyCalendars(t, some)
		ids, err := plain.CaseIDs(ctx, plain.batches[0].Case)
		if err != nil {
			t.Fatal(err)
		}
		l, err := plain.WithCalendars(ctx, cals)
		if err != nil {
			t.Fatal(err)
		}
		unplaced := 0
		for _, id := range ids {
			if site := sites[id]; cals.By != "" && (site == "" || cals.of(site) == nil) {
				unplaced++
			}
		}
		if noted := slices.ContainsFunc(l.Notes(), func(n Note) bool {
			return n.Code == "sites-without-calendar" && strings.HasPrefix(n.Text, fmt.Sprintf("%d of %d cases ", unplaced, len(ids)))
		}); noted != (unplaced > 0) {
			t.Fatalf("%d cases without a site that is known: %v", unplaced, l.Notes())
		}
		if plain.working || len(plain.Notes()) > len(l.Notes()) {
			t.Fatal("the log itself was changed")
		}
		cases := obviousCases(plain)
		for range rapid.IntRange(0, 3).Draw(t, "filters") {
			f := anyFilter(t, l.labels)
			filter, err := ParseFilter(f.name, f.value)
			if err != nil {
				t.Fatal(err)
			}
			if l, err = l.Where(ctx, filter); err != nil {
				t.Fatal(err)
			}
			cases = f.do(cases)
		}
		for i, c := range cases {
			cases[i] = inWorkingTime(c, calendarByHand(cals, sites[ids[c.number]]))
		}
		want := overlapping(obviousSummary(cases))
		s, err := Summarize(ctx, l, SummaryOptions{Exact: true, Working: true})
		if err != nil {
			t.Fatal(err)
		}
		got := written(s)
		for i := range got {
			got[i] = sortedList(got[i])
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-by hand +summary:\n%s", d)
		}
		if !s.Working {
			t.Fatal("the summary does not say that it is in working time")
		}
		for c := range l.Batches() { // whoever looks at events sees the same
			for i := range c.Case {
				first, last := ends(c.Work[c.Offsets[i]:c.Offsets[i+1]])
				if c.WorkFirst[i] != first || c.WorkLast[i] != last {
					t.Fatalf("case %d: %d to %d, its events %d to %d", c.Case[i], c.WorkFirst[i], c.WorkLast[i], first, last)
				}
			}
		}
	})
}

// A log read from its file and one of a store have the same working time,
// whether it is mapped or counted.
func TestWorkingTimeOfFileAndStore(t *testing.T) {
	ctx := context.Background()
	some := someCalendars(t)
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	n, kept := 0, 0
	few(t, 12, func(rt *rapid.T) {
		n++
		b, _ := sitedBatch(rt)
		cals := anyCalendars(rt, some)
		file, err := workLog(rt, b).WithCalendars(ctx, cals)
		if err != nil {
			rt.Fatal(err)
		}
		name := fmt.Sprint("l", n)
		mustImport(t, s, ImportOptions{Log: name}, batches(b))
		open := func() *Log {
			l, err := s.Log(ctx, name, LogOptions{Calendars: cals})
			if err != nil {
				rt.Fatal(err)
			}
			return l
		}
		counted := open()
		defer counted.Close()
		if err := s.BuildColumns(ctx, name, LogOptions{Calendars: cals}); err != nil {
			rt.Fatal(err)
		}
		mapped := open()
		defer mapped.Close()
		if mapped.keptWork != nil {
			kept++
		}
		for _, o := range []SummaryOptions{{Working: true}, {Working: true, Recount: true}, {Working: true, Exact: true}, {}} {
			want := inFull(rt, file, o)
			if d := cmp.Diff(want, inFull(rt, counted, o)); d != "" {
				rt.Fatalf("%+v (-file, +store):\n%s", o, d)
			}
			if d := cmp.Diff(want, inFull(rt, mapped, o)); d != "" {
				rt.Fatalf("%+v (-file, +mapped):\n%s", o, d)
			}
		}
		said := func(l *Log) []Note {
			return slices.DeleteFunc(append([]Note{}, l.Notes()...), func(n Note) bool { return n.Code != "sites-without-calendar" })
		}
		if d := cmp.Diff(said(counted), said(mapped)); d != "" {
			rt.Fatalf("-counted +mapped:\n%s", d)
		}
		if d := cmp.Diff(said(file), said(mapped)); d != "" {
			rt.Fatalf("-file +mapped:\n%s", d)
		}
	})
	if kept < n {
		t.Errorf("of %d logs, %d have their waits in working time kept", n, kept)
	}
}

// few checks a law that looks at a store: each look takes a third of a second.
func few(t *testing.T, checks int, law func(*rapid.T)) {
	t.Helper()
	if err := flag.Set("rapid.checks", fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	defer flag.Set("rapid.checks", "100")
	rapid.Check(t, law)
}

// cpuSeconds is what the process has used so far.
func cpuSeconds(t testing.TB) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// Working time is written once for the same calendars and columns, and written
// again, alone, when calendars change, when it is damaged, and when later events
// were added to the columns; then it is that of all events.
func TestWorkingTimeIsKept(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := openStore(t, filepath.Join(dir, "s.duckdb"))
	some := someCalendars(t)
	place := int64(0)
	load := func(site func(int) string, from, cases int, at int64, steps ...string) {
		b := &Batch{}
		own := Column{Name: "site", Type: Text}
		for i := from; i < from+cases; i++ {
			for j, a := range steps {
				place++
				b.Case, b.Activity = append(b.Case, fmt.Sprint(i)), append(b.Activity, a)
				b.Time, b.Place = append(b.Time, at+int64(i)*1e9+int64(j)*40e9), append(b.Place, place)
			}
			b.CaseIDs = append(b.CaseIDs, fmt.Sprint(i))
			own.Text = append(own.Text, site(i))
		}
		b.CaseAttributes = []Column{own}
		mustImport(t, s, ImportOptions{Log: "l"}, batches(b))
	}
	bySite := &Calendars{By: "site", Of: map[string]*calendar.Calendar{"hh": some[0], "ny": some[2]}}
	build := func(c *Calendars) columnsFiles {
		t.Helper()
		if err := s.BuildColumns(ctx, "l", LogOptions{Calendars: c}); err != nil {
			t.Fatal(err)
		}
		key, err := s.columnsKey(ctx, "l", LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		files, _, _, err := s.columnsFiles(ctx, "columns_of_log", key)
		if err != nil {
			t.Fatal(err)
		}
		here, err := filepath.Glob(filepath.Join(dir, columnsPrefix(s.path)+"*"))
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for _, f := range files.parts() {
			if f.Name != "" {
				named++
			}
		}
		if len(here) != named {
			t.Fatalf("%d files for %d parts", len(here), named)
		}
		return files
	}
	check := func(c *Calendars, isKept bool) {
		t.Helper()
		kept, err := s.Log(ctx, "l", LogOptions{Calendars: c})
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		if (kept.keptWork != nil) != isKept {
			t.Fatalf("is kept: %t, not %t", kept.keptWork != nil, isKept)
		}
		key, err := s.columnsKey(ctx, "l", LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.buildLog(ctx, key, LogOptions{})
		if err != nil {
			t.Fatal(err)
		}
		again.Name, again.sites = "l", kept.sites
		if again, err = again.WithCalendars(ctx, c); err != nil {
			t.Fatal(err)
		}
		few(t, 1, func(rt *rapid.T) {
			for _, o := range []SummaryOptions{{Working: true}, {Working: true, Recount: true}} {
				if d := cmp.Diff(inFull(rt, again, o), inFull(rt, kept, o)); d != "" {
					rt.Fatalf("%+v (-built again, +kept):\n%s", o, d)
				}
			}
		})
		if d := cmp.Diff(append([]Note{}, again.Notes()...), append([]Note{}, kept.Notes()...)); d != "" {
			t.Fatalf("-built again +kept:\n%s", d)
		}
	}

	load(func(i int) string { return []string{"HH", "ny", "", "Ulm"}[i%4] }, 0, 400, 1.7e15, "order", "pick", "ship")
	first := build(bySite)
	check(bySite, true)
	if again := build(bySite); !sameFile(first.Work, again.Work) {
		t.Error("working time was written again without a reason")
	}
	whole := &Calendars{Default: some[1]}
	check(whole, false)
	other := build(whole)
	check(whole, true)
	if sameFile(other.Work, first.Work) || !sameFile(other.Cases, first.Cases) || !sameFile(other.Waits, first.Waits) {
		t.Error("other calendars write working time again, and nothing else")
	}
	if plain := build(nil); !sameFile(plain.Work, other.Work) {
		t.Error("a build without calendars took working time away")
	}

	// Damage is seen; what it says is counted, and then written again.
	path := filepath.Join(dir, other.Work.Name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 0x10
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	check(whole, false)
	mended := build(whole)
	check(whole, true)
	if sameFile(mended.Work, other.Work) || !sameFile(mended.Cases, other.Cases) {
		t.Error("damaged working time is written again, and nothing else")
	}

	// Later events, of cases that are there and of new ones, one of which moved.
	build(bySite)
	load(func(i int) string { return "ny" }, 396, 8, 1.71e15, "bill")
	extended := build(bySite)
	check(bySite, true)
	if extended.More.Name == "" || !sameFile(extended.Cases, first.Cases) {
		t.Error("the columns were built again, not added to")
	}
	kept, err := s.Log(ctx, "l", LogOptions{Calendars: bySite})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	for c := range kept.Batches() { // in one order, with one length
		if len(c.Work) != len(c.Time) || len(c.WorkFirst) != c.Len() {
			t.Fatal("a batch has not the working time of its events")
		}
		for i, number := range c.Case {
			site := kept.siteOf(t, c, i)
			by := bySite.of(site)
			for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
				want := int64(NoTime)
				if by != nil {
					want = by.At(c.Time[e])
				}
				if c.Work[e] != want {
					t.Fatalf("case %d at %q, event %d: %d, not %d", number, site, e, c.Work[e], want)
				}
			}
		}
	}
}

func sameFile(a, b columnsFile) bool { return a.Name == b.Name }

func (l *Log) siteOf(t *testing.T, c *Cases, i int) string {
	sites, err := l.sites(context.Background(), "site")
	if err != nil {
		t.Fatal(err)
	}
	if at := sites.of(c, i); at != noSite {
		return sites.names[at]
	}
	return ""
}

// Who asks for working time that cannot be counted is told why.
func TestWorkingTimeThatIsNone(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "s.duckdb"))
	b := &Batch{Case: []string{"1"}, Activity: []string{"order"}, Time: []int64{1}, Attributes: []Column{{Name: "plant", Type: Text, Text: []string{"x"}}}}
	mustImport(t, s, ImportOptions{Log: "l"}, batches(b))
	cals := &Calendars{By: "plnt"}
	if err := s.BuildColumns(ctx, "l", LogOptions{Calendars: cals}); err != nil {
		t.Errorf("what was loaded is not lost by it: %v", err)
	}
	_, err := s.Log(ctx, "l", LogOptions{Calendars: cals})
	if !errors.Is(err, errNoSite) || !strings.Contains(err.Error(), `did you mean "plant"`) {
		t.Error(err)
	}
	l, err := s.Log(ctx, "l", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Summarize(ctx, l, SummaryOptions{Working: true}); err == nil || !strings.Contains(err.Error(), "without calendars") {
		t.Error(err)
	}
	builder := NewBuilder(BuilderOptions{Name: "l"})
	if err := builder.Add(b); err != nil {
		t.Fatal(err)
	}
	if l, err = builder.Log(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.WithCalendars(ctx, cals); err == nil || !strings.Contains(err.Error(), "without attributes") {
		t.Error(err)
	}
}

// Keys are equal where the working time is, whatever the calendars are called.
func TestCalendarsKey(t *testing.T) {
	some := someCalendars(t)
	same, err := calendar.Parse([]byte(`{holidays: [DE-HH], weekdays: "08:00-18:00"}`), "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for name, c := range map[string]*Calendars{
		"none":         {},
		"default":      {Default: some[0]},
		"other":        {Default: some[1]},
		"by site":      {By: "site", Of: map[string]*calendar.Calendar{"a": some[0]}},
		"by plant":     {By: "plant", Of: map[string]*calendar.Calendar{"a": some[0]}},
		"other site":   {By: "site", Of: map[string]*calendar.Calendar{"b": some[0]}},
		"other there":  {By: "site", Of: map[string]*calendar.Calendar{"a": some[1]}},
		"with default": {By: "site", Default: some[2], Of: map[string]*calendar.Calendar{"a": some[0]}},
	} {
		if was, ok := keys[c.Key()]; ok {
			t.Errorf("%s and %s have one key", name, was)
		}
		keys[c.Key()] = name
	}
	if got := keys[(&Calendars{Default: same, Of: map[string]*calendar.Calendar{"unused": some[3]}}).Key()]; got != "default" {
		t.Errorf("the same calendar in other words is %q", got)
	}
}

// BenchmarkWorkingTime counts the working time of 10 M events, and summarizes
// in both clocks; it is run with GOMAXPROCS=2.
func BenchmarkWorkingTime(b *testing.B) {
	ctx := context.Background()
	some := someCalendars(b)
	const cases, steps = 1_250_000, 8
	l := &Log{labels: []string{"a", "b", "c", "d", "e", "f", "g", "h"}, paths: &paths{}}
	w := &casesWriter{emit: func(c *Cases) error {
		l.paths.code(c)
		l.batches = append(l.batches, c)
		return nil
	}}
	r := uint64(1)
	next := func(n uint64) uint64 { r ^= r << 13; r ^= r >> 7; r ^= r << 17; return r % n }
	sites := &caseSites{names: []string{"hh", "muc", "ny"}, cases: make([]int32, cases)}
	for i := range cases {
		if err := w.room(steps); err != nil {
			b.Fatal(err)
		}
		at := 1_600_000_000_000_000 + int64(next(120_000_000))*1_000_000
		path := next(60)
		for j := range uint64(steps) {
			w.cur.Activity = append(w.cur.Activity, uint16(j*(1+path%7)+path)%8)
			w.cur.Time, w.cur.Event = append(w.cur.Time, at), append(w.cur.Event, int64(len(w.cur.Event)))
			at += int64(next(5 * 86400 * 1_000_000))
		}
		w.cur.Case, w.cur.Offsets = append(w.cur.Case, int64(i)), append(w.cur.Offsets, int32(len(w.cur.Activity)))
		sites.cases[i] = int32(next(3))
	}
	if err := w.flush(); err != nil {
		b.Fatal(err)
	}
	l.sites = func(context.Context, string) (*caseSites, error) { return sites, nil }
	of := map[string]*calendar.Calendar{"hh": some[0], "muc": some[1], "ny": some[2]}
	perEvent := func(b *testing.B, cpu float64) {
		b.ReportMetric(cpu/float64(b.N), "CPU-s/op")
		b.ReportMetric(cpu*1e9/float64(b.N)/cases/steps, "CPU-ns/event")
	}
	for _, c := range []struct {
		name string
		of   *Calendars
	}{{"one calendar", &Calendars{Default: some[0]}}, {"three sites", &Calendars{By: "site", Of: of}}} {
		b.Run("count/"+c.name, func(b *testing.B) {
			began := cpuSeconds(b)
			for b.Loop() {
				if _, err := l.WithCalendars(ctx, c.of); err != nil {
					b.Fatal(err)
				}
			}
			perEvent(b, cpuSeconds(b)-began)
		})
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "a.duckdb")
	files, err := writeColumns(path, l)
	if err != nil {
		b.Fatal(err)
	}
	mapped, err := openColumns(dir, files)
	if err != nil {
		b.Fatal(err)
	}
	defer mapped.Close()
	mapped.sites = l.sites
	if files.Waits, err = mapped.writeWaits(ctx, path, false); err != nil {
		b.Fatal(err)
	}
	if mapped.kept, err = mapped.openWaits(dir, files.Waits); err != nil {
		b.Fatal(err)
	}
	bySite := &Calendars{By: "site", Of: of}
	b.Run("write", func(b *testing.B) {
		began := cpuSeconds(b)
		for b.Loop() {
			if mapped.files.Work, err = mapped.writeWork(ctx, path, bySite); err != nil {
				b.Fatal(err)
			}
			if ok, err := mapped.openWork(dir, bySite.Key()); !ok || err != nil {
				b.Fatal(ok, err)
			}
			if mapped.files.WorkWaits, err = mapped.writeWaits(ctx, path, true); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b, cpuSeconds(b)-began)
	})
	for _, o := range []SummaryOptions{{Recount: true}, {Recount: true, Working: true}, {}, {Working: true}} {
		b.Run(fmt.Sprintf("summary/recount=%t,working=%t", o.Recount, o.Working), func(b *testing.B) {
			began := cpuSeconds(b)
			for b.Loop() {
				if _, err := Summarize(ctx, mapped, o); err != nil {
					b.Fatal(err)
				}
			}
			perEvent(b, cpuSeconds(b)-began)
		})
	}
	runtime.KeepAlive(l)
}
