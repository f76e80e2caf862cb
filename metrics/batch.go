package metrics

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// batches puts the statements together that read the same: what several
// definitions name in the same words (with), rows that they look at alike (view,
// join and scope), or the same view as of an earlier day, is then read once for
// all of them. The answers are those of each statement by itself.
func batches(list []*statement) [][]*statement {
	var all [][]*statement
	withs := map[*statement]map[string]string{}
	for _, s := range list {
		withs[s] = s.with()
		i := slices.IndexFunc(all, func(b []*statement) bool { return s.joins(b, withs) })
		if i < 0 {
			all = append(all, []*statement{s})
			continue
		}
		all[i] = append(all[i], s)
	}
	// Those that take longest first, so that no core waits for the last one.
	slices.SortStableFunc(all, func(a, b []*statement) int { return len(b) - len(a) })
	return all
}

// joins says that s reads something that the statements of a batch read, and
// that no name means one thing in s and another in them.
func (s *statement) joins(b []*statement, withs map[*statement]map[string]string) bool {
	if !s.together() || !b[0].together() || s.now != b[0].now {
		return false
	}
	same := false
	for _, o := range b {
		same = same || s.k.View == o.k.View && (s.now.past || s.k.Join == o.k.Join && s.k.Scope == o.k.Scope)
		for name, text := range withs[s] {
			other, ok := withs[o][name]
			if ok && other != text {
				return false
			}
			same = same || ok
		}
	}
	return same
}

// together says that the statement can be asked with others: its columns are
// the engine's.
func (s *statement) together() bool { return s.k.Kind != SQLKind && s.k.Kind != ReceivablesKind }

// answer asks a batch. Where that fails, each of its statements is asked by
// itself, so that a fault is that of the figure that has it.
func answer(ctx context.Context, b []*statement) error {
	a := *b[0].asking
	a.ctx = ctx
	err := a.withinTimes(patience(b), func(a *asking) error {
		timed := make([]*statement, len(b))
		for i, s := range b {
			asking := *s.asking
			asking.ctx = a.ctx
			own := *s
			own.asking = &asking
			timed[i] = &own
		}
		values, err := read(timed)
		if err != nil {
			return err
		}
		for i, s := range timed {
			if err := s.finish(values[i]); err != nil {
				return err
			}
			b[i].answer = s.answer
		}
		return nil
	})
	if err == nil {
		return nil
	}
	if len(b) == 1 || ctx.Err() != nil {
		return fmt.Errorf("kpi %s: %w", b[0].k.Name, err)
	}
	for _, s := range b {
		if err := answer(ctx, []*statement{s}); err != nil {
			return err
		}
	}
	return nil
}

// patience is how many times as long as a statement a batch may take: once for
// each, unless one of them is a user's, which may never end.
func patience(b []*statement) int {
	if slices.ContainsFunc(b, func(s *statement) bool { return s.k.proven == "" }) {
		return 1
	}
	return len(b)
}

// read asks a batch, and gives the values of each of its statements.
func read(b []*statement) (values [][]Value, err error) {
	values = make([][]Value, len(b))
	text := ""
	switch s := b[0]; s.k.Kind {
	case ReceivablesKind:
		values[0], err = s.receivables()
		return values, err
	case SQLKind:
		text, err = s.text()
	default:
		text, err = batchText(b)
	}
	if err != nil {
		return nil, err
	}
	rows, err := b[0].query(b[0].ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	worth := make([]map[string][]Amount, len(b))
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = &cells[i]
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		names, of := columns, 0
		if b[0].together() {
			of = int(cells[0].(int32))
			names, cells = filled(columns[1:], cells[1:])
		}
		s := b[of]
		if i := slices.Index(names, "open_currency"); i >= 0 && s.together() {
			if worth[of] == nil {
				worth[of] = map[string][]Amount{}
			}
			key, currency := "", "" // as group has them
			for j, name := range names {
				if strings.HasPrefix(name, "by_") {
					key += fmt.Sprint(cells[j]) + "\x00"
				} else if name == "currency" {
					currency = fmt.Sprint(cells[j]) + "\x00"
				}
			}
			key += currency
			worth[of][key] = append(worth[of][key], Amount{fmt.Sprint(cells[i]), cells[i+1].(float64)})
			continue
		}
		v, err := s.value(names, cells)
		if err != nil {
			return nil, err
		}
		if values[of] = append(values[of], v); len(values[of]) > maxValues {
			return nil, tooMany()
		}
	}
	for i, amounts := range worth {
		if amounts != nil {
			for key, v := range b[i].groups(values[i]) {
				v.OpenAmounts = amounts[key]
			}
		}
	}
	return values, rows.Err()
}

