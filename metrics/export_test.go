package metrics

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"millrace/eventlog"
)

// Judge says of every object of a rule its state, or why it is left out.
func Judge(ctx context.Context, q Querier, r *Rule, o Options) (map[string]string, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	var notes []eventlog.Note
	s, judged, err := a.judged(r, nil, &notes)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	return of, a.each(s.states(judged+"\nSELECT key, coalesce(state, fate) FROM judged"), func(scan func(...any) error) error {
		var key, state string
		err := scan(&key, &state)
		of[key] = state
		return err
	})
}

// Guard says what SQL of k may not run.
func Guard(ctx context.Context, q Querier, k *KPI) error {
	a, err := newAsking(ctx, q, Options{})
	if err != nil {
		return err
	}
	return a.guard(k)
}

// Unproven is a definition of the catalogue as if it were a user's.
func Unproven(k *KPI) *KPI {
	c := *k
	c.proven = ""
	return &c
}

// EvaluateAlone computes the figures as Evaluate does, by the obvious way: the
// statement of each by itself, as SQL shows it, and another one for what its open
// objects are worth.
func EvaluateAlone(ctx context.Context, q Querier, kpis []*KPI, o Options) ([]Value, error) {
	a, err := newAsking(ctx, q, o)
	if err != nil {
		return nil, err
	}
	found, err := a.links()
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, k := range kpis {
		x, err := a.ask(Unproven(k), found)
		var no refusal
		if errors.As(err, &no) {
			x, err = k.told(eventlog.Note{Code: "dimension", Text: sentence(no.reason.Error())}), nil
		}
		if err != nil {
			return nil, err
		}
		for _, s := range x.statements {
			s.k, s.asking = k, a
			if err := s.alone(); err != nil {
				return nil, fmt.Errorf("%s: %w", k.Name, err)
			}
		}
		values = append(values, a.values(k, x)...)
	}
	return values, nil
}

func (s *statement) alone() error {
	if !s.together() {
		values, err := read([]*statement{s})
		if err != nil {
			return err
		}
		return s.finish(values[0])
	}
	text, err := s.text()
	if err != nil {
		return err
	}
	if len(s.periods) > 0 && !s.k.AsOf {
		if !strings.Contains(text, s.counted()) {
			return errors.New("which rows count in which period is written otherwise than counted does")
		}
		text = strings.Replace(text, s.counted(), s.plainlyCounted(), 1)
	}
	rows, err := s.query(s.ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	var values []Value
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = &cells[i]
		}
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		v, err := s.value(names, cells)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if s.opens() {
		counted, err := s.rows()
		if err != nil {
			return err
		}
		var w Amount
		text := fmt.Sprintf("%s\nSELECT %sdocument_currency, sum(amount)::DOUBLE FROM counted WHERE fate = '' AND amount IS NOT NULL AND document_currency <> '' GROUP BY ALL ORDER BY ALL", counted, s.byColumns())
		if err := s.eachGroup(text, s.groups(values), []any{&w.Currency, &w.Amount}, func(v *Value) { v.OpenAmounts = append(v.OpenAmounts, w) }); err != nil {
			return err
		}
	}
	return s.finish(values)
}

// plainlyCounted says which rows count in which period as one would say it: a
// row beside each period that it lies in, and an open one beside each at whose
// end it was open.
func (s *statement) plainlyCounted() string {
	var rows []string
	for _, p := range s.periods {
		rows = append(rows, fmt.Sprintf("(%s, %d, %d)", literal(p.Label), p.Start.UnixMicro(), min(p.End.UnixMicro(), s.now.at.UnixMicro())))
	}
	text := fmt.Sprintf(`,
periods(period, first, until) AS (VALUES %s),
counted AS (
	SELECT m.*, p.period, NULL::BIGINT AS age FROM measured m JOIN periods p ON coalesce(m.happened, m.since) >= p.first AND coalesce(m.happened, m.since) < p.until
	WHERE m.fate IS DISTINCT FROM ''`, strings.Join(rows, ", "))
	if s.k.Open != "" {
		text += fmt.Sprintf(`
	UNION ALL
	SELECT m.* REPLACE ('' AS fate), p.period, greatest(0, p.until - m.since) FROM measured m JOIN periods p ON m.since < p.until AND p.until <= coalesce(m.happened, %d)
	WHERE m.fate = '' OR m.fate IS NULL`, s.now.at.UnixMicro())
	}
	return text + "\n)"
}
