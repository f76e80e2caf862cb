package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// attributes are the attributes of a log in memory, and what else conditions
// may be on: events by their number minus one, cases by their number.
type attributes struct {
	events, cases []*Column

	caseOf   []uint32
	activity []uint16
	time     []int64
	resource []int32 // as long as the others; -1 where missing

	size int64 // bytes of all this, about
}

// add takes the attributes of a batch whose first event is number have+1.
func (a *attributes) add(in *Batch, rows *codedRows, have int, cases *dictionary) {
	a.caseOf, a.time = append(a.caseOf, rows.caseOf...), append(a.time, rows.time...)
	for row, c := range rows.activity {
		a.activity = append(a.activity, uint16(c))
		a.resource = append(a.resource, valueOr(rows.resource, row, -1))
	}
	a.size += int64(in.Len() * (4 + 2 + 8 + 4))
	for _, columns := range [][]Column{in.Attributes, in.CaseAttributes} {
		for i := range columns {
			a.size += columns[i].size()
		}
	}
	for i := range in.Attributes {
		src := &in.Attributes[i]
		dst := columnNamed(&a.events, src)
		dst.pad(have)
		for row := range in.Len() {
			dst.set(have+row, src, row)
		}
	}
	for i := range in.CaseAttributes {
		src := &in.CaseAttributes[i]
		dst := columnNamed(&a.cases, src)
		for row, id := range in.CaseIDs {
			if src.Null == nil || !src.Null[row] {
				code, _ := cases.find(id)
				dst.set(int(code), src, row)
			}
		}
	}
}

func columnNamed(cols *[]*Column, like *Column) *Column {
	for _, c := range *cols {
		if c.Name == like.Name && (c.Type == Nested) == (like.Type == Nested) {
			return c
		}
	}
	c := &Column{Name: like.Name, Type: like.Type, Null: []bool{}}
	*cols = append(*cols, c)
	return c
}

// size returns how many bytes the values take, about.
func (c *Column) size() int64 {
	n := int64(len(c.Int)*9 + len(c.Float)*9 + len(c.Text)*17)
	for _, s := range c.Text {
		n += int64(len(s))
	}
	return n
}

// pad makes c n rows long; the new rows have no value.
func (c *Column) pad(n int) {
	for len(c.Null) < n {
		c.Null = append(c.Null, true)
		switch c.Type {
		case Text, Nested:
			c.Text = append(c.Text, "")
		case Float:
			c.Float = append(c.Float, 0)
		default:
			c.Int = append(c.Int, 0)
		}
	}
}

// set copies a value; if the types differ, c becomes text.
func (c *Column) set(row int, src *Column, from int) {
	c.pad(row + 1)
	if src.Null != nil && src.Null[from] {
		return
	}
	if c.Type != src.Type {
		c.widen(src.Type)
	}
	c.Null[row] = false
	switch c.Type {
	case Text, Nested:
		c.Text[row] = src.text(from)
	case Float:
		if src.Type == Int {
			c.Float[row] = float64(src.Int[from])
		} else {
			c.Float[row] = src.Float[from]
		}
	default:
		c.Int[row] = src.Int[from]
	}
}

// widen makes room for values of another type: whole numbers become floats
// beside floats, anything else becomes text.
func (c *Column) widen(other Type) {
	switch {
	case c.Type == Text || c.Type == Float && other == Int:
		return
	case c.Type == Int && other == Float:
		c.Float = make([]float64, len(c.Int))
		for i, v := range c.Int {
			c.Float[i] = float64(v)
		}
		c.Type, c.Int = Float, nil
		return
	}
	text := make([]string, len(c.Null))
	for i := range text {
		if !c.Null[i] {
			text[i] = c.text(i)
		}
	}
	c.Type, c.Text, c.Int, c.Float = Text, text, nil, nil
}

// text returns a value as text, in its one canonical form.
func (c *Column) text(i int) string {
	switch c.Type {
	case Int:
		return strconv.FormatInt(c.Int[i], 10)
	case Float:
		return floatText(c.Float[i])
	case Bool:
		return strconv.FormatBool(c.Int[i] != 0)
	case Time:
		return FormatTime(c.Int[i])
	}
	return c.Text[i]
}

