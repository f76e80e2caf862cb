package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// ofCases makes the checks that need cases.
func (f *profiler) ofCases(ctx context.Context) error {
	if f.def.CaseType == "" {
		for _, code := range []string{"ties", "before-creation", "after-closing", "long-cases", "large-cases", "long-waits", "lost-events"} {
			f.skip(code, "nobody said which objects make the cases (--case)")
		}
		return f.skew(ctx)
	}
	for _, step := range []func(context.Context) error{f.cases, f.ties, f.outliers, f.waits, f.lives, f.skew} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cases puts the events together to the cases of the log.
func (f *profiler) cases(ctx context.Context) error {
	f.walked = caseWalk{c: f.c, def: f.def}
	if err := f.walked.walk(ctx, f.o.Model); err != nil {
		return err
	}
	for _, name := range []string{"profile_step", "profile_case", "profile_first"} {
		if err := f.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	var err error
	f.p.Cases, err = f.c.int(ctx, "SELECT count(*) FROM p_case")
	return err
}

// ties counts the events whose place in their case nothing decides.
func (f *profiler) ties(ctx context.Context) error {
	for _, name := range []string{"profile_tie", "profile_undecided"} {
		if err := f.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	same, err := f.c.int(ctx, "SELECT CAST(sum(events - 1) AS BIGINT) FROM p_tie")
	if err != nil {
		return err
	}
	found := Check{}
	if found.Of, err = f.c.int(ctx, "SELECT count(*) FROM p_step"); err != nil {
		return err
	}
	if found.Count, err = f.c.int(ctx, "SELECT CAST(sum(events - 1) AS BIGINT) FROM p_undecided"); err != nil || found.Count == 0 {
		return err
	}
	many, err := f.c.int(ctx, "SELECT count(*) FROM p_undecided WHERE len(activities) > 20")
	if err != nil {
		return err
	}
	err = f.c.each(ctx, storeText("profile_tied"), []any{checkParts}, func(scan func(...any) error) error {
		var one, other int
		var n int64
		err := scan(&one, &other, &n)
		p := f.part(-1, one, n, 0, "")
		p.With = f.activities[other]
		found.Parts = append(found.Parts, p)
		return err
	})
	if err != nil {
		return err
	}
	if many > 0 {
		found.Parts = append(found.Parts, CheckPart{What: "more than 20 activities at once", Count: many})
	}
	if rest := same - found.Count; rest > 0 {
		f.p.Notes = append(f.p.Notes, Note{Code: "ties-decided", Text: fmt.Sprintf(
			"Events that begin when another one of their case does, and whose order is decided by rank, end or sequence, or does not matter because the activity is the same: %d.", rest)})
	}
	found.Examples, err = f.examplesOf(ctx, "SELECT event FROM p_undecided ORDER BY begin_us, id LIMIT 5")
	f.find("ties", found)
	return err
}

// A figureSpread is what is usual for a figure.
type figureSpread struct {
	n, p95                 int64
	median, mad, deviation float64
}

// limit is what is beyond the usual; there is none if all are equal.
func (s figureSpread) limit() (us float64, ok bool) {
	if s.n < fewToJudge || s.deviation == 0 {
		return 0, false
	}
	scale := s.mad
	if scale == 0 {
		scale = 1.2533 * s.deviation
	}
	return max(s.median+10*scale, 3*float64(s.p95)), true
}

// outliers finds cases that last longer, or have more events, than is usual.
func (f *profiler) outliers(ctx context.Context) error {
	for _, k := range []struct {
		code, figure, what string
		text               func(x float64) string
		seconds            bool
	}{
		{"long-cases", "(last_us - first_us)", "duration", spanText, true},
		{"large-cases", "events", "events in a case", func(x float64) string { return fmt.Sprintf("%.0f", x) }, false},
	} {
		var s figureSpread
		err := f.c.each(ctx, storeText("profile_spread", "figure", k.figure), nil, func(scan func(...any) error) error {
			var n, p95 *int64
			var median, mad, deviation *float64
			if err := scan(&n, &median, &mad, &deviation, &p95); err != nil || n == nil || median == nil {
				return err
			}
			s = figureSpread{n: *n, p95: *p95, median: *median, mad: *mad, deviation: *deviation}
			return nil
		})
		if err != nil {
			return err
		}
		limit, ok := s.limit()
		if !ok {
			continue
		}
		found := Check{Of: s.n}
		err = f.c.each(ctx, storeText("profile_beyond", "figure", k.figure), []any{limit}, func(scan func(...any) error) error {
			var typ, id string
			var x int64
			err := scan(&found.Count, &typ, &id, &x)
			found.Examples = append(found.Examples, f.objectExample(typ, id, "", k.text(float64(x))))
			return err
		})
		if err != nil {
			return err
		}
		part := CheckPart{What: k.what, Count: found.Count, Of: found.Of, Text: "median " + k.text(s.median) + ", limit " + k.text(limit)}
		if k.seconds {
			part.Seconds = secondsOf(limit)
		}
		found.Parts = []CheckPart{part}
		f.find(k.code, found)
	}
	return nil
}

// waits finds waits that are far longer than is usual between two activities.
func (f *profiler) waits(ctx context.Context) error {
	if err := f.c.exec(ctx, storeText("profile_wait")); err != nil {
		return err
	}
	if err := f.c.exec(ctx, storeText("profile_long_wait"), fewToJudge, float64(microsHour)); err != nil {
		return err
	}
	found := Check{}
	var err error
	if found.Of, err = f.c.int(ctx, "SELECT count(*) FROM p_wait"); err != nil {
		return err
	}
	if found.Count, err = f.c.int(ctx, "SELECT count(*) FROM p_long"); err != nil || found.Count == 0 {
		return err
	}
	pairs, err := f.c.int(ctx, `SELECT count(DISTINCT ("from", "to")) FROM p_long`)
	if err != nil {
		return err
	}
	err = f.c.each(ctx, storeText("profile_long_waits"), []any{checkParts}, func(scan func(...any) error) error {
		var from, to int
		var n, of, longest int64
		var limit float64
		err := scan(&from, &to, &n, &of, &limit, &longest)
		p := f.part(-1, from, n, of, "limit "+spanText(limit)+", longest "+spanText(float64(longest)))
		p.To, p.Seconds = f.activities[to], secondsOf(limit)
		found.Parts = append(found.Parts, p)
		return err
	})
	if err != nil {
		return err
	}
	found.More = int(pairs) - len(found.Parts)
	found.Examples, err = f.examplesOf(ctx, "SELECT event FROM p_long ORDER BY wait_us DESC, id LIMIT 5")
	f.find("long-waits", found)
	return err
}

// lives learns which activity makes a case and which ends it, and finds events
// outside of what lies between.
func (f *profiler) lives(ctx context.Context) error {
	creation, closing := -1, -1
	var created, closed int64
	err := f.c.each(ctx, storeText("profile_life"), nil, func(scan func(...any) error) error {
		var activity int
		var cases, once, begins, ends int64
		if err := scan(&activity, &cases, &once, &begins, &ends); err != nil {
			return err
		}
		if cases < fewToJudge || 20*once < 19*cases {
			return nil
		}
		if 5*begins >= 4*cases && 5*cases >= 4*f.p.Cases && begins > created {
			creation, created = activity, begins
		}
		if 5*ends >= 4*cases && 10*cases >= 3*f.p.Cases && ends > closed {
			closing, closed = activity, ends
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range []struct {
		code, condition, text string
		activity              int
	}{
		{"before-creation", "s.begin_us < g.first_us", "before %s", creation},
		{"after-closing", "s.begin_us > g.last_us", "after %s", closing},
	} {
		if k.activity < 0 {
			f.skip(k.code, "no activity that enough cases have, and once only, is mostly their first, or last")
			continue
		}
		if err := f.outside(ctx, k.code, k.condition, fmt.Sprintf(k.text, f.activities[k.activity]), k.activity); err != nil {
			return err
		}
	}
	return nil
}

func (f *profiler) outside(ctx context.Context, code, condition, text string, activity int) error {
	if err := f.c.exec(ctx, storeText("profile_outside", "condition", condition), activity); err != nil {
		return err
	}
	found := Check{}
	var err error
	if found.Of, err = f.c.int(ctx, "SELECT count(*) FROM p_step"); err != nil {
		return err
	}
	if found.Count, err = f.c.int(ctx, "SELECT count(*) FROM p_outside"); err != nil || found.Count == 0 {
		return err
	}
	kinds, err := f.c.int(ctx, "SELECT count(DISTINCT activity) FROM p_outside")
	if err != nil {
		return err
	}
	err = f.c.each(ctx, storeText("profile_outside_activity"), []any{checkParts}, func(scan func(...any) error) error {
		var activity int
		var n int64
		err := scan(&activity, &n)
		of := int64(0)
		for _, a := range f.counts {
			if a.activity == activity {
				of += a.events
			}
		}
		found.Parts = append(found.Parts, f.part(-1, activity, n, max(of, n), text))
		return err
	})
	if err != nil {
		return err
	}
	found.More = int(kinds) - len(found.Parts)
	found.Examples, err = f.examplesOf(ctx, "SELECT event FROM p_outside ORDER BY begin_us, id LIMIT 5")
	f.find(code, found)
	return err
}

// notions tells what each case notion does to the events: the log's own, and
// each object type as if its objects were the cases.
func (f *profiler) notions(ctx context.Context) error {
	if f.imported {
		return nil // one case an event: nothing is shared
	}
	if f.def.CaseType == "" {
		return f.typeNotions(ctx, Check{}, Check{})
	}
	if f.walked.found == nil {
		n, err := f.c.int(ctx, storeText("walk_convergence"))
		if err != nil {
			return err
		}
		f.walked.found = map[string]int64{"convergence": n}
	}
	events, err := f.c.int(ctx, "SELECT count(DISTINCT event) FROM case_event")
	if err != nil {
		return err
	}
	shares, splits := Check{Of: events}, Check{Of: f.p.Cases}
	shares.Count, splits.Count = f.walked.found["convergence"], f.walked.found["divergence"]
	shares.notion("log "+f.p.Log, shares.Count, shares.Of)
	splits.notion("log "+f.p.Log, splits.Count, splits.Of)
	lost := Check{Of: f.p.Events, Count: f.walked.found["lost-events"]}
	if lost.Count > 0 {
		if lost.Examples, err = f.examplesOf(ctx, `SELECT e.event FROM p_event AS e WHERE e.event NOT IN (SELECT event FROM case_event)
			AND e.event IN (SELECT event FROM main.event_object WHERE object IN (SELECT object FROM w_object)) ORDER BY e.time_us NULLS FIRST, e.id LIMIT 5`); err != nil {
			return err
		}
	}
	f.find("lost-events", lost)
	if shares.Count > 0 {
		if shares.Examples, err = f.examplesOf(ctx, storeText("profile_shared")); err != nil {
			return err
		}
	}
	for _, n := range f.walked.notes {
		if n.Code == "events-without-case" {
			f.p.Notes = append(f.p.Notes, n)
		}
	}
	return f.typeNotions(ctx, shares, splits)
}

// notion adds what a case notion does to the events, if anything.
func (c *Check) notion(what string, n, of int64) {
	if n > 0 {
		c.Parts = append(c.Parts, CheckPart{What: what, Count: n, Of: of})
	}
}

// typeNotions tells what becomes of the events if the objects of each type
// were the cases. Where they are, that is what the log does.
func (f *profiler) typeNotions(ctx context.Context, shares, splits Check) error {
	if err := f.c.exec(ctx, storeText("profile_touch")); err != nil {
		return err
	}
	flattened := f.objectLog != "" && len(f.def.Follow)+len(f.def.Items) == 0
	err := f.c.each(ctx, storeText("profile_flatten"), nil, func(scan func(...any) error) error {
		var typ string
		var events, converging, objects, diverging int64
		err := scan(&typ, &events, &converging, &objects, &diverging)
		if flattened && typ == f.def.CaseType {
			splits.Count, splits.Of = diverging, objects
			splits.notion("log "+f.p.Log, diverging, objects)
			return err
		}
		shares.notion("each "+f.typeName(typ)+" a case", converging, events)
		splits.notion("each "+f.typeName(typ)+" a case", diverging, objects)
		return err
	})
	if err != nil {
		return err
	}
	f.p.Checks = append(f.p.Checks, Check{Code: "convergence", Count: shares.Count, Of: shares.Of, Parts: shares.Parts, Examples: shares.Examples},
		Check{Code: "divergence", Count: splits.Count, Of: splits.Of, Parts: splits.Parts})
	return nil
}

// otherLogs adds what the other case notions over the same systems, or over
// the same object-centric log, do.
func (f *profiler) otherLogs(ctx context.Context, s *Store) error {
	if f.imported {
		return nil
	}
	n := len(f.p.Checks)
	shares, splits := f.p.Checks[n-2], f.p.Checks[n-1]
	f.p.Checks = f.p.Checks[:n-2]
	logs, err := s.Logs(ctx)
	if err != nil {
		return err
	}
	for _, d := range logs {
		if d.Name == f.p.Log || d.Name == d.CaseType {
			continue
		}
		err := s.session(ctx, func(c *storeConn) error {
			if of, err := c.strings(ctx, "SELECT source FROM main.object_type WHERE type = $1", d.CaseType); err != nil || strings.Join(of, "") != f.objectLog {
				return err
			}
			w := caseWalk{c: c, def: d}
			if err := w.walk(ctx, f.o.Model); err != nil {
				return err
			}
			events, err := c.int(ctx, "SELECT count(DISTINCT event) FROM case_event")
			if err != nil {
				return err
			}
			cases, err := c.int(ctx, "SELECT count(DISTINCT case_object) FROM case_event")
			for _, k := range []struct {
				check *Check
				code  string
				of    int64
			}{{&shares, "convergence", events}, {&splits, "divergence", cases}} {
				if n := w.found[k.code]; n > 0 {
					k.check.Parts = append(k.check.Parts, CheckPart{What: "log " + d.Name, Count: n, Of: k.of})
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, c := range []Check{shares, splits} {
		if c.Count == 0 && len(c.Parts) > 0 { // not of this log, but of others
			c.Count, c.Of, c.Unit = int64(len(c.Parts)), 0, "case notions"
		}
		f.find(c.Code, c)
	}
	return nil
}
