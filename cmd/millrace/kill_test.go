package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/eventlog"
)

// storeFile is where a project's store is if the project does not say.
const storeFile = "millrace.duckdb"

// How far a killed import was.
const (
	whileStarting = "starting"
	whileReading  = "reading"
	whileMerging  = "merging"
	whileBuilding = "building columns" // the log is committed
	whileClosing  = "closing"
)

// An import that is killed at any moment leaves a store that opens, that has
// everything committed, and of the import all or nothing; and importing again
// gives what an undisturbed import does.
//
// The kills hit one store, again and again, until one of them has come after
// the commit; then the next hits a copy of the store as it was at first.
func testKill(t *testing.T, p program) {
	events, kills := int64(100_000), 5
	if full() {
		events, kills = 1_000_000, 50
	}
	big, small := syntheticCSV(t, "big.csv", events), syntheticCSV(t, "small.csv", 3_000)
	base := t.TempDir()
	p.run(t, base, "import", small, "--log", "small")
	smallWant := p.run(t, base, "mine", "variants", "small", "--json")

	calm := copyOf(t, base)
	began := time.Now()
	p.run(t, calm, "import", big, "--log", "big")
	took := time.Since(began) // and will take: other work on the machine changes it
	want, wantFiles := answers(t, p, calm), files(t, calm)
	t.Logf("an undisturbed import of %d events takes %v", events, took)

	random := rand.New(rand.NewPCG(4711, 2))
	slots := random.Perm(kills) // each has its part of the time that an import takes
	hit, late, earlier := map[string]int{}, 0, 1.0
	dir := copyOf(t, base)
	for i := 0; i < kills; {
		part := earlier * (float64(slots[i]) + random.Float64()) / float64(kills)
		at := time.Duration(part * float64(took))
		began := time.Now()
		c := p.start(t, dir, "import", big, "--log", "big")
		timer := time.AfterFunc(at, func() { c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if err != nil && c.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("import: %v\n%s", err, c.errs.String())
		}
		if list := readable(t, dir); len(list) > 0 {
			t.Errorf("others may read %v", list)
		}
		phase := phaseOf(t, dir, c.Process.Pid)

		logs := listLogs(t, p, dir)
		if got := p.run(t, dir, "mine", "variants", "small", "--json"); got != smallWant {
			t.Fatalf("killed after %v, %s: the small log is not what it was:\n%s", at, phase, got)
		}
		whole := slices.Contains(logs, "big")
		if strings.HasPrefix(c.out.String(), "big: load") && !whole {
			t.Fatalf("killed after %v: it said %q, and there is no such log", at, c.out.String())
		}
		if whole {
			same(t, fmt.Sprintf("killed after %v, %s", at, phase), answers(t, p, dir), want)
		}
		if phase == whileBuilding {
			again(t, p, dir, big, want, wantFiles)
		}
		if whole {
			dir = copyOf(t, base)
		}
		if err == nil { // the kill came too late: another one, and sooner
			took, earlier = min(took, time.Since(began)), earlier*.8
			if late++; late > 3*kills {
				t.Fatalf("%d kills came after the end, %v before it: imports do not take %v", late, hit, took)
			}
			continue
		}
		if part > 0.8 && !whole { // an undisturbed one builds columns then
			took += took / 10
		}
		hit[phase]++
		i, earlier = i+1, 1
	}
	t.Logf("%d kills hit %v; %d more came after the end", kills, hit, late)
	if full() && min(hit[whileReading], hit[whileMerging], hit[whileBuilding]) == 0 {
		t.Errorf("the kills are not spread over the import: %v", hit)
	}
	again(t, p, dir, big, want, wantFiles)
}

// again imports after a kill; everything must be as if there had been none.
func again(t *testing.T, p program, dir, big string, want map[string]string, wantFiles []string) {
	t.Helper()
	p.run(t, dir, "import", big, "--log", "big")
	same(t, "imported again", answers(t, p, dir), want)
	if got := files(t, dir); !slices.Equal(got, wantFiles) {
		t.Errorf("left behind: got %v, want %v", got, wantFiles)
	}
}

// answers are what the program says of the logs.
func answers(t *testing.T, p program, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, args := range []string{"mine variants small", "mine variants big", "mine dfg big", "log show big"} {
		out[args] = p.run(t, dir, append(strings.Fields(args), "--json")...)
	}
	return out
}

func same(t *testing.T, when string, got, want map[string]string) {
	t.Helper()
	for args := range want {
		if got[args] != want[args] {
			t.Errorf("%s: %s differs from that of an undisturbed import: %s", when, args, firstDifference(got[args], want[args]))
		}
	}
}

// firstDifference is where two texts begin to differ.
func firstDifference(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	near := func(s string) string { return s[max(0, at-200):min(len(s), at+200)] }
	return fmt.Sprintf("%d and %d bytes, from byte %d on:\n%s\nwant\n%s", len(got), len(want), at, near(got), near(want))
}

func listLogs(t *testing.T, p program, dir string) []string {
	t.Helper()
	var list []listedLog
	if err := json.Unmarshal([]byte(p.run(t, dir, "log", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range list {
		names = append(names, l.Log)
	}
	if !slices.Contains(names, "small") {
		t.Fatalf("the small log is gone; there are %v", names)
	}
	return names
}

// phaseOf says from what a killed import left how far it was.
func phaseOf(t *testing.T, dir string, pid int) string {
	t.Helper()
	s, err := eventlog.Open(t.Context(), filepath.Join(dir, storeFile), eventlog.OpenOptions{ReadOnly: true, Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	number := func(query string) (n int) {
		rows, err := s.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	switch {
	case number("SELECT count(*) FROM main.columns WHERE log = 'big'") > 0:
		return whileClosing
	case number("SELECT count(*) FROM main.log WHERE log = 'big'") > 0:
		return whileBuilding
	}
	staged, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf(".millrace-stage-%d-*/event-0.parquet", pid)))
	if err != nil {
		t.Fatal(err)
	}
	if len(staged) == 0 {
		return whileStarting
	}
	content, err := os.ReadFile(staged[0])
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasSuffix(content, []byte("PAR1")) && len(content) > 4 { // a Parquet file begins with it too
		return whileMerging
	}
	return whileReading
}

// copyOf copies a project's folder, for its owner only.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

var digits = regexp.MustCompile(`\d+`)

// files lists what is in a folder, without the numbers in the names.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, digits.ReplaceAllString(e.Name(), "N"))
	}
	return out
}
