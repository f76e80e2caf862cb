package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"millrace/internal/retry"
	"millrace/internal/secrets"
	"millrace/reports/export/sheet"
)

// Postgres delivers each sheet to a table of PostgreSQL, all in one
// transaction: who reads sees the rows before or the rows after. A table that
// is not there is made, columns that it lacks are added, others are left; one
// that has another type is refused.
type Postgres struct {
	// Database is its URL, without a password: postgres://writer@bi.example/marts.
	Database string      `yaml:"database"`
	Password secrets.Ref `yaml:"password_from"`
	Schema   string      `yaml:"schema"` // default public; it is there
	// Table may have {name} and {sheet}; default {sheet}.
	Table string `yaml:"table"`
	// Rows says which are replaced: all, the default; or period, those of the
	// export's period only, by column "period", which a sheet gets that has none.
	Rows string `yaml:"rows"`
	// TLS is verify, the default but for a server on this machine, or off.
	TLS string `yaml:"tls"`
	CA  string `yaml:"ca"` // a PEM file of authorities to trust in place of the machine's
}

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// target is where to connect, without password and encryption.
func (p *Postgres) target() (*pgx.ConnConfig, error) {
	u, err := url.Parse(p.Database)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Hostname() == "" || u.User.Username() == "" || len(u.Path) < 2 {
		return nil, errors.New("postgres: database: want postgres://USER@HOST/DATABASE")
	}
	if _, has := u.User.Password(); has {
		return nil, errors.New("postgres: database: there is a password in the URL; take it out, and say where it is with password_from: env:NAME or file:PATH")
	}
	switch {
	case u.RawQuery != "":
		return nil, errors.New("postgres: database: nothing is known behind ? in it; the setting tls says how to encrypt")
	case p.Schema != "" && !identifier.MatchString(p.Schema):
		return nil, fmt.Errorf("postgres: schema: %q: want lower case letters, digits and underscores", p.Schema)
	case p.Rows != "" && p.Rows != "all" && p.Rows != "period":
		return nil, fmt.Errorf("postgres: rows: %q is none of all, period", p.Rows)
	case p.TLS != "" && p.TLS != "verify" && p.TLS != "off":
		return nil, fmt.Errorf("postgres: tls: %q is none of verify, off", p.TLS)
	}
	// Everything that the environment or a service file could say is said.
	c, err := pgx.ParseConfig("host=localhost port=5432 user=x dbname=x sslmode=disable password=none target_session_attrs=any")
	if err != nil {
		return nil, err
	}
	port := uint64(5432)
	if text := u.Port(); text != "" {
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return nil, fmt.Errorf("postgres: database: %q is no port", text)
		}
	}
	c.Host, c.Port, c.User, c.Password, c.Database = u.Hostname(), uint16(port), u.User.Username(), "", u.Path[1:]
	c.Fallbacks, c.TLSConfig = nil, nil
	c.RuntimeParams = map[string]string{"application_name": "millrace", "TimeZone": "UTC"}
	c.ConnectTimeout = 15 * time.Second
	c.DefaultQueryExecMode = pgx.QueryExecModeExec // a pool between us and the server may not know what was prepared
	return c, nil
}

func (p *Postgres) deliver(ctx context.Context, e Export, env Env) (Receipt, error) {
	c, err := p.target()
	if err != nil {
		return Receipt{}, err
	}
	if p.Password != "" {
		if c.Password, err = p.Password.Reveal(env.Env, "postgres: password_from"); err != nil {
			return Receipt{}, err
		}
	}
	if p.TLS != "off" && (p.TLS != "" || p.CA != "" || !loopback(c.Host)) {
		c.TLSConfig = &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12}
		if p.CA != "" {
			if c.TLSConfig.RootCAs, err = env.Authorities(p.CA); err != nil {
				return Receipt{}, fmt.Errorf("postgres: ca: %w", err)
			}
		}
	}
	r := Receipt{Place: fmt.Sprintf("postgres://%s:%d/%s", c.Host, c.Port, c.Database)}
	r.Tries, err = env.Retry.Do(ctx, func(ctx context.Context) error {
		rows, err := p.write(ctx, c, e)
		r.Rows = rows
		return failedPostgres(r.Place, err, c.Password)
	})
	return r, err
}

func (p *Postgres) write(ctx context.Context, c *pgx.ConnConfig, e Export) (rows int64, err error) {
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return 0, err
	}
	defer func() {
		aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = conn.Close(aside) // all is committed, or rolled back with it
	}()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after Commit: nothing
	for _, s := range e.Workbook.All() {
		n, err := p.replace(ctx, tx, e, s)
		if err != nil {
			return 0, fmt.Errorf("sheet %s: %w", s.Name, err)
		}
		rows += n
	}
	return rows, tx.Commit(ctx)
}

// A tableColumn is one of a table that is written.
type tableColumn struct {
	name, kind string
}