// filled are the columns that a row has: those of other statements are NULL in it.
func filled(columns []string, cells []any) (names []string, has []any) {
	for i, c := range cells {
		if c != nil {
			names, has = append(names, columns[i]), append(has, c)
		}
	}
	return names, has
}

// batchText writes one statement for all of a batch: first what they share, then
// the families, and in each the statement of each, and what its open objects are
// worth.
func batchText(b []*statement) (string, error) {
	with := map[string]string{}
	var parts []string
	by, has := 0, map[string]bool{}
	families, err := familiesOf(b)
	if err != nil {
		return "", err
	}
	shared := sharing(families)
	for _, f := range families {
		for name, text := range f.whole.withClock() {
			with[name] = text
		}
		rows, err := f.whole.measuredRows(f.looked)
		if err != nil {
			return "", err
		}
		var texts []string
		for n, s := range f.members {
			i := f.figures[n]
			if s.rank == n {
				rows += s.counted()
			}
			var measures []string
			if s.k.Kind == DurationKind {
				measures = []string{"list(measure) FILTER (fate IS NULL) AS measures"}
			}
			text, groups := s.summed(fmt.Sprintf("%d AS figure, ", i), measures)
			by = max(by, len(s.by))
			for _, g := range groups {
				has[g] = true
			}
			texts = append(texts, text)
			if s.opens() {
				texts = append(texts, fmt.Sprintf("SELECT %d AS figure, %sdocument_currency AS open_currency, sum(amount)::DOUBLE AS open_amount\nFROM %s WHERE fate = '' AND amount IS NOT NULL AND document_currency <> '' GROUP BY ALL", i, s.byColumns(), s.ranked("counted")))
				has["open_currency"] = true
			}
		}
		parts = append(parts, "SELECT * FROM (\nWITH "+rows+"\n"+strings.Join(texts, "\nUNION ALL BY NAME ")+"\n)")
	}
	text := withText(with)
	for i, l := range shared {
		text += fmt.Sprintf("%s%d AS MATERIALIZED (\n\t%s\n),\n", sharedName, i, l.text())
	}
	if text != "" {
		text = "WITH " + strings.TrimSuffix(text, ",\n") + "\n"
	}
	order := "figure"
	for _, g := range slices.Concat([]string{"period"}, byNames(by), []string{"currency", "open_currency"}) {
		if has[g] {
			order += ", " + g
		}
	}
	return b[0].states(text + strings.Join(parts, "\nUNION ALL BY NAME\n") + "\nORDER BY " + order), nil
}

// sharedName begins the names of the SELECTs that statements of a batch share.
const sharedName = "shared_"

// sharing finds what families of a batch look at alike. It is read once
// (shared), each expression of theirs under one name, and they look at that.
func sharing(families []*family) (shared []looking) {
	of := map[string][]*family{} // from → families
	for _, f := range families {
		// What this figure does not read would be written for each row.
		timed := len(f.whole.periods) > 0 || f.whole.o.Currency != ""
		f.looked.columns = slices.DeleteFunc(f.looked.columns, func(c selected) bool { return c.name == "key" || c.name == "happened" && !timed })
		of[f.looked.from] = append(of[f.looked.from], f)
	}
	for _, from := range sortedKeys(of) {
		if len(of[from]) < 2 {
			continue
		}
		once := looking{from: from}
		for _, f := range of[from] {
			for j, c := range f.looked.columns {
				at := slices.IndexFunc(once.columns, func(o selected) bool { return o.expression == c.expression })
				if at < 0 {
					at = len(once.columns)
					once.columns = append(once.columns, selected{c.expression, fmt.Sprintf("c%d", at)})
				}
				f.looked.columns[j].expression = once.columns[at].name
			}
			f.looked.from = fmt.Sprintf("%s%d", sharedName, len(shared))
		}
		shared = append(shared, once)
	}
	return shared
}

// byNames are the names of n by columns.
func byNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("by_%d", i)
	}
	return names
}
