package ocel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	_ "modernc.org/sqlite" // the driver of that name

	"millrace/eventlog"
)

// sqliteSink writes the SQLite form: a table for each type, whose columns are
// its attributes. They must be known first, so the source is run twice: the
// first run writes nothing.
//
// An object has one row with what it has from the beginning, at 1970-01-01, and
// one row for each later value, which names the attribute in
// ocel_changed_field. A second value from the beginning is such a row too.
type sqliteSink struct {
	path string
	plan *plan
	db   *sql.DB
	tx   *sql.Tx

	events, objects, eventObject, objectObject *sql.Stmt
	eventTables, objectTables                  map[string]*typeTable
	renamed                                    []string
	args                                       []any
}

// A typeTable is the table of one type.
type typeTable struct {
	mapped  string
	columns []string
	types   []string // of OCEL
	place   map[string]int
	insert  *sql.Stmt // a row
}

func newSQLite(dir string, p *plan) (sink, error) {
	s := &sqliteSink{path: filepath.Join(dir, "log.sqlite"), plan: p}
	if p.known == nil {
		return s, nil
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *sqliteSink) wants(*catalogue) bool { return s.plan.known == nil }

// open makes the tables. The file is whole or thrown away, so nothing is
// journalled or synced.
func (s *sqliteSink) open() (err error) {
	if s.db, err = sql.Open("sqlite", s.path); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	for _, pragma := range []string{"journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "foreign_keys=OFF", "temp_store=MEMORY"} {
		if _, err := s.db.Exec("PRAGMA " + pragma); err != nil {
			return err
		}
	}
	if s.tx, err = s.db.Begin(); err != nil {
		return err
	}
	for _, text := range []string{
		`CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT)`,
		`CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT)`,
		`CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type))`,
		`CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type))`,
		`CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
			FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id), FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id))`,
		`CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
			FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id), FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id))`,
	} {
		if _, err := s.tx.Exec(text); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.events, "INSERT INTO event VALUES (?, ?)"},
		{&s.objects, "INSERT INTO object VALUES (?, ?)"},
		{&s.eventObject, "INSERT INTO event_object VALUES (?, ?, ?)"},
		{&s.objectObject, "INSERT INTO object_object VALUES (?, ?, ?)"},
	} {
		if *x.to, err = s.tx.Prepare(x.text); err != nil {
			return err
		}
	}
	if s.eventTables, err = s.tables("event", s.plan.known.events.declared); err != nil {
		return err
	}
	s.objectTables, err = s.tables("object", s.plan.known.objects.declared)
	return err
}

// tables makes a table for each type.
func (s *sqliteSink) tables(owner string, types []eventlog.DeclaredType) (map[string]*typeTable, error) {
	own := []string{"ocel_id", "ocel_time"}
	if owner == "object" {
		own = append(own, "ocel_changed_field")
	}
	taken := names{"object": true} // event_object and object_object are taken; event_map_type has an underscore
	tables := map[string]*typeTable{}
	for _, d := range types {
		t := &typeTable{mapped: taken.unique(mappedName(d.Name), ""), place: map[string]int{}}
		columns := names{}
		text := "CREATE TABLE " + quoteName(owner+"_"+t.mapped) + " (ocel_id TEXT"
		if owner == "event" {
			text += " PRIMARY KEY"
		}
		text += ", ocel_time TIMESTAMP"
		if owner == "object" {
			text += ", ocel_changed_field TEXT"
		}
		for _, name := range own {
			columns[name] = true
		}
		for _, a := range d.Attributes {
			column := columns.unique(strings.ReplaceAll(strings.ToValidUTF8(a.Name, "\uFFFD"), "\x00", "\uFFFD"), "_")
			if column != a.Name {
				s.renamed = append(s.renamed, fmt.Sprintf("%q of %q to %q", a.Name, d.Name, column))
			}
			t.place[a.Name] = len(t.columns)
			t.columns, t.types = append(t.columns, column), append(t.types, standardType(a.Type))
			text += ", " + quoteName(column) + " " + sqliteType(a.Type)
		}
		text += ", FOREIGN KEY (ocel_id) REFERENCES " + owner + " (ocel_id))"
		if _, err := s.tx.Exec(text); err != nil {
			return nil, fmt.Errorf("table for type %q: %w", d.Name, err)
		}
		if _, err := s.tx.Exec("INSERT INTO "+owner+"_map_type VALUES (?, ?)", d.Name, t.mapped); err != nil {
			return nil, err
		}
		marks := strings.Repeat(", ?", len(own)+len(t.columns))[2:]
		var err error
		if t.insert, err = s.tx.Prepare("INSERT INTO " + quoteName(owner+"_"+t.mapped) + " VALUES (" + marks + ")"); err != nil {
			return nil, fmt.Errorf("table for type %q: %w", d.Name, err)
		}
		tables[d.Name] = t
	}
	return tables, nil
}

