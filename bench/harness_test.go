package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
)

// A harness runs steps over a log of a size.
type harness struct {
	dir      string // of the files
	millrace string // the program
	self     string // this one
	installed
	rivals   string // folder of the programs in Python
	versions map[string]string
	events   int64
	progress io.Writer
}

// What became of a step.
const (
	measured = "measured"
	notThere = "not there" // Millrace does not have the command
	notRun   = "not run"   // it lacks something: a file, a rival; or the log is too large for it
	halted   = "stopped"   // it took too long or too much memory
	broken   = "failed"
	wrong    = "differs" // its answer is not that of the others
)

// A result is what became of a step, and what it took.
type result struct {
	Question string  `json:"question"`
	Way      string  `json:"way"`
	Rival    bool    `json:"rival"`
	Events   int64   `json:"events"`
	Status   string  `json:"status"`
	Said     string  `json:"said,omitempty"` // why it is not measured, or how
	Process  usage   `json:"process"`
	Inside   []taken `json:"inside,omitempty"` // runs of the inner part
	Grew     int64   `json:"disk_bytes"`       // of what it makes; -1: it makes nothing

	wall, cpu float64 // the figures that count: of an inner run, or of the process
	part      *part   // what it answered
}

// installed are rivals that are programs of their own; "" where one is not there.
type installed struct{ python, rust string }

// newHarness finds out what there is.
func newHarness(ctx context.Context, dir, program string, has installed, events int64, progress io.Writer) (*harness, error) {
	rivals, err := filepath.Abs("rivals")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &harness{dir: dir, millrace: program, self: self, installed: has, rivals: rivals, events: events, progress: progress, versions: map[string]string{}}
	if h.versions["DuckDB"], err = eventlog.EngineVersion(ctx); err != nil {
		return nil, err
	}
	for name, module := range map[string]string{"polars": "polars", "PM4Py": "pm4py"} {
		if h.python == "" {
			continue
		}
		out, err := exec.CommandContext(ctx, h.python, "-c", "from importlib.metadata import version; print(version('"+module+"'))").Output()
		if err == nil {
			h.versions[name] = strings.TrimSpace(string(out))
		}
	}
	if h.rust != "" {
		lock, err := os.ReadFile(filepath.Join(rivals, "with_process_mining", "Cargo.lock"))
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(string(lock), "name = \"process_mining\"\nversion = \"")
		h.versions["process_mining (Rust)"], _, _ = strings.Cut(rest, "\"")
	}
	return h, nil
}

// run runs the steps and compares the answers to each question. What is wrong
// with ours, or with a rival that is there, is an error, after all have run.
func (h *harness) run(ctx context.Context, list []step) (results []result, err error) {
	var errs []error
	var answers []*answer // of the question of the last results
	for i := range list {
		s := &list[i]
		if i == 0 || s.question != list[i-1].question {
			answers = nil
			fmt.Fprintf(h.progress, "\n%s\n", s.question)
		}
		r, a := h.step(ctx, s)
		fmt.Fprintf(h.progress, "  %-10s %8.2f s  %s  %s\n", r.Status, r.Process.Wall, s.way, r.Said)
		results, answers = append(results, r), append(answers, a)
		if i+1 == len(list) || list[i+1].question != s.question {
			compare(list[i+1-len(answers):i+1], results[i+1-len(answers):], answers)
		}
		errs = append(errs, h.tidy(list, i))
	}
	for _, r := range results {
		if r.Status == broken || r.Status == wrong {
			errs = append(errs, fmt.Errorf("%s: %s: %s: %s", r.Question, r.Way, r.Status, r.Said))
		}
	}
	return results, errors.Join(errs...)
}

