package metrics

import (
	"fmt"
	"slices"
	"strings"
)

// openShare is the share of open objects from which on a median without them
// says too little.
const openShare = 0.05

// opens says that what its open objects are worth is part of the figure.
func (s *statement) opens() bool {
	return s.k.Open != "" && s.k.Amount != "" && s.k.Currency != "" && (len(s.periods) == 0 || s.k.AsOf)
}

// survived adds the median with the objects that have not come to their end,
// where they are many.
func (s *statement) survived(values []Value) error {
	if s.k.Kind != DurationKind || s.k.Open == "" || len(s.periods) > 0 && !s.k.AsOf {
		return nil
	}
	if !slices.ContainsFunc(values, func(v Value) bool { return v.Open > 0 && float64(v.Open) > openShare*float64(v.Open+v.Used) }) {
		return nil
	}
	return s.survival(s.groups(values))
}

// groups are values by their dimensions, see group.
func (s *statement) groups(values []Value) map[string]*Value {
	groups := map[string]*Value{}
	for i := range values {
		groups[s.group(values[i])] = &values[i]
	}
	return groups
}

// group names the dimensions and currency of a value as a result's columns do.
func (s *statement) group(v Value) string {
	var b strings.Builder
	for _, l := range v.By[:len(s.by)] {
		b.WriteString(l.Value + "\x00")
	}
	if s.currencies() {
		b.WriteString(v.Currency + "\x00")
	}
	return b.String()
}

// byColumns are the names of the columns that tell values apart, each with a comma.
func (s *statement) byColumns() string {
	var b strings.Builder
	for i := range s.by {
		if s.places != nil {
			b.WriteString(s.place(i) + " AS ")
		}
		fmt.Fprintf(&b, "by_%d, ", i)
	}
	if s.currencies() {
		b.WriteString("currency, ")
	}
	return b.String()
}

// eachGroup calls fn for every row of a result that begins with byColumns.
func (s *statement) eachGroup(text string, groups map[string]*Value, cells []any, fn func(v *Value)) error {
	return s.each(s.states(text), func(scan func(...any) error) error {
		by := make([]string, strings.Count(s.byColumns(), ","))
		all := make([]any, 0, len(by)+len(cells))
		for i := range by {
			all = append(all, &by[i])
		}
		if err := scan(append(all, cells...)...); err != nil {
			return err
		}
		key := ""
		for _, b := range by {
			key += b + "\x00"
		}
		if v := groups[key]; v != nil {
			fn(v)
		}
		return nil
	})
}

// survival finds the time within which half of the objects, ended and open,
// come to their end: the product-limit estimate (Kaplan and Meier 1958,
// doi:10.1080/01621459.1958.10501452). It is not reached where too many are
// open for too short a time. O(n log n).
func (s *statement) survival(groups map[string]*Value) error {
	rows, err := s.rows()
	if err != nil {
		return err
	}
	by := s.byColumns()
	over := ""
	if by != "" {
		over = "PARTITION BY " + strings.TrimSuffix(by, ", ") + " "
	}
	text := fmt.Sprintf(`%s,
lived AS (
	SELECT %scoalesce(measure, age) AS t, count(*) FILTER (fate IS NULL) AS ended, count(*) AS gone
	FROM counted WHERE (fate IS NULL OR fate = '') AND coalesce(measure, age) >= 0 GROUP BY ALL
),
at_risk AS (
	SELECT *, sum(gone) OVER (%sORDER BY t DESC) AS n FROM lived
),
survived AS (
	SELECT *, sum(CASE WHEN ended = n THEN -1e9 WHEN ended = 0 THEN 0 ELSE ln(1 - ended / n) END) OVER (%sORDER BY t) AS log_s FROM at_risk
)
SELECT %smin(t)::DOUBLE FROM survived WHERE log_s <= ln(0.5) + 1e-12 GROUP BY ALL HAVING count(*) > 0 ORDER BY ALL`, rows, by, over, over, by)
	var t float64
	return s.eachGroup(text, groups, []any{&t}, func(v *Value) { v.Survival = t / s.k.unitOfTime() })
}