func (s *sqliteSink) event(e *event) error {
	if s.tx == nil {
		return nil
	}
	t := s.eventTables[e.typ]
	if _, err := s.events.Exec(e.id, e.typ); err != nil {
		return fmt.Errorf("event %q: %w", e.id, err)
	}
	s.row(t, 2, e.id, e.time)
	for i := range e.values {
		s.put(t, 2, &e.values[i])
	}
	if _, err := t.insert.Exec(s.args...); err != nil {
		return fmt.Errorf("event %q: %w", e.id, err)
	}
	for _, r := range e.relations {
		if _, err := s.eventObject.Exec(e.id, r.id, r.qualifier); err != nil {
			return fmt.Errorf("event %q: %w", e.id, err)
		}
	}
	return nil
}

// row starts a row of t with its own columns and no values.
func (s *sqliteSink) row(t *typeTable, own int, id string, time int64) {
	s.args = append(s.args[:0], make([]any, own+len(t.columns))...)
	s.args[0], s.args[1] = id, timeText(time)
}

func (s *sqliteSink) put(t *typeTable, own int, v *value) {
	i := t.place[v.name]
	s.args[own+i] = sqliteValue(t.types[i], v.text)
}

func (s *sqliteSink) object(o *object) error {
	if s.tx == nil {
		return nil
	}
	t := s.objectTables[o.typ]
	if _, err := s.objects.Exec(o.id, o.typ); err != nil {
		return fmt.Errorf("object %q: %w", o.id, err)
	}
	const own = 3
	s.row(t, own, o.id, eventlog.NoTime)
	var later []int
	for i := range o.values {
		v := &o.values[i]
		if (v.time == eventlog.NoTime || v.time == 0) && s.args[own+t.place[v.name]] == nil {
			s.put(t, own, v)
		} else {
			later = append(later, i)
		}
	}
	if _, err := t.insert.Exec(s.args...); err != nil {
		return fmt.Errorf("object %q: %w", o.id, err)
	}
	for _, i := range later {
		v := &o.values[i]
		s.row(t, own, o.id, v.time)
		s.args[2] = t.columns[t.place[v.name]]
		s.put(t, own, v)
		if _, err := t.insert.Exec(s.args...); err != nil {
			return fmt.Errorf("object %q: %w", o.id, err)
		}
	}
	for _, r := range o.relations {
		if _, err := s.objectObject.Exec(o.id, r.id, r.qualifier); err != nil {
			return fmt.Errorf("object %q: %w", o.id, err)
		}
	}
	return nil
}

// finish copies the whole file to w.
func (s *sqliteSink) finish(ctx context.Context, w io.Writer, _ *catalogue, _ eventlog.ObjectMeta) error {
	if err := errors.Join(s.tx.Commit(), s.db.Close()); err != nil {
		return err
	}
	s.tx, s.db = nil, nil
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, &until{ctx, f})
	return errors.Join(err, f.Close())
}

func (s *sqliteSink) notes() []eventlog.Note {
	if len(s.renamed) == 0 {
		return nil
	}
	const most = 5
	list := strings.Join(s.renamed[:min(len(s.renamed), most)], ", ")
	if len(s.renamed) > most {
		list += ", …"
	}
	return []eventlog.Note{{Code: "attributes-renamed", Text: fmt.Sprintf(
		"SQLite cannot have columns of these names; attributes renamed: %d: %s.", len(s.renamed), list)}}
}

func (s *sqliteSink) close() error {
	var errs []error
	if s.tx != nil {
		errs = append(errs, s.tx.Rollback())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sqliteType is the type of a column. SQLite holds any value in it, so one
// that does not fit stays what it is.
func sqliteType(declared string) string {
	switch standardType(declared) {
	case "integer":
		return "INTEGER"
	case "float":
		return "REAL"
	case "boolean":
		return "BOOLEAN"
	case "time":
		return "TIMESTAMP"
	}
	return "TEXT"
}

// sqliteValue is what a value is bound as: a number where it is one.
func sqliteValue(typ, text string) any {
	switch typ {
	case "integer":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case "float":
		// NaN would become NULL.
		if f, err := strconv.ParseFloat(text, 64); err == nil && f == f {
			return f
		}
	case "boolean":
		switch text {
		case "true":
			return int64(1)
		case "false":
			return int64(0)
		}
	}
	return text
}

// names are those taken, in lower case: SQLite ignores it.
type names map[string]bool

func (n names) unique(name, between string) string {
	found := name
	for i := 2; n[strings.ToLower(found)] || found == ""; i++ {
		found = fmt.Sprintf("%s%s%d", name, between, i)
		if name == "" {
			found = fmt.Sprintf("Empty%d", i-1)
		}
	}
	n[strings.ToLower(found)] = true
	return found
}

// mappedName is a type's name as a table's: its words with capitals, as the
// examples of the standard have it.
func mappedName(name string) string {
	var b strings.Builder
	first := true
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			first = true
			continue
		}
		if first {
			r = unicode.ToUpper(r)
		}
		first = false
		b.WriteRune(r)
	}
	return b.String()
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
