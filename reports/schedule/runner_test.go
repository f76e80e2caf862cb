package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
)

// A stage is where runs are made in tests: steps note that they were done.
type stage struct {
	*Runner
	done   []string // "step key" for each that was done
	alerts []string
	fails  map[string]error // by kind
	takes  map[string]time.Duration
	loaded time.Time
	ahead  time.Duration // of the clock on the wall before that of the bubble
}

func newStage(t testing.TB, dir, text string) *stage {
	t.Helper()
	s := &stage{fails: map[string]error{}, takes: map[string]time.Duration{}}
	s.Runner = &Runner{Path: filepath.Join(dir, "runs"), Now: func() time.Time { return time.Now().Add(s.ahead) }}
	for _, name := range []string{"ingest", "report", "export"} {
		s.Kinds = append(s.Kinds, Kind{Name: name, Loads: name == "ingest", Run: func(ctx context.Context, job Job) error {
			if list, err := os.ReadDir(job.Scratch); err != nil || len(list) > 0 {
				t.Errorf("%s: the scratch folder has %v: %v", job.Key, list, err)
			}
			if err := os.WriteFile(filepath.Join(job.Scratch, "half"), nil, 0o600); err != nil {
				return err
			}
			select {
			case <-time.After(s.takes[name]):
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := s.fails[name]; err != nil {
				return err
			}
			s.done = append(s.done, job.Key)
			return nil
		}})
	}
	s.Runner.Alert = func(_ context.Context, a Alert) error {
		s.alerts = append(s.alerts, a.Text)
		return nil
	}
	s.Runner.Sources = func(context.Context, *Schedule) ([]Source, error) {
		return []Source{{"erp", s.loaded}, {"bank", s.Now()}}, nil
	}
	var p struct {
		Schedules []Config `yaml:"schedules"`
	}
	if err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&p); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.Schedules, err = New(p.Schedules, "Europe/Berlin", s.Kinds); err != nil {
		t.Fatal(err)
	}
	return s
}

// until sleeps in the bubble until the clock on the wall shows a time in Germany.
func (s *stage) until(t *testing.T, text string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, s.Schedules[0].zone)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(at.Sub(s.Now()))
}

func (s *stage) once(t *testing.T) error {
	t.Helper()
	_, err := s.Once(t.Context())
	if err != nil && !errors.As(err, new(*RunError)) {
		t.Fatal(err)
	}
	s.clean(t)
	return err
}

// clean checks that nothing is left of what a step had not ended.
func (s *stage) clean(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(s.scratch()); !os.IsNotExist(err) {
		t.Errorf("the scratch folder is there: %v", err)
	}
}

// took returns what was done since it was called last.
func (s *stage) took() string {
	done := strings.Join(s.done, " ")
	s.done = nil
	return done
}

func wantDone(t *testing.T, s *stage, want string) {
	t.Helper()
	if got := s.took(); got != want {
		t.Errorf("done: %q, want %q", got, want)
	}
}

const daily = `
schedules:
  - name: daily
    cron: "30 6 * * *"
    period: day
    steps: [{ingest: []}, {report: {}}, {export: {}}]
`

// However often it is started, a run is made once for its period, and missed
// runs as catch_up says.
func TestMissedRuns(t *testing.T) {
	for _, test := range []struct{ catchUp, first, late, after string }{
		// First at 06:00 on the 10th; then at 07:00, 08:00 and 09:00 on the 10th; then at 12:00 on the 14th.
		{"last", "08", "09", "13"},
		{"all", "08", "09", "10 11 12 13"},
		{"none", "", "09", ""},
	} {
		t.Run(test.catchUp, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, t.TempDir(), strings.Replace(daily, "steps: [{ingest: []}, {report: {}}, {export: {}}]", "steps: [{report: {}}]\n    catch_up: "+test.catchUp, 1))
				days := func(list string) string {
					var keys []string
					for _, d := range strings.Fields(list) {
						keys = append(keys, "daily/2026-11-"+d+"/1")
					}
					return strings.Join(keys, " ")
				}
				s.until(t, "2026-11-10 06:00")
				s.once(t)
				wantDone(t, s, days(test.first))
				for _, at := range []string{"07:00", "08:00", "09:00"} {
					s.until(t, "2026-11-10 "+at)
					s.once(t)
				}
				wantDone(t, s, days(test.late))
				s.until(t, "2026-11-14 12:00")
				s.once(t)
				s.once(t)
				wantDone(t, s, days(test.after))
			})
		})
	}
}

