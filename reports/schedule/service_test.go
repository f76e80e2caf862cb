package schedule

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"millrace/eventlog/calendar"
)

// A year of the service, in zones whose clocks do odd things: every run is made
// at the minute at which the judge says, once, and of its day.
func TestServiceForAYear(t *testing.T) {
	for _, test := range []struct {
		zone string
		from string // UTC
	}{
		{"Europe/Berlin", "2026-01-01"},
		{"America/New_York", "2026-01-01"},
		{"Australia/Lord_Howe", "2026-01-01"},
		{"America/Sao_Paulo", "2018-01-01"},
		{"Africa/Cairo", "2026-01-01"},
		{"Asia/Beirut", "2026-01-01"},
		{"Pacific/Apia", "2011-07-01"},
		{"Africa/Casablanca", "2026-01-01"},
	} {
		t.Run(test.zone, func(t *testing.T) {
			from, err := time.Parse(time.DateOnly, test.from)
			if err != nil {
				t.Fatal(err)
			}
			to := from.AddDate(1, 0, 0)
			zone, err := calendar.Zone(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			var crons []judgedCron
			for _, j := range judged {
				if slices.Contains([]string{"30 2 * * *", "0 0 * * *", "59 23 * * SUN"}, j.cron) {
					crons = append(crons, j)
				}
			}
			walk := judge(crons, zone, from.Add(time.Minute), to, time.Minute)
			dir := quickDir(t)
			synctest.Test(t, func(t *testing.T) {
				var text strings.Builder
				text.WriteString("schedules:\n")
				want := []string{}
				for i, j := range crons {
					name := strings.NewReplacer(" ", "_", "*", "x").Replace(j.cron)
					fmt.Fprintf(&text, "  - {name: c%s, cron: %q, timezone: %s, catch_up: none, steps: [report: {}]}\n", name, j.cron, test.zone)
					for _, at := range walk[i] {
						want = append(want, at.UTC().Format(time.RFC3339)+" c"+name)
					}
				}
				slices.Sort(want)
				s := newStage(t, dir, text.String())
				s.ahead = time.Until(from)
				var got []string
				for i := range s.Kinds {
					s.Kinds[i].Run = func(_ context.Context, job Job) error {
						got = append(got, s.Now().UTC().Format(time.RFC3339)+" "+job.Schedule)
						return nil
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- s.Run(ctx) }()
				time.Sleep(to.Sub(from) - time.Second)
				cancel()
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				// The service starts at midnight UTC, where a run may have been due within the hour.
				got = slices.DeleteFunc(got, func(line string) bool { return strings.HasPrefix(line, from.Format(time.RFC3339)) })
				for i := range max(len(got), len(want)) {
					if i >= len(got) || i >= len(want) || got[i] != want[i] {
						t.Fatalf("run %d of %d: got %v, want %v (of %d)", i, len(got), part(got, i), part(want, i), len(want))
					}
				}
				if len(got) < 700 {
					t.Errorf("%d runs only", len(got))
				}
			})
		})
	}
}

func part(list []string, i int) []string { return list[min(i, len(list)):min(i+3, len(list))] }

// quickDir is a folder in memory, where the system has one: a year has thousands of syncs.
func quickDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "millrace-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A machine that slept, and a clock that was changed: what is due is made within
// a minute of being due by the clock on the wall, and nothing twice.
func TestServiceSleepsAndClocksChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, t.TempDir(), daily)
		s.until(t, "2026-11-10 05:00")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		synctest.Wait()
		wantDone(t, s, "daily/2026-11-08/1 daily/2026-11-08/2 daily/2026-11-08/3") // missed before
		s.ahead += 10 * time.Hour                                                  // the lid was closed
		time.Sleep(time.Minute)
		synctest.Wait()
		wantDone(t, s, "daily/2026-11-09/1 daily/2026-11-09/2 daily/2026-11-09/3")
		s.ahead -= 9 * time.Hour // and the clock was wrong
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		wantDone(t, s, "") // 06:30 again
		s.until(t, "2026-11-11 06:31")
		synctest.Wait()
		wantDone(t, s, "daily/2026-11-10/1 daily/2026-11-10/2 daily/2026-11-10/3")
		const years = 1000 * 24 * time.Hour
		s.ahead += years // a clock that was set to another year, and back
		time.Sleep(time.Minute)
		synctest.Wait()
		s.ahead -= years
		wantDone(t, s, "daily/2029-08-06/1 daily/2029-08-06/2 daily/2029-08-06/3")
		s.until(t, "2026-11-12 06:31")
		synctest.Wait()
		wantDone(t, s, "daily/2026-11-11/1 daily/2026-11-11/2 daily/2026-11-11/3")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Two services of one journal make each run once between them, and one goes on
// with what the other was told to leave.
func TestTwoServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		a, b := newStage(t, dir, daily), newStage(t, dir, daily)
		for _, s := range []*stage{a, b} {
			s.takes["report"] = 10 * time.Minute
		}
		a.until(t, "2026-11-10 05:00")
		ctxA, stopA := context.WithCancel(t.Context())
		ctxB, stopB := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctxA) }()
		go func() { ended <- b.Run(ctxB) }()
		days := 5
		time.Sleep(time.Duration(days-1)*24*time.Hour + 2*time.Hour)
		all := append(slices.Clone(a.done), b.done...)
		slices.Sort(all)
		if n := len(all); n != 3*(days+1) || len(slices.Compact(all)) != n {
			t.Errorf("done: %v and %v", a.done, b.done)
		}
		a.took()
		b.took()
		a.until(t, "2026-11-15 06:32") // in the report, of one of them
		working, other, stop := a, b, stopA
		if len(b.done) > 0 {
			working, other, stop = b, a, stopB
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		wantDone(t, working, "daily/2026-11-14/1")
		time.Sleep(20 * time.Minute)
		wantDone(t, other, "daily/2026-11-14/2 daily/2026-11-14/3")
		stopA()
		stopB()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A journal that is none ends the service, and says so.
func TestServiceRefusesAForeignJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newStage(t, dir, daily)
		if err := os.WriteFile(filepath.Join(dir, "runs"), []byte("a\nb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "runs:1: not a journal of runs") {
			t.Errorf("the error is %v", err)
		}
	})
}
