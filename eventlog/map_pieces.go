package eventlog

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

var viewMade = regexp.MustCompile(`^CREATE VIEW (\w+)`)

// errPiece is the error of a load whose mapping has a view that cannot be read
// by itself. The same load without pieces may succeed, or says what it always said.
var errPiece = errors.New("view")

// runPieces runs a mapping's text. DuckDB reads the SQL of a view anew, and that
// of all views below it, wherever the view is named: where there are few rows,
// that is most of what a mapping costs. So a view that others name is a
// temporary table, too, which stands before it in the search path, until the
// mapping is evaluated. Where there are many rows it is not: a table that this
// transaction has filled has no statistics to plan with, and all of its columns.
func (m *tablesMerge) runPieces(ctx context.Context, text string) error {
	// An extension replaces views that others name already.
	if !m.few || m.system.Extension != "" || m.system.MappingFile != "" {
		if err := m.c.exec(ctx, text); err != nil {
			return errors.New(storeReason(err))
		}
		return nil
	}
	list := splitStatements(text)
	for i, s := range list {
		if err := m.c.exec(ctx, s.sql); err != nil {
			return errors.New(storeReason(err))
		}
		made := viewMade.FindStringSubmatch(s.sql)
		if made == nil {
			continue
		}
		word := regexp.MustCompile(`\b` + made[1] + `\b`)
		if slices.ContainsFunc(list[i+1:], func(s statement) bool { return word.MatchString(s.sql) }) {
			if err := m.piece(ctx, made[1]); err != nil {
				return fmt.Errorf("%w %s: %w", errPiece, made[1], err)
			}
		}
	}
	return nil
}

// piece makes a view a temporary table. It leaves one alone that has a column
// without a type (NULL, or a list of it), which fits wherever it is named; a
// table's is an INTEGER.
func (m *tablesMerge) piece(ctx context.Context, view string) error {
	name := Quote(mapSchema(m.system.Name)) + "." + Quote(view)
	untyped, err := m.c.int(ctx, "SELECT count(*) FROM pragma_table_info("+storeLiteral(name)+`) WHERE contains(type, '"NULL"')`)
	if err != nil || untyped > 0 {
		return err
	}
	m.pieces = append(m.pieces, view)
	return m.c.exec(ctx, "CREATE TEMP TABLE "+Quote(view)+" AS FROM "+name)
}

// dropPieces has the mapping's names mean its views again.
func (m *tablesMerge) dropPieces(ctx context.Context) error {
	for _, view := range m.pieces {
		if err := m.c.exec(ctx, "DROP TABLE temp.main."+Quote(view)); err != nil {
			return err
		}
	}
	m.pieces = nil
	return nil
}
