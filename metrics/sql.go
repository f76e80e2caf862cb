package metrics

import (
	"fmt"
	"strings"
)

// The end of a duration lies before its beginning.
const negative = "ending before they began"

// query writes the SQL of k: one row a value, with the columns value, n,
// used, open, hits, unsure and excluded_REASON.
//
// Every object gets one fate: the first reason to leave it out that holds,
// else open, else used; so the counts add up to n.
func (k *KPI) query() string {
	if k.Kind == SQLKind {
		return k.SQL
	}
	columns := []string{}
	if k.Kind == DurationKind {
		columns = append(columns, fmt.Sprintf("epoch_us(%s) AS began, epoch_us(%s) AS ended", k.From, k.To))
	}
	if k.Kind == RateKind {
		columns = append(columns, fmt.Sprintf("coalesce(%s, FALSE) AS hit", k.Hit))
		unsure := k.Unsure
		if unsure == "" {
			unsure = "FALSE"
		}
		columns = append(columns, fmt.Sprintf("coalesce(%s, FALSE) AS unsure", unsure))
	}
	var fate strings.Builder
	fate.WriteString("CASE")
	for _, l := range k.LeaveOut {
		fmt.Fprintf(&fate, " WHEN %s THEN %s", l.When, literal(l.Reason))
	}
	if k.Open != "" {
		fmt.Fprintf(&fate, " WHEN %s THEN ''", k.Open)
	}
	if k.Kind == DurationKind {
		fmt.Fprintf(&fate, " WHEN %s IS NULL OR %s IS NULL THEN 'without a time' WHEN %s < %s THEN %s", k.From, k.To, k.To, k.From, literal(negative))
	}
	fate.WriteString(" END AS fate")
	if fate.String() == "CASE END AS fate" {
		fate.Reset()
		fate.WriteString("NULL::VARCHAR AS fate")
	}
	columns = append(columns, fate.String())

	selected := []string{k.aggregate() + " AS value", "count(*) AS n", "count(*) FILTER (fate IS NULL) AS used", "count(*) FILTER (fate = '') AS open"}
	if k.Kind == RateKind {
		selected = append(selected, "count(*) FILTER (fate IS NULL AND hit) AS hits", "count(*) FILTER (fate IS NULL AND unsure) AS unsure")
	}
	for _, reason := range k.reasons() {
		selected = append(selected, fmt.Sprintf("count(*) FILTER (fate = %s) AS %s", literal(reason), quoted("excluded_"+reason)))
	}
	return fmt.Sprintf("WITH looked_at AS (\n\tSELECT %s\n\tFROM o2c.%s\n)\nSELECT %s\nFROM looked_at",
		strings.Join(columns, ",\n\t       "), quoted(k.View), strings.Join(selected, ",\n       "))
}

// aggregate writes what makes the figure of the objects that are used.
func (k *KPI) aggregate() string {
	switch k.Kind {
	case DurationKind:
		unit := 86_400_000_000
		if k.Unit == Hours {
			unit = 3_600_000_000
		}
		return fmt.Sprintf("quantile_cont(ended - began, %g) FILTER (fate IS NULL) / %d", k.Quantile, unit)
	case RateKind:
		return "(count(*) FILTER (fate IS NULL AND hit))::DOUBLE / nullif(count(*) FILTER (fate IS NULL), 0)"
	}
	return "(count(*) FILTER (fate IS NULL))::DOUBLE"
}

// reasons lists why objects may be left out, in the order in which they are asked.
func (k *KPI) reasons() []string {
	var list []string
	seen := map[string]bool{}
	for _, l := range k.LeaveOut {
		if !seen[l.Reason] {
			list = append(list, l.Reason)
		}
		seen[l.Reason] = true
	}
	if k.Kind == DurationKind {
		list = append(list, "without a time", negative)
	}
	return list
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quoted(s string) string  { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
