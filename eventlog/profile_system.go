package eventlog

import (
	"context"
	"fmt"
	"math"
	"time"
)

// rejects counts the rows that loads did not take.
func (f *profiler) rejects(ctx context.Context) error {
	found := Check{}
	err := f.c.each(ctx, storeText("profile_rejected"), nil, func(scan func(...any) error) error {
		var p CheckPart
		if err := scan(&p.Source, &p.Count, &p.Of); err != nil {
			return err
		}
		for i := range f.p.Sources {
			if s := &f.p.Sources[i]; s.Source == p.Source {
				s.Read, s.Rejected = p.Of, p.Count
			}
		}
		found.Count += p.Count
		found.Of += p.Of
		if p.Count > 0 {
			p.What = p.Source
			found.Parts = append(found.Parts, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = f.c.each(ctx, storeText("profile_reject"), nil, func(scan func(...any) error) error {
		var r Reject
		var source string
		if err := scan(&r.Place, &r.Column, &r.Reason, &source); err != nil {
			return err
		}
		text := r.Reason
		if r.Column != "" {
			text = r.Column + ": " + text
		}
		found.Examples = append(found.Examples, CheckExample{Place: r.Place, Text: text})
		return nil
	})
	f.find("rejects", found)
	return err
}

// A silence is a spell of local days without events.
type silence struct {
	level, source, activity int
	before, day, p95        int64 // the days with events round it
}

func (s silence) within(o silence) bool {
	return o.level < s.level && (o.source < 0 || o.source == s.source) && 2*(min(s.day, o.day)-max(s.before, o.before)) > s.day-s.before
}

// gaps finds spells without events that are far longer than is usual.
func (f *profiler) gaps(ctx context.Context) error {
	if err := f.c.exec(ctx, storeText("profile_day")); err != nil {
		return err
	}
	found := Check{}
	var kept []silence
	err := f.c.each(ctx, storeText("profile_gap"), []any{fewToJudge}, func(scan func(...any) error) error {
		var s silence
		if err := scan(&s.level, &s.source, &s.activity, &s.before, &s.day, &s.p95); err != nil {
			return err
		}
		for _, k := range kept {
			if s.within(k) || s.level == 1 && len(f.sources) == 1 {
				return nil
			}
		}
		kept = append(kept, s)
		return nil
	})
	if err != nil {
		return err
	}
	date := func(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }
	for _, s := range kept {
		p := CheckPart{What: "all events", Count: 1, Text: fmt.Sprintf("nothing between %s and %s, %d days; usual are %d at most", date(s.before), date(s.day), s.day-s.before, s.p95)}
		if s.source >= 0 {
			p.What, p.Source = "", f.sources[s.source]
		}
		if s.activity >= 0 {
			p.What = f.activities[s.activity]
		}
		p.Seconds = secondsOf(float64(s.day-s.before) * microsDay)
		found.Count++
		if len(found.Parts) == checkParts { // in their order: log, sources, activities
			found.More++
			continue
		}
		found.Parts = append(found.Parts, p)
	}
	f.find("gaps", found)
	return nil
}

// changingClocks counts events in the nights in which the zone changes its offset.
func (f *profiler) changingClocks(ctx context.Context) error {
	const code = "changing-clocks"
	if f.p.First == nil {
		f.skip(code, "there are no times")
		return nil
	}
	starts, ends := []int64{}, []int64{}
	for at := f.p.First.In(f.o.Zone); ; {
		_, before := at.Zone()
		_, change := at.ZoneBounds()
		if change.IsZero() || change.After(*f.p.Last) {
			break
		}
		_, after := change.In(f.o.Zone).Zone()
		if back := int64(before-after) * 1e6; back > 0 { // the hour before, and the hour after, read the same
			t := change.UnixMicro()
			starts, ends = append(starts, t-back, t), append(ends, t, t+back)
		}
		at = change
	}
	if len(starts) == 0 {
		f.skip(code, fmt.Sprintf("the reader's zone, %s, does not change its offset in this period; name the one people worked in", f.o.Zone))
		return nil
	}
	type passes struct{ first, second int64 }
	by := make([]passes, len(f.sources))
	err := f.c.each(ctx, storeText("profile_dst"), []any{starts, ends}, func(scan func(...any) error) error {
		var source int
		var begin, n int64
		err := scan(&source, &begin, &n)
		for i := 0; i < len(starts); i += 2 {
			switch begin {
			case starts[i]:
				by[source].first += n
			case starts[i+1]:
				by[source].second += n
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	found := Check{Of: f.p.Events, Severity: Remark}
	for i, b := range by {
		n := b.first + b.second
		if n == 0 {
			continue
		}
		if n >= 10 && (b.first == 0 || b.second == 0) {
			found.Severity = Look
		}
		found.Count += n
		found.Parts = append(found.Parts, CheckPart{Source: f.sources[i], What: f.sources[i], Count: n,
			Text: fmt.Sprintf("%d the first time round, %d the second", b.first, b.second)})
	}
	f.find(code, found)
	return nil
}

// skewCases is how many cases clocks are compared over.
const skewCases = 50_000

// A clockPair is how far two activities of two sources are apart; positive if
// the first activity comes first.
type clockPair struct {
	source, activity, otherSource, other int
	n, negative, positive, near, hours   int64
	median, mad, negativeUS, positiveUS  float64
}

// skew compares the clocks of every pair of sources.
func (f *profiler) skew(ctx context.Context) error {
	const code = "clock-skew"
	if len(f.sources) < 2 {
		f.skip(code, "there is one source only")
		return nil
	}
	if err := f.c.exec(ctx, storeText("profile_sample"), skewCases); err != nil {
		return err
	}
	ranks := map[string]int{}
	if f.o.Model != nil {
		for _, a := range f.o.Model.Activities {
			ranks[a.Name] = a.Rank
		}
	}
	found := Check{Severity: Look}
	var reversed []clockPair
	err := f.c.each(ctx, storeText("profile_skew"), []any{fewToJudge}, func(scan func(...any) error) error {
		var p clockPair
		err := scan(&p.source, &p.activity, &p.otherSource, &p.other, &p.n, &p.negative, &p.positive, &p.median, &p.mad, &p.negativeUS, &p.positiveUS, &p.near, &p.hours)
		if err != nil {
			return err
		}
		found.Of++
		part, wrong, bad := f.judge(&p, ranks)
		if part == nil {
			return nil
		}
		found.Count++
		found.Parts = append(found.Parts, *part)
		if wrong {
			reversed = append(reversed, p)
		}
		if bad {
			found.Severity = Defect
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range reversed {
		if len(found.Examples) >= 5 {
			break
		}
		err := f.c.each(ctx, storeText("profile_skewed", "condition", "b.first_us < a.first_us"), []any{p.source, p.activity, p.otherSource, p.other}, func(scan func(...any) error) error {
			var typ, id string
			var apart int64
			if err := scan(&typ, &id, &apart); err != nil || len(found.Examples) >= 5 {
				return err
			}
			found.Examples = append(found.Examples, f.objectExample(typ, id, "", fmt.Sprintf("%s of %s %s before %s of %s",
				f.activities[p.other], f.sources[p.otherSource], spanText(float64(-apart)), f.activities[p.activity], f.sources[p.source])))
			return nil
		})
		if err != nil {
			return err
		}
	}
	if found.Of == 0 {
		f.skip(code, fmt.Sprintf("no two sources have activities that happen once each in %d cases or more", fewToJudge))
	}
	f.find(code, found)
	return nil
}

// judge turns a pair into the order it should have, and says what is wrong
// with it; nil if nothing is.
func (f *profiler) judge(p *clockPair, ranks map[string]int) (part *CheckPart, reversed, bad bool) {
	a, b := ranks[f.activities[p.activity]], ranks[f.activities[p.other]]
	known, by := true, "by the model"
	forward := a < b
	if a == 0 || b == 0 || a == b {
		by = "in nine of ten cases"
		forward = 10*p.positive >= 9*p.n
		known = forward || 10*p.negative >= 9*p.n
	}
	if known && !forward {
		p.source, p.activity, p.otherSource, p.other = p.otherSource, p.other, p.source, p.activity
		p.negative, p.positive = p.positive, p.negative
		p.negativeUS, p.positiveUS = -p.positiveUS, -p.negativeUS
		p.median, p.hours = -p.median, -p.hours
	}
	reversed = known && p.negative >= 3 && 100*p.negative >= p.n
	whole := 10*p.near >= 6*p.n && p.mad <= 35*60e6 && p.hours != 0 && math.Abs(float64(p.hours)) <= 14
	if !reversed && !whole {
		return nil, false, false
	}
	part = &CheckPart{Source: f.sources[p.source], What: f.activities[p.activity], To: f.sources[p.otherSource] + ": " + f.activities[p.other],
		Of: p.n, Seconds: secondsOf(p.median)}
	text := "median " + spanText(p.median)
	if reversed {
		part.Count = p.negative
		text += fmt.Sprintf(", reversed %s (%s) by %s at the median", percentOf(p.negative, p.n), by, spanText(-p.negativeUS))
	}
	if whole {
		confidence := "medium"
		if 10*p.near >= 9*p.n {
			confidence = "high"
		}
		part.Count = max(part.Count, p.near)
		text += fmt.Sprintf(", %s within five minutes of %d h: a time zone, confidence %s", percentOf(p.near, p.n), p.hours, confidence)
		bad = reversed || confidence == "high"
	}
	part.Text = text
	return part, reversed, bad
}
