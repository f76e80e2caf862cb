package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	l.table = &conditionTable{fill: func(ctx context.Context, c *sql.Conn) error { return s.fillTables(ctx, l, key.Definition, c) }}
	shared, err := s.isObjectType(ctx, key.Definition.CaseType)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.distinct = shared || len(key.Definition.Follow) > 0
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
	definition, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	files := map[string]columnsFile{}
	var notes string
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_of_log"), []any{key.Definition.Name, string(definition)}, func(scan func(...any) error) error {
			var part string
			var file columnsFile
			var sums []any
			if err := scan(&part, &file.Name, &file.Size, &sums, &notes); err != nil {
				return err
			}
			for _, x := range sums {
				file.Checksums = append(file.Checksums, x.(uint32))
			}
			files[part] = file
			return nil
		})
	})
	if err != nil || len(files) == 0 {
		return nil, err
	}
	l, err := openColumns(filepath.Dir(s.path), columnsFiles{files["cases"], files["paths"]})
	if err != nil {
		return nil, err
	}
	return l, json.Unmarshal([]byte(notes), &l.notes)
}

// logCases puts the cases of a log in their declared order and emits them,
// batch by batch. Memory is bounded by a batch.
func (s *Store) logCases(ctx context.Context, key columnsKey, o LogOptions, begin func(columnsShape) error, emit func(*Cases) error) (labels *RowLabels, notes []Note, err error) {
	var shape columnsShape
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("columns_shape"), nil, func(scan func(...any) error) error { return scan(&shape.starts, &shape.resources) })
	})
	if err != nil {
		return nil, nil, err
	}
	if err := begin(shape); err != nil {
		return nil, nil, err
	}
	w := &casesWriter{starts: shape.starts, resources: shape.resources, emit: emit}
	met := &ordering{}
	labels = &RowLabels{}
	notes, err = s.LogRows(ctx, key.Definition, o.Model, func(r *CaseRows) error {
		labels = r.Labels
		met.b = NewBuilder(BuilderOptions{Lifecycle: key.Lifecycle, Zone: o.Zone})
		if err := met.b.addRows(r); err != nil {
			return err
		}
		return met.write(w)
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return nil, nil, err
	}
	if met.b != nil {
		met.note()
		notes = append(notes, met.b.notes...)
	}
	return labels, notes, nil
}

// buildLog puts a log together that nobody else has.
func (s *Store) buildLog(ctx context.Context, key columnsKey, o LogOptions) (*Log, error) {
	m := newLogMaker(s)
	labels, notes, err := s.logCases(ctx, key, o, m.begin, m.add)
	if err != nil {
		return nil, errors.Join(err, m.discard())
	}
	l, err := m.finish(labels.Activity, labels.Resource)
	if err != nil {
		return nil, err
	}
	l.notes = notes
	return l, nil
}

// addRows takes whole cases of a store, which come in source order.
func (b *Builder) addRows(r *CaseRows) error {
	if len(r.Labels.Activity) > MaxActivities {
		return ErrTooManyActivities
	}
	b.activities.labels, b.resources.labels = r.Labels.Activity, r.Labels.Resource
	life := make([]uint8, len(r.Labels.Lifecycle))
	for i, l := range r.Labels.Lifecycle {
		life[i] = lifeOf(l)
	}
	have, n := len(b.caseOf), len(r.Event)
	for i, number := range r.Case {
		code := uint32(len(b.cases.labels))
		b.cases.labels = append(b.cases.labels, r.ID[i])
		b.numbers = append(b.numbers, number)
		for range r.Offsets[i+1] - r.Offsets[i] {
			b.caseOf = append(b.caseOf, code)
		}
	}
	for _, a := range r.Activity {
		b.activity = append(b.activity, uint16(a))
	}
	b.event = append(b.event, r.Event...)
	b.time = append(b.time, r.Time...)
	b.start = extend(b.start, unless(r.Start, func(x int64) bool { return x == NoTime }), have, n, NoTime)
	b.day = extend(b.day, unless(r.Day, func(x bool) bool { return !x }), have, n, false)
	b.rank = extend(b.rank, unless(r.Rank, func(x int32) bool { return x == 0 }), have, n, 0)
	b.resource = extend(b.resource, coded(r.Resource, func(c uint32) int32 { return int32(c) }, -1), have, n, -1)
	if b.o.Lifecycle != All {
		b.life = extend(b.life, coded(r.Lifecycle, func(c uint32) uint8 { return life[c] }, lifeNone), have, n, lifeNone)
	}
	if b.o.Lifecycle == Pair && slices.ContainsFunc(r.Instance, func(s string) bool { return s != "" }) {
		codes := make([]uint32, n)
		for i, s := range r.Instance {
			codes[i] = b.instances.add(s)
		}
		b.instance = extend(b.instance, codes, have, n, 0)
	} else {
		b.instance = extend(b.instance, nil, have, n, 0)
	}
	return nil
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
// those are of the last load, and removes what a killed process left.
func (s *Store) BuildColumns(ctx context.Context, name string, o LogOptions) error {
	s.columns.Lock() // no file of another call is between written and referred to
	defer s.columns.Unlock()
	key, err := s.columnsKey(ctx, name, o)
	if err != nil {
		return err
	}
	if l, err := s.mapColumns(ctx, key); err == nil && l != nil {
		return errors.Join(l.Close(), s.cleanColumns(ctx))
	}
	var w *columnsWriter
	labels, notes, err := s.logCases(ctx, key, o,
		func(shape columnsShape) (err error) { w, err = newColumnsWriter(s.path, shape); return err },
		func(c *Cases) error { return w.write(c) })
	if err != nil {
		if w != nil {
			err = errors.Join(err, w.discard())
		}
		return err
	}
	files, err := w.finish(labels.Activity, labels.Resource)
	if err != nil {
		return err
	}
	if err := s.commitColumns(ctx, key, files, notes); err != nil {
		dir := filepath.Dir(s.path)
		return errors.Join(err, os.Remove(filepath.Join(dir, files.Cases.Name)), os.Remove(filepath.Join(dir, files.Paths.Name)))
	}
	return s.cleanColumns(ctx)
}

// commitColumns makes files the columns of a log.
func (s *Store) commitColumns(ctx context.Context, key columnsKey, files columnsFiles, notes []Note) error {
	return s.commitParts(ctx, key, map[string]columnsFile{"cases": files.Cases, "paths": files.Paths}, notes)
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
		for part, f := range files {
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
func (s *Store) fillTables(ctx context.Context, l *Log, def LogDefinition, to *sql.Conn) error {
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
			if attributes {
				part = storeText("condition_events", "table", Quote(source), "source", storeLiteral(source))
			}
			events += " UNION ALL BY NAME " + part
			return nil
		})
		if err != nil {
			return err
		}
		if err := copyTable(ctx, c, to, "all_events", events); err != nil {
			return err
		}
		own, err := c.attributes(ctx, "object", def.CaseType)
		if err != nil {
			return err
		}
		if err := copyTable(ctx, c, to, "own", storeText("condition_cases", "table", own.table(), "type", storeLiteral(def.CaseType))); err != nil {
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