// floatText writes what is not finite as JSON of Python and PM4Py does:
// Infinity, -Infinity, NaN. The readers of OCEL, PostgreSQL and DuckDB take
// these, and none of them takes Go's +Inf. It agrees with storeAsText.
func floatText(f float64) string {
	if math.IsInf(f, 1) {
		return "Infinity"
	}
	if math.IsInf(f, -1) {
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// TimeOf returns a time in µs as a [time.Time] in UTC; the zero time for NoTime.
func TimeOf(us int64) time.Time {
	if us == NoTime {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// FormatTime writes a time in µs as RFC 3339 in UTC, with as many digits of a
// second as it has; "" for NoTime.
func FormatTime(us int64) string {
	if us == NoTime {
		return ""
	}
	return time.UnixMicro(us).UTC().Format(time.RFC3339Nano)
}

func (c *Column) value(i int) driver.Value {
	if i >= len(c.Null) || c.Null[i] {
		return nil
	}
	switch c.Type {
	case Int:
		return c.Int[i]
	case Float:
		return c.Float[i]
	case Bool:
		return c.Int[i] != 0
	case Time:
		at := time.UnixMicro(c.Int[i]).UTC()
		if at.Year() < 1 || at.Year() > 9999 { // DuckDB's appender takes no more
			return nil
		}
		return at
	}
	return c.Text[i]
}

func (c *Column) sqlType() string {
	return [...]string{"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "VARCHAR"}[c.Type]
}

// A conditionTable answers a user's conditions on cases and events in a
// DuckDB of its own, in memory, that can reach neither files nor the store.
type conditionTable struct {
	// fill makes the tables, and the views cases and events on them. With a
	// need it may make no more than that.
	fill func(ctx context.Context, c *sql.Conn, need conditionNeed) error

	mu sync.Mutex
	db map[conditionNeed]*sql.DB
}

// A conditionNeed is what a condition looks at, as far as its text tells; the
// zero value is everything.
type conditionNeed struct {
	of      string // cases: their own attributes; events: no attributes
	columns string // of events, separated by commas
}

// needOf guesses what is enough for a condition. A wrong guess does not compile:
// names that are there mean the same in all tables.
func needOf(of, condition string) conditionNeed {
	text := strings.ToLower(condition)
	for _, all := range []string{"*", "columns", "events", "cases"} { // whatever there is, or a row as a whole
		if strings.Contains(text, all) {
			return conditionNeed{}
		}
	}
	n := conditionNeed{of: of}
	if of == "events" {
		columns := []string{"event"}
		for _, c := range []string{"activity", "time", "resource", "actor_kind"} {
			if strings.Contains(text, c) {
				columns = append(columns, c)
			}
		}
		n.columns = strings.Join(columns, ", ")
	}
	return n
}

func (t *conditionTable) open(ctx context.Context, need conditionNeed) (*sql.DB, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if db := t.db[need]; db != nil {
		return db, nil
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	if err := t.prepare(ctx, db, need); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if t.db == nil {
		t.db = map[conditionNeed]*sql.DB{}
	}
	t.db[need] = db
	return db, nil
}

func (t *conditionTable) prepare(ctx context.Context, db *sql.DB, need conditionNeed) error {
	db.SetMaxOpenConns(1)
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "SET TimeZone = 'UTC'"); err != nil {
		return err
	}
	if err := t.fill(ctx, c, need); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "SET enable_external_access = false; SET lock_configuration = true")
	return err
}

func (t *conditionTable) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, db := range t.db {
		errs = append(errs, db.Close())
	}
	t.db = nil
	return errors.Join(errs...)
}

// numbers returns the sorted numbers of the rows of cases or events for which
// the condition, an SQL expression over their attributes, is true.
func (t *conditionTable) numbers(ctx context.Context, of, condition string) ([]int64, error) {
	if need := needOf(of, condition); need.of != "" {
		if out, err := t.ask(ctx, of, condition, need); err == nil || ctx.Err() != nil {
			return out, err
		}
	}
	return t.ask(ctx, of, condition, conditionNeed{})
}

func (t *conditionTable) ask(ctx context.Context, of, condition string, need conditionNeed) ([]int64, error) {
	db, err := t.open(ctx, need)
	if err != nil {
		return nil, err
	}
	number := map[string]string{"cases": `"case"`, "events": "event"}[of]
	query := "SELECT " + number + " FROM " + of + " WHERE (\n" + condition + "\n) ORDER BY 1"
	if err := oneSelect(ctx, db, query); err != nil {
		return nil, fmt.Errorf("condition %q: %w", condition, err)
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w%s", condition, conditionError(err), known(ctx, db, of))
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// oneSelect refuses whatever DuckDB's own parser does not take for one SELECT:
// a condition is pasted into the query, so it could end it and begin another.
func oneSelect(ctx context.Context, db *sql.DB, query string) error {
	var failed bool
	var message sql.NullString
	var statements sql.NullInt64
	err := db.QueryRowContext(ctx, `
		SELECT (tree ->> 'error')::BOOLEAN, tree ->> 'error_message', json_array_length(tree, '$.statements')
		FROM (SELECT json_serialize_sql(`+storeLiteral(query)+`) AS tree)`).Scan(&failed, &message, &statements)
	switch {
	case err != nil:
		return conditionError(err)
	case failed:
		first, _, _ := strings.Cut(message.String, "\n")
		return errors.New(first)
	case statements.Int64 != 1:
		return errors.New("it is more than one expression")
	}
	return nil
}

// conditionError keeps the first line of DuckDB's message: the rest quotes a
// query the user did not write.
func conditionError(err error) error {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(first)
}

// known lists the columns a condition may use, for an error.
func known(ctx context.Context, db *sql.DB, of string) string {
	c, err := db.Conn(ctx)
	if err != nil {
		return ""
	}
	defer c.Close()
	names, err := columnNames(ctx, c, of)
	if err != nil {
		return ""
	}
	return "; the columns are " + strings.Join(names, ", ")
}

// fillTables creates the tables of conditions from what the builder kept.
func (b *Builder) fillTables(ctx context.Context, c *sql.Conn) error {
	a := b.attributes
	taken := map[string]bool{"case": true, "event": true, "activity": true, "time": true, "resource": true, "id": true}
	events := uniqueNames(a.events, taken)
	ddl := `CREATE TABLE all_events (event BIGINT, "case" BIGINT, activity VARCHAR, time TIMESTAMPTZ, resource VARCHAR`
	for i, col := range a.events {
		ddl += ", " + Quote(events[i]) + " " + col.sqlType()
	}
	own := uniqueNames(a.cases, map[string]bool{"case": true, "id": true})
	ddl += `); CREATE TABLE own ("case" BIGINT, id VARCHAR`
	for i, col := range a.cases {
		ddl += ", " + Quote(own[i]) + " " + col.sqlType()
	}
	if _, err := c.ExecContext(ctx, ddl+")"); err != nil {
		return err
	}
	err := c.Raw(func(dc any) error {
		conn := dc.(driver.Conn)
		err := appendRows(conn, "all_events", len(a.caseOf), func(i int) []driver.Value {
			row := []driver.Value{int64(i + 1), int64(a.caseOf[i]), b.activities.label(uint32(a.activity[i])), nil, nil}
			if at := time.UnixMicro(a.time[i]).UTC(); a.time[i] != NoTime && at.Year() >= 1 && at.Year() <= 9999 {
				row[3] = at
			}
			if a.resource[i] >= 0 {
				row[4] = b.resources.label(uint32(a.resource[i]))
			}
			for _, col := range a.events {
				row = append(row, col.value(i))
			}
			return row
		})
		if err != nil {
			return err
		}
		return appendRows(conn, "own", b.cases.len(), func(i int) []driver.Value {
			row := []driver.Value{int64(i), b.cases.label(uint32(i))}
			for _, col := range a.cases {
				row = append(row, col.value(i))
			}
			return row
		})
	})
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `
		CREATE TABLE case_event AS SELECT "case", event FROM all_events;
		ALTER TABLE all_events DROP COLUMN "case"`)
	if err != nil {
		return err
	}
	return createConditionViews(ctx, c)
}

// createConditionViews makes the views that conditions are on from the tables
// own (cases with their attributes), all_events (events with theirs) and
// case_event (which events a case has).
//
// A case has, besides its own attributes, the first value that its events have
// of each of theirs: files that are one flat table say an order's country on
// every row.
func createConditionViews(ctx context.Context, c *sql.Conn) error {
	own, err := columnNames(ctx, c, "own")
	if err != nil {
		return err
	}
	events, err := columnNames(ctx, c, "all_events")
	if err != nil {
		return err
	}
	view := "CREATE VIEW cases AS SELECT own.*"
	first := ""
	for _, name := range events {
		is := func(other string) bool { return strings.EqualFold(name, other) }
		if slices.ContainsFunc(append(own, "event", "activity", "time", "resource", "actor_kind"), is) {
			continue
		}
		view += ", e." + Quote(name)
		first += ", arg_min(" + Quote(name) + ", event) FILTER (" + Quote(name) + " IS NOT NULL) AS " + Quote(name)
	}
	_, err = c.ExecContext(ctx, `CREATE VIEW events AS SELECT * FROM all_events;`+view+`
		FROM own LEFT JOIN (SELECT "case"`+first+` FROM case_event JOIN all_events USING (event) GROUP BY "case") AS e USING ("case")`)
	return err
}

func columnNames(ctx context.Context, c *sql.Conn, table string) ([]string, error) {
	rows, err := c.QueryContext(ctx, "SELECT column_name FROM (DESCRIBE "+table+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	return names, rows.Err()
}

func appendRows(conn driver.Conn, table string, n int, row func(int) []driver.Value) (err error) {
	app, err := duckdb.NewAppenderFromConn(conn, "", table)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	for i := range n {
		if err := app.AppendRow(row(i)...); err != nil {
			return err
		}
	}
	return nil
}

// uniqueNames returns names for columns that differ even for DuckDB, which
// ignores case: the second "Cost" becomes "Cost_2".
func uniqueNames(cols []*Column, taken map[string]bool) []string {
	names := make([]string, len(cols))
	for i, c := range cols {
		name := c.Name
		for n := 2; taken[strings.ToLower(name)] || name == ""; n++ {
			name = c.Name + "_" + strconv.Itoa(n)
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
