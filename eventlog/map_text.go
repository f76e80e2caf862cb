package eventlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// mapViewNames says to the author of a mapping what it is to make.
const mapViewNames = "a mapping makes views named event, event_object, object_object, object_change, object_TYPE or link"

// mappingText is all the SQL of a system's mapping.
func (s *System) mappingText() string {
	if s.Extension == "" {
		return s.Mapping
	}
	return s.Mapping + "\n" + s.Extension
}

// runMapping makes the mapping's views in the schema that is there for them.
func (m *tablesMerge) runMapping(ctx context.Context) error {
	uses := make([]string, len(m.system.Uses))
	for i, name := range m.system.Uses {
		uses[i] = storeLiteral(name)
	}
	zone := m.system.Timezone
	if zone == "" {
		zone = "UTC"
	}
	actors, err := m.system.Actors.rules()
	if err != nil {
		return err
	}
	for _, text := range []string{
		actors.macro(),
		"CREATE MACRO source_name() AS " + storeLiteral(m.system.Name),
		"CREATE MACRO source_zone() AS " + storeLiteral(zone),
		"CREATE MACRO source_uses() AS [" + strings.Join(uses, ", ") + "]::VARCHAR[]",
	} {
		if err := m.c.exec(ctx, text); err != nil {
			return err
		}
	}
	for _, part := range []struct{ file, text string }{{m.system.MappingFile, m.system.Mapping}, {m.system.ExtensionFile, m.system.Extension}} {
		if strings.TrimSpace(part.text) == "" {
			continue
		}
		if part.file == "" {
			if err := m.runPieces(ctx, part.text); err != nil {
				return fmt.Errorf("mapping: %w", err)
			}
		} else if err := m.runFile(ctx, part.file, part.text); err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
	}
	return m.joinMore(ctx)
}

// mapStatement is what a statement of a file must be: a mapping that does
// anything else could break the load that it runs in.
var mapStatement = regexp.MustCompile(`(?i)^CREATE\s+(OR\s+REPLACE\s+)?(VIEW|MACRO|FUNCTION)\s`)

// runFile runs a text of the project's, statement by statement, so that an
// error can say where.
func (m *tablesMerge) runFile(ctx context.Context, file, text string) error {
	for _, s := range splitStatements(text) {
		if !mapStatement.MatchString(s.sql) {
			first, _, _ := strings.Cut(s.sql, "\n")
			return fmt.Errorf("%s:%d: %q creates no view and no macro, and a mapping does nothing else", file, s.line, first)
		}
		if err := m.c.exec(ctx, s.sql); err != nil {
			if ctx.Err() != nil {
				return err
			}
			return fmt.Errorf("%s:%d: %s; %s", file, s.line+errorLine(err)-1, storeReason(err), mapViewNames)
		}
	}
	return nil
}

// errorLine is the line of a statement that DuckDB complains of; 1 if it does
// not say.
func errorLine(err error) int {
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return 1
	}
	if _, rest, ok := strings.Cut(d.Msg, "\nLINE "); ok {
		number, _, _ := strings.Cut(rest, ":")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			return n
		}
	}
	return 1
}

// joinMore makes of every view X and a view X_more one that has the rows of
// both, so that an extension need not repeat what it adds to.
func (m *tablesMerge) joinMore(ctx context.Context) error {
	names, err := m.c.strings(ctx, storeText("map_views"), mapSchema(m.system.Name))
	if err != nil {
		return err
	}
	for _, more := range names {
		base, ok := strings.CutSuffix(more, "_more")
		if !ok {
			continue
		}
		text := fmt.Sprintf("CREATE VIEW %s AS FROM %s", Quote(base), Quote(more))
		if slices.Contains(names, base) {
			if err := m.sameTimes(ctx, base, more); err != nil {
				return err
			}
			own := base + "_own"
			if err := m.c.exec(ctx, fmt.Sprintf("ALTER VIEW %s RENAME TO %s", Quote(base), Quote(own))); err != nil {
				return err
			}
			text = fmt.Sprintf("CREATE VIEW %s AS FROM %s UNION ALL BY NAME FROM %s", Quote(base), Quote(own), Quote(more))
		}
		if err := m.c.exec(ctx, text); err != nil {
			return fmt.Errorf("mapping: view %s: %s", more, storeReason(err))
		}
	}
	return nil
}

// sameTimes refuses to join a time without a zone to one with: DuckDB would
// take it for UTC.
func (m *tablesMerge) sameTimes(ctx context.Context, base, more string) error {
	kind := map[string]string{}
	for _, name := range []string{base, more} {
		columns, err := m.describe(ctx, name)
		if err != nil {
			return fmt.Errorf("mapping: view %s: %s", name, storeReason(err))
		}
		for _, c := range columns {
			was, known := kind[strings.ToLower(c.Name)]
			if known && isNaive(was) != isNaive(c.SQL) && (was == zonedType || c.SQL == zonedType) {
				return fmt.Errorf("mapping: view %s: %s is a %s, and in view %s a %s; write %s AT TIME ZONE source_zone()", more, c.Name, c.SQL, base, was, c.Name)
			}
			kind[strings.ToLower(c.Name)] = c.SQL
		}
	}
	return nil
}

