package html_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"millrace/metrics"
	pages "millrace/reports/html"
	"millrace/reports/layout"
	"millrace/reports/pagetest"
	"millrace/reports/words"
)

var (
	noText    = regexp.MustCompile(`(?s)<style>.*?</style>|<script.*?</script>`)
	attribute = regexp.MustCompile(`\b(?:aria-label|title|alt|data-play|data-pause)="([^"]*)"`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
)

// saidOn lists all that a page says: its texts, and the attributes that are read
// aloud or shown.
func saidOn(page []byte) (list []string) {
	text := noText.ReplaceAllString(string(page), "")
	for _, m := range attribute.FindAllStringSubmatch(text, -1) {
		list = append(list, html.UnescapeString(m[1]))
	}
	for s := range strings.SplitSeq(tag.ReplaceAllString(text, "\x00"), "\x00") {
		if s = strings.TrimSpace(html.UnescapeString(s)); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func reportIn(t testing.TB, lang string) []byte {
	t.Helper()
	l, err := words.Find(lang)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pages.RenderReport(&b, pagetest.Report(l)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// english are words that German does not have.
var english = regexp.MustCompile(`(?i)\b(the|of|and|is|are|not|with|without|from|by|that|which|than|there|this|it|its|no|have|has|their|less|more|when|what|where|who|order|orders|case|cases|day|days|hours|wait|waiting|share|all|open|late|value|every|each|only)\b`)

// TestNothingIsLeftInEnglish: a page in German has no English word, and says
// nothing that the English page says too, but for what is data: activities,
// names, commands, and the few words that both languages have.
func TestNothingIsLeftInEnglish(t *testing.T) {
	in := map[string]bool{}
	for _, s := range saidOn(reportIn(t, "en")) {
		in[s] = true
	}
	var data, lines []string // lines of names that pictures break
	for _, v := range pagetest.O2C().Flow().Variants.Variants {
		data = append(data, v.Activities...)
		for _, a := range v.Activities {
			if l := layout.TaskLines(a); len(l) > 1 {
				lines = append(lines, l...)
			}
		}
	}
	data = append(data, lines...)
	for _, k := range metrics.Catalogue() {
		data = append(data, k.Name)
	}
	de, err := words.Find("de")
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]bool{} // words that are the same in both
	for key, s := range de.Sentences() {
		if words.English().Value(key) == s {
			both[s] = true
		}
	}
	for e, s := range de.Texts() {
		if e == s {
			both[s] = true
		}
	}
	command := regexp.MustCompile(`millrace [a-z].*?(?:\.xlsx|--help|--profile|--worklist all|--orphans 20|log profile|log show|millrace sla|messages)|--[a-z_-]+(?: [a-z_]+)?`)
	word := regexp.MustCompile(`\p{L}{3,}`)
	shown := 0
	for _, s := range saidOn(reportIn(t, "de")) {
		rest := command.ReplaceAllString(s, "")
		for _, d := range data {
			rest = strings.ReplaceAll(rest, d, "")
		}
		shown++
		if m := english.FindString(rest); m != "" {
			t.Errorf("%q is English, in %q", m, s)
		}
		if in[s] && !both[s] && !sameInBoth.MatchString(rest) && word.MatchString(rest) {
			t.Errorf("%q is the same on the English page", s)
		}
	}
	if shown < 2000 {
		t.Errorf("the page says %d things: it was not read", shown)
	}
}

// sameInBoth are data, and words that both languages have.
var sameInBoth = regexp.MustCompile(`^(?:[\s\d.,:;/×–−+%€£()\x{a0}]|edi|shop|crm|erp|HAM1|VIE1|LDS1|EUR|GBP|Nov\.?|Dez\.?|UTC|promises|Bot|Integration|min)*$`)

// TestGerman: numbers, dates and money are as Germans write them, and the page
// says in which language it is.
func TestGerman(t *testing.T) {
	page := reportIn(t, "de")
	text := strings.Join(saidOn(page), "\n")
	for _, want := range []string{`<html lang="de">`} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, want := range []string{"4.837 Aufträge", "Q4 2025 (01.10.2025 bis 31.12.2025)", "Mio.\u00a0€", "\u00a0%", "30.12.2025, 11:40\u00a0UTC"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{`\d%`, `€\d`, `\d,\d{3}\b[^,]`, `\d{4}-\d\d-\d\d(?:[^\d]| bis)`} {
		for _, s := range strings.Split(text, "\n") {
			if strings.Contains(s, "millrace kpi sample") {
				continue
			}
			if m := regexp.MustCompile(never).FindString(s); m != "" {
				t.Errorf("%q is not German, in %q", m, s)
			}
		}
	}
}
