package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"
)

// LogOptions say how a store's log is opened. The zero value is the default.
type LogOptions struct {
	// Model tells item types and master data; nil for a store of imported
	// files only.
	Model *Model
	// Zone is where the days of events of day precision begin; default UTC.
	Zone *time.Location
	// Lifecycle is taken instead of the one the log was imported with.
	Lifecycle *Lifecycle
	// Calendars give the log working time: that which [Store.BuildColumns]
	// kept by the same calendars, else it is counted, some 20 ns an event.
	Calendars *Calendars
}

// A columnsKey is what coded columns were built by: if any of it differs, they
// are another log's.
type columnsKey struct {
	Definition LogDefinition
	Lifecycle  Lifecycle
	Zone       string
	Load       int64 `json:",omitempty"` // that they hold, of a log that the store does not list: see systemObjects
}

// Log opens a log of the store. It maps the columns that [Store.BuildColumns]
// wrote, if they are those of the store's last load, else builds them in
// memory. The log needs the store to be open for as long as it is used.
func (s *Store) Log(ctx context.Context, name string, o LogOptions) (*Log, error) {
	key, err := s.columnsKey(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, key, o)
}

// LogOf opens a case notion that need not be kept in the store, such as one
// that follows more types than a log that is. Its columns are built in memory.
func (s *Store) LogOf(ctx context.Context, def LogDefinition, o LogOptions) (*Log, error) {
	return s.open(ctx, columnsKeyOf(def, o), o)
}

func (s *Store) open(ctx context.Context, key columnsKey, o LogOptions) (*Log, error) {
	l, err := s.mapColumns(ctx, key)
	if err != nil && !errors.Is(err, errColumns) {
		return nil, err
	}
	if l == nil {
		if l, err = s.buildLog(ctx, key, o); err != nil {
			return nil, err
		}
	}
	l.Name = key.Definition.Name
	l.caseIDs = s.objectIDs
	l.sites = func(ctx context.Context, attribute string) (*caseSites, error) {
		return s.sites(ctx, key.Definition, attribute)
	}
	l.table = &conditionTable{fill: func(ctx context.Context, c *sql.Conn, need conditionNeed) error {
		return s.fillTables(ctx, l, key.Definition, c, need)
	}}
	shared, err := s.isObjectType(ctx, key.Definition.CaseType)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.distinct = shared || len(key.Definition.Follow) > 0
	if o.Calendars != nil {
		if err := l.addWork(ctx, filepath.Dir(s.path), o.Calendars); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// columnsKey finds a log's definition.
func (s *Store) columnsKey(ctx context.Context, name string, o LogOptions) (columnsKey, error) {
	logs, err := s.Logs(ctx)
	if err != nil {
		return columnsKey{}, err
	}
	i := slices.IndexFunc(logs, func(d LogDefinition) bool { return d.Name == name })
	if i < 0 {
		var names []string
		for _, d := range logs {
			names = append(names, d.Name)
		}
		if len(names) == 0 {
			return columnsKey{}, fmt.Errorf("store %s has no logs yet; load one by millrace import", s.path)
		}
		return columnsKey{}, fmt.Errorf("store %s has no log %q%s; it has %s", s.path, name, DidYouMean(name, names), strings.Join(names, ", "))
	}
	return columnsKeyOf(logs[i], o), nil
}

func columnsKeyOf(def LogDefinition, o LogOptions) columnsKey {
	key := columnsKey{Definition: def, Lifecycle: def.Lifecycle, Zone: "UTC"}
	if o.Lifecycle != nil {
		key.Lifecycle = *o.Lifecycle
	}
	if o.Zone != nil {
		key.Zone = o.Zone.String()
	}
	return key
}

// mapColumns opens the columns of key, nil if there are none of the last load.
func (s *Store) mapColumns(ctx context.Context, key columnsKey) (*Log, error) {
	files, _, notes, err := s.columnsFiles(ctx, "columns_of_log", key)
	if err != nil || files.Cases.Name == "" {
		return nil, err
	}
	l, err := s.openColumns(files, false)
	if err != nil {
		return nil, err
	}
	l.notes = notes
	return l, nil
}

// openColumns maps columns beside the store.
func (s *Store) openColumns(files columnsFiles, lazily bool) (*Log, error) {
	l := &Log{whole: &s.whole}
	if err := l.openColumns(filepath.Dir(s.path), files, lazily); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// columnsFiles finds the files of a log by a statement, none if there are none,
// and the load that they are of.
func (s *Store) columnsFiles(ctx context.Context, statement string, key columnsKey) (files columnsFiles, version int64, notes []Note, err error) {
	definition, err := json.Marshal(key)
	if err != nil {
		return files, 0, nil, err
	}
	var text string
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText(statement), []any{key.Definition.Name, string(definition)}, func(scan func(...any) error) error {
			var part string
			var file columnsFile
			var sums []any
			if err := scan(&part, &file.Name, &file.Size, &sums, &text, &version); err != nil {
				return err
			}
			for _, x := range sums {
				file.Checksums = append(file.Checksums, x.(uint32))
			}
			if to := files.parts()[part]; to != nil {
				*to = file
			}
			return nil
		})
	})
	if err != nil || text == "" {
		return files, version, nil, err
	}
	return files, version, notes, json.Unmarshal([]byte(text), &notes)
}

