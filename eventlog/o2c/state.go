package o2c

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed states.yaml
var statesYAML []byte

// A state is one entry of states.yaml.
type state struct {
	Born   string
	There  string
	Join   string
	Days   []string
	Derive map[string]string
	Now    []string
}

var loadStates = sync.OnceValues(func() (map[string]state, error) {
	var all map[string]state
	err := yaml.NewDecoder(bytes.NewReader(statesYAML), yaml.Strict()).Decode(&all)
	return all, err
})

func states() map[string]state {
	all, err := loadStates()
	if err != nil {
		panic("states.yaml: " + err.Error()) // embedded, and a test reads it
	}
	return all
}

// StateOf writes a SELECT of a business view as it was at the end of a day:
// rows that were not there yet are left out, and what had not happened is
// NULL. types are the view's columns with their SQL types; at is the first
// instant after the day. A view without a state of its own, such as links, is
// as it is now; ok says whether it has one.
//
// Law: at a day after everything that happened, it is the view.
func StateOf(view string, types map[string]string, day string, at time.Time) (text string, ok bool) {
	s, ok := states()[view]
	if !ok {
		return "", false
	}
	instant := "TIMESTAMPTZ '" + at.UTC().Format("2006-01-02 15:04:05.999999") + "+00'"
	date := "DATE '" + day + "'"
	fill := strings.NewReplacer("{at}", instant, "{day}", date)
	end := func(column string) string { // what is not known yet
		if types[bare(column)] == "DATE" {
			return "<= " + date
		}
		return "< " + instant
	}
	var replaced []string
	for _, c := range slices.Sorted(maps.Keys(types)) {
		switch {
		case s.Derive[c] != "":
			replaced = append(replaced, fmt.Sprintf("%s AS %s", strings.TrimSpace(fill.Replace(s.Derive[c])), c))
		case types[c] == "TIMESTAMP WITH TIME ZONE" || slices.Contains(s.Days, c):
			replaced = append(replaced, fmt.Sprintf("CASE WHEN v.%s %s THEN v.%s END AS %s", c, end(c), c, c))
		}
	}
	var b strings.Builder
	b.WriteString("SELECT v.*")
	if len(replaced) > 0 {
		fmt.Fprintf(&b, " REPLACE (\n\t%s)", strings.Join(replaced, ",\n\t"))
	}
	fmt.Fprintf(&b, "\nFROM o2c.%s v\n", view)
	if s.Join != "" {
		b.WriteString(strings.TrimSpace(fill.Replace(s.Join)) + "\n")
	}
	if s.There != "" {
		b.WriteString("WHERE " + fill.Replace(s.There))
	} else {
		fmt.Fprintf(&b, "WHERE %s %s OR %s IS NULL", s.Born, end(s.Born), s.Born)
	}
	return b.String(), true
}

// Born is the expression, over a view called v, of the instant or day since
// which a row exists; "" for a view without a state.
func Born(view string) string { return states()[view].Born }

// SaidNow says whether a column of a view is as of the last load, whatever
// the day that is asked for.
func SaidNow(view, column string) bool { return slices.Contains(states()[view].Now, column) }

// bare is the column that an expression of states.yaml is about: the type of
// coalesce(v.a, v.b) is that of a.
func bare(expression string) string {
	_, rest, _ := strings.Cut(expression, "v.")
	end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if end < 0 {
		return rest
	}
	return rest[:end]
}
