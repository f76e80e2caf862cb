package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/web"
)

// sampleRows is how many rows Describe looks at.
const sampleRows = 100

// Origin names the source for people.
func (s *Source) Origin() string { return s.client.Origin() }

// Close closes connections that are kept open.
func (s *Source) Close() error { return s.client.Close() }

// Begin says that what is read is not of one moment.
func (s *Source) Begin(context.Context) (bool, error) { return false, nil }

// End does nothing.
func (s *Source) End(context.Context) error { return nil }

// Describe asks for the first page of each table: a service of JSON says in no
// other way what it has.
func (s *Source) Describe(ctx context.Context, tables []eventlog.Table) ([]ingest.TableShape, error) {
	var list []ingest.TableShape
	for i := range tables {
		t := &tables[i]
		shape := ingest.TableShape{Table: t.Name, Rows: -1}
		config, ok := s.config.table(t)
		if !ok {
			shape.Problem = fmt.Sprintf("where it is, is not said; add tables: %s: path", t.Name)
			list = append(list, shape)
			continue
		}
		shape.There, shape.Key = config.Path, config.Key
		if shape.Key == nil {
			shape.Key = t.Key
		}
		sample, err := s.sample(ctx, t, &config)
		if e, refused := errors.AsType[*web.StatusError](err); refused && e.Status != http.StatusUnauthorized {
			if _, transient := ingest.IsTransient(err); !transient {
				shape.Problem = err.Error()
				list = append(list, shape)
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		shape.Columns = sample.columns(t, &config)
		list = append(list, shape)
	}
	return list, nil
}

// A sample is what some rows of a table have.
type sample struct {
	rows    int
	members []string        // in the order they turned up
	mapped  map[string]bool // columns whose path leads somewhere
}

func (s *Source) sample(ctx context.Context, t *eventlog.Table, config *TableConfig) (*sample, error) {
	found := &sample{mapped: map[string]bool{}}
	known := map[string]bool{}
	paths := newPaths(config, slices.Sorted(maps.Keys(config.Columns)))
	r := &reader{source: s, config: *config, q: ingest.Query{Table: t}, take: func(item json.RawMessage) error {
		ok := web.Members(item, func(name, _ []byte) {
			if !known[string(name)] {
				known[string(name)] = true
				found.members = append(found.members, string(name))
			}
		})
		if !ok {
			return errNoObject
		}
		paths.read(item, func(column int, _ json.RawMessage) { found.mapped[paths.names[column]] = true })
		if found.rows++; found.rows == sampleRows {
			return errLimit
		}
		return nil
	}}
	u, err := r.first()
	if err != nil {
		return nil, err
	}
	if _, err := r.page(ctx, u); err != nil && !errors.Is(err, errLimit) {
		return nil, err
	}
	return found, nil
}

// columns lists what the rows had; and what they need not have, as services
// leave out what is empty.
func (f *sample) columns(t *eventlog.Table, config *TableConfig) []ingest.ColumnShape {
	var list []ingest.ColumnShape
	listed := map[string]bool{}
	add := func(name string) {
		if listed[name] {
			return
		}
		listed[name] = true
		c := ingest.ColumnShape{Name: name}
		if config.Times[name] != "" {
			c.SQL = "TIMESTAMPTZ"
		}
		list = append(list, c)
	}
	for _, name := range f.members {
		if config.Columns[name] == "" {
			add(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(config.Columns)) {
		if f.mapped[name] || f.rows == 0 || !required(t, name) {
			add(name)
		}
	}
	for _, c := range t.Columns {
		there := listed[c.Name]
		for other, name := range t.ColumnAliases {
			there = there || name == c.Name && listed[other]
		}
		if !there && config.Columns[c.Name] == "" && (f.rows == 0 || !required(t, c.Name)) {
			add(c.Name)
		}
	}
	return list
}

// required says whether a table cannot do without a column, by whatever name
// the service has it.
func required(t *eventlog.Table, column string) bool {
	if name, ok := t.ColumnAliases[column]; ok {
		column = name
	}
	if slices.Contains(t.Key, column) || slices.Contains(t.Required, column) {
		return true
	}
	return len(t.Required) == 0 && slices.ContainsFunc(t.Columns, func(c eventlog.TableColumn) bool { return c.Name == column })
}

// Buckets says that the service cannot sum up.
func (s *Source) Buckets(context.Context, ingest.Query) ([]eventlog.Bucket, bool, error) {
	return nil, false, nil
}

// Count asks for a page and where it says how many rows there are.
func (s *Source) Count(ctx context.Context, table *eventlog.Table) (int64, error) {
	config, ok := s.config.table(table)
	if !ok || config.Total == (Total{}) {
		return -1, nil
	}
	if config.Paging.SizeParam != "" {
		config.Paging.Size = 1
	}
	r := &reader{source: s, config: config, q: ingest.Query{Table: table}, take: func(json.RawMessage) error { return nil }}
	u, err := r.first()
	if err != nil {
		return -1, err
	}
	a, err := r.page(ctx, u)
	if err != nil {
		return -1, err
	}
	if n, err := strconv.ParseInt(a.total, 10, 64); err == nil && n >= 0 {
		return n, nil
	}
	return -1, nil
}
