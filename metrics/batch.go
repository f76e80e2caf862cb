package metrics

import (
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
func (a *asking) answer(b []*statement) error {
	err := a.within(func(a *asking) error {
		for _, s := range b {
			s.asking = a
		}
		values, err := read(b)
		if err != nil {
			return err
		}
		for i, s := range b {
			if err := s.finish(values[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	if len(b) == 1 || a.ctx.Err() != nil {
		return fmt.Errorf("kpi %s: %w", b[0].k.Name, err)
	}
	for _, s := range b {
		if err := a.answer([]*statement{s}); err != nil {
			return err
		}
	}
	return nil
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
// the statement of each, and what its open objects are worth.
func batchText(b []*statement) (string, error) {
	with := map[string]string{}
	var parts []string
	by, has := 0, map[string]bool{}
	looked, shared, err := sharing(b)
	if err != nil {
		return "", err
	}
	for i, s := range b {
		for name, text := range s.with() {
			with[name] = text
		}
		rows, err := s.rowsOf(looked[i])
		if err != nil {
			return "", err
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
		if s.opens() {
			text += fmt.Sprintf("\nUNION ALL BY NAME SELECT %d AS figure, %sdocument_currency AS open_currency, sum(amount)::DOUBLE AS open_amount\nFROM counted WHERE fate = '' AND amount IS NOT NULL AND document_currency <> '' GROUP BY ALL", i, s.byColumns())
			has["open_currency"] = true
		}
		parts = append(parts, "SELECT * FROM (\nWITH "+rows+"\n"+text+"\n)")
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

// sharing finds what statements of a batch look at alike. It is read once
// (shared), each expression of theirs under one name, and they look at that.
func sharing(b []*statement) (looked, shared []looking, err error) {
	of := map[string][]int{} // from → statements
	for i, s := range b {
		l, err := s.lookedAt()
		if err != nil {
			return nil, nil, err
		}
		// What this figure does not read would be written for each row.
		timed := len(s.periods) > 0 || s.o.Currency != ""
		l.columns = slices.DeleteFunc(l.columns, func(c selected) bool { return c.name == "key" || c.name == "happened" && !timed })
		looked = append(looked, l)
		of[l.from] = append(of[l.from], i)
	}
	for _, from := range sortedKeys(of) {
		if len(of[from]) < 2 {
			continue
		}
		once := looking{from: from}
		for _, i := range of[from] {
			for j, c := range looked[i].columns {
				at := slices.IndexFunc(once.columns, func(o selected) bool { return o.expression == c.expression })
				if at < 0 {
					at = len(once.columns)
					once.columns = append(once.columns, selected{c.expression, fmt.Sprintf("c%d", at)})
				}
				looked[i].columns[j].expression = once.columns[at].name
			}
			looked[i].from = fmt.Sprintf("%s%d", sharedName, len(shared))
		}
		shared = append(shared, once)
	}
	return looked, shared, nil
}

// byNames are the names of n by columns.
func byNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("by_%d", i)
	}
	return names
}