// A failed run is tried again after 5, 15 and 45 minutes, from the step that
// failed on, and given up then; what follows is not held up.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, t.TempDir(), daily)
		s.until(t, "2026-11-10 06:00")
		s.once(t)
		s.took()
		s.fails["report"] = errors.New("disk full")
		s.until(t, "2026-11-10 06:30")
		var tried []string
		for range 200 { // minutes
			if err := s.once(t); err != nil {
				tried = append(tried, s.Now().In(s.Schedules[0].zone).Format("15:04"))
				if want := "schedule daily of 2026-11-09: step 2, report: disk full"; err.Error() != want {
					t.Errorf("the error is %q, want %q", err, want)
				}
			}
			time.Sleep(time.Minute)
		}
		if got, want := strings.Join(tried, " "), "06:30 06:35 06:50 07:35"; got != want {
			t.Errorf("tried at %s, want %s", got, want)
		}
		wantDone(t, s, "daily/2026-11-09/1")
		if want := []string{"Schedule daily of 2026-11-09 was given up (tried: 4): step 2, report: disk full"}; !slices.Equal(s.alerts, want) {
			t.Errorf("alerts are %q, want %q", s.alerts, want)
		}
		s.until(t, "2026-11-11 06:30")
		s.once(t) // fails once
		delete(s.fails, "report")
		s.until(t, "2026-11-11 06:35")
		s.once(t)
		wantDone(t, s, "daily/2026-11-10/1 daily/2026-11-10/2 daily/2026-11-10/3")
		// By hand, it is made again from the start.
		if _, err := s.Again(t.Context(), s.Schedules[0]); err != nil {
			t.Fatal(err)
		}
		wantDone(t, s, "daily/2026-11-10/1 daily/2026-11-10/2 daily/2026-11-10/3")
	})
}

// Where the next run is due before another try, the run is given up at once, so
// that somebody is told however often it is due; unless each is to be made.
func TestRetriesEndBeforeTheNextRun(t *testing.T) {
	for catchUp, want := range map[string]string{
		"last": "05:00 05:05 05:20 06:00 06:05 06:20",
		"all":  "05:00 05:05 05:20 06:00 06:05 06:05 06:20",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, t.TempDir(), `schedules: [{name: hourly, cron: "@hourly", catch_up: `+catchUp+`, steps: [report: {}]}]`)
			s.fails["report"] = errors.New("no")
			s.until(t, "2026-11-10 05:00")
			var tried []string
			for range 115 {
				if err := s.once(t); err != nil {
					for range strings.Count(err.Error(), "\n") + 1 {
						tried = append(tried, s.Now().In(s.Schedules[0].zone).Format("15:04"))
					}
				}
				time.Sleep(time.Minute)
			}
			if got := strings.Join(tried, " "); got != want {
				t.Errorf("%s: tried at %s, want %s", catchUp, got, want)
			}
			alerts := 2
			if catchUp == "all" {
				alerts = 1
			}
			if len(s.alerts) != alerts {
				t.Errorf("%s: alerts are %q", catchUp, s.alerts)
			}
		})
	}
}

// Violated limits end a run, and are no reason to try it again.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, t.TempDir(), daily)
		s.fails["report"] = fmt.Errorf("2 service levels: %w", ErrLimits)
		if err := s.once(t); !errors.Is(err, ErrLimits) {
			t.Errorf("the error is %v", err)
		}
		time.Sleep(3 * time.Hour)
		if err := s.once(t); err != nil {
			t.Errorf("it was tried again: %v", err)
		}
		if len(s.alerts) != 1 {
			t.Errorf("alerts are %q", s.alerts)
		}
	})
}

// Sources that are too old stop what does not load, and are loaded again; somebody is told once.
func TestStaleSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, t.TempDir(), daily+"    fresh_within: 26h\n")
		s.until(t, "2026-11-10 06:30")
		s.loaded = s.Now().Add(-26*time.Hour - 90*time.Minute)
		err := s.once(t)
		text := "sources are too old (fresh_within: 26 h): nothing new was loaded of erp since 2026-11-09 03:00 CET, 27 h 30 min ago"
		if err == nil || !strings.HasSuffix(err.Error(), text) {
			t.Errorf("the error is %v, want … %s", err, text)
		}
		if want := []string{"Schedule daily of 2026-11-09 stopped before step 2, report: " + text}; !slices.Equal(s.alerts, want) {
			t.Errorf("alerts are %q, want %q", s.alerts, want)
		}
		s.until(t, "2026-11-10 06:35")
		s.once(t)
		wantDone(t, s, "daily/2026-11-09/1 daily/2026-11-09/1")
		s.loaded = s.Now()
		s.until(t, "2026-11-10 06:50")
		if err := s.once(t); err != nil {
			t.Error(err)
		}
		wantDone(t, s, "daily/2026-11-09/1 daily/2026-11-09/2 daily/2026-11-09/3")
		if len(s.alerts) != 1 {
			t.Errorf("alerts are %q", s.alerts)
		}
		s.loaded = time.Time{}
		s.until(t, "2026-11-11 06:30")
		if err := s.once(t); err == nil || !strings.HasSuffix(err.Error(), "nothing was ever loaded of erp") {
			t.Errorf("the error is %v", err)
		}
	})
}

