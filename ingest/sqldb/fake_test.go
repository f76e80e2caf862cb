package sqldb

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// serveFake listens on this machine until the test ends, and serves every
// connection; config nil: in clear.
func serveFake(t *testing.T, config *tls.Config, serve func(net.Conn) error) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer c.Close()
				defer context.AfterFunc(t.Context(), func() { _ = c.Close() })()
				_ = serve(c) // the client sees what is wrong
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); done.Wait() })
	return l
}

// A fakeDatabase is what the fakes of SAP HANA and Oracle hold, and how they
// answer the statements of a dialect. It understands their shapes only; what
// else it is asked fails the test.
type fakeDatabase struct {
	name      string // of the product
	views     []fakeView
	functions map[string]fakeFunction
	text      string // type of what a function writes
	// emptyIsNull: a text of no length is NULL.
	emptyIsNull bool
	missing     fakeError // no such table
	forbidden   fakeError // no right to read it

	mu     sync.Mutex
	tables []*fakeTable
	asked  []string // what was not of the catalog
	unsure []string // what it did not understand
}

// A fakeView is one of the product's catalog, with the columns that its
// documentation lists and we ask for.
type fakeView struct{ name, columns string }

// A fakeTable holds rows in memory. Values are nil, string, int64, float64,
// bool, decimal, time.Time or []byte.
type fakeTable struct {
	schema, name string
	columns      []fakeColumn
	key          []string
	rows         [][]any
	secret       bool // may be seen, not read
	gone         bool // is in the catalog, and dropped when it is read
}

// A fakeColumn has its type as the catalog names it; a number of -1 is NULL.
type fakeColumn struct {
	name, kind               string
	length, precision, scale int64
}

// A decimal is written as the database writes it.
type decimal string

// A fakeError is what a server says with a number.
type fakeError struct {
	number int
	text   string
}

func (e *fakeError) Error() string { return e.text }

// A fakeAnswer is a result in memory.
type fakeAnswer struct {
	columns []fakeColumn
	rows    [][]any
}

// A fakeSession is a connection: in a snapshot, it sees the tables as they
// were when that began.
type fakeSession struct {
	*fakeDatabase
	snapshot map[*fakeTable][][]any
}

// freeze begins a snapshot.
func (s *fakeSession) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = map[*fakeTable][][]any{}
	for _, t := range s.tables {
		s.snapshot[t] = slices.Clone(t.rows)
	}
}

func (s *fakeSession) thaw() { s.snapshot = nil }

// add appends a row, as somebody else would.
func (f *fakeDatabase) add(t *fakeTable, row []any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.rows = append(t.rows, row)
}

func (f *fakeDatabase) statements() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// checked fails the test for every statement that was not understood.
func (f *fakeDatabase) checked(t *testing.T) {
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, text := range f.unsure {
			t.Errorf("the fake of %s does not know how to answer: if the dialect changed, teach it from the product's documentation\n%s", f.name, text)
		}
	})
}

func (f *fakeDatabase) unknown(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsure = append(f.unsure, text)
}

// prepare understands a statement before it has parameters.
func (f *fakeDatabase) prepare(text string) (*fakeStatement, error) {
	q, err := f.understand(text)
	return q, f.judged(err, text)
}

// judged makes an error of the server of what the fake cannot do.
func (f *fakeDatabase) judged(err error, text string) error {
	var said *fakeError
	if err == nil || errors.As(err, &said) {
		return err
	}
	f.unknown(err.Error() + ": " + text)
	return &fakeError{1, "the fake cannot: " + err.Error()}
}

func (f *fakeDatabase) understand(text string) (*fakeStatement, error) {
	if strings.HasPrefix(text, "--") {
		return f.understandCatalog(text)
	}
	q, err := parseFake(text)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.tables {
		if t.schema == q.schema && t.name == q.name {
			q.table = t
		}
	}
	switch {
	case q.table == nil || q.table.gone:
		return nil, &f.missing
	case q.table.secret:
		return nil, &f.forbidden
	}
	for i := range q.items {
		c, err := f.typeOf(q.table, q.items[i])
		if err != nil {
			return nil, err
		}
		c.name = cmp.Or(q.items[i].alias, q.items[i].text, "?")
		q.columns = append(q.columns, c)
	}
	if q.count {
		q.columns = []fakeColumn{{name: "COUNT(*)", kind: "BIGINT"}}
	}
	q.params = make([]string, q.marks)
	return q, f.inferred(q, q.where)
}

// execute answers a statement.
func (s *fakeSession) execute(q *fakeStatement, text string, args []any) (fakeAnswer, error) {
	a, err := s.find(q, text, args)
	return a, s.judged(err, text)
}

