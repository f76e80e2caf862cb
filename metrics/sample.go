package metrics

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SampleOptions say what to draw. The zero value draws 30 cases.
type SampleOptions struct {
	N    int    // how many; default 30
	Seed string // another one draws others
	Options
}

// A Sample is some of the objects of a figure with all that it reads of each,
// to be looked up in the source.
type Sample struct {
	// Columns are key, fate, what the kind makes its figure of, the figure's
	// expressions with the values that they have, and the columns of the view
	// that they read.
	Columns []string
	Rows    [][]string // used ones first, then open, then by reason; NULL is ""
	Strata  []Stratum
}

// A Stratum is the objects of one fate: used, open, or a reason to leave out.
type Stratum struct {
	Fate  string `json:"fate"`
	N     int64  `json:"n"`
	Drawn int64  `json:"drawn"`
}

const defaultSample = 30

// A column of a sample, and its expression over the rows of the figure.
type column struct{ name, expression string }

// Draw takes a sample of the objects that k looks at: as many of each fate, or
// all of a fate that has fewer, in the order of a hash of key and seed, so that
// the same store, definition and seed give the same sample, and a bigger one
// holds the smaller. It reads the objects once.
func Draw(ctx context.Context, q Querier, k *KPI, o SampleOptions) (*Sample, error) {
	a, err := newAsking(ctx, q, o.Options)
	if err != nil {
		return nil, err
	}
	if k.Kind == SQLKind {
		return nil, fmt.Errorf("kpi %s: is SQL of its own, so that nobody but its author knows its cases; see the SQL by kpi show, or write it as one of %s", k.Name, words(Kinds[:len(Kinds)-1]))
	}
	if lacks := k.lacks(a.types); len(lacks) > 0 {
		return nil, fmt.Errorf("kpi %s: the data has no %s", k.Name, strings.Join(lacks, ", "))
	}
	var s *Sample
	err = a.within(func(a *asking) error {
		if err := a.guard(k); err != nil {
			return err
		}
		list, err := a.statements(k)
		if err != nil {
			return err
		}
		if len(list) != 1 || len(list[0].periods) > 1 {
			return errors.New("a sample is of one period: give from and to, and no grain")
		}
		s, err = list[0].draw(cmp.Or(o.N, defaultSample), o.Seed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kpi %s: %w", k.Name, err)
	}
	return s, nil
}

func (s *statement) draw(n int, seed string) (*Sample, error) {
	columns, from, err := s.sampled()
	if err != nil {
		return nil, err
	}
	cells := make([]string, len(columns))
	order := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), '') AS c%d", c.expression, i)
		order[i] = fmt.Sprintf("c%d", i)
	}
	text := fmt.Sprintf(`%s,
told AS (SELECT %s FROM %s),
drawn AS (
	SELECT *, row_number() OVER (PARTITION BY c1 ORDER BY md5(%s || c0), %s) AS turn, count(*) OVER (PARTITION BY c1) AS size FROM told
)
SELECT size, %s FROM drawn ORDER BY turn, c1, c0 LIMIT %d`,
		strings.TrimRight(from, "\n"), strings.Join(cells, ",\n\t       "), s.rowsName(), literal(seed+"\x1f"), strings.Join(order, ", "), strings.Join(order, ", "), n)
	sample := &Sample{}
	for _, c := range columns {
		sample.Columns = append(sample.Columns, c.name)
	}
	sizes, drawn := map[string]int64{}, map[string]int64{}
	err = s.each(s.states(text), func(scan func(...any) error) error {
		row := make([]string, len(columns))
		var size int64
		into := []any{&size}
		for i := range row {
			into = append(into, &row[i])
		}
		if err := scan(into...); err != nil {
			return err
		}
		sizes[row[1]] = size
		drawn[row[1]]++
		sample.Rows = append(sample.Rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	fates := slices.Concat([]string{usedFate, openFate}, s.reasons())
	if s.k.Kind == ReceivablesKind {
		fates = slices.Concat([]string{usedFate}, ledgerReasons[:])
	}
	for _, f := range fates {
		if sizes[f] > 0 {
			sample.Strata = append(sample.Strata, Stratum{f, sizes[f], drawn[f]})
		}
	}
	slices.SortStableFunc(sample.Rows, func(a, b []string) int {
		return cmp.Or(cmp.Compare(slices.Index(fates, a[1]), slices.Index(fates, b[1])), slices.Compare(a, b))
	})
	return sample, nil
}

// The fates of objects that are not left out, as readers see them.
const (
	usedFate = "used"
	openFate = "open"
)

// rowsName is the CTE with the rows of the figure.
func (s *statement) rowsName() string {
	if s.k.Kind == ReceivablesKind {
		return "entry"
	}
	return "counted"
}

// sampled lists the columns of a sample, the key and the fate first, and
// writes the CTEs they are read from.
func (s *statement) sampled() (columns []column, from string, err error) {
	k := s.k
	add := func(name, expression string) { columns = append(columns, column{name, expression}) }
	input := func(name, expression string) {
		add(name, fmt.Sprintf("input_%d", len(s.inputs)))
		s.inputs = append(s.inputs, expression)
	}
	add("key", "key")
	if k.Kind == ReceivablesKind {
		fate := "CASE fate"
		for i, r := range ledgerReasons {
			fate += fmt.Sprintf(" WHEN %d THEN %s", i+1, literal(r))
		}
		add("fate", fate+" ELSE 'used' END")
		add("amount", "amount")
		add("open", "open")
		add("currency", "currency")
	} else {
		add("fate", "CASE WHEN fate IS NULL THEN 'used' WHEN fate = '' THEN 'open' ELSE fate END")
	}
	switch k.Kind {
	case DurationKind:
		add(string(k.Unit), fmt.Sprintf("CASE WHEN fate IS NULL OR fate = '' THEN measure / %g END", k.unitOfTime()))
	case RateKind:
		add("is hit", "hit AND fate IS NULL")
	case RatioKind:
		add("numerator used", "numerator")
		add("denominator used", "denominator")
	case SumKind, StockKind:
		if k.Value != "" {
			add("value used", "numerator")
		}
	}
	if s.currencies() {
		add("currency used", "currency")
	}
	read := map[string]bool{}
	for _, p := range k.pieces() {
		for _, w := range word.FindAllString(p.text, -1) {
			read[w] = true
		}
		if p.role == expressionRole && p.field != "key" && p.field != "scope" {
			name := p.field
			var i int
			if _, err := fmt.Sscanf(name, "leave_out[%d].when", &i); err == nil {
				name = "left out: " + k.LeaveOut[i].Reason
			}
			input(name, s.fill(p.text))
		}
	}
	view := k.view()
	for _, n := range k.Needs {
		if of, column, _ := strings.Cut(n, "."); of == view {
			read[column] = true
		}
	}
	for _, c := range s.order[view] {
		if read[c] || strings.HasSuffix(c, "_number") || c == s.first(view) {
			input(view+"."+c, "v."+quoted(c))
		}
	}
	if k.Kind == ReceivablesKind {
		from, _ = s.ledgerRows()
		return columns, from, nil
	}
	from, err = s.rows()
	return columns, from, err
}

// An Item is an object of a figure and what it brings to it.
type Item struct {
	Key    string  `json:"key"`
	Amount float64 `json:"amount"`
}

// items lists the objects that a sum, stock or number is made of, of one
// currency, in the order of their keys.
func (s *statement) items(currency string) ([]Item, error) {
	rows, err := s.rows()
	if err != nil {
		return nil, err
	}
	amount, where := "count(*)::DOUBLE", ""
	if s.k.Value != "" {
		amount = "coalesce(sum(numerator), 0)::DOUBLE"
	}
	if s.currencies() {
		where = " AND currency = " + literal(currency)
	}
	var list []Item
	err = s.each(s.states(fmt.Sprintf("%s\nSELECT CAST(key AS VARCHAR), %s FROM counted WHERE fate IS NULL%s GROUP BY 1 ORDER BY 1", rows, amount, where)), func(scan func(...any) error) error {
		var key sql.NullString
		var x Item
		err := scan(&key, &x.Amount)
		x.Key = key.String
		list = append(list, x)
		return err
	})
	return list, err
}