// compare holds the answers to one question against each other: against that
// of the first exact way, else the first. Where one differs, no way to the
// question has a figure.
func compare(list []step, results []result, answers []*answer) {
	judge := -1
	for i, a := range answers {
		if a != nil && (judge < 0 || list[i].within == 0 && list[judge].within > 0) {
			judge = i
		}
	}
	if judge < 0 || list[judge].narrows {
		return
	}
	for i, a := range answers {
		if a == nil || i == judge {
			continue
		}
		if d := differs(*a, *answers[judge], max(list[i].within, list[judge].within, 1e-9)); d != "" {
			results[i].Status, results[i].Said = wrong, "from "+list[judge].way+": "+d
		}
	}
	if slices.ContainsFunc(results, func(r result) bool { return r.Status == wrong }) {
		for i := range results {
			if results[i].Status == measured {
				results[i].Status, results[i].Said = wrong, "no figure, as another answer to this differs"
			}
		}
	}
}

// step runs one.
func (h *harness) step(ctx context.Context, s *step) (result, *answer) {
	r := result{Question: s.question, Way: s.way, Rival: s.rival, Events: s.events(h.events), Status: notRun, Grew: -1, part: s.part}
	if s.most > 0 && h.events > s.most {
		r.Said = fmt.Sprintf("it is given %s events at most", thousands(s.most))
		return r, nil
	}
	for _, name := range s.named() {
		if _, err := os.Stat(filepath.Join(h.dir, files[name])); err != nil && name != s.makes {
			r.Said = "there is no " + files[name]
			return r, nil
		}
	}
	for _, c := range s.commands {
		if why := h.missing(c); why != "" {
			r.Said = why
			return r, nil
		}
	}
	if s.in != "" && s.in == s.makes {
		if err := os.MkdirAll(filepath.Join(h.dir, files[s.in]), 0o700); err != nil {
			r.Status, r.Said = broken, err.Error()
			return r, nil
		}
	}
	before := h.size(s.makes)
	out := filepath.Join(h.dir, "answer.json")
	err := h.commands(ctx, s, s.commands, out, &r)
	var stop stopped
	switch {
	case errors.As(err, &stop):
		r.Status, r.Said = halted, err.Error()
	case exitCode(err) == 2 && !s.rival:
		r.Status = notThere
		_, r.Said, _ = strings.Cut(err.Error(), ": ")
	case err != nil:
		r.Status, r.Said = broken, err.Error()
	default:
		r.Status = measured
	}
	if r.Status != measured {
		if s.makes != "" && before == 0 {
			os.RemoveAll(filepath.Join(h.dir, files[s.makes])) // half of a file is none
		}
		return r, nil
	}
	if s.makes != "" {
		r.Grew = h.size(s.makes) - before
	}
	r.wall, r.cpu = r.Process.Wall, r.Process.CPU
	if s.part == nil {
		return r, nil
	}
	a, err := readAnswer(out, *s.part)
	if s.apart {
		r.Events = a.Events
	}
	if err == nil && !s.narrows && a.Events != r.Events {
		err = fmt.Errorf("the answer is about %d events, not %d", a.Events, r.Events)
	}
	if err != nil {
		r.Status, r.Said = broken, err.Error()
		return r, nil
	}
	r.Said = a.measured()
	if r.Inside = a.inside; len(a.inside) > 0 {
		run := slices.MinFunc(a.inside, func(x, y taken) int { return cmp.Compare(x.CPU, y.CPU) })
		if s.narrows {
			run = a.inside[0] // nobody asks for the same filter three times
		}
		r.wall, r.cpu = run.Wall, run.CPU
	}
	return r, &a
}