// logCases puts the cases of a log in their declared order and emits them,
// batch by batch. Memory is bounded by a batch.
func (s *Store) logCases(ctx context.Context, key columnsKey, o LogOptions, begin func(columnsShape) error, emit func(*Cases) error) (labels *RowLabels, facts columnsFacts, notes []Note, err error) {
	var shape columnsShape
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_shape"), nil, func(scan func(...any) error) error { return scan(&shape.starts, &shape.resources) })
	})
	if err != nil {
		return nil, facts, nil, err
	}
	if err := begin(shape); err != nil {
		return nil, facts, nil, err
	}
	facts = columnsFacts{Plain: true, Starts: shape.starts, Resource: shape.resources}
	w := &casesWriter{starts: shape.starts, resources: shape.resources, emit: emit}
	met := newOrdering(key.Lifecycle, o.Zone)
	labels = &RowLabels{}
	cases := int64(0)
	notes, err = s.LogRows(ctx, key.Definition, o.Model, func(r *CaseRows) error {
		labels = r.Labels
		cases += int64(len(r.Case))
		facts.see(r)
		return met.writeRows(w, r)
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return nil, facts, nil, err
	}
	if key.Lifecycle != All && slices.ContainsFunc(labels.Lifecycle, func(s string) bool { return lifeOf(s) != lifeComplete }) {
		facts.Plain = false
	}
	notes = append(notes, met.notes()...)
	facts.Missing, facts.Ties = met.missing, met.ties
	objects, err := s.CountObjects(ctx, key.Definition.CaseType)
	facts.Empty = objects - cases
	return labels, facts, notes, err
}

// see takes note of rows.
func (f *columnsFacts) see(r *CaseRows) {
	for i, n := range r.Sequence {
		f.Sequence = max(f.Sequence, n)
		f.Plain = f.Plain && !r.Day[i] && r.Rank[i] == 0
	}
}

// idleObjects is the note of objects that make no case.
func idleObjects(caseType string, n int64) Note {
	return Note{Code: "cases-without-events", Text: fmt.Sprintf("Objects of type %s without events, which make no case: %d.", caseType, n)}
}

// buildLog puts a log together that nobody else has.
func (s *Store) buildLog(ctx context.Context, key columnsKey, o LogOptions) (*Log, error) {
	m := newLogMaker(s)
	labels, facts, notes, err := s.logCases(ctx, key, o, m.begin, m.add)
	if err != nil {
		return nil, errors.Join(err, m.discard())
	}
	l, err := m.finish(labels.Activity, labels.Resource, facts)
	if err != nil {
		return nil, err
	}
	l.notes = notes
	return l, nil
}

