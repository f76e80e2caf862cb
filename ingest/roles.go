package ingest

import (
	"fmt"
	"strings"
	"time"
)

// A Sample is the first values of one column of a table, in the order of its
// rows.
type Sample struct {
	Name   string
	Values []string
	Time   bool // the source itself says that these are times

	// Of a Table whose source marks what is what, and not in the words of
	// each: Clock says that some values are times, written in ISO 8601;
	// Numbers that some are numbers, with a decimal point; Nested that all
	// are JSON.
	Clock, Numbers, Nested bool
}

// Roles says which column is what, by index; -1 where there is none.
type Roles struct {
	Case, Activity, Time, Start, Resource, Lifecycle, Sequence, Instance int
}

// Has says whether a column has a role.
func (r Roles) Has(column int) bool {
	for _, c := range [...]int{r.Case, r.Activity, r.Time, r.Start, r.Resource, r.Lifecycle, r.Sequence, r.Instance} {
		if c == column {
			return true
		}
	}
	return false
}

// CaseAttribute splits the prefix off a column that describes the case, and
// says whether there was one.
func CaseAttribute(column string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(column, "case:"); ok && name != "" {
		return name, true
	}
	return column, false
}

// GuessRoles says which column is the case, the activity, the time and so on:
// what o says, else what names and values say together. An XES name wins, then
// one that is hardly used for anything else, then a usual one; a name that
// merely looks like one needs the values' word for it. A tie is not broken by
// luck but an error, as is a case, activity or time that nothing speaks for:
// a wrong guess costs more than a flag.
func GuessRoles(columns []Sample, o Options) (Roles, []Detection, error) {
	loc, err := LoadZone(o.Timezone)
	if err != nil {
		return Roles{}, nil, err
	}
	g := guess{columns: columns, loc: loc, told: [roles]string{o.Case, o.Activity, o.Time, o.Start, o.Resource, o.Lifecycle, o.Sequence}}
	for i := range g.of {
		g.of[i] = -1
	}
	if err := g.useOptions(); err != nil {
		return Roles{}, nil, err
	}
	g.look(o)
	// In this order: a time that is both is the end; a status that is the
	// activity is not the resource.
	for _, r := range []role{caseRole, activityRole, lifecycleRole, startRole, timeRole, resourceRole, sequenceRole, instanceRole} {
		if err := g.decide(r); err != nil {
			return Roles{}, nil, err
		}
	}
	if err := g.finish(); err != nil {
		return Roles{}, nil, err
	}
	return Roles{
		Case: g.of[caseRole], Activity: g.of[activityRole], Time: g.of[timeRole], Start: g.of[startRole],
		Resource: g.of[resourceRole], Lifecycle: g.of[lifecycleRole], Sequence: g.of[sequenceRole], Instance: g.of[instanceRole],
	}, g.detections(), nil
}

// A guess is a GuessRoles under way.
type guess struct {
	columns []Sample
	loc     *time.Location
	told    [roles]string
	of      [roles]int
	values  []valueStats // of columns
}

func (g *guess) useOptions() error {
	for r := caseRole; r < roles; r++ {
		switch name := g.told[r]; name {
		case "":
		case "-":
			if r == caseRole || r == activityRole {
				return fmt.Errorf("--%s -: a log has no events without; the columns are %s", r, g.list())
			}
		default:
			i, err := g.find(name)
			if err != nil {
				return fmt.Errorf("--%s: %w", r, err)
			}
			g.of[r] = i
		}
	}
	return nil
}

func (g *guess) find(name string) (int, error) {
	for i := range g.columns {
		if g.columns[i].Name == name {
			return i, nil
		}
	}
	names := make([]string, len(g.columns))
	for i := range names {
		names[i] = g.columns[i].Name
	}
	hint := "."
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return -1, fmt.Errorf("there is no column %q%s The columns are %s", name, hint, g.list())
}

func (g *guess) list() string {
	var b strings.Builder
	for i := range g.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", g.columns[i].Name)
	}
	return b.String()
}

func (g *guess) look(o Options) {
	g.values = make([]valueStats, len(g.columns))
	for i := range g.columns {
		g.values[i] = g.stats(&g.columns[i], o)
	}
}

// taken says whether a column already has a role.
func (g *guess) taken(column int) bool {
	for _, c := range g.of {
		if c == column {
			return true
		}
	}
	return false
}

// decide gives the role to the best free column.
func (g *guess) decide(r role) error {
	if g.told[r] != "" {
		return nil
	}
	best, bestPoints, bestRank, tie := -1, 0, 0, -1
	for i := range g.columns {
		if g.taken(i) {
			continue
		}
		points, rank := namePoints(r, g.columns[i].Name)
		points = g.values[i].weigh(r, points)
		switch {
		case points < vagueName:
		case points > bestPoints, points == bestPoints && rank < bestRank:
			best, bestPoints, bestRank, tie = i, points, rank, -1
		case points == bestPoints && rank == bestRank:
			tie = i
		}
	}
	if tie < 0 || bestPoints > vagueName+valuesAgree {
		g.of[r] = best
		return nil
	}
	switch r {
	case caseRole, activityRole, timeRole:
		return fmt.Errorf("cannot tell which column is the %s, %q or %q; say so with --%s (the columns are %s)",
			r, g.columns[best].Name, g.columns[tie].Name, r, g.list())
	}
	return nil // a role a log can do without
}

// finish checks that nothing needed is missing.
func (g *guess) finish() error {
	if g.of[timeRole] < 0 && g.told[timeRole] == "" {
		switch only := g.onlyTime(); {
		case g.of[startRole] >= 0 && g.told[startRole] == "": // there is no end
			g.of[timeRole], g.of[startRole] = g.of[startRole], -1
		case only >= 0:
			g.of[timeRole] = only
		}
	}
	var missing []string
	for _, r := range []role{caseRole, activityRole, timeRole} {
		if g.of[r] < 0 && g.told[r] == "" {
			missing = append(missing, r.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	flags := "--" + strings.Join(missing, ", --")
	if missing[len(missing)-1] == "time" {
		flags += " (--time - if there is none)"
	}
	return fmt.Errorf("cannot tell which column is the %s: the columns are %s; say so with %s",
		strings.Join(missing, ", which the "), g.list(), flags)
}

// onlyTime returns the one free column whose values are times, or -1.
func (g *guess) onlyTime() int {
	only := -1
	for i := range g.columns {
		if g.values[i].times && !g.taken(i) {
			if only >= 0 {
				return -1
			}
			only = i
		}
	}
	return only
}

func (g *guess) detections() []Detection {
	var list []Detection
	for r := caseRole; r < roles; r++ {
		switch {
		case g.of[r] >= 0:
			list = append(list, Detection{Option: r.String(), Value: g.columns[g.of[r]].Name, Told: g.told[r] != ""})
		case g.told[r] == "-":
			list = append(list, Detection{Option: r.String(), Value: "-", Told: true})
		}
	}
	return list
}

// nearest returns the name that differs least, or "" if all differ much.
func nearest(name string, names []string) string {
	best, least := "", max(2, len([]rune(name))/3)+1
	for _, n := range names {
		if d := distance([]rune(strings.ToLower(name)), []rune(strings.ToLower(n))); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is that of Levenshtein, in O(len(a) len(b)).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