func (s *fakeSession) find(q *fakeStatement, text string, args []any) (fakeAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.catalog == nil {
		for i, a := range args {
			text += fmt.Sprintf("\n  %d: %v", i+1, a)
		}
		s.asked = append(s.asked, text)
	}
	if len(args) != len(q.params) {
		return fakeAnswer{}, &fakeError{1, fmt.Sprintf("%d parameters, want %d", len(args), len(q.params))}
	}
	if q.catalog != nil {
		return fakeAnswer{q.columns, q.catalog(args)}, nil
	}
	rows := q.table.rows
	if s.snapshot != nil {
		rows = s.snapshot[q.table]
	}
	var found [][]any
	for _, row := range rows {
		e := fakeRow{s.fakeDatabase, q.table, row, args}
		if q.where != nil {
			is, err := e.value(q.where)
			if err != nil {
				return fakeAnswer{}, err
			}
			if is != true {
				continue
			}
		}
		found = append(found, row)
	}
	var wrong error
	slices.SortStableFunc(found, func(a, b []any) int {
		for _, name := range q.order {
			i := q.table.find(name)
			n, err := compareFake(a[i], b[i])
			if err != nil {
				wrong = err
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	if q.limit >= 0 {
		found = found[:min(len(found), q.limit)]
	}
	if q.count {
		return fakeAnswer{q.columns, [][]any{{int64(len(found))}}}, wrong
	}
	a := fakeAnswer{columns: q.columns}
	for _, row := range found {
		e := fakeRow{s.fakeDatabase, q.table, row, args}
		out := make([]any, len(q.items))
		for i := range q.items {
			v, err := e.value(q.items[i])
			if err != nil {
				return fakeAnswer{}, err
			}
			out[i] = v
		}
		a.rows = append(a.rows, out)
	}
	return a, wrong
}

func (t *fakeTable) find(name string) int {
	return slices.IndexFunc(t.columns, func(c fakeColumn) bool { return c.name == name })
}

// understandCatalog takes a question to the catalog if every word in it is
// SQL, a view, a column of a view that it asks, or a name that it gives.
func (f *fakeDatabase) understandCatalog(text string) (*fakeStatement, error) {
	_, body, _ := strings.Cut(text, "\n")
	words, err := fakeTokens(body)
	if err != nil {
		return nil, err
	}
	known := strings.Fields("SELECT FROM WHERE AND IN JOIN ON AS CASE WHEN THEN ELSE END MAX UPPER LOWER ORDER BY CAST NVARCHAR NULL UNION ALL WITH NOT INTEGER")
	var asked, given []string
	for i, w := range words {
		if slices.Contains(given, w) && i+1 < len(words) {
			known = append(known, words[i+1]) // its alias, or SQL
		}
		if w == "NULL" && words[i-1] != "(" {
			return nil, errors.New("a NULL of no type: what type the column has is nowhere said, and go-hdb panics if it is the code 0")
		}
		for _, v := range f.views {
			if strings.EqualFold(w, v.name) {
				known = append(append(known, v.name), strings.Fields(v.columns)...)
				asked = append(asked, v.name)
				if i+1 < len(words) {
					known = append(known, words[i+1]) // its alias, or SQL
				}
			}
		}
		if strings.EqualFold(w, "AS") || w == ")" && i+1 < len(words) || strings.EqualFold(w, "WITH") {
			known, given = append(known, words[i+1]), append(given, words[i+1])
		}
	}
	params := 0
	for _, w := range words {
		switch {
		case w == "?" || w[0] == ':':
			params++
		case w[0] == '\'' || w[0] >= '0' && w[0] <= '9' || strings.Contains("(),.=", w):
		case !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, w) }):
			return nil, fmt.Errorf("%s: no such name in the views %v", w, asked)
		}
	}
	q := &fakeStatement{params: make([]string, params)}
	for i := range q.params {
		q.params[i] = f.text
	}
	text_, number := fakeColumn{name: "T", kind: f.text}, fakeColumn{name: "N", kind: "INTEGER"}
	switch has := func(view string) bool { return slices.Contains(asked, view) }; {
	case has("objects") || has("all_objects"):
		q.columns, q.catalog = []fakeColumn{text_, text_, number, number}, f.tablesNamed
	case has("table_columns") || has("all_tab_columns"):
		q.columns, q.catalog = []fakeColumn{text_, text_, number, number, number}, f.columnsOf
	case has("constraints") || has("all_constraints"):
		q.columns, q.catalog = []fakeColumn{text_}, f.keyOf
	default:
		return nil, fmt.Errorf("no question about tables, columns or keys, but of %v", asked)
	}
	return q, nil
}

func (f *fakeDatabase) tablesNamed(args []any) (rows [][]any) {
	for _, t := range f.tables {
		name, _ := args[0].(string)
		if t.name != name && t.name != strings.ToUpper(name) && t.name != strings.ToLower(name) {
			continue
		}
		rows = append(rows, []any{t.schema, t.name, map[bool]any{true: int64(1), false: int64(0)}[t.schema == "ERP"], int64(len(t.rows))})
	}
	return rows
}

func (f *fakeDatabase) asks(args []any) []*fakeTable {
	return slices.DeleteFunc(slices.Clone(f.tables), func(t *fakeTable) bool { return t.schema != args[0] || t.name != args[1] })
}

func (f *fakeDatabase) columnsOf(args []any) (rows [][]any) {
	number := func(n int64) any {
		if n < 0 {
			return nil
		}
		return n
	}
	for _, t := range f.asks(args) {
		for _, c := range t.columns {
			rows = append(rows, []any{c.name, c.kind, number(c.length), number(c.precision), number(c.scale)})
		}
	}
	return rows
}

func (f *fakeDatabase) keyOf(args []any) (rows [][]any) {
	for _, t := range f.asks(args) {
		for _, name := range t.key {
			rows = append(rows, []any{name})
		}
	}
	return rows
}
