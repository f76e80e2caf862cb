package sourcetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
)

// A Memory is a server of tables in memory, with faults on demand.
type Memory struct {
	// Live gives no snapshots: Begin holds nothing.
	Live bool
	// Forgetful pages do not say where to continue.
	Forgetful bool
	// BeforePage, if set, is called before each page; an error is the source's.
	BeforePage func(ctx context.Context, q *ingest.Query) error
	// Countless cannot count.
	Countless bool

	mu     sync.Mutex
	tables []eventlog.Table
	rows   map[string]memoryRows
	shapes map[string]ingest.TableShape // where it is not that of the table
	cut    int                          // rows until the connection drops; < 0: it does not
	asked  []ingest.Query
}

type memoryRows map[string][]string // by key, as JSON

// NewMemory makes a server of empty tables; nil: those of [Tables].
func NewMemory(tables []eventlog.Table) *Memory {
	if tables == nil {
		tables = Tables()
	}
	m := &Memory{tables: tables, cut: -1, shapes: map[string]ingest.TableShape{}}
	m.Clear(nil)
	return m
}

func (m *Memory) Clear(testing.TB) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = map[string]memoryRows{}
	for _, t := range m.tables {
		m.rows[t.Name] = memoryRows{}
	}
}

func (m *Memory) Secret() string { return "" }

func (m *Memory) Cut(rows int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = rows
	return true
}

// Shape makes a table look different: without a column, with another type, or
// not there at all.
func (m *Memory) Shape(s ingest.TableShape) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shapes[s.Table] = s
}

// Asked returns what was asked for since it was last called.
func (m *Memory) Asked() []ingest.Query {
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := m.asked
	m.asked = nil
	return asked
}

func (m *Memory) table(name string) *eventlog.Table {
	return &m.tables[slices.IndexFunc(m.tables, func(t eventlog.Table) bool { return t.Name == name })]
}

func (m *Memory) Put(_ testing.TB, table string, rows ...[]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.table(table)
	for _, row := range rows {
		var key []string
		for _, k := range t.Key {
			key = append(key, row[columnAt(t, k)])
		}
		m.rows[table][keyText(key)] = slices.Clone(row)
	}
}

func (m *Memory) Delete(_ testing.TB, table string, keys ...[]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.rows[table], keyText(key))
	}
}

func columnAt(t *eventlog.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c eventlog.TableColumn) bool { return c.Name == name })
}

