package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
)

// Where this variable is set, the program is a step, not a test.
const insideVariable = "MILLRACE_BENCH_INSIDE"

// TestMain is three programs: a step, make bench, and the tests.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(insideVariable) != "":
		os.Exit(inside(os.Args[1:]))
	case os.Getenv("MILLRACE_BENCH_EVENTS") != "":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		if err := bench(ctx, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %v\n", err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// bench is make bench. It prints a page, and writes it to .build/bench.md and
// its figures to .build/bench.json.
func bench(ctx context.Context, stdout, stderr io.Writer) (err error) {
	text := os.Getenv("MILLRACE_BENCH_EVENTS")
	events, err := strconv.ParseInt(text, 10, 64)
	if err != nil || events < 1000 {
		return fmt.Errorf("EVENTS is %q, not a number of at least 1000 events", text)
	}
	out, err := filepath.Abs("../.build")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	program, err := build(ctx, out)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(os.Getenv("MILLRACE_BENCH_DIR"), "millrace-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := report{Command: "make bench EVENTS=" + text, Machine: thisMachine(), Events: events}
	list := steps()
	if only := os.Getenv("MILLRACE_BENCH_ONLY"); only != "" {
		list = chosen(list, only)
		r.Command += fmt.Sprintf(" ONLY=%q", only)
	}
	var errs []error
	at := func(n int64, list []step) []result {
		fmt.Fprintf(stderr, "\n%s events\n", thousands(n))
		h, err := newHarness(ctx, dir, program, rivals(), n, stderr)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		r.Versions = h.versions
		results, err := h.run(ctx, list)
		errs = append(errs, err)
		return results
	}
	r.Results = at(events, list)
	if growth := os.Getenv("MILLRACE_BENCH_GROWTH"); growth != "0" && (growth != "" || events >= 10_000_000) {
		ours := slices.DeleteFunc(slices.Clone(list), func(s step) bool { return s.rival })
		for _, n := range []int64{events / 100, events / 10} {
			r.Growth = append(r.Growth, at(n, ours))
		}
	}
	var page, figures bytes.Buffer
	r.markdown(&page)
	errs = append(errs, r.writeJSON(&figures),
		os.WriteFile(filepath.Join(out, "bench.md"), page.Bytes(), 0o644),
		os.WriteFile(filepath.Join(out, "bench.json"), figures.Bytes(), 0o644))
	fmt.Fprintf(stdout, "\n%s", page.Bytes())
	return errors.Join(errs...)
}

// rivals are those that make bench found or made.
func rivals() installed {
	return installed{os.Getenv("MILLRACE_PYTHON"), os.Getenv("MILLRACE_RUST")}
}

// build builds the program in dir.
func build(ctx context.Context, dir string) (path string, err error) {
	path = filepath.Join(dir, "millrace")
	if out, err := exec.CommandContext(ctx, "go", "build", "-tags", "duckdb_arrow", "-o", path, "../cmd/millrace").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// chosen are the steps whose question or way has one of some texts in it,
// which | parts, and those that make what they need.
func chosen(list []step, texts string) []step {
	if texts == "" {
		return list
	}
	wanted := func(s step) bool {
		return slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(s.question+": "+s.way, text) })
	}
	needed := map[string]bool{}
	var kept []step
	for _, s := range slices.Backward(list) {
		if wanted(s) || needed[s.makes] && s.makes != "" {
			kept = append(kept, s)
			for _, name := range s.named() {
				needed[name] = true
			}
		}
	}
	slices.Reverse(kept)
	return kept
}

// TestWaysAgree runs the whole benchmark on a small log: what it measures, of
// Millrace and of every rival that is there, gives the same answers. DuckDB is
// always there.
func TestWaysAgree(t *testing.T) {
	dir := t.TempDir()
	program, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHarness(t.Context(), dir, program, rivals(), 20_000, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	list := steps()
	if err := check(list); err != nil {
		t.Fatal(err)
	}
	results, err := h.run(t.Context(), list)
	if err != nil {
		t.Error(err)
	}
	for i, r := range results {
		name := r.Question + ": " + r.Way
		switch r.Status {
		case measured:
			p := r.Process
			if r.cpu <= 0 || r.wall <= 0 || p.CPU < r.cpu {
				t.Errorf("%s: %.3f CPU seconds, %.3f of the process, %.3f s", name, r.cpu, p.CPU, r.wall)
			}
			// The samples cannot see more than the system's own account of the peak.
			if p.MaxRSS <= 0 || p.Anonymous > p.MaxRSS || p.FileBacked > p.MaxRSS {
				t.Errorf("%s: samples of %d and %d bytes, and a peak of %d", name, p.Anonymous, p.FileBacked, p.MaxRSS)
			}
			if list[i].makes != "" && r.Grew <= 0 {
				t.Errorf("%s made nothing", name)
			}
		case notThere:
			if !slices.ContainsFunc([]string{"unknown flag", "unexpected argument", "not there: "}, func(x string) bool { return strings.Contains(r.Said, x) }) {
				t.Errorf("%s is reported as not there, but %s", name, r.Said)
			}
		case notRun: // a file that a missing command would make, or a rival in Python
			if !strings.HasPrefix(r.Said, "there is no ") && !strings.Contains(r.Said, "not installed") {
				t.Errorf("%s: not run: %s", name, r.Said)
			}
		default:
			t.Errorf("%s: %s: %s", name, r.Status, r.Said)
		}
		if strings.Contains(name, "DuckDB") && r.Status != measured {
			t.Errorf("%s: %s: %s", name, r.Status, r.Said)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if f.Name() != "millrace" && f.Name() != "answer.json" {
			t.Errorf("%s is left", f.Name())
		}
	}
	rep := report{Machine: thisMachine(), Versions: h.versions, Events: h.events, Results: results, Growth: [][]result{results}}
	var page, figures bytes.Buffer
	rep.markdown(&page)
	for _, s := range list {
		if !strings.Contains(page.String(), "| "+s.way) || !strings.Contains(page.String(), "**"+s.question+"**") {
			t.Errorf("the page says nothing of %s: %s", s.question, s.way)
		}
	}
	if err := rep.writeJSON(&figures); err != nil {
		t.Fatal(err)
	}
	var again report
	if err := json.Unmarshal(figures.Bytes(), &again); err != nil || len(again.Results) != len(list) {
		t.Errorf("%d results in JSON, of %d: %v", len(again.Results), len(list), err)
	}
}

// TestFilterKinds holds that every kind of filter is measured.
func TestFilterKinds(t *testing.T) {
	for _, k := range eventlog.FilterKinds {
		if !slices.ContainsFunc(filters, func(f struct{ kind, value string }) bool { return f.kind == k.Name }) {
			t.Errorf("no step for --%s", k.Name)
		}
	}
}

// TestDiffers holds that an answer which is wrong in one figure is seen, and
// takes the figures from all ways to its question.
func TestDiffers(t *testing.T) {
	text := `{"cases": 3, "events": 9, "start": [{"activity": "a", "cases": 3}], "end": [{"activity": "c", "cases": 3}],
		"edges": [{"from": "a", "to": "b", "count": 3, "median_s": 100, "p95_s": 200}],
		"variants": [{"activities": ["a", "b", "c"], "cases": 3, "median_s": 1000}]}`
	read := func(text string, p part) (answer, error) {
		path := filepath.Join(t.TempDir(), "answer.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return readAnswer(path, p)
	}
	want, err := read(text, both)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from, to string
		differs  bool
	}{
		{`"cases": 3, "events"`, `"cases": 4, "events"`, true},
		{`"events": 9`, `"events": 8`, true},
		{`"activity": "a", "cases": 3`, `"activity": "a", "cases": 2`, true},
		{`"activity": "c"`, `"activity": "b"`, true},
		{`"count": 3`, `"count": 2`, true},
		{`"median_s": 100,`, `"median_s": 101,`, true},
		{`"median_s": 100,`, `"median_s": 100.5,`, false},
		{`"p95_s": 200`, `"p95_s": 203`, true},
		{`"p95_s": 200`, `"p95_s": null`, false},
		{`["a", "b", "c"]`, `["a", "c", "b"]`, true},
		{`"median_s": 1000`, `"median_s": 1009`, true},
		{`"edges": [`, `"edges": [{"from": "b", "to": "c", "count": 1, "median_s": 1, "p95_s": 1},`, true},
	} {
		got, err := read(strings.Replace(text, test.from, test.to, 1), both.counts())
		if err != nil {
			t.Fatal(err)
		}
		if d := differs(got, want, buckets); (d != "") != test.differs {
			t.Errorf("%s instead of %s: %q", test.to, test.from, d)
		}
		results := []result{{Status: measured}, {Status: measured}}
		compare([]step{{within: buckets}, {}}, results, []*answer{&got, &want})
		if (results[0].Status == wrong) != test.differs || (results[1].Status == wrong) != test.differs {
			t.Errorf("%s instead of %s: the ways are %q and %q", test.to, test.from, results[0].Status, results[1].Status)
		}
	}
	for _, figure := range []string{`"p95_s": 200`, `"median_s": 100`, `"median_s": 1000`} {
		name, _, _ := strings.Cut(figure, ": ")
		for _, end := range []string{",", "}"} {
			lacking := strings.Replace(text, figure+end, name+": null"+end, 1)
			if _, err := read(lacking, both); err == nil && lacking != text {
				t.Errorf("an answer without %s passes", figure)
			}
		}
	}
	if _, err := read(`{"cases": 3, "events": 9}`, dfg); err == nil {
		t.Error("an answer without a graph passes")
	}
}

// TestRun holds what is said of a process: its time, its memory, its end.
func TestRun(t *testing.T) {
	if memoryOf(os.Getpid())["RssAnon"] < 0 {
		t.Log("the system does not say how much memory a process has")
	}
	self := func(args ...string) *exec.Cmd {
		c := exec.Command(os.Args[0], args...)
		c.Env = append(os.Environ(), insideVariable+"=1")
		return c
	}
	u, err := run(self("spend", "1", "100"), limits{wall: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if u.CPU < 1 || u.CPU > 5 || u.Wall < .1 {
		t.Errorf("a process that spends a CPU second took %.3f, and %.3f s", u.CPU, u.Wall)
	}
	if u.Anonymous >= 0 && (u.Anonymous < 100e6 || u.Anonymous > 250e6 || u.MaxRSS < u.Anonymous) {
		t.Errorf("a process that has 100 MB had %d bytes of its own, at most %d", u.Anonymous, u.MaxRSS)
	}
	if math.IsNaN(u.Others) || u.Others < 0 {
		t.Errorf("others kept %v cores busy", u.Others)
	}
	for name, l := range map[string]limits{"time": {wall: 100 * time.Millisecond}, "memory": {wall: time.Minute, memory: 50e6}} {
		u, err := run(self("spend", "30", "100"), l)
		if _, ok := err.(stopped); !ok && (name == "time" || u.Anonymous >= 0) {
			t.Errorf("at its limit of %s a process ended with %v", name, err)
		}
	}
	if _, err := run(self("no such task"), limits{wall: time.Minute}); exitCode(err) != 1 {
		t.Errorf("a task that is not there: %v", err)
	}
	if _, err := run(self("fold", "no such way"), limits{wall: time.Minute}); exitCode(err) != 2 {
		t.Errorf("a fold that is not there: %v", err)
	}
}
