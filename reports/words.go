package reports

import (
	"cmp"
	"fmt"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// A speech is what pages are worded with: a language. All that a page says, and
// all numbers on it, are written by its methods.
type speech struct{ *words.Language }

// speaking is a speech in a language; nil is English.
func speaking(l *words.Language) speech { return speech{cmp.Or(l, words.English())} }

// args are what a sentence is about: strings, nouns, Spans, Texts.
type args map[string]any

// say makes a text from the words of a key, in which figures keep what they
// refer to.
func (s speech) say(key string, a args) Text {
	var t Text
	add := func(s Span) {
		if s.Text == "" {
			return
		}
		if n := len(t); n > 0 && s.Ref == nil && s.Note == 0 && !s.Strong && t[n-1].Ref == nil && t[n-1].Note == 0 && !t[n-1].Strong {
			t[n-1].Text += s.Text
			return
		}
		t = append(t, s)
	}
	s.Each(key, func(text string) { add(Span{Text: text}) }, func(name, form string) {
		switch x := a[name].(type) {
		case Span:
			add(x)
		case Text:
			for _, s := range x {
				add(s)
			}
		default:
			text, ok := words.Written(x, form)
			if !ok {
				panic(fmt.Sprintf("reports: words %q want %q", key, name))
			}
			add(Span{Text: text})
		}
	})
	return t
}

// lowerFirst makes the first letter of a title small, for the middle of a
// sentence, where the language writes nouns small.
func (s speech) lowerFirst(title string) string {
	if title == "" || s.Tag != "en" {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}

// noted is a note of a result in the page's language.
func (s speech) noted(n eventlog.Note) eventlog.Note {
	return eventlog.Note{Code: n.Code, Text: strings.TrimSpace(s.Text(strings.TrimSpace(n.Text)))}
}

// worded is a text of a page's definition: its own, or $key of the words.
func (s speech) worded(text string) string {
	if key, ok := strings.CutPrefix(text, "$"); ok && s.Has(key) {
		return s.Word(key)
	}
	return text
}

// periodName writes a period: Q4 2025, Dec 2025.
func (s speech) periodName(p metrics.Period) string { return s.periodLabel(p.Label) }

func (s speech) periodLabel(label string) string {
	var y, n int
	switch {
	case scan(label, "%d-Q%d", &y, &n):
		return s.Word("period.quarter", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case scan(label, "FY%d-Q%d", &y, &n):
		return s.Word("period.fiscal-quarter", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case scan(label, "%d-W%d", &y, &n):
		return s.Word("period.week", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case len(label) == 7 && scan(label, "%d-%d", &y, &n) && n >= 1 && n <= 12:
		return s.Word("period.month", "month", s.Word(fmt.Sprintf("month.%d", n)), "year", fmt.Sprint(y))
	case label == "":
		return s.Word("period.all")
	}
	return label
}

func scan(text, format string, into ...any) bool {
	n, err := fmt.Sscanf(text, format, into...)
	return err == nil && n == len(into)
}

// labelText writes the value of a dimension: its word, if it has one.
func (s speech) labelText(l metrics.Label) string {
	if w := s.Value("value." + l.Dimension + "." + l.Value); w != "" {
		return w
	}
	if l.Value == "" {
		return s.Word("value.none")
	}
	return figure.Isolated(figure.Fit(l.Value, 24))
}

// labelsText writes the values of dimensions, but for currencies.
func (s speech) labelsText(labels []metrics.Label) string {
	var parts []string
	for _, l := range labels {
		if l.Dimension != "currency" {
			parts = append(parts, s.labelText(l))
		}
	}
	return strings.Join(parts, ", ")
}