// writeRows hands whole cases of a store to w.
func (o *ordering) writeRows(w *casesWriter, r *CaseRows) (err error) {
	if o.rows, err = storedRows(r, o.life); err != nil {
		return err
	}
	for i, number := range r.Case {
		if err := o.write(w, number, r.Offsets[i], r.Offsets[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// storedRows are rows of a store, which come in source order, as an ordering
// takes them.
func storedRows(r *CaseRows, lifecycle Lifecycle) (*eventRows, error) {
	if len(r.Labels.Activity) > MaxActivities {
		return nil, ErrTooManyActivities
	}
	out := &eventRows{
		time: r.Time, event: r.Event,
		start:    unless(r.Start, func(x int64) bool { return x == NoTime }),
		day:      unless(r.Day, func(x bool) bool { return !x }),
		rank:     unless(r.Rank, func(x int32) bool { return x == 0 }),
		resource: coded(r.Resource, func(c uint32) int32 { return int32(c) }, -1),
	}
	for _, a := range r.Activity {
		out.activity = append(out.activity, uint16(a))
	}
	if lifecycle != All {
		life := make([]uint8, len(r.Labels.Lifecycle))
		for i, l := range r.Labels.Lifecycle {
			life[i] = lifeOf(l)
		}
		out.life = coded(r.Lifecycle, func(c uint32) uint8 { return life[c] }, lifeNone)
	}
	if lifecycle == Pair && slices.ContainsFunc(r.Instance, func(s string) bool { return s != "" }) {
		var d dictionary
		out.instance = d.codes(r.Instance)
	}
	return out, nil
}

// unless returns a column, or nil where nothing in it says anything.
func unless[T any](col []T, empty func(T) bool) []T {
	if slices.ContainsFunc(col, func(x T) bool { return !empty(x) }) {
		return col
	}
	return nil
}

// coded turns codes into values, NoCode into none; nil where all are.
func coded[T any](codes []uint32, value func(uint32) T, none T) []T {
	if !slices.ContainsFunc(codes, func(c uint32) bool { return c != NoCode }) {
		return nil
	}
	out := make([]T, len(codes))
	for i, c := range codes {
		out[i] = none
		if c != NoCode {
			out[i] = value(c)
		}
	}
	return out
}

// BuildColumns writes the coded columns of a log beside the store, so that the
// next [Store.Log] maps them. It replaces older ones, writes nothing where
// those are of the last load, and removes what a killed process left. With
// calendars, the log's working time is kept beside them; without, what is kept
// stays until the next load.
func (s *Store) BuildColumns(ctx context.Context, name string, o LogOptions) error {
	return storeFault(s.buildColumns(ctx, name, o), filepath.Dir(s.path))
}

func (s *Store) buildColumns(ctx context.Context, name string, o LogOptions) error {
	s.columns.Lock() // no file of another call is between written and referred to
	defer s.columns.Unlock()
	key, err := s.columnsKey(ctx, name, o)
	if err != nil {
		return err
	}
	err = s.currentColumns(ctx, key, o)
	if err == nil && o.Calendars != nil {
		err = s.buildWork(ctx, key, o.Calendars)
	}
	if err != nil {
		return err
	}
	return s.cleanColumns(ctx)
}

// currentColumns makes the columns of a log those of its last load.
func (s *Store) currentColumns(ctx context.Context, key columnsKey, o LogOptions) error {
	if l, err := s.mapColumns(ctx, key); err == nil && l != nil {
		return l.Close()
	}
	if err := s.extendColumns(ctx, key); err == nil || !errors.Is(err, errExtend) {
		return err
	}
	files, notes, err := s.writeColumns(ctx, key, o)
	if err != nil {
		return err
	}
	if err := s.commitColumns(ctx, key, files, notes); err != nil {
		return errors.Join(err, files.remove(filepath.Dir(s.path), columnsFiles{}))
	}
	return nil
}

// writeColumns writes the columns of a log from the store's rows.
func (s *Store) writeColumns(ctx context.Context, key columnsKey, o LogOptions) (files columnsFiles, notes []Note, err error) {
	var w *columnsWriter
	labels, facts, notes, err := s.logCases(ctx, key, o,
		func(shape columnsShape) (err error) { w, err = newColumnsWriter(s.path, shape); return err },
		func(c *Cases) error { return w.write(c) })
	if err != nil {
		if w != nil {
			err = errors.Join(err, w.discard())
		}
		return files, nil, err
	}
	if files.Cases, files.Paths, err = w.finish(labels.Activity, labels.Resource, facts); err != nil {
		return files, nil, err
	}
	fail := func(err error) (columnsFiles, []Note, error) {
		return files, nil, errors.Join(err, files.remove(filepath.Dir(s.path), columnsFiles{}))
	}
	l, err := s.openColumns(files, false)
	if err != nil {
		return fail(err)
	}
	defer l.Close()
	if files.Waits, err = l.writeWaits(ctx, s.path, false); err != nil {
		return fail(err)
	}
	return files, notes, nil
}

// commitColumns makes files the columns of a log.
func (s *Store) commitColumns(ctx context.Context, key columnsKey, files columnsFiles, notes []Note) error {
	parts := map[string]columnsFile{}
	for part, file := range files.parts() {
		parts[part] = *file
	}
	return s.commitParts(ctx, key, parts, notes)
}

func (s *Store) commitParts(ctx context.Context, key columnsKey, files map[string]columnsFile, notes []Note) error {
	definition, err := json.Marshal(key)
	if err != nil {
		return err
	}
	text, err := json.Marshal(append([]Note{}, notes...))
	if err != nil {
		return err
	}
	name := key.Definition.Name
	return s.write(ctx, func(c *storeConn) error {
		if err := c.exec(ctx, storeText("columns_delete"), name); err != nil {
			return err
		}
		for _, part := range slices.Sorted(maps.Keys(files)) {
			f := files[part]
			if f.Name == "" {
				continue
			}
			if err := c.exec(ctx, storeText("columns_insert"), name, string(definition), part, f.Name, f.Size, f.Checksums, string(text)); err != nil {
				return err
			}
		}
		return nil
	})
}

// objectIDs returns the ids of objects by their numbers.
func (s *Store) objectIDs(ctx context.Context, numbers []int64) ([]string, error) {
	id := make(map[int64]string, len(numbers))
	err := s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("object_ids"), []any{numbers}, func(scan func(...any) error) error {
			var n int64
			var text string
			if err := scan(&n, &text); err != nil {
				return err
			}
			id[n] = text
			return nil
		})
	})
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = id[n]
	}
	return out, err
}

