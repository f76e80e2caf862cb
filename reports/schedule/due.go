package schedule

import (
	"slices"
	"time"
)

// How a run that failed, or was killed, is tried again.
const (
	// Tries is how often a run is tried in all.
	Tries = 4
	// firstRetry is how long after its first failure a run is tried again; after
	// each further one three times as long: 5, 15 and 45 minutes.
	firstRetry = 5 * time.Minute
	// onTime is how late a run may be that [CatchUpNone] does not call missed:
	// so that a program that is called every hour has its runs.
	onTime = time.Hour
	// lookBack is how far back the first run of a schedule may have been due.
	lookBack = 9 * 366 * 24 * time.Hour // 29 February has come by then
)

// A task is a run that is due.
type task struct {
	*Schedule
	due    time.Time
	period Period
	run    *Run // what the journal has of it; nil: nothing
}

// due lists the runs to make now, those due first first, and says when there
// may be another one. late is by how much more than usual a run may be late, as
// others were made.
func due(schedules []*Schedule, j *journal, now time.Time, late time.Duration) (list []task, next time.Time) {
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, s := range schedules {
		sooner(s.Cron.Next(now, s.zone))
		seen := map[string]bool{}
		for _, at := range slices.Backward(s.candidates(j, now, late)) {
			t := task{Schedule: s, due: at, period: s.Period.Before(at, s.zone)}
			if seen[t.period.Name] {
				continue // the later one is of the same period
			}
			seen[t.period.Name] = true
			t.run = j.run(s.Name, t.period.Name)
			again, ok := t.run.again(now)
			switch {
			case !ok:
			case again.After(now):
				sooner(again)
			default:
				list = append(list, t)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b task) int { return a.due.Compare(b.due) })
	return list, next
}

// candidates are the due times whose runs may have to be made, in order.
func (s *Schedule) candidates(j *journal, now time.Time, late time.Duration) []time.Time {
	last := s.last(now.Add(-lookBack), now)
	if last.IsZero() {
		return nil
	}
	switch s.CatchUp {
	case CatchUpNone:
		begun := j.run(s.Name, s.Period.Before(last, s.zone).Name) != nil
		if !begun && now.Sub(last) > onTime+late {
			return nil
		}
	case CatchUpAll:
		var open []time.Time  // of runs that are not over
		var latest *time.Time // that was begun
		for _, r := range j.runs {
			if r.Schedule != s.Name || r.Due.After(now) {
				continue // or the clock was wrong then
			}
			if latest == nil || r.Due.After(*latest) {
				latest = &r.Due
			}
			if !r.over() {
				open = append(open, r.Due)
			}
		}
		if latest != nil {
			slices.SortFunc(open, time.Time.Compare)
			return append(open, s.missed(*latest, now)...)
		}
	}
	return []time.Time{last}
}

// over says whether nothing more is done for a run.
func (r *Run) over() bool { return r.State == Finished || r.State == Failed && r.Final }

// again is when a run is to be made, or made again; false if it is over.
func (r *Run) again(now time.Time) (time.Time, bool) {
	if r == nil || r.State == Undone {
		return now, true
	}
	failures := r.Tries
	if r.State == Started || r.State == StepDone {
		failures-- // one kill is no reason to wait: it may have been a reboot
	}
	from := r.Changed
	if from.After(now) {
		from = now // the clock was put back
	}
	return from.Add(retryAfter(failures)), !r.over()
}

// retryAfter is how long after so many failures a run is tried again.
func retryAfter(failures int) time.Duration {
	if failures < 1 {
		return 0
	}
	wait := firstRetry
	for range failures - 1 {
		wait *= 3
	}
	return wait
}

// replaced says whether another run takes the place of one before it could be
// tried again after so many failures.
func (t task) replaced(now time.Time, failures int) bool {
	next := t.Cron.Next(now, t.zone)
	return t.CatchUp != CatchUpAll && !next.After(now.Add(retryAfter(failures))) && t.Period.Before(next, t.zone).Name != t.period.Name
}