// viewColumns lists the columns of the mapping's views as they were made: in
// one look, where describing each reads its SQL again, and that of all views
// below it. It says nothing of a view that cannot be read or has a column without
// a type (NULL), nor of a text of the project's, which may have replaced what
// other views read.
func (m *tablesMerge) viewColumns(ctx context.Context) (map[string][]TableColumn, error) {
	columns := map[string][]TableColumn{}
	if m.system.MappingFile != "" || m.system.Extension != "" {
		return columns, nil
	}
	return columns, m.inViews(ctx, func() (err error) {
		columns, err = m.c.columnsIn(ctx, mapSchema(m.system.Name))
		maps.DeleteFunc(columns, func(_ string, list []TableColumn) bool {
			return slices.ContainsFunc(list, func(c TableColumn) bool { return c.SQL == `"NULL"` })
		})
		return err
	})
}

// columnsIn lists the columns of the tables and views of a schema.
func (c *storeConn) columnsIn(ctx context.Context, schema string) (map[string][]TableColumn, error) {
	columns := map[string][]TableColumn{}
	err := c.each(ctx, storeText("schema_columns"), []any{schema}, func(scan func(...any) error) error {
		var table string
		var column TableColumn
		err := scan(&table, &column.Name, &column.SQL)
		columns[table] = append(columns[table], column)
		return err
	})
	return columns, err
}

// describe lists the columns of a view, or says why it cannot be read.
func (m *tablesMerge) describe(ctx context.Context, view string) ([]TableColumn, error) {
	var columns []TableColumn
	err := m.c.each(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+Quote(mapSchema(m.system.Name))+"."+Quote(view)+")", nil,
		func(scan func(...any) error) error {
			var c TableColumn
			err := scan(&c.Name, &c.SQL)
			columns = append(columns, c)
			return err
		})
	return columns, err
}

// isPart says whether a view is one of those that joinMore joined.
func isPart(view string) bool {
	return strings.HasSuffix(view, "_more") || strings.HasSuffix(view, "_own")
}

// noViews is an error if a text of the project's made none of the views that
// mean something.
func (v *mapped) noViews(names []string) error {
	file := v.system.ExtensionFile
	if v.system.MappingFile != "" {
		file = v.system.MappingFile
	}
	if file == "" || v.event != nil || v.eventObject != nil || v.objectObject != nil || v.objectChange != nil || len(v.types) > 0 {
		return nil
	}
	known := []string{"event", "event_object", "object_object", "object_change"}
	for _, name := range names {
		if guess := DidYouMean(name, known); guess != "" {
			return fmt.Errorf("mapping: %s: nothing reads view %q%s; %s", file, name, guess, mapViewNames)
		}
	}
	return fmt.Errorf("mapping: %s makes no view that is read; %s", file, mapViewNames)
}

// A statement is one of a text, and the line on which it begins.
type statement struct {
	sql  string
	line int
}

// splitStatements cuts SQL at its semicolons: not those in strings, names and
// comments. Comments before a statement are left out.
func splitStatements(text string) []statement {
	var list []statement
	start, at := -1, 0 // of the statement; -1: none begun
	end := func() {
		if start >= 0 {
			list = append(list, statement{strings.TrimSpace(text[start:at]), 1 + strings.Count(text[:start], "\n")})
		}
		start = -1
	}
	for at < len(text) {
		n, blank := token(text[at:])
		switch {
		case text[at] == ';':
			end()
		case !blank && start < 0:
			start = at
		}
		at += n
	}
	end()
	return list
}

var dollarTag = regexp.MustCompile(`^\$([A-Za-z_\x80-\xff][A-Za-z_0-9\x80-\xff]*)?\$`)

// token returns the length of the string, quoted name or comment that a text
// begins with, else 1, and whether it is a comment or space. What is not
// closed goes on to the end.
func token(text string) (n int, blank bool) {
	until := func(from int, close string) int {
		if i := strings.Index(text[from:], close); i >= 0 {
			return from + i + len(close)
		}
		return len(text)
	}
	switch {
	case strings.HasPrefix(text, "--"):
		return until(2, "\n"), true
	case strings.HasPrefix(text, "/*"):
		return blockComment(text), true
	case text[0] == '\'', text[0] == '"':
		return until(1, text[:1]), false // a doubled quote begins the next piece
	case len(text) > 1 && (text[0] == 'e' || text[0] == 'E') && text[1] == '\'':
		for i := 2; i < len(text); i++ {
			if text[i] == '\\' {
				i++
			} else if text[i] == '\'' {
				return i + 1, false
			}
		}
		return len(text), false
	case text[0] == '$':
		if tag := dollarTag.FindString(text); tag != "" {
			return until(len(tag), tag), false
		}
	}
	return 1, strings.ContainsRune(" \t\r\n\f\v", rune(text[0]))
}

// blockComment is the length of a comment, which may hold others.
func blockComment(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth, i = depth+1, i+1
		case strings.HasPrefix(text[i:], "*/"):
			if depth, i = depth-1, i+1; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}
