package words_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/words"
)

// others are all languages but English.
func others(t *testing.T) (list []*words.Language) {
	t.Helper()
	for _, tag := range words.Tags()[1:] {
		l, err := words.Find(tag)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	return list
}

// sameArguments says what is wrong with the {arguments} of a translation.
func sameArguments(t *testing.T, tag, of, english, other string) {
	t.Helper()
	a, b := words.Arguments(english), words.Arguments(other)
	slices.Sort(a)
	slices.Sort(b)
	if a, b = slices.Compact(a), slices.Compact(b); !slices.Equal(a, b) {
		t.Errorf("%s: %s has the arguments %v, in English %v", tag, of, b, a)
	}
	if strings.TrimSpace(other) == "" {
		t.Errorf("%s: %s is empty", tag, of)
	}
}

// TestSameKeys: every language has the keys of English, no others, and in each
// sentence the same arguments.
func TestSameKeys(t *testing.T) {
	english := words.English().Sentences()
	for _, l := range others(t) {
		for _, key := range slices.Sorted(maps.Keys(english)) {
			other, ok := l.Sentences()[key]
			if !ok {
				t.Errorf("%s: %s is missing", l.Tag, key)
				continue
			}
			sameArguments(t, l.Tag, key, english[key], other)
		}
		for _, key := range slices.Sorted(maps.Keys(l.Sentences())) {
			if _, ok := english[key]; !ok {
				t.Errorf("%s: %s is no key of English", l.Tag, key)
			}
		}
	}
}

// TestAllAreSaid: every key that code, templates and pages ask for has words,
// and all words are asked for.
func TestAllAreSaid(t *testing.T) {
	english := words.English().Sentences()
	used := map[string]bool{}
	var files []string
	for _, pattern := range []string{"../*.go", "../html/*.go", "../html/*.tmpl", "../layout/*.go", "../mail/*.go", "../pages/*.yaml", "../../cmd/millrace/*.go", "*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	quoted := regexp.MustCompile(`"([a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*)"|\$([a-z-]+(?:\.[a-z-]+)+)`)
	said := regexp.MustCompile(`\b(?:say|Say|Word)\("([^"]+)"[,)]|\b(?:word|cases) "([^"]+)"`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			used[m[1]+m[2]] = true
		}
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			if key := m[1] + m[2]; english[key] == "" {
				t.Errorf("%s: there are no words %q", f, key)
			}
		}
	}
	// Families of keys whose last part is data.
	made := []string{"month.", "value.", "dimension.", "verdict.", "number.", "times.", "mode.", "note.map-", "profile.lead.", "profile.tile.", "flow.pulse.", "lead.", "cause."}
	for _, key := range slices.Sorted(maps.Keys(english)) {
		if !used[key] && !slices.ContainsFunc(made, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("nobody says %q", key)
		}
	}
}

// catalogued are the texts of definitions and rules, which every language has.
func catalogued() (texts map[string]bool, nouns map[string]bool) {
	texts, nouns = map[string]bool{}, map[string]bool{}
	for _, k := range metrics.Catalogue() {
		texts[k.Title], texts[k.Doc], nouns[k.Of] = true, true, true
		for _, l := range k.LeaveOut {
			texts[l.Reason] = true
		}
		if k.Over != nil {
			for _, l := range k.Over.LeaveOut {
				texts[l.Reason] = true
			}
		}
	}
	for _, r := range metrics.Rules() {
		texts[r.Title], texts[r.Owner] = true, true
	}
	for _, d := range reports.Details {
		texts[d.Name] = true
	}
	return texts, nouns
}

// sources are the code that makes notes and what else pages take from results.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"../../metrics/*.go", "../../mining/*.go", "../../eventlog/*.go", "../*.go", "../../cmd/millrace/report*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return regexp.MustCompile(`" \+\s*"`).ReplaceAllString(strings.ReplaceAll(all.String(), "%%", "%"), "")
}

