package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// A shape is a table of the database, and how it is read.
type shape struct {
	ingest.TableShape
	quoted  string // schema and table
	columns []column
	order   []string // columns of the primary key, where pages can follow it
	client  *column  // whose row it is, where several share a table
}

// A found is a table of the catalog.
type found struct {
	schema, name string
	rank         int64 // place of the schema where names without one are looked for; 0: nowhere
	rows         int64
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func (s *source) Describe(ctx context.Context, tables []eventlog.Table) ([]ingest.TableShape, error) {
	var list []ingest.TableShape
	for i := range tables {
		sh, err := s.describe(ctx, &tables[i])
		if err != nil {
			return nil, err
		}
		s.shapes[tables[i].Name] = sh
		list = append(list, sh.TableShape)
	}
	return list, s.oneClient(ctx, tables)
}

// describe asks the catalog for one table.
func (s *source) describe(ctx context.Context, table *eventlog.Table) (*shape, error) {
	sh := &shape{TableShape: ingest.TableShape{Table: table.Name, Rows: -1}}
	names := append([]string{table.Name}, table.Aliases...)
	var elsewhere []string
	for _, name := range names {
		list, err := s.search(ctx, name)
		if err != nil {
			return nil, err
		}
		f, others := s.choose(list, name)
		elsewhere = append(elsewhere, others...)
		if f == nil {
			continue
		}
		sh.There, sh.Rows = f.schema+"."+f.name, f.rows
		sh.quoted = s.dialect.quote(f.schema) + "." + s.dialect.quote(f.name)
		err = s.columnsAndKey(ctx, sh, f)
		sh.client = sh.clientOf(table)
		return sh, err
	}
	sh.Problem = fmt.Sprintf("no table %s", strings.Join(names, " or "))
	if s.schema != "" {
		sh.Problem += " in schema " + s.schema
	}
	if !s.dialect.file {
		sh.Problem += fmt.Sprintf(" that %s may see", s.user)
	}
	slices.Sort(elsewhere)
	switch elsewhere = slices.Compact(elsewhere); {
	case len(elsewhere) > 0:
		sh.Problem += "; there is " + strings.Join(elsewhere, ", ") + ": say schema:"
	case !s.dialect.file:
		sh.Problem += "; check database and schema, or " + s.dialect.grant(s.schemaOr("SCHEMA"), table.Name, s.user)
	}
	return sh, nil
}

func (s *source) schemaOr(other string) string {
	if s.schema != "" {
		return s.schema
	}
	if s.dialect == mysqlDialect {
		return s.database
	}
	return other
}

// search asks for the tables of a name, whatever its case and schema.
func (s *source) search(ctx context.Context, name string) ([]found, error) {
	var list []found
	err := s.catalog(ctx, s.dialect.tables, []any{name}, func(rows *sql.Rows) error {
		var f found
		var rank, n sql.NullInt64
		if err := rows.Scan(&f.schema, &f.name, &rank, &n); err != nil {
			return err
		}
		f.rank, f.rows = rank.Int64, -1
		if n.Valid {
			f.rows = n.Int64
		}
		list = append(list, f)
		return nil
	})
	return list, err
}

// choose takes the table that is meant: of the schema of the configuration or
// of those the server looks in; written as asked for first. Others are where
// else there is one.
func (s *source) choose(list []found, name string) (best *found, others []string) {
	worse := func(a, b *found) bool {
		if (a.name == name) != (b.name == name) {
			return a.name != name
		}
		if (a.schema == s.schema) != (b.schema == s.schema) {
			return a.schema != s.schema
		}
		return a.rank > b.rank
	}
	for i := range list {
		f := &list[i]
		if s.schema != "" && !equalFold(f.schema, s.schema) || s.schema == "" && f.rank == 0 {
			others = append(others, f.schema+"."+f.name)
			continue
		}
		if best == nil || worse(best, f) {
			best = f
		}
	}
	return best, others
}

// columnsAndKey fills a shape, and tries whether it may be read.
func (s *source) columnsAndKey(ctx context.Context, sh *shape, f *found) error {
	err := s.catalog(ctx, s.dialect.columns, []any{f.schema, f.name}, func(rows *sql.Rows) error {
		var name string
		var c catalogType
		if err := rows.Scan(&name, &c.name, &c.length, &c.precision, &c.scale); err != nil {
			return err
		}
		if col, ok := s.dialect.column(name, c); ok {
			col.name = name
			if col.read == "" {
				col.read = s.dialect.quote(name)
			}
			sh.columns = append(sh.columns, col)
			sh.Columns = append(sh.Columns, ingest.ColumnShape{Name: name, SQL: col.sql})
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.catalog(ctx, s.dialect.key, []any{f.schema, f.name}, func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		sh.Key = append(sh.Key, name)
		return nil
	})
	if err != nil {
		return err
	}
	sh.order = sh.Key
	for _, name := range sh.Key {
		i := slices.IndexFunc(sh.columns, func(c column) bool { return c.name == name })
		if i < 0 || sh.columns[i].unordered {
			sh.order = nil
			break
		}
	}
	return s.try(ctx, sh, f)
}

// try reads no rows, to see whether some could be read.
func (s *source) try(ctx context.Context, sh *shape, f *found) error {
	if len(sh.columns) == 0 {
		sh.Problem = fmt.Sprintf("%s may read no column of %s; %s", s.user, sh.There, s.dialect.grant(f.schema, f.name, s.user))
		return nil
	}
	c, err := s.session(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range sh.columns {
		names = append(names, s.dialect.quote(c.name))
	}
	ctx, w := s.watch(ctx)
	defer w.stop()
	if s.begun && s.dialect.attempt != "" {
		if _, err := c.ExecContext(ctx, s.dialect.attempt); err != nil {
			return s.fail(ctx, sh.There, err)
		}
	}
	rows, err := c.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+sh.quoted+" WHERE 1 = 0")
	if err == nil {
		rows.Next()
		err = rows.Err()
		_ = rows.Close() // Err said what there is to say
	}
	if err == nil {
		return nil
	}
	if s.begun && s.dialect.retreat != "" && !broken(err) {
		if _, err := c.ExecContext(ctx, s.dialect.retreat); err != nil {
			return s.fail(ctx, sh.There, err)
		}
	}
	failed := s.fail(ctx, sh.There, err)
	if s.dialect.classify(err) == noRight {
		sh.Problem = fmt.Sprintf("%s; %s", s.redact(err.Error()), s.dialect.grant(f.schema, f.name, s.user))
		return nil
	}
	if _, transient := ingest.IsTransient(failed); transient || ctx.Err() != nil {
		return failed
	}
	sh.Problem = s.redact(err.Error())
	return nil
}

// catalog asks a question and calls each with every row.
func (s *source) catalog(ctx context.Context, query string, args []any, each func(*sql.Rows) error) error {
	c, err := s.session(ctx)
	if err != nil {
		return err
	}
	ctx, w := s.watch(ctx)
	defer w.stop()
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return s.fail(ctx, "catalog", err)
	}
	defer rows.Close() // Err says what there is to say
	for rows.Next() {
		if err := each(rows); err != nil {
			return s.fail(ctx, "catalog", err)
		}
	}
	if err := rows.Err(); err != nil {
		return s.fail(ctx, "catalog", err)
	}
	return nil
}
