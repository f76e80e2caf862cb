package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An activityCount is how sound the times of one activity of a source are.
type activityCount struct {
	source, activity                                int
	events, missing, early, late, reversed, unsound int64
	day, minute, second, exact, night, weekend      int64
	first, last                                     *int64
}

// begin finds the sources and makes the tables that all checks read.
func (f *profiler) begin(ctx context.Context) error {
	if err := f.c.exec(ctx, storeText("profile_source"), f.p.Log, f.objectLog); err != nil {
		return err
	}
	var err error
	if f.sources, err = f.c.strings(ctx, "SELECT source FROM p_source ORDER BY code"); err != nil {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_label")); err != nil {
		return err
	}
	if f.activities, err = f.c.strings(ctx, "SELECT label FROM p_label ORDER BY code"); err != nil {
		return err
	}
	local, err := f.localTime(ctx)
	if err != nil {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_event", "local", local)); err != nil {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_object"), f.p.Log, f.objectLog); err != nil {
		return err
	}
	if f.p.Objects, err = f.c.int(ctx, "SELECT count(*) FROM p_object"); err != nil {
		return err
	}
	return f.c.each(ctx, storeText("profile_counts", "early", fmt.Sprint(earlyMicros)), nil, func(scan func(...any) error) error {
		var a activityCount
		err := scan(&a.source, &a.activity, &a.events, &a.missing, &a.early, &a.late, &a.reversed, &a.unsound,
			&a.day, &a.minute, &a.second, &a.exact, &a.night, &a.weekend, &a.first, &a.last)
		f.counts = append(f.counts, a)
		return err
	})
}

// lateMicros is 2100: no clock of a log shows more, a placeholder does.
const lateMicros = 4_102_444_800_000_000

