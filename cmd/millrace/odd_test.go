package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// mined is what the tests of odd inputs look at.
type mined struct {
	Cases, Events int64
	Activities    []struct{ Name string }
	Edges         []struct {
		From, To string
		Count    int64
		Total    *float64 `json:"total_s"`
	}
	Notes []struct{ Code, Text string }
}

func mineDFG(t *testing.T, args ...string) mined {
	t.Helper()
	var m mined
	if err := json.Unmarshal([]byte(millrace(t, append([]string{"mine", "dfg", "--json", "-q"}, args...)...)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// complains runs the program, which must fail, and returns what it said.
func complains(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != failed {
		t.Fatalf("millrace %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, failed, out.String(), errs.String())
	}
	return errs.String()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCaseOfAMillionEvents(t *testing.T) {
	var csv bytes.Buffer
	csv.WriteString("case,activity,time\none,a,2024-01-01T00:00:00Z\n")
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1_000_000 {
		fmt.Fprintf(&csv, "many,%c,%s\n", 'a'+i%3, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	m := mineDFG(t, write(t, "long.csv", csv.Bytes()))
	if m.Cases != 2 || m.Events != 1_000_001 || len(m.Edges) != 3 {
		t.Fatalf("%d cases, %d events, %d edges", m.Cases, m.Events, len(m.Edges))
	}
	for _, e := range m.Edges {
		if e.Count != 333_333 || *e.Total != 333_333 {
			t.Errorf("%+v, total %v", e, *e.Total)
		}
	}
}

func TestTenThousandActivities(t *testing.T) {
	var csv bytes.Buffer
	csv.WriteString("case,activity,time\n")
	for i := range 10_000 {
		fmt.Fprintf(&csv, "c%d,step %d,2024-01-01T00:00:%02dZ\n", i/10, i, i%10)
	}
	m := mineDFG(t, write(t, "wide.csv", csv.Bytes()))
	if len(m.Activities) != 10_000 || len(m.Edges) != 9_000 {
		t.Fatalf("%d activities, %d edges", len(m.Activities), len(m.Edges))
	}
}

func TestMoreActivitiesThanALogCanHave(t *testing.T) {
	var csv bytes.Buffer
	csv.WriteString("case,activity,time\n")
	for i := range 70_000 {
		fmt.Fprintf(&csv, "c,step %d,2024-01-01T00:00:00Z\n", i)
	}
	got := complains(t, "mine", "dfg", "--case", "case", "--activity", "activity", "--time", "time", write(t, "ids.csv", csv.Bytes()))
	if !strings.Contains(got, "65536 distinct activities: is the activity column the right one?") {
		t.Fatal(got)
	}
}

func TestHostileNames(t *testing.T) {
	names := []string{"</script><script>alert(1)</script>", "'; DROP TABLE event; --", "a,b\"c", "zwei\nZeilen", "受注登録", "🚚", "\u202etxt.exe"}
	var csv bytes.Buffer
	csv.WriteString("case,activity,time\n")
	for i, n := range names {
		fmt.Fprintf(&csv, "c,\"%s\",2024-01-01T00:00:%02dZ\n", strings.ReplaceAll(n, `"`, `""`), i)
	}
	path := write(t, "hostile.csv", csv.Bytes())
	m := mineDFG(t, path)
	if len(m.Edges) != len(names)-1 {
		t.Fatalf("%+v", m.Edges)
	}
	for i, n := range names[1:] {
		found := false
		for _, e := range m.Edges {
			found = found || e.From == names[i] && e.To == n
		}
		if !found {
			t.Errorf("no edge %q → %q", names[i], n)
		}
	}
	// On a terminal nothing of it moves the cursor or turns the text around.
	if out := millrace(t, "mine", "variants", path); strings.ContainsAny(out, "\u202e\x1b") {
		t.Errorf("control characters reach the terminal: %q", out)
	}
}

func TestUTF16(t *testing.T) {
	text := "Fall;Aktivität;Zeit\r\n1;Auftrag prüfen;31.12.1969 23:00\r\n1;Größe ändern;01.01.2101 08:00\r\n"
	units := utf16.Encode([]rune(text))
	for name, order := range map[string][2]int{"little": {0, 8}, "big": {8, 0}} {
		var b []byte
		for _, u := range append([]uint16{0xfeff}, units...) {
			b = append(b, byte(u>>order[0]), byte(u>>order[1]))
		}
		m := mineDFG(t, write(t, name+".csv", b))
		if m.Events != 2 || m.Edges[0].From != "Auftrag prüfen" || m.Edges[0].To != "Größe ändern" {
			t.Errorf("%s endian: %+v", name, m)
		}
		if want := time.Date(2101, 1, 1, 8, 0, 0, 0, time.UTC).Sub(time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC)).Seconds(); *m.Edges[0].Total != want {
			t.Errorf("%s endian: total %v, want %v", name, *m.Edges[0].Total, want)
		}
	}
}

// The night the clocks go back the hour from two to three comes twice, and the
// night they go forward it does not come at all.
func TestNightsTheClocksChange(t *testing.T) {
	path := write(t, "dst.csv", []byte("case,activity,time\n"+
		"back,a,2026-10-25 01:30\nback,b,2026-10-25 03:30\n"+
		"forward,a,2026-03-29 01:30\nforward,b,2026-03-29 03:30\n"))
	got := map[string]float64{}
	var v struct {
		Variants []struct {
			Cases  int64
			Median float64 `json:"median_s"`
		}
	}
	for _, c := range []string{"back", "forward"} {
		out := millrace(t, "mine", "variants", path, "--json", "-q", "--timezone", "Europe/Berlin", "--where", "id = '"+c+"'")
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatal(err)
		}
		got[c] = v.Variants[0].Median / 3600
	}
	if got["back"] != 3 || got["forward"] != 1 {
		t.Fatal(got)
	}
}

func TestEmptyLogs(t *testing.T) {
	for name, content := range map[string]string{
		"empty.csv": "case,activity,time\n",
		"empty.xes": `<?xml version="1.0"?><log xes.version="1.0"></log>`,
	} {
		m := mineDFG(t, write(t, name, []byte(content)), "--case", "case", "--activity", "activity", "--time", "time")
		if m.Cases != 0 || m.Events != 0 || len(m.Edges) != 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if got := complains(t, "mine", "dfg", write(t, "nothing.csv", nil)); !strings.Contains(got, "nothing.csv") {
		t.Error(got)
	}
}

func xesOf(events int) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<log>\n<trace>\n<string key=\"concept:name\" value=\"1\"/>\n")
	for i := range events {
		fmt.Fprintf(&b, "<event><string key=\"concept:name\" value=\"a\"/><date key=\"time:timestamp\" value=\"2024-01-01T00:00:%02dZ\"/></event>\n", i)
	}
	b.WriteString("</trace>\n</log>\n")
	return b.String()
}

func TestTruncatedXES(t *testing.T) {
	whole := xesOf(3)
	got := complains(t, "mine", "dfg", write(t, "cut.xes", []byte(whole[:len(whole)/2])))
	if !strings.Contains(got, "cut.xes") {
		t.Error(got)
	}
}

func TestEntityBomb(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
		`<log><trace><string key="concept:name" value="1"/><event><string key="concept:name" value="&b;"/></event></trace></log>`
	if got := complains(t, "mine", "dfg", write(t, "bomb.xes", []byte(bomb))); !strings.Contains(got, "entit") {
		t.Error(got)
	}
}

func TestHundredThousandNestedElements(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<log><trace><string key="concept:name" value="1"/><event><string key="concept:name" value="a"/>`)
	const deep = 100_000
	for range deep {
		b.WriteString(`<string key="k" value="v">`)
	}
	b.WriteString(strings.Repeat(`</string>`, deep))
	b.WriteString(`</event></trace></log>`)
	path := write(t, "deep.xes", []byte(b.String()))
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"mine", "dfg", "--json", path}, strings.NewReader(""), &out, &errs)
	if code == done {
		var m mined
		if err := json.Unmarshal(out.Bytes(), &m); err != nil || m.Events != 1 {
			t.Fatalf("%v: %+v", err, m)
		}
	} else if !strings.Contains(errs.String(), "deep.xes") {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
}

// Logs for which the oracle has nothing to compare are read all the same, and
// what was missing is said.
func TestLogsTheOracleCannotRead(t *testing.T) {
	for name, want := range map[string]struct {
		cases, events int64
		note          string
	}{
		"tickets.xes.gz":           {9, 43, "ties"},
		"orders.xes.gz":            {17, 154, "ties"},
		"a12f0n00.xes.gz":          {1000, 6186, "missing-times"},
		"L1_missing_timestamp.xes": {6, 46, "missing-times"},
	} {
		m := mineDFG(t, shared(t, "data", "logs", name), "--lifecycle", "all")
		said := false
		for _, n := range m.Notes {
			said = said || n.Code == want.note
		}
		if m.Cases != want.cases || m.Events != want.events || !said {
			t.Errorf("%s: %d cases, %d events, notes %v", name, m.Cases, m.Events, m.Notes)
		}
	}
	if got := complains(t, "mine", "dfg", shared(t, "data", "logs", "xes_20.xes")); !strings.Contains(got, "no row is left") {
		t.Error(got)
	}
}

// Rows in another order give the same results where no ties are left.
func TestShuffledRows(t *testing.T) {
	rows := []string{"1,a,2024-01-01", "1,b,2024-01-02", "2,a,2024-01-01", "2,c,2024-01-05", "1,c,2024-01-03", "3,b,2024-02-01"}
	want := ""
	for shift := range rows {
		text := "case,activity,time\n" + strings.Join(append(append([]string{}, rows[shift:]...), rows[:shift]...), "\n") + "\n"
		dir := t.TempDir()
		path := filepath.Join(dir, "log.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := millrace(t, "mine", "variants", path, "--json", "-q") + millrace(t, "mine", "dfg", path, "--json", "-q")
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("%s\n%s", want, got)
		}
	}
}

// A file that only begins like an object-centric log, or has nothing in it, is
// refused by what is wrong with it, and nothing temporary is left.
func TestOddObjectFiles(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for name, c := range map[string]struct{ content, want string }{
		"cut.jsonocel":  {`{"objectTypes": [], "eventTypes": [], "objects": [{"id": "o1", "ty`, "cut.jsonocel"},
		"cut.xmlocel":   {`<?xml version="1.0"?><log><object-types><object-type name="a">`, "cut.xmlocel"},
		"no.sqlite":     {"SQLite format 3\x00 CREATE TABLE event_object", "no.sqlite"},
		"none.jsonocel": {"", "none.jsonocel is empty"},
		"book.xlsx":     {"PK\x03\x04", "the ZIP archive is cut off or damaged"},
	} {
		path := write(t, name, []byte(c.content))
		for _, command := range []string{"ocdfg", "dfg"} {
			if got := complains(t, "mine", command, path); !strings.Contains(got, c.want) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if os.Getuid() != 0 {
		path := write(t, "secret.jsonocel", []byte(`{"objectTypes": []}`))
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		if got := complains(t, "mine", "ocdfg", path); !strings.Contains(got, "permission denied") {
			t.Error(got)
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