// commands runs the commands of a step; what they print goes to out. The
// times add up in r, the peaks are those of the largest.
func (h *harness) commands(ctx context.Context, s *step, commands [][]string, out string, r *result) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	h.warm(s)
	r.Process = usage{Load: loadAverage(), Anonymous: -1, FileBacked: -1}
	for _, words := range commands {
		c := h.command(ctx, s, words)
		var said bytes.Buffer
		c.Stdout, c.Stderr = f, &said
		// Memory is capped by what the machine has: a process that swaps, or
		// that the system kills, tells nothing.
		memory, _, _ := strings.Cut(afterColon("/proc/meminfo", "MemAvailable"), " ")
		kib, _ := strconv.ParseInt(memory, 10, 64)
		l := limits{wall: 10 * time.Minute, memory: kib << 10 / 10 * 9}
		if !s.rival {
			l.wall = time.Hour
		}
		u, err := run(c, l)
		p := &r.Process
		p.Others = (p.Others*p.Wall + u.Others*u.Wall) / max(p.Wall+u.Wall, .001)
		p.Wall, p.CPU = p.Wall+u.Wall, p.CPU+u.CPU
		p.Anonymous, p.FileBacked, p.MaxRSS = max(p.Anonymous, u.Anonymous), max(p.FileBacked, u.FileBacked), max(p.MaxRSS, u.MaxRSS)
		if err != nil {
			lines := strings.Split(strings.TrimSpace(said.String()), "\n")
			return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
		}
	}
	return nil
}

// command is a command of a step as a process.
func (h *harness) command(ctx context.Context, s *step, words []string) *exec.Cmd {
	list := slices.Clone(words)
	for i := range list {
		for name, file := range files {
			list[i] = strings.ReplaceAll(list[i], "{"+name+"}", filepath.Join(h.dir, file))
		}
		list[i] = strings.ReplaceAll(list[i], "{events}", strconv.FormatInt(s.events(h.events), 10))
		list[i] = strings.ReplaceAll(list[i], "{variants}", strconv.FormatInt(max(8, h.events*4366/10_000_000), 10))
	}
	var c *exec.Cmd
	switch words[0] {
	case "millrace":
		c = exec.CommandContext(ctx, h.millrace, list[1:]...)
	case "python":
		c = exec.CommandContext(ctx, h.python, append([]string{filepath.Join(h.rivals, list[1])}, list[2:]...)...)
	case "rust":
		c = exec.CommandContext(ctx, h.rust, list[3:]...)
	default:
		c = exec.CommandContext(ctx, h.self, list[1:]...)
		c.Env = append(os.Environ(), insideVariable+"=1")
	}
	c.Dir = h.dir
	if s.in != "" {
		c.Dir = filepath.Join(h.dir, files[s.in])
	}
	return c
}

// missing says what a command needs and is not there, "" if nothing.
func (h *harness) missing(words []string) string {
	if words[0] != "python" && words[0] != "rust" {
		return noDatabase(words)
	}
	rival := map[string]string{"with_polars.py": "polars", "with_pm4py.py": "PM4Py", "with_pm4py_models.py": "PM4Py"}[words[1]]
	switch {
	case words[0] == "rust" && h.rust == "":
		return "there is no Rust rival: cargo builds it in make bench where it is installed and crates.io is to be had"
	case words[0] == "rust":
		return ""
	case h.python == "":
		return "there is no Python: set MILLRACE_PYTHON to one with bench/rivals/requirements.txt"
	case h.versions[rival] == "":
		return rival + " is not installed in " + h.python
	}
	return ""
}

// warm reads the files of a step once, so that no figure is that of the disk,
// and who comes first does not pay for who comes next.
func (h *harness) warm(s *step) {
	for _, name := range s.named() {
		if f, err := os.Open(filepath.Join(h.dir, files[name])); err == nil {
			io.Copy(io.Discard, f) // a folder, or a file that is not there yet, is nothing to read
			f.Close()
		}
	}
}

// size is that of a file, or of all in a folder.
func (h *harness) size(name string) (sum int64) {
	if name == "" {
		return 0
	}
	filepath.WalkDir(filepath.Join(h.dir, files[name]), func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // not there yet
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// tidy removes the files of step i that no later one names.
func (h *harness) tidy(list []step, i int) error {
	var errs []error
	for _, name := range list[i].named() {
		if !slices.ContainsFunc(list[i+1:], func(s step) bool { return slices.Contains(s.named(), name) }) {
			errs = append(errs, os.RemoveAll(filepath.Join(h.dir, files[name])))
		}
	}
	return errors.Join(errs...)
}
