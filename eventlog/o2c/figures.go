package o2c

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed figures.yaml
var figuresYAML []byte

// figureList is figures.yaml, word by word.
type figureList struct {
	Views   map[string]string            // view → the object that a row is about
	Seldom  map[string][]string          // view → columns
	Counts  map[string]map[string]string // view → column → view
	Figures []struct {
		ID    string
		Needs yaml.MapSlice // view → columns
		Lacks string        // what the model has not
	}
}

// A Figure is a key figure of README.md, and what it is computed from.
type Figure struct {
	ID    string
	Needs []string // columns of views, as "orders.paid_at"
	Lacks string   // what the model lacks for it; Needs is empty
}

// knownFigures is figures.yaml in use.
type knownFigures struct {
	list    []Figure
	objects map[string]string // view → the object that a row is about
	seldom  map[string]bool
	counts  map[string]string // column → view
}

var loadFigures = sync.OnceValues(func() (*knownFigures, error) {
	var f figureList
	if err := yaml.NewDecoder(bytes.NewReader(figuresYAML), yaml.Strict(), yaml.UseOrderedMap()).Decode(&f); err != nil {
		return nil, fmt.Errorf("figures.yaml: %w", err)
	}
	k := &knownFigures{objects: f.Views, seldom: map[string]bool{}, counts: map[string]string{}}
	for view, columns := range f.Seldom {
		for _, c := range columns {
			k.seldom[view+"."+c] = true
		}
	}
	for view, columns := range f.Counts {
		for c, of := range columns {
			k.counts[view+"."+c] = of
		}
	}
	for _, x := range f.Figures {
		g := Figure{ID: x.ID, Lacks: x.Lacks}
		for _, view := range x.Needs {
			columns, ok := view.Value.([]any)
			if !ok {
				return nil, fmt.Errorf("figures.yaml: %s: %v: want a list of columns", x.ID, view.Key)
			}
			for _, c := range columns {
				g.Needs = append(g.Needs, fmt.Sprintf("%v.%v", view.Key, c))
			}
		}
		k.list = append(k.list, g)
	}
	return k, nil
})

func figures() *knownFigures {
	k, err := loadFigures()
	if err != nil {
		panic(err) // our own embedded file; TestFigures reads it
	}
	return k
}

// Figures lists the key figures that the views are made for, in the order of
// README.md.
func Figures() []Figure { return figures().list }

// Filled are the views that have a row, as "orders", and their columns that
// have a value in some row, as "orders.paid_at".
type Filled map[string]bool

// A Querier runs one SELECT over a store.
type Querier func(ctx context.Context, query string, args ...any) (*sql.Rows, error)

// FilledBy asks the business views of a store what they have of the objects
// that source describes, whichever system says it; "" is everything. A store
// into which nothing was loaded has nothing.
func FilledBy(ctx context.Context, q Querier, source string) (Filled, error) {
	k, filled := figures(), Filled{}
	needed := map[string][]string{}
	var views []string
	for _, f := range k.list {
		for _, n := range f.Needs {
			view, column, _ := strings.Cut(n, ".")
			if needed[view] == nil {
				views = append(views, view)
			}
			if !slices.Contains(needed[view], column) {
				needed[view] = append(needed[view], column)
			}
		}
	}
	have, err := viewColumns(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, view := range views {
		columns := slices.DeleteFunc(needed[view], func(c string) bool { return !have[view+"."+c] })
		if err := filled.ask(ctx, q, view, columns, source); err != nil {
			return nil, fmt.Errorf("o2c.%s: %w", view, err)
		}
	}
	return filled, nil
}

func viewColumns(ctx context.Context, q Querier) (map[string]bool, error) {
	rows, err := q(ctx, "SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE schema_name = 'o2c'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		have[name] = true
	}
	return have, rows.Err()
}

// ask adds what a view has.
func (f Filled) ask(ctx context.Context, q Querier, view string, columns []string, source string) error {
	if len(columns) == 0 {
		return nil
	}
	counts := []string{"count(*)"}
	for _, c := range columns {
		counts = append(counts, fmt.Sprintf("count(%q)", c))
	}
	query, args := fmt.Sprintf("-- What of a view has a value?\nSELECT %s FROM o2c.%q", strings.Join(counts, ", "), view), []any(nil)
	if source != "" {
		query += fmt.Sprintf(" WHERE %s IN (SELECT object FROM main.object WHERE defined AND source = $1)", figures().objects[view])
		args = []any{source}
	}
	rows, err := q(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	n, into := make([]int64, len(counts)), make([]any, len(counts))
	for i := range n {
		into[i] = &n[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	f[view] = f[view] || n[0] > 0
	for i, c := range columns {
		f[view+"."+c] = f[view+"."+c] || n[i+1] > 0
	}
	return rows.Err()
}

// A FigureCoverage says whether a figure can be computed from what is there.
type FigureCoverage struct {
	ID string `json:"id"`
	// Missing is what it cannot be computed without: columns without a value, and
	// views without a row.
	Missing []string `json:"missing"`
	// Unseen is what is empty where nothing of the kind has happened: it never
	// did, or the source does not say. The figure can be computed, and is only as
	// good as the answer.
	Unseen []string `json:"unseen"`
}

// Computable says that there is a figure.
func (c *FigureCoverage) Computable() bool { return len(c.Missing) == 0 }

// Coverage says of every figure whether it can be computed from what is filled.
func (f Filled) Coverage() []FigureCoverage {
	k := figures()
	var list []FigureCoverage
	for _, x := range k.list {
		c := FigureCoverage{ID: x.ID, Missing: []string{}, Unseen: []string{}}
		add := func(to *[]string, what string) {
			if !slices.Contains(*to, what) {
				*to = append(*to, what)
			}
		}
		if x.Lacks != "" {
			add(&c.Missing, x.Lacks)
		}
		for _, n := range x.Needs {
			view, _, _ := strings.Cut(n, ".")
			switch of := k.counts[n]; {
			case !f[view]:
				add(&c.Missing, view)
			case of != "" && !f[of]:
				add(&c.Unseen, of)
			case f[n]:
			case k.seldom[n]:
				add(&c.Unseen, n)
			default:
				add(&c.Missing, n)
			}
		}
		list = append(list, c)
	}
	return list
}
