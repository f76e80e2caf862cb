package schedule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A State is how far a run is.
type State string

// The states of a run. One that is started or at a step, and that no process
// works on, was killed.
const (
	Started  State = "started"
	StepDone State = "step" // and so many steps are done
	Finished State = "finished"
	Failed   State = "failed"
	Undone   State = "undone" // it was told to stop: what it was at is as if it had not begun
)

// A record is a line of the journal.
type record struct {
	Schedule string    `json:"schedule"`
	Period   string    `json:"period"`
	Due      time.Time `json:"due"`
	State    State     `json:"state"`
	At       time.Time `json:"at"`
	Plan     string    `json:"plan,omitempty"`  // with started: what the steps are
	Steps    int       `json:"steps,omitempty"` // that are done, and are not repeated
	Tries    int       `json:"tries,omitempty"` // with started and failed: so far, with this one
	Final    bool      `json:"final,omitempty"` // with failed: it is not tried again
	Alerted  bool      `json:"alerted,omitempty"`
	Error    string    `json:"error,omitempty"`
}

// A Run is what the journal knows of one schedule and period.
type Run struct {
	Schedule string    `json:"schedule"`
	Period   string    `json:"period"`
	Due      time.Time `json:"due"`
	State    State     `json:"state"`
	Started  time.Time `json:"started"` // the last try
	Changed  time.Time `json:"changed"`
	Steps    int       `json:"steps_done"`
	Tries    int       `json:"tries"` // that were killed or failed, or are not over
	Final    bool      `json:"-"`
	Error    string    `json:"error,omitempty"`
	plan     string
	alerted  bool
}

// A journal is an append-only file of records: a line each, with its CRC32C
// before it, synced before anything else happens. A line that a kill cut off is
// as if it had not been; it is cut away before the next is written.
type journal struct {
	path string
	text []byte // whole lines, as read last
	runs []*Run // in the order in which they were begun
}

// compactAt is how long a journal grows before runs that nobody asks for any
// more are left out of it: all but the last keptRuns of each schedule.
const (
	compactAt = 1 << 20
	keptRuns  = 200
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrCorrupt says that a journal was changed by somebody else.
var ErrCorrupt = errors.New("not a journal of runs")

// read reads what is new in the file.
func (j *journal) read() error {
	text, err := os.ReadFile(j.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal of runs: %w", err)
	}
	if !bytes.HasPrefix(text, j.text) { // it was compacted, or put aside
		j.text, j.runs = nil, nil
	}
	text = text[len(j.text):]
	for n := 1 + bytes.Count(j.text, []byte("\n")); len(text) > 0; n++ {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return nil // cut off
		}
		r, err := parseRecord(text[:end])
		if err != nil {
			if end+1 == len(text) {
				return nil // the last: a block of it may have been written, and its end not
			}
			return fmt.Errorf("%s:%d: %w: %w; put it aside to begin anew, then each schedule runs its last period again", j.path, n, ErrCorrupt, err)
		}
		j.text = append(j.text, text[:end+1]...)
		j.apply(r)
		text = text[end+1:]
	}
	return nil
}

func parseRecord(line []byte) (r record, err error) {
	sum, body, ok := bytes.Cut(line, []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)) {
		return r, errors.New("the checksum is not that of the line")
	}
	return r, json.Unmarshal(body, &r)
}

func (r record) line() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(body, castagnoli), body), nil
}

// apply brings the run of a record up to date.
func (j *journal) apply(r record) {
	run := j.run(r.Schedule, r.Period)
	if run == nil {
		run = &Run{Schedule: r.Schedule, Period: r.Period}
		j.runs = append(j.runs, run)
	}
	run.State, run.Changed, run.Steps = r.State, r.At, r.Steps
	switch r.State {
	case Started:
		run.Started, run.Due, run.Tries, run.plan = r.At, r.Due, r.Tries, r.Plan
		run.Final, run.Error, run.alerted = false, "", r.Alerted
	case Failed:
		run.Tries, run.Final, run.Error, run.alerted = r.Tries, r.Final, r.Error, r.Alerted
	case Undone:
		run.Tries = r.Tries
	}
}

// run is that of a schedule and period; nil if it was never begun.
func (j *journal) run(schedule, period string) *Run {
	for _, r := range slices.Backward(j.runs) {
		if r.Schedule == schedule && r.Period == period {
			return r
		}
	}
	return nil
}

// append writes a record behind the whole lines, and syncs it. Only who holds
// the lock may.
func (j *journal) append(r record) (err error) {
	line, err := r.line()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("journal of runs: %w", err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("journal of runs: %w", e)
		}
	}()
	end := int64(len(j.text))
	if err = f.Truncate(end); err == nil {
		_, err = f.WriteAt(line, end)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil && end == 0 {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return fmt.Errorf("journal of runs: %w", err)
	}
	j.text = append(j.text, line...)
	j.apply(r)
	return nil
}

// compact leaves out old runs of a journal that has become long. Only who holds
// the lock may.
func (j *journal) compact() error {
	if len(j.text) < compactAt {
		return nil
	}
	left := map[string]int{}
	kept := map[[2]string]bool{}
	for _, r := range slices.Backward(j.runs) {
		if left[r.Schedule]++; left[r.Schedule] <= keptRuns {
			kept[[2]string{r.Schedule, r.Period}] = true
		}
	}
	var text []byte
	for line := range bytes.Lines(j.text) {
		r, err := parseRecord(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return err
		}
		if kept[[2]string{r.Schedule, r.Period}] {
			text = append(text, line...)
		}
	}
	if len(text) > len(j.text)/2 {
		return nil // there is little to leave out
	}
	aside := j.path + ".new"
	f, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(aside, j.path), syncDir(filepath.Dir(j.path))); err != nil {
		return err
	}
	return j.read()
}

// syncDir makes the names in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
