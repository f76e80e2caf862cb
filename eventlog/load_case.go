package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// addCaseAttributes writes the attributes of the cases: of new ones as they
// are, of known ones what differs. A later value wins; NULL does not.
func (m *logMerge) addCaseAttributes(ctx context.Context) error {
	t, values, err := m.attributeColumns(ctx, "object", m.options.Log, m.cases)
	if err != nil {
		return err
	}
	var columns, last, fresh, differs, set strings.Builder
	for i, v := range values {
		column := Quote(v.column)
		fmt.Fprintf(&columns, ", %s", column)
		fmt.Fprintf(&last, ", arg_max(%s, ord) AS v%d", v.expr, i)
		fmt.Fprintf(&fresh, ", v%d", i)
		if i > 0 {
			differs.WriteString(" OR ")
			set.WriteString(", ")
		}
		fmt.Fprintf(&differs, "v%d <> t.%s OR v%d IS NOT NULL AND t.%s IS NULL", i, column, i, column)
		fmt.Fprintf(&set, "%s = coalesce(v%d, t.%s)", column, i, column)
	}
	if err := m.c.exec(ctx, storeText("merge_case_value", "values", last.String(), "staged", m.cases.from())); err != nil {
		return err
	}
	err = m.c.exec(ctx, storeText("merge_case_insert", "table", t.table(), "columns", columns.String(), "values", fresh.String()))
	if err != nil || len(values) == 0 {
		return err
	}
	if err := m.c.exec(ctx, storeText("merge_case_changed", "table", t.table(), "differs", differs.String())); err != nil {
		return err
	}
	m.receipt.Objects.Changed, err = m.c.int(ctx, "SELECT count(*) FROM case_changed")
	if err != nil || m.receipt.Objects.Changed == 0 {
		return err
	}
	for i, v := range values {
		column := "t." + Quote(v.column)
		n, err := m.c.count(ctx, storeText("merge_case_change", "table", t.table(), "column", column, "value", fmt.Sprintf("v%d", i),
			"old", storeAsText(v.sql, column), "new", storeAsText(v.sql, fmt.Sprintf("v%d", i))), v.name, m.options.Log, m.load)
		if err != nil {
			return err
		}
		m.receipt.Changes.New += n
	}
	return m.c.exec(ctx, storeText("merge_case_update", "table", t.table(), "set", set.String()))
}