// TestCatalogue: every title, definition, noun and reason of the catalogue is in
// every language; what is in it and is said by nobody any more is told.
func TestCatalogue(t *testing.T) {
	texts, nouns := catalogued()
	code := sources(t)
	argument := regexp.MustCompile(`\{[a-z]+\}`)
	for _, l := range others(t) {
		for _, english := range slices.Sorted(maps.Keys(texts)) {
			if _, ok := l.Texts()[english]; !ok {
				t.Errorf("%s: there is no %q", l.Tag, english)
			}
		}
		for _, english := range slices.Sorted(maps.Keys(nouns)) {
			if _, ok := l.Nouns()[english]; !ok {
				t.Errorf("%s: there is no noun %q", l.Tag, english)
			}
		}
		for _, english := range slices.Sorted(maps.Keys(l.Texts())) {
			sameArguments(t, l.Tag, english, english, l.Texts()[english])
			if texts[english] {
				continue
			}
			for _, part := range argument.Split(english, -1) {
				if len(part) > 3 && !strings.Contains(code, part) {
					t.Errorf("%s: nobody says %q of %q", l.Tag, part, english)
				}
			}
		}
	}
}

// TestNotes: every note of figures and maps is in every language.
func TestNotes(t *testing.T) {
	// What a note, or a check of a log, says: literals, put together where they are.
	note := regexp.MustCompile(`(?m)^\t\t"((?:[^"\\]|\\.)*)"|(?:Text:\s*(?:fmt\.Sprintf\(\s*)?|\bnote\("[a-z-]+", |walkCount\{"[^"]+", "[^"]+", |[^.]\{"[a-z-]+", "[a-z_]+", )"((?:[^"\\]|\\.)*)"`)
	verb := regexp.MustCompile(`%[-+.0-9]*[a-z]`)
	n := 0
	for _, f := range []string{"metrics/evaluate.go", "metrics/receivables.go", "metrics/link.go", "metrics/accept.go", "mining/bottleneck.go", "mining/dfg.go", "mining/level.go", "eventlog/store_walk.go", "eventlog/profile_kind.go", "cmd/millrace/report.go"} {
		text, err := os.ReadFile("../../" + f)
		if err != nil {
			t.Fatal(err)
		}
		code := regexp.MustCompile(`" \+ [^"]+ \+ "`).ReplaceAllString(string(text), "%s")
		code = regexp.MustCompile(`" \+\s*"`).ReplaceAllString(code, "")
		for _, m := range note.FindAllStringSubmatch(code, -1) {
			format := m[1] + m[2]
			said := strings.ReplaceAll(verb.ReplaceAllString(format, "7"), "%%", "%")
			if !strings.Contains(said, " ") || strings.HasSuffix(said, " ") || said[0] >= 'a' { // TestCatalogue has what is put together
				continue
			}
			n++
			for _, l := range others(t) {
				if l.Text(said) == said {
					t.Errorf("%s: %s: there is no note %q", l.Tag, f, format)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d notes were found: the expression that looks for them is wrong", n)
	}
}

// TestText: a user's own text stays, and a note keeps what was filled in.
func TestText(t *testing.T) {
	de, err := words.Find("de")
	if err != nil {
		t.Fatal(err)
	}
	for english, want := range map[string]string{
		"My own figure":                "My own figure",
		"Order to cash":                "Durchlaufzeit Auftrag bis Geldeingang",
		"There are no order lines.":    "Es gibt keine Auftragspositionen.",
		"It rests on 7 user's things.": "Sie beruht auf 7 (user's things).",
	} {
		if got := de.Text(english); got != want {
			t.Errorf("%q is %q, want %q", english, got, want)
		}
	}
	orders := de.Noun("order", "orders")
	for n, want := range map[int64]string{1: "1 Auftrag", 2: "2 Aufträge", 4837: "4.837 Aufträge"} {
		if got := de.Counted(n, orders).String(); got != want {
			t.Errorf("%d orders are %q, want %q", n, got, want)
		}
	}
	if got := de.Say("sample.of", words.Args{"used": "3", "n": de.Counted(25, orders)}); got != "3 von 25 Aufträgen" {
		t.Errorf("the dative is %q", got)
	}
	if _, err := words.Find("dee"); err == nil || !strings.Contains(err.Error(), "de") {
		t.Errorf("an unknown language says %v", err)
	}
}

// TestDimensionsAreSaid: what figures are split by has a word in every language; a
// dimension without one is shown by its name in the catalogue, which is English.
func TestDimensionsAreSaid(t *testing.T) {
	for _, k := range metrics.Catalogue() {
		for d := range k.Split {
			if words.English().Value("dimension."+d) == "" {
				t.Errorf("%s is split by %s, which has no word", k.Name, d)
			}
		}
	}
}
