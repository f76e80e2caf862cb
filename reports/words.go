package reports

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"millrace/metrics"
	"millrace/reports/figure"
)

// The words of pages by key: what a page says stands here and nowhere else, as
// whole sentences with {arguments}, so that another language can put them in
// another order. Definitions of figures come from the catalogue of figures.
//
//go:embed words/en.yaml
var englishYAML []byte

var english = sync.OnceValue(func() map[string]string {
	var m map[string]string
	if err := yaml.UnmarshalWithOptions(englishYAML, &m, yaml.Strict()); err != nil {
		panic("words/en.yaml: " + err.Error()) // embedded, and a test reads it
	}
	return m
})()

// args are what a sentence is about: strings, Spans, Texts.
type args map[string]any

// say makes a text from the words of a key. A key without words is a mistake of
// ours, as is an argument that is not given.
func say(key string, a args) Text {
	words, ok := english[key]
	if !ok {
		panic(fmt.Sprintf("reports: no words %q", key))
	}
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
	for words != "" {
		before, rest, found := strings.Cut(words, "{")
		add(Span{Text: before})
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		words = after
		switch x := a[name].(type) {
		case string:
			add(Span{Text: x})
		case Span:
			add(x)
		case Text:
			for _, s := range x {
				add(s)
			}
		default:
			panic(fmt.Sprintf("reports: words %q want %q", key, name))
		}
	}
	return t
}

// word is say where no argument is a figure.
func word(key string, pairs ...string) string {
	a := args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		a[pairs[i]] = pairs[i+1]
	}
	var b strings.Builder
	for _, s := range say(key, a) {
		b.WriteString(s.Text)
	}
	return b.String()
}

// worded is a text of a page's definition: its own, or $key of the words.
func worded(text string) string {
	if key, ok := strings.CutPrefix(text, "$"); ok && english[key] != "" {
		return word(key)
	}
	return text
}

// periodName writes a period: Q4 2025, Dec 2025.
func periodName(p metrics.Period) string { return periodLabel(p.Label) }

func periodLabel(label string) string {
	var y, n int
	switch {
	case scan(label, "%d-Q%d", &y, &n):
		return word("period.quarter", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case scan(label, "FY%d-Q%d", &y, &n):
		return word("period.fiscal-quarter", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case scan(label, "%d-W%d", &y, &n):
		return word("period.week", "n", fmt.Sprint(n), "year", fmt.Sprint(y))
	case len(label) == 7 && scan(label, "%d-%d", &y, &n) && n >= 1 && n <= 12:
		return word("period.month", "month", word(fmt.Sprintf("month.%d", n)), "year", fmt.Sprint(y))
	case label == "":
		return word("period.all")
	}
	return label
}

func scan(s, format string, into ...any) bool {
	n, err := fmt.Sscanf(s, format, into...)
	return err == nil && n == len(into)
}

// labelText writes the value of a dimension: its word, if it has one.
func labelText(l metrics.Label) string {
	if w := english["value."+l.Dimension+"."+l.Value]; w != "" {
		return w
	}
	if l.Value == "" {
		return word("value.none")
	}
	return figure.Isolated(figure.Fit(l.Value, 24))
}

// labelsText writes the values of dimensions, but for currencies.
func labelsText(labels []metrics.Label) string {
	var parts []string
	for _, l := range labels {
		if l.Dimension != "currency" {
			parts = append(parts, labelText(l))
		}
	}
	return strings.Join(parts, ", ")
}