// fillTables copies what the store knows of the log's cases and events to the
// database where a user's conditions run.
func (s *Store) fillTables(ctx context.Context, l *Log, def LogDefinition, to *sql.Conn, need conditionNeed) error {
	return s.session(ctx, func(c *storeConn) error {
		events := storeText("condition_events_none", "source", storeLiteral(""))
		types := slices.Concat([]string{def.CaseType}, def.Follow, def.Items)
		err := c.each(ctx, storeText("event_sources"), []any{types}, func(scan func(...any) error) error {
			var source string
			var attributes bool
			if err := scan(&source, &attributes); err != nil {
				return err
			}
			part := storeText("condition_events_none", "source", storeLiteral(source))
			if attributes && need.of != "events" {
				part = storeText("condition_events", "table", Quote(source), "source", storeLiteral(source))
			}
			events += " UNION ALL BY NAME " + part
			return nil
		})
		if err != nil {
			return err
		}
		if need.of == "events" {
			if err := copyTable(ctx, c, to, "all_events", "SELECT "+need.columns+" FROM ("+events+")"); err != nil {
				return err
			}
			_, err := to.ExecContext(ctx, "CREATE VIEW events AS FROM all_events")
			return err
		}
		own, err := c.attributes(ctx, "object", def.CaseType)
		if err != nil {
			return err
		}
		if err := copyTable(ctx, c, to, "own", storeText("condition_cases", "table", own.table(), "type", storeLiteral(def.CaseType))); err != nil {
			return err
		}
		if need.of == "cases" {
			_, err := to.ExecContext(ctx, "CREATE VIEW cases AS FROM own")
			return err
		}
		if err := copyTable(ctx, c, to, "all_events", events); err != nil {
			return err
		}
		if _, err := to.ExecContext(ctx, `CREATE TABLE case_event ("case" BIGINT, event BIGINT)`); err != nil {
			return err
		}
		err = to.Raw(func(dc any) error {
			for b := range l.Batches() {
				caseOf := make([]int64, len(b.Event))
				for i, n := range b.Case {
					for e := b.Offsets[i]; e < b.Offsets[i+1]; e++ {
						caseOf[e] = n
					}
				}
				err := appendRows(dc.(driver.Conn), "case_event", len(b.Event), func(i int) []driver.Value {
					return []driver.Value{caseOf[i], b.Event[i]}
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return createConditionViews(ctx, to)
	})
}

// copyTable creates a table in another database from a query of the store.
func copyTable(ctx context.Context, from *storeConn, to *sql.Conn, table, query string) error {
	return from.Raw(func(src any) error {
		a, err := duckdb.NewArrowFromConn(src.(driver.Conn))
		if err != nil {
			return err
		}
		rows, err := a.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Release()
		return to.Raw(func(dst any) error { return createFromArrow(ctx, dst.(driver.Conn), table, rows) })
	})
}

func createFromArrow(ctx context.Context, conn driver.Conn, table string, rows array.RecordReader) error {
	a, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		return err
	}
	release, err := a.RegisterView(rows, "incoming")
	if err != nil {
		return err
	}
	defer release()
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "CREATE TABLE "+Quote(table)+" AS SELECT * FROM incoming", nil)
	if err != nil {
		return err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "DROP VIEW incoming", nil)
	return err
}