// Told to stop, a service lets a step end within the grace time, or undoes it,
// and the run goes on at the next start.
func TestStop(t *testing.T) {
	for _, test := range []struct {
		name         string
		takes        time.Duration
		stops, ended time.Duration // after 06:30
		state        State
		before, then string
	}{
		{"between", 20 * time.Second, 30 * time.Second, 40 * time.Second, Undone, "daily/2026-11-09/1 daily/2026-11-09/2", "daily/2026-11-09/3"},
		{"undone", 2 * time.Minute, 3 * time.Minute, 210 * time.Second, Undone, "daily/2026-11-09/1", "daily/2026-11-09/2 daily/2026-11-09/3"},
		{"last", 20 * time.Second, 50 * time.Second, time.Minute, Finished, "daily/2026-11-09/1 daily/2026-11-09/2 daily/2026-11-09/3", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, t.TempDir(), strings.Replace(daily, "period: day", "period: day\n    catch_up: none", 1))
				for _, kind := range []string{"ingest", "report", "export"} {
					s.takes[kind] = test.takes
				}
				s.until(t, "2026-11-10 03:00")
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- s.Run(ctx) }()
				s.until(t, "2026-11-10 06:30")
				due := s.Now()
				time.Sleep(test.stops)
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if d := s.Now().Sub(due); d != test.ended {
					t.Errorf("ended %v after it was due, want %v", d, test.ended)
				}
				s.clean(t)
				list, err := s.List()
				if err != nil {
					t.Fatal(err)
				}
				if l := list[0].Last; l == nil || l.State != test.state || l.State == Undone && l.Tries != 0 || list[0].Running {
					t.Errorf("the run is %+v, want %s", l, test.state)
				}
				wantDone(t, s, test.before)
				s.once(t)
				wantDone(t, s, test.then)
			})
		})
	}
}

// A kill at any byte of the journal: the next start ends the run, repeats no step
// that the journal has as done, and removes what the killed step left.
func TestKillAtEveryByte(t *testing.T) {
	dir := quickDir(t)
	var text []byte
	var stepEnds []int // of the journal, as each step was done
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, dir, daily)
		s.until(t, "2026-11-10 06:30")
		s.once(t)
		wantDone(t, s, "daily/2026-11-09/1 daily/2026-11-09/2 daily/2026-11-09/3")
		var err error
		if text, err = os.ReadFile(s.Path); err != nil {
			t.Fatal(err)
		}
	})
	at := 0
	for line := range bytes.Lines(text) {
		if at += len(line); bytes.Contains(line, []byte(`"state":"step"`)) {
			stepEnds = append(stepEnds, at)
		}
	}
	if len(stepEnds) != 3 {
		t.Fatalf("the journal has %d steps:\n%s", len(stepEnds), text)
	}
	for cut := 0; cut <= len(text); cut++ {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, dir, daily)
			s.until(t, "2026-11-10 06:31")
			if err := errors.Join(os.WriteFile(s.Path, text[:cut], 0o600), os.MkdirAll(filepath.Join(s.scratch(), "daily-2026-11-09-2"), 0o700),
				os.WriteFile(filepath.Join(s.scratch(), "daily-2026-11-09-2", "half"), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			if err := s.once(t); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			var want []string
			for n, end := range stepEnds {
				if cut < end {
					want = append(want, fmt.Sprintf("daily/2026-11-09/%d", n+1))
				}
			}
			if got := s.took(); got != strings.Join(want, " ") {
				t.Fatalf("cut at %d: done %q, want %q", cut, got, want)
			}
			s.once(t)
			wantDone(t, s, "")
			list, err := s.List()
			if err != nil || list[0].Last.State != Finished {
				t.Fatalf("cut at %d: %+v, %v", cut, list, err)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// A run that kills the process each time is given up.
func TestKilledEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, t.TempDir(), daily)
		s.until(t, "2026-11-10 06:30")
		s.once(t)
		j := &journal{path: s.Path}
		if err := j.read(); err != nil {
			t.Fatal(err)
		}
		s.until(t, "2026-11-11 06:30")
		for range Tries {
			if err := j.append(record{Schedule: "daily", Period: "2026-11-10", State: Started, Plan: s.Schedules[0].plan, Due: s.Now(), At: s.Now(), Tries: Tries, Steps: 1}); err != nil {
				t.Fatal(err)
			}
		}
		s.took()
		s.until(t, "2026-11-11 08:00")
		if err := s.once(t); err == nil || !strings.HasSuffix(err.Error(), "it was killed at step 2 of 3") {
			t.Errorf("the error is %v", err)
		}
		wantDone(t, s, "")
		if len(s.alerts) != 1 {
			t.Errorf("alerts are %q", s.alerts)
		}
	})
}

// A chain that was changed is run from its start.
func TestChangedStepsBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newStage(t, dir, daily)
		s.fails["export"] = errors.New("no")
		s.once(t)
		changed := newStage(t, dir, strings.Replace(daily, "{report: {}}", "{report: {out: x}}", 1))
		time.Sleep(5 * time.Minute)
		changed.once(t)
		if len(changed.done) != 3 {
			t.Errorf("done: %v", changed.done)
		}
	})
}
