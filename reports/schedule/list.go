package schedule

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// A Listed is a schedule with its last run and its next.
type Listed struct {
	Name     string    `json:"name"`
	Cron     string    `json:"cron"`
	Timezone string    `json:"timezone"`
	Period   string    `json:"period,omitempty"`
	Steps    []string  `json:"steps"`
	Next     time.Time `json:"next"`
	Last     *Run      `json:"last"`    // that was begun last; nil: none yet
	Running  bool      `json:"running"` // by some process, just now
	// Retry is when the last run is tried again, if it is to be.
	Retry *time.Time `json:"retry,omitempty"`
}

// List says of each schedule what was run last, and what is next. It waits for
// nobody.
func (r *Runner) List() ([]Listed, error) {
	j := &journal{path: r.Path}
	held, err := isLocked(r.Path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := j.read(); err != nil {
		return nil, err
	}
	now := r.now()
	list := []Listed{}
	for _, s := range r.Schedules {
		l := Listed{
			Name: s.Name, Cron: s.Cron.String(), Timezone: s.zone.String(), Period: string(s.Period),
			Next: s.Cron.Next(now, s.zone).UTC(), Steps: []string{},
		}
		for _, step := range s.Steps {
			l.Steps = append(l.Steps, step.Kind)
		}
		for _, run := range j.runs {
			if run.Schedule == s.Name && (l.Last == nil || !run.Changed.Before(l.Last.Changed)) {
				l.Last = run
			}
		}
		if l.Last != nil {
			l.Running = held && (l.Last.State == Started || l.Last.State == StepDone)
			if at, ok := l.Last.again(now); ok && !l.Running {
				at = at.UTC()
				l.Retry = &at
			}
		}
		list = append(list, l)
	}
	return list, nil
}

// isLocked says whether some process makes runs.
func isLocked(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock of the runs: %w", err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