func keyText(key []string) string {
	text, err := json.Marshal(key)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

func (m *Memory) Open(testing.TB) ingest.Source { return &memorySource{m: m} }

// A memorySource is one connection.
type memorySource struct {
	m    *Memory
	held map[string]memoryRows // the snapshot; nil: none
	lost bool                  // until Begin
}

var errCut = errors.New("the connection was cut")

func (s *memorySource) Origin() string { return "memory://lab" }
func (s *memorySource) Close() error   { return nil }

func (s *memorySource) Describe(ctx context.Context, tables []eventlog.Table) ([]ingest.TableShape, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	var list []ingest.TableShape
	for _, t := range tables {
		shape, ok := s.m.shapes[t.Name]
		if !ok {
			shape = ingest.TableShape{Table: t.Name, There: t.Name, Key: t.Key, Rows: -1}
			if s.m.rows[t.Name] == nil {
				shape.Problem = "there is no such table"
			}
			for _, c := range t.Columns {
				shape.Columns = append(shape.Columns, ingest.ColumnShape(c))
			}
		}
		list = append(list, shape)
	}
	return list, ctx.Err()
}

func (s *memorySource) Begin(ctx context.Context) (bool, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.lost, s.held = false, nil
	if s.m.Live {
		return false, ctx.Err()
	}
	s.held = map[string]memoryRows{}
	for name, rows := range s.m.rows {
		s.held[name] = maps.Clone(rows)
	}
	return true, ctx.Err()
}

func (s *memorySource) End(context.Context) error {
	s.held = nil
	return nil
}

// sorted are the rows that the connection sees, by their keys.
func (s *memorySource) sorted(t *eventlog.Table) [][]string {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	from := s.m.rows
	if s.held != nil {
		from = s.held
	}
	return slices.SortedFunc(maps.Values(from[t.Name]), func(a, b []string) int { return compareKeys(t, a, b) })
}

func compareKeys(t *eventlog.Table, a, b []string) int {
	for _, k := range t.Key {
		i := columnAt(t, k)
		if c := compareValues(t.Columns[i].SQL, a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func compareValues(sqlType, a, b string) int {
	if sqlType == "BIGINT" && len(a) != len(b) { // none is negative
		return cmp.Compare(len(a), len(b))
	}
	return cmp.Compare(a, b)
}

func (s *memorySource) Count(ctx context.Context, t *eventlog.Table) (int64, error) {
	if s.lost {
		return 0, &ingest.Transient{Err: errCut}
	}
	if s.m.Countless {
		return -1, nil
	}
	return int64(len(s.sorted(t))), ctx.Err()
}

func (s *memorySource) Buckets(ctx context.Context, q ingest.Query) ([]eventlog.Bucket, bool, error) {
	if s.lost || s.cuts() {
		return nil, false, &ingest.Transient{Err: errCut}
	}
	return bucketsOf(q.Table, s.sorted(q.Table), q.Watermark), true, ctx.Err()
}

func (s *memorySource) Read(ctx context.Context, q ingest.Query, emit func(ingest.Page) error) error {
	if q.PageRows <= 0 {
		q.PageRows = 20_000
	}
	s.m.mu.Lock()
	s.m.asked = append(s.m.asked, q)
	s.m.mu.Unlock()
	if s.lost {
		return &ingest.Transient{Err: errCut}
	}
	var after []string
	if q.After != "" {
		if err := json.Unmarshal([]byte(q.After), &after); err != nil {
			return err
		}
	}
	var page ingest.Page
	read := int64(0)
	flush := func() error {
		if s.m.BeforePage != nil {
			if err := s.m.BeforePage(ctx, &q); err != nil {
				_, passing := ingest.IsTransient(err)
				s.lost = s.lost || passing
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err := emit(page)
		page = ingest.Page{}
		return err
	}
	for _, row := range s.sorted(q.Table) {
		if !wanted(q, row, after) {
			continue
		}
		if s.cuts() {
			return &ingest.Transient{Err: errCut}
		}
		var out, key []string
		for _, c := range q.Columns {
			if i := columnAt(q.Table, c); i < len(row) { // a short row is malformed
				out = append(out, row[i])
			}
		}
		for _, k := range q.Table.Key {
			key = append(key, row[columnAt(q.Table, k)])
		}
		page.Rows = append(page.Rows, out)
		if !s.m.Forgetful {
			page.After = keyText(key)
		}
		read++
		if len(page.Rows) == q.PageRows || read == q.Limit {
			if err := flush(); err != nil || read == q.Limit {
				return err
			}
		}
	}
	if len(page.Rows) > 0 {
		return flush()
	}
	return ctx.Err()
}

// cuts counts a row, and says whether the connection drops before it.
func (s *memorySource) cuts() bool {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.cut == 0 {
		s.lost = true
	}
	if s.m.cut >= 0 {
		s.m.cut--
	}
	return s.lost
}

// wanted says whether a query asks for a row.
func wanted(q ingest.Query, row, after []string) bool {
	t := q.Table
	key := make([]string, len(t.Key))
	for i, k := range t.Key {
		key[i] = row[columnAt(t, k)]
	}
	if q.Keys != nil && !slices.ContainsFunc(q.Keys, func(k []string) bool { return slices.Equal(k, key) }) {
		return false
	}
	for i, v := range after {
		if c := compareValues(t.Columns[columnAt(t, t.Key[i])].SQL, key[i], v); c != 0 {
			if c < 0 {
				return false
			}
			break
		} else if i == len(after)-1 {
			return false
		}
	}
	if name, _ := bucketOf(t, row, nil); q.Buckets != nil && !slices.Contains(q.Buckets, name) {
		return false
	}
	if q.Since == "" {
		return true
	}
	none := true
	for _, w := range q.Watermark {
		if i := columnAt(t, w); i < len(row) && row[i] != "" {
			if none = false; row[i] >= q.Since {
				return true
			}
		}
	}
	return none
}