// localTime is the expression for a time on the clock of the zone. DuckDB's
// own takes ten times as long for each row; a zone changes twice a year.
func (f *profiler) localTime(ctx context.Context) (string, error) {
	var first, last *int64
	err := f.c.each(ctx, `SELECT min(epoch_us(time)), max(epoch_us(time)) FROM main.event
		WHERE source IN (SELECT source FROM p_source) AND epoch_us(time) >= $1 AND epoch_us(time) < $2`,
		[]any{int64(earlyMicros), int64(lateMicros)}, func(scan func(...any) error) error { return scan(&first, &last) })
	if err != nil || first == nil {
		return "CAST(NULL AS BIGINT)", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN time_us IS NULL OR time_us < %d OR time_us >= %d THEN NULL", int64(earlyMicros), int64(lateMicros))
	for at := storeTimeOf(*first).In(f.o.Zone); ; {
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		if end.IsZero() || end.UnixMicro() > *last {
			fmt.Fprintf(&b, " ELSE time_us + %d END", int64(offset)*1e6)
			return b.String(), nil
		}
		fmt.Fprintf(&b, " WHEN time_us < %d THEN time_us + %d", end.UnixMicro(), int64(offset)*1e6)
		at = end
	}
}

// part names an activity of a source.
func (f *profiler) part(source, activity int, n, of int64, text string) CheckPart {
	p := CheckPart{What: f.activities[activity], Count: n, Of: of, Text: text}
	if source >= 0 {
		p.Source = f.sources[source]
	}
	return p
}

// times counts what times are missing, impossible or rounded.
func (f *profiler) times(ctx context.Context) error {
	var first, last *int64
	bySource := make([]ProfiledSource, len(f.sources))
	span := make([][2]*int64, len(f.sources))
	earlier := func(a, b *int64) *int64 {
		if a == nil || b != nil && *b < *a {
			return b
		}
		return a
	}
	later := func(a, b *int64) *int64 {
		if a == nil || b != nil && *b > *a {
			return b
		}
		return a
	}
	asTime := func(us *int64) *time.Time {
		if us == nil {
			return nil
		}
		t := storeTimeOf(*us)
		return &t
	}
	for i, name := range f.sources {
		bySource[i].Source = name
	}
	unsound := int64(0)
	for _, a := range f.counts {
		f.p.Events += a.events
		unsound += a.unsound
		bySource[a.source].Events += a.events
		first, last = earlier(first, a.first), later(last, a.last)
		span[a.source] = [2]*int64{earlier(span[a.source][0], a.first), later(span[a.source][1], a.last)}
	}
	for i := range bySource {
		bySource[i].First, bySource[i].Last = asTime(span[i][0]), asTime(span[i][1])
	}
	f.p.Sources, f.p.Sound, f.p.First, f.p.Last = bySource, f.p.Events-unsound, asTime(first), asTime(last)

	early := fmt.Sprint(earlyMicros)
	for _, k := range []struct {
		code, condition string
		of              func(a activityCount) int64
	}{
		{"missing-times", "time_us IS NULL", func(a activityCount) int64 { return a.missing }},
		{"early-times", "time_us < " + early + " OR start_us < " + early, func(a activityCount) int64 { return a.early }},
		{"late-times", "late", func(a activityCount) int64 { return a.late }},
		{"end-before-start", "start_us > time_us", func(a activityCount) int64 { return a.reversed }},
	} {
		found := Check{Of: f.p.Events}
		for _, a := range f.counts {
			if n := k.of(a); n > 0 {
				found.Count += n
				found.Parts = append(found.Parts, f.part(a.source, a.activity, n, a.events, ""))
			}
		}
		if found.Count > 0 {
			var err error
			if found.Examples, err = f.pick(ctx, k.condition); err != nil {
				return err
			}
		}
		f.find(k.code, found)
	}
	f.precision()
	return nil
}

// precision tells which times are rounded.
func (f *profiler) precision() {
	found := Check{Of: f.p.Events}
	for _, a := range f.counts {
		rounded := a.day
		timed := a.events - a.missing
		if chance := (timed - a.day) / 60; a.minute > 3*chance+5 {
			rounded += a.minute
		}
		if rounded == 0 || rounded < fewToJudge && 2*rounded < timed {
			continue
		}
		found.Count += rounded
		text := fmt.Sprintf("to the day %s, on a full minute %s, on a full second %s",
			percentOf(a.day, timed), percentOf(a.minute, timed), percentOf(a.second, timed))
		found.Parts = append(found.Parts, f.part(a.source, a.activity, rounded, a.events, text))
	}
	f.find("precision", found)
}

// clocks finds activities whose times have a pattern that work has not.
func (f *profiler) clocks(ctx context.Context) error {
	const least = 5
	exact := map[[2]int]int64{}
	for _, a := range f.counts {
		exact[[2]int{a.source, a.activity}] = a.exact
	}
	midnight, fixed := Check{Of: f.p.Events}, Check{Of: f.p.Events}
	var midnights, fixeds []string
	err := f.c.each(ctx, storeText("profile_clock"), []any{least}, func(scan func(...any) error) error {
		var source, activity, minute int
		var n int64
		if err := scan(&source, &activity, &minute, &n); err != nil {
			return err
		}
		of := exact[[2]int{source, activity}]
		part := f.part(source, activity, n, of, fmt.Sprintf("at %02d:%02d", minute/60, minute%60))
		where := fmt.Sprintf("(source = %d AND activity = %d AND NOT day AND local_us %% %d = %d)", source, activity, int64(microsDay), int64(minute)*60_000_000)
		hour := minute%60 == 0 && (minute <= 5*60 || minute >= 19*60)
		switch {
		case minute == 0 && 10*n >= of, hour && 2*n >= of:
			midnight.Count += n
			midnight.Parts = append(midnight.Parts, part)
			midnights = append(midnights, where)
		case 2*n >= of:
			fixed.Count += n
			fixed.Parts = append(fixed.Parts, part)
			fixeds = append(fixeds, where)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range []struct {
		code  string
		found *Check
		where []string
	}{{"midnight-times", &midnight, midnights}, {"fixed-times", &fixed, fixeds}} {
		if len(k.where) > 0 {
			if k.found.Examples, err = f.pick(ctx, strings.Join(k.where, " OR ")); err != nil {
				return err
			}
		}
		f.find(k.code, *k.found)
	}
	f.nights()
	return f.mass(ctx)
}

// nights finds activities that keep other hours, or other days, than the rest.
func (f *profiler) nights() {
	var all, night, weekend int64
	for _, a := range f.counts {
		all, night, weekend = all+a.exact, night+a.night, weekend+a.weekend
	}
	found := Check{Of: f.p.Events}
	for _, a := range f.counts {
		odd := func(n, total int64) bool { return 2*n >= a.exact && 4*(total-n) < all-a.exact }
		if a.exact < fewToJudge || !odd(a.night, night) && !odd(a.weekend, weekend) {
			continue
		}
		n := int64(0)
		if odd(a.night, night) {
			n = a.night
		}
		if odd(a.weekend, weekend) {
			n = max(n, a.weekend)
		}
		found.Count += n
		found.Parts = append(found.Parts, f.part(a.source, a.activity, n, a.exact,
			fmt.Sprintf("at night %s, on weekends %s", percentOf(a.night, a.exact), percentOf(a.weekend, a.exact))))
	}
	f.find("night-weekend", found)
}

// mass finds instants at which an activity happens many times.
func (f *profiler) mass(ctx context.Context) error {
	if err := f.c.exec(ctx, storeText("profile_instant")); err != nil {
		return err
	}
	found := Check{Of: f.p.Events}
	var where []string
	err := f.c.each(ctx, storeText("profile_mass"), []any{fewToJudge}, func(scan func(...any) error) error {
		var activity int
		var instants, atOnce, most, at, events int64
		err := scan(&activity, &instants, &atOnce, &most, &at, &events)
		if err == nil && 100*most >= events {
			found.Count += atOnce
			text := fmt.Sprintf("%d at %s", most, FormatTime(at))
			if instants > 1 {
				text += fmt.Sprintf(", the largest of %d instants", instants)
			}
			found.Parts = append(found.Parts, f.part(-1, activity, atOnce, events, text))
			where = append(where, fmt.Sprintf("(activity = %d AND time_us = %d)", activity, at))
		}
		return err
	})
	if err == nil && len(where) > 0 {
		found.Examples, err = f.pick(ctx, strings.Join(where, " OR "))
	}
	f.find("mass-times", found)
	return err
}

// copies finds events that are there twice.
func (f *profiler) copies(ctx context.Context) error {
	if err := f.c.exec(ctx, storeText("profile_copy")); err != nil {
		return err
	}
	events := map[int]int64{}
	for _, a := range f.counts {
		events[a.activity] += a.events
	}
	found := Check{Of: f.p.Events}
	err := f.c.each(ctx, storeText("profile_copies"), nil, func(scan func(...any) error) error {
		var activity int
		var n, across int64
		err := scan(&activity, &n, &across)
		text := ""
		if across > 0 {
			text = fmt.Sprintf("%d of them in several sources", across)
		}
		found.Count += n
		found.Parts = append(found.Parts, f.part(-1, activity, n, events[activity], text))
		return err
	})
	if err == nil && found.Count > 0 {
		found.Examples, err = f.examplesOf(ctx, "SELECT event FROM p_copy ORDER BY time_us, first_id LIMIT 5")
	}
	f.find("duplicates", found)
	return err
}

// pick returns the first events for which a condition holds.
func (f *profiler) pick(ctx context.Context, condition string) ([]CheckExample, error) {
	return f.examplesOf(ctx, storeText("profile_pick", "condition", condition))
}

// examplesOf describes the events that a query lists.
func (f *profiler) examplesOf(ctx context.Context, text string, args ...any) ([]CheckExample, error) {
	events := []int64{}
	err := f.c.each(ctx, text, args, func(scan func(...any) error) error {
		var e int64
		err := scan(&e)
		events = append(events, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f.examples(ctx, events)
}

// examples describes events by what they can be traced by.
func (f *profiler) examples(ctx context.Context, events []int64) ([]CheckExample, error) {
	var list []CheckExample
	err := f.c.each(ctx, storeText("profile_example"), []any{events, f.def.CaseType}, func(scan func(...any) error) error {
		var e CheckExample
		var start *time.Time
		var table, key string
		if err := scan(&e.Type, &e.ID, &e.Activity, &e.Time, &start, &e.Source, &table, &key); err != nil {
			return err
		}
		if e.Time != nil {
			t := e.Time.UTC()
			e.Time = &t
		}
		e.Type = f.typeName(e.Type)
		if f.imported {
			e.Place = table + ":" + key
		} else {
			e.Place = table + " " + key
		}
		if table == "" {
			e.Place = ""
		}
		if len(f.sources) < 2 {
			e.Source = ""
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// objectExample names an object.
func (f *profiler) objectExample(typ, id, source, text string) CheckExample {
	typ = f.typeName(typ)
	if len(f.sources) < 2 && slices.Contains(f.sources, source) {
		source = ""
	}
	return CheckExample{ID: id, Type: typ, Source: source, Text: text}
}

// typeName is what a type of objects is called where its log is read: a case
// of an imported log, and a type of an object-centric log without its prefix.
func (f *profiler) typeName(typ string) string {
	switch {
	case f.imported && typ == f.def.CaseType:
		return "case"
	case f.objectLog != "":
		return strings.TrimPrefix(typ, ObjectLogOf(f.objectLog, ""))
	}
	return typ
}