// replace puts the rows of a sheet in place of those of its table. Whoever
// writes waits for us, whoever reads does not.
func (p *Postgres) replace(ctx context.Context, tx pgx.Tx, e Export, s *sheet.Sheet) (int64, error) {
	schema, name := p.Schema, p.Table
	if schema == "" {
		schema = "public"
	}
	if name == "" {
		name = "{sheet}"
	}
	name = strings.NewReplacer("{name}", e.Manifest.Name, "{sheet}", s.Name).Replace(name)
	if !identifier.MatchString(name) {
		return 0, fmt.Errorf("table %q: want lower case letters, digits and underscores, 63 at most", name)
	}
	columns, rows := s.Flat(ctx)
	list := make([]tableColumn, len(columns))
	for i, c := range columns {
		list[i] = tableColumn{c.Name, postgresType(c)}
	}
	at := slices.IndexFunc(list, func(c tableColumn) bool { return c.name == "period" })
	byPeriod := p.Rows == "period"
	if byPeriod && at < 0 {
		list = append(list, tableColumn{"period", "text"})
	}
	if byPeriod && at >= 0 && list[at].kind != "text" {
		return 0, fmt.Errorf("column period is no text, so rows: period cannot use it")
	}
	table := pgx.Identifier{schema, name}.Sanitize()
	if err := adapt(ctx, tx, schema, name, list); err != nil {
		return 0, err
	}
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.name
	}
	stage := pgx.Identifier{"millrace_stage"}
	for _, statement := range []string{"DROP TABLE IF EXISTS pg_temp.millrace_stage", "CREATE TEMPORARY TABLE millrace_stage (" + definitions(list) + ") ON COMMIT DROP"} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return 0, err
		}
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	i := 0
	n, err := tx.CopyFrom(ctx, stage, names, pgx.CopyFromFunc(func() ([]any, error) {
		values, err, ok := next()
		if !ok || err != nil {
			return nil, err
		}
		i++
		switch {
		case byPeriod && at < 0:
			values = append(values, e.Manifest.Period)
		case byPeriod && values[at] != e.Manifest.Period:
			return nil, fmt.Errorf("row %d: period is %v, and the export's %q", i, values[at], e.Manifest.Period)
		}
		return values, nil
	}))
	if err != nil {
		return 0, err
	}
	if byPeriod {
		_, err = tx.Exec(ctx, "DELETE FROM "+table+" WHERE period = $1", e.Manifest.Period)
	} else {
		_, err = tx.Exec(ctx, "DELETE FROM "+table) // TRUNCATE would lock readers out, and show some of them no rows
	}
	if err != nil {
		return 0, err
	}
	quoted := quotedNames(names)
	_, err = tx.Exec(ctx, "INSERT INTO "+table+" ("+quoted+") SELECT "+quoted+" FROM pg_temp.millrace_stage")
	return n, err
}

// adapt makes the table, or gives it the columns it lacks.
func adapt(ctx context.Context, tx pgx.Tx, schema, name string, list []tableColumn) error {
	table := pgx.Identifier{schema, name}.Sanitize()
	if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+table+" ("+definitions(list)+")"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+table+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT attname::text, format_type(atttypid, atttypmod)::text FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, table)
	if err != nil {
		return err
	}
	have := map[string]string{}
	var column, kind string
	if _, err := pgx.ForEachRow(rows, []any{&column, &kind}, func() error { have[column] = kind; return nil }); err != nil {
		return err
	}
	for _, c := range list {
		switch kind, is := have[c.name]; {
		case !is:
			if _, err := tx.Exec(ctx, "ALTER TABLE "+table+" ADD COLUMN "+definitions([]tableColumn{c})); err != nil {
				return err
			}
		case kind != c.kind:
			return fmt.Errorf("%s: column %s is %s, and the export has %s; rename or drop it there, or deliver to another table", table, c.name, kind, c.kind)
		}
	}
	return nil
}

// postgresType is as format_type writes it.
func postgresType(c sheet.Column) string {
	switch c.Type {
	case sheet.IntegerType:
		return "bigint"
	case sheet.DecimalType:
		return fmt.Sprintf("numeric(18,%d)", c.Scale)
	case sheet.ShareType, sheet.DaysType, sheet.HoursType:
		return "double precision"
	case sheet.DateType:
		return "date"
	case sheet.TimestampType:
		return "timestamp with time zone"
	}
	return "text"
}

func definitions(list []tableColumn) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, pgx.Identifier{c.name}.Sanitize()+" "+c.kind)
	}
	return strings.Join(parts, ", ")
}

func quotedNames(names []string) string {
	var parts []string
	for _, n := range names {
		parts = append(parts, pgx.Identifier{n}.Sanitize())
	}
	return strings.Join(parts, ", ")
}

// failedPostgres says what the server said, without the password, and whether
// it may pass.
func failedPostgres(place string, err error, password string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if password != "" {
		text = strings.ReplaceAll(text, password, "…")
	}
	what := fmt.Errorf("%s: %s", place, text)
	said, answered := errors.AsType[*pgconn.PgError](err)
	if answered {
		for _, passing := range []string{"08", "40", "53", "57P", "55P03"} {
			if strings.HasPrefix(said.Code, passing) {
				return &retry.Passing{Err: what}
			}
		}
		if said.Code == "42501" {
			return fmt.Errorf("%w; grant the user CREATE on the schema, or all on the table", what)
		}
		return what
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) || strings.Contains(text, "connection reset") || strings.Contains(text, "unexpected EOF") || strings.Contains(text, "conn closed") {
		return &retry.Passing{Err: what}
	}
	return what
}
