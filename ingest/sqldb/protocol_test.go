package sqldb

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/sqldb/servertest"
)

// A fakeKind is a product whose protocol a fake of ours speaks. What they are
// asked and answer is in testdata/protocol_NAME.
type fakeKind struct {
	name  string
	start func(t *testing.T, config *tls.Config) *fakeRun
}

// A fakeRun is a fake that listens.
type fakeRun struct {
	*fakeDatabase
	addr     string
	url      func(addr string) string // as reader
	password func() bool              // whether it came in clear
	silent   func(text string)        // a statement with it gets no answer
}

var fakeKinds = []fakeKind{
	{"hana", func(t *testing.T, config *tls.Config) *fakeRun {
		s := newHDB(t, config)
		return &fakeRun{s.fakeDatabase, s.listener.Addr().String(), func(addr string) string { return "hana://reader@" + addr }, func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return strings.Contains(string(s.seen), servertest.Password)
		}, func(text string) { s.silent = text }}
	}},
	{"oracle", func(t *testing.T, config *tls.Config) *fakeRun {
		s := newOracleServer(t, config)
		return &fakeRun{s.fakeDatabase, s.listener.Addr().String(), func(addr string) string { return "oracle://reader@" + addr + "/ORCLPDB1" }, func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return strings.Contains(string(s.seen), servertest.Password)
		}, func(text string) { s.silent = text }}
	}},
}

// oracleSample has Oracle's types, and the same rows.
func oracleSample() *fakeTable {
	at := time.Date(2024, 2, 29, 23, 14, 15, 123456000, time.UTC)
	table := &fakeTable{schema: "ERP", name: "VBAP", key: []string{"MANDT", "VBELN", "POSNR"}, columns: []fakeColumn{
		{"MANDT", "CHAR", 4, -1, -1}, {"VBELN", "VARCHAR2", 10, -1, -1}, {"POSNR", "NUMBER", 0, 6, 0}, {"ARKTX", "VARCHAR2", 2000, -1, -1}, {"NETWR", "NUMBER", 0, 15, 2},
		{"LOOSE", "NUMBER", 0, -1, -1}, {"DAY", "DATE", 0, -1, -1}, {"CHANGED", "TIMESTAMP(6)", 0, -1, 6}, {"ZONED", "TIMESTAMP(6) WITH TIME ZONE", 0, -1, 6}, {"GUID", "RAW", 0, -1, -1},
		{"PLACE", "SDO_GEOMETRY", 0, -1, -1}}}
	full := func(doc, item, text string) []any {
		return []any{padding("100 "), doc, decimal(item), text, decimal("-0.5"), decimal("0.00000000000000000000000001"), at.Truncate(time.Second), at,
			at.In(time.FixedZone("", 2*3600)), []byte{0, 0xff}, nil}
	}
	empty := func(doc, item string) []any {
		return append([]any{padding("100 "), doc, decimal(item)}, make([]any, 8)...)
	}
	table.rows = [][]any{full("0000004711", "20", "Müller 😀"), empty("0000004711", "9"), full("0000004712", "10", strings.Repeat("é", 500)), empty("0000004713", "10"), full("0000004714", "10", "o'clock \"x\"")}
	return table
}

// hanaSample has the types of SAP's tables, and some that are rare there.
func hanaSample() *fakeTable {
	at := time.Date(2024, 2, 29, 13, 14, 15, 123456700, time.UTC)
	table := &fakeTable{schema: "ERP", name: "VBAP", key: []string{"MANDT", "VBELN", "POSNR"}, columns: []fakeColumn{
		{"MANDT", "NVARCHAR", 3, -1, -1}, {"VBELN", "NVARCHAR", 10, -1, -1}, {"POSNR", "NVARCHAR", 6, -1, -1}, {"ARKTX", "NVARCHAR", 40, -1, -1},
		{"NETWR", "DECIMAL", 15, -1, 2}, {"KWMENG", "DECIMAL", 15, -1, 3}, {"FLOAT34", "DECIMAL", 34, -1, -1}, {"LPRIO", "INTEGER", 10, -1, 0}, {"ID", "BIGINT", 19, -1, 0},
		{"RATE", "DOUBLE", 15, -1, -1}, {"FLAG", "BOOLEAN", 1, -1, -1}, {"DAY", "DATE", 10, -1, -1}, {"CLOCK", "TIME", 8, -1, -1}, {"SECOND", "SECONDDATE", 19, -1, -1},
		{"CHANGED", "TIMESTAMP", 27, -1, 7}, {"GUID", "VARBINARY", 16, -1, -1}, {"NOTE", "NCLOB", 2147483647, -1, -1}, {"RAW", "BLOB", 2147483647, -1, -1}, {"VECTOR", "REAL_VECTOR", 10, -1, -1}}}
	full := func(doc, item, text, note string) []any {
		return []any{"100", doc, item, text, decimal("-0.50"), decimal("1234567890.125"), decimal("0.00000000000000000000000001"), int64(-2), int64(9007199254740993),
			0.1, true, at.Truncate(24 * time.Hour), at.Truncate(time.Second), at.Truncate(time.Second), at, []byte{0, 0xff}, note, []byte{1, 2}, nil}
	}
	empty := func(doc, item string) []any { return append([]any{"100", doc, item}, make([]any, 16)...) }
	long := strings.Repeat("x", 1023) + "😀" + strings.Repeat("é", 70_000) // more than is sent at once, and in one piece
	table.rows = [][]any{full("0000004711", "000020", "Müller 😀", long), empty("0000004711", "000010"), full("0000004712", "000010", "", ""), empty("0000004713", "000010"),
		full("0000004714", "000010", "o'clock \"x\"", "short")}
	return table
}

// textOf is a value as Read returns it.
func textOf(v any, kind string) string {
	switch x := v.(type) {
	case nil:
		return ""
	case decimal:
		return string(x)
	case padding:
		return strings.TrimRight(string(x), " ")
	case time.Time:
		layout := map[string]string{"DATE": "2006-01-02", "TIME": "15:04:05"}[kind]
		if layout == "" {
			layout = "2006-01-02 15:04:05.999999"
		}
		if x = x.UTC(); strings.HasSuffix(kind, "WITH TIME ZONE") {
			layout += "-07"
		}
		return x.Format(layout)
	case []byte:
		return hex.EncodeToString(x)
	}
	return fmt.Sprint(v)
}

// textsOf is a table in memory as Read returns it, in the order of its key.
func textsOf(table *fakeTable, columns []string) (texts [][]string) {
	rows := slices.Clone(table.rows)
	slices.SortFunc(rows, func(a, b []any) int {
		for _, name := range table.key {
			i := table.find(name)
			if n, _ := compareFake(a[i], b[i]); n != 0 {
				return n
			}
		}
		return 0
	})
	for _, row := range rows {
		var text []string
		for _, name := range columns {
			i := table.find(name)
			text = append(text, textOf(row[i], table.columns[i].kind))
		}
		texts = append(texts, text)
	}
	return texts
}

// TestProtocol asks the fakes in text.
func TestProtocol(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			datadriven.Walk(t, "testdata/protocol_"+kind.name, func(t *testing.T, path string) {
				run := kind.start(t, nil)
				run.tables = samplesOf(kind.name)
				db := duck(t)
				datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
					if d.Cmd == "asked" {
						list := run.statements()
						run.asked = nil
						return strings.Join(list, "\n") + "\n"
					}
					s := openAs(t, Config{Database: run.url(run.addr)})
					var out string
					if d.HasArg("begin") {
						consistent, err := s.Begin(t.Context())
						if err != nil {
							return said(err)
						}
						out = fmt.Sprintf("consistent: %v\n", consistent)
					}
					out += show(t, d, s, db)
					if err := s.End(t.Context()); err != nil {
						out += said(err)
					}
					if run.password() {
						t.Error("the password came in clear")
					}
					return somePort.ReplaceAllString(out, "127.0.0.1:PORT")
				})
			})
		})
	}
}

func samplesOf(kind string) []*fakeTable {
	first := hanaSample()
	if kind == "oracle" {
		first = oracleSample()
	}
	copy := func(name, schema string) *fakeTable {
		c := *first
		c.name, c.schema = name, schema
		return &c
	}
	secret, gone, elsewhere := copy("VBAK", "ERP"), copy("LIKP", "ERP"), copy("KNA1", "OTHER")
	secret.secret, gone.gone = true, true
	return []*fakeTable{first, secret, gone, elsewhere}
}

// A table of several pages is what is in memory, whatever the types of its
// key, however long its pages are, and from wherever reading resumes.
func TestProtocolPages(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			run := kind.start(t, nil)
			s := openAs(t, Config{Database: run.url(run.addr)})
			tables := 0
			rapid.Check(t, func(r *rapid.T) {
				table := drawTable(r, kind.name)
				tables++
				table.name = fmt.Sprint("T", tables) // what was described is kept by name
				run.mu.Lock()
				run.tables = []*fakeTable{table}
				run.mu.Unlock()
				var columns []string
				for _, c := range table.columns {
					columns = append(columns, c.name)
				}
				want := textsOf(table, columns)
				q := ingest.Query{Table: &eventlog.Table{Name: table.name}, Columns: columns, PageRows: rapid.IntRange(1, 20).Draw(r, "page")}
				x, err := read(t.Context(), s, q)
				if err != nil {
					r.Fatal(err)
				}
				if !slices.EqualFunc(x.rows, want, slices.Equal[[]string]) {
					r.Fatalf("read %q\nwant %q", x.rows, want)
				}
				at := 0
				for i, after := range x.after {
					at += x.sizes[i]
					q.After = after
					rest, err := read(t.Context(), s, q)
					if err != nil || !slices.EqualFunc(rest.rows, want[at:], slices.Equal[[]string]) {
						r.Fatalf("behind %s: %q, %v; want %q", after, rest.rows, err, want[at:])
					}
				}
				if n, err := s.Count(t.Context(), q.Table); err != nil || n != int64(len(want)) {
					r.Fatalf("count: %d, %v; want %d", n, err, len(want))
				}
			})
		})
	}
}

// drawTable has a key of one to three columns.
func drawTable(r *rapid.T, product string) *fakeTable {
	table := &fakeTable{schema: "ERP"}
	kinds := keyKinds(product)
	for i := range rapid.IntRange(1, 3).Draw(r, "columns of the key") {
		c := rapid.SampledFrom(kinds).Draw(r, "type").column
		c.name = "K" + strconv.Itoa(i)
		table.columns, table.key = append(table.columns, c), append(table.key, c.name)
	}
	rows := rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) []any {
		var row []any
		for _, c := range table.columns {
			i := slices.IndexFunc(kinds, func(k keyKind) bool { return k.column.kind == c.kind })
			row = append(row, rapid.SampledFrom(kinds[i].values).Draw(r, c.name))
		}
		return row
	}), 0, 40, func(row []any) string { return fmt.Sprintf("%q", row) }).Draw(r, "rows")
	table.columns = append(table.columns, fakeColumn{"NOTE", kinds[0].column.kind, 20, -1, -1})
	for i, row := range rows {
		table.rows = append(table.rows, append(row, any(fmt.Sprint("note ", i))))
	}
	return table
}

// A keyKind is a type that keys have.
type keyKind struct {
	column fakeColumn
	values []any
}

func keyKinds(product string) []keyKind {
	times := func(cut time.Duration) (list []any) {
		for _, at := range []time.Time{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 999999900, time.UTC), time.Date(2024, 2, 29, 0, 0, 0, 500, time.UTC), time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC)} {
			if at = at.Truncate(cut); !slices.Contains(list, any(at)) {
				list = append(list, at)
			}
		}
		return list
	}
	texts := []any{"'", "A", "b", "é", "Z", "10", "9", "0000000001"}
	if product == "oracle" {
		var padded []any
		for _, text := range texts {
			padded = append(padded, padding(fmt.Sprintf("%-10s", text)))
		}
		return []keyKind{
			{fakeColumn{"", "VARCHAR2", 10, -1, -1}, texts},
			{fakeColumn{"", "CHAR", 10, -1, -1}, padded},
			{fakeColumn{"", "NUMBER", 0, 15, 2}, []any{decimal("-10.5"), decimal("-0.5"), decimal("0"), decimal("9"), decimal("10")}},
			{fakeColumn{"", "NUMBER", 0, -1, -1}, []any{decimal("0.00000000000000000000000001"), decimal("100000000000000000000000000")}},
			{fakeColumn{"", "DATE", 0, -1, -1}, times(time.Second)},
			{fakeColumn{"", "TIMESTAMP(6)", 0, -1, 6}, times(time.Microsecond)},
			{fakeColumn{"", "TIMESTAMP(6) WITH TIME ZONE", 0, -1, 6}, times(time.Microsecond)},
			{fakeColumn{"", "RAW", 0, -1, -1}, []any{[]byte{0}, []byte{0, 0xff}, []byte{1}, []byte{0xff}}},
		}
	}
	return []keyKind{
		{fakeColumn{"", "NVARCHAR", 10, -1, -1}, append(texts, "")},
		{fakeColumn{"", "DECIMAL", 15, -1, 2}, []any{decimal("-10.50"), decimal("-0.50"), decimal("0.00"), decimal("9.00"), decimal("10.00")}},
		{fakeColumn{"", "INTEGER", 10, -1, 0}, []any{int64(-2147483648), int64(-1), int64(0), int64(9), int64(10)}},
		{fakeColumn{"", "BIGINT", 19, -1, 0}, []any{int64(-9007199254740993), int64(0), int64(9007199254740993)}},
		{fakeColumn{"", "DATE", 10, -1, -1}, times(24 * time.Hour)},
		{fakeColumn{"", "SECONDDATE", 19, -1, -1}, times(time.Second)},
		{fakeColumn{"", "TIMESTAMP", 27, -1, 7}, times(time.Microsecond)},
		{fakeColumn{"", "VARBINARY", 4, -1, -1}, []any{[]byte{0}, []byte{0, 0xff}, []byte{1}, []byte{0xff}}},
	}
}

// Wherever the connection is cut, in a page, a handshake or a catalog, that is
// transient, and from the last page on every row comes once.
func TestProtocolCut(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			run := kind.start(t, nil)
			table := &fakeTable{schema: "ERP", name: "ITEMS", key: []string{"K"}, columns: []fakeColumn{keyKinds(kind.name)[0].column, keyKinds(kind.name)[0].column}}
			table.columns[0].name, table.columns[1].name = "K", "NOTE"
			for i := range 60 {
				table.rows = append(table.rows, []any{fmt.Sprintf("%05d", i), strings.Repeat("x", 50)})
			}
			run.tables = []*fakeTable{table}
			want := textsOf(table, []string{"K", "NOTE"})
			cuts := 0
			rapid.Check(t, func(r *rapid.T) {
				proxy := servertest.NewProxy(t, run.addr)
				proxy.CutAfter(int64(rapid.IntRange(0, 8_000).Draw(r, "bytes until the cut")))
				s := openAs(t, Config{Database: run.url(proxy.Addr())})
				q := ingest.Query{Table: &eventlog.Table{Name: table.name}, Columns: []string{"K", "NOTE"}, PageRows: rapid.IntRange(1, 25).Draw(r, "page")}
				var got [][]string
				for try := 0; ; try++ {
					_, err := s.Begin(t.Context())
					if err == nil {
						err = s.Read(t.Context(), q, func(p ingest.Page) error {
							for _, row := range p.Rows {
								got = append(got, slices.Clone(row))
							}
							q.After = p.After
							return nil
						})
					}
					if err == nil {
						break
					}
					if _, ok := ingest.IsTransient(err); !ok || try > 0 {
						r.Fatalf("try %d: %v", try, err)
					}
					cuts++
				}
				if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
					r.Fatalf("read %q", got)
				}
				if err := s.Close(); err != nil {
					r.Fatal(err)
				}
			})
			if cuts == 0 {
				t.Error("nothing was cut")
			}
		})
	}
}

// What is written after Begin is not read before End.
func TestProtocolSnapshot(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			run := kind.start(t, nil)
			run.tables = samplesOf(kind.name)
			table := run.tables[0]
			s := openAs(t, Config{Database: run.url(run.addr)})
			count := func() int64 {
				t.Helper()
				n, err := s.Count(t.Context(), &eventlog.Table{Name: table.name})
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			if n := count(); n != 5 {
				t.Fatalf("%d rows", n)
			}
			if ok, err := s.Begin(t.Context()); err != nil || !ok {
				t.Fatalf("begin: %v, %v", ok, err)
			}
			count() // SAP HANA takes the snapshot with the first question
			run.add(table, slices.Clone(table.rows[0]))
			if n := count(); n != 5 {
				t.Errorf("%d rows in the snapshot, want 5", n)
			}
			if err := s.End(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := count(); n != 6 {
				t.Errorf("%d rows after it, want 6", n)
			}
		})
	}
}

// A server that does not answer is left when the caller has enough, and when
// the time of a statement is over.
func TestProtocolSilent(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			run := kind.start(t, nil)
			run.tables = samplesOf(kind.name)
			run.silent("count(*)")
			table := &eventlog.Table{Name: run.tables[0].name}
			s := openAs(t, Config{Database: run.url(run.addr)})
			if _, err := s.Describe(t.Context(), []eventlog.Table{*table}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			if _, err := s.Count(ctx, table); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled: %v", err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("it took %v until it gave up", d)
			}
			impatient := openAs(t, Config{Database: run.url(run.addr), Timeout: 300 * time.Millisecond})
			_, err := impatient.Count(t.Context(), table)
			if _, ok := ingest.IsTransient(err); !ok || !strings.Contains(err.Error(), "timeout: is 300ms") {
				t.Errorf("too long: transient %v, %v", ok, err)
			}
		})
	}
}

// A connection is verified, unless it is said that it need not be; a
// certificate of somebody else will not be another one when asked again.
func TestProtocolTLS(t *testing.T) {
	server, ca := servertest.TLS(t)
	_, other := servertest.TLS(t)
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			table := &eventlog.Table{Name: "VBAP"}
			safe, clear := kind.start(t, server), kind.start(t, nil)
			safe.tables, clear.tables = samplesOf(kind.name), samplesOf(kind.name)
			for _, c := range []struct {
				name string
				run  *fakeRun
				tls  TLS
				want string // of the error; "": none
				pass bool   // it may pass: the server hung up, and why is not known
			}{
				{"this machine needs none", clear, TLS{}, "", false},
				{"verified by a file", safe, TLS{Mode: "verify", CA: ca}, "", false},
				{"verified by the system", safe, TLS{Mode: "verify"}, "tls: {ca: FILE}", false},
				{"verified by a file of another", safe, TLS{Mode: "verify", CA: other}, "tls: {ca: FILE}", false},
				{"the server has none", clear, TLS{Mode: "verify", CA: ca}, "tls: off", true},
			} {
				s := openAs(t, Config{Database: c.run.url(c.run.addr), TLS: c.tls, Timeout: 5 * time.Second})
				n, err := s.Count(t.Context(), table)
				if c.want == "" && (err != nil || n != 5) {
					t.Errorf("%s: %d, %v", c.name, n, err)
				}
				if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), servertest.Password)) {
					t.Errorf("%s: %v; want %q", c.name, err, c.want)
				}
				if _, transient := ingest.IsTransient(err); transient != c.pass {
					t.Errorf("%s: transient %v: %v", c.name, transient, err)
				}
			}
		})
	}
}

// A CLOB longer than what comes at once, and than one piece, is whole.
func TestProtocolLOB(t *testing.T) {
	run := fakeKinds[0].start(t, nil)
	run.tables = samplesOf("hana")
	x, err := read(t.Context(), openAs(t, Config{Database: run.url(run.addr)}), ingest.Query{Table: &eventlog.Table{Name: "VBAP"}, Columns: []string{"NOTE", "RAW"}})
	if want := textsOf(run.tables[0], []string{"NOTE", "RAW"}); err != nil || !slices.EqualFunc(x.rows, want, slices.Equal[[]string]) {
		t.Errorf("%d rows, %v", len(x.rows), err)
	}
}

// Whoever knows the password is let in by each way to prove it, and nobody
// else; the password itself is not sent.
func TestProtocolLogin(t *testing.T) {
	for _, method := range []string{"SCRAMSHA256", "SCRAMPBKDF2SHA256"} {
		s := newHDB(t, nil)
		s.method, s.tables = method, samplesOf("hana")
		logIn(t, s.fakeDatabase, "hana://reader@"+s.listener.Addr().String(), "SQL Error 10")
		logIn(t, s.fakeDatabase, "hana://reader@"+s.listener.Addr().String()+"/S4P", "SQL Error 10") // asks where the tenant is
		if bytes.Contains(s.seen, []byte(servertest.Password)) {
			t.Errorf("%s: the password was sent", method)
		}
		if !strings.Contains(s.program, "millrace") {
			t.Errorf("%s: the client is called %q", method, s.program)
		}
	}
	s := newHDB(t, nil)
	// "SQL Error Codes": 414 is also what a new user gets.
	for _, c := range []struct {
		refuse    fakeError
		transient bool
		want      string
	}{
		{fakeError{414, "user is forced to change password: alter password required for user READER"}, false, "what password_from: names"},
		{fakeError{416, "user is locked; try again later"}, false, "what password_from: names"},
		{fakeError{1038, "session is terminated: the service is shutting down"}, true, ""},
		{fakeError{4, "cannot allocate enough memory"}, true, ""},
	} {
		s.refuse = c.refuse
		_, err := openAs(t, Config{Database: "hana://reader@" + s.listener.Addr().String()}).Count(t.Context(), &eventlog.Table{Name: "VBAP"})
		if _, ok := ingest.IsTransient(err); ok != c.transient || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.refuse.text) {
			t.Errorf("%d: transient %v: %v", c.refuse.number, ok, err)
		}
	}
}

// logIn counts a table with the right password, and is refused with another.
func logIn(t *testing.T, f *fakeDatabase, url, refused string) {
	t.Helper()
	table := &eventlog.Table{Name: f.tables[0].name}
	if n, err := openAs(t, Config{Database: url}).Count(t.Context(), table); err != nil || n != int64(len(f.tables[0].rows)) {
		t.Errorf("%s: %d, %v", url, n, err)
	}
	wrong, err := Open(t.Context(), Config{Database: url, PasswordFrom: "env:X", LookupEnv: func(string) (string, bool) { return servertest.Password + "!", true }})
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Close()
	_, err = wrong.Count(t.Context(), table)
	if _, ok := ingest.IsTransient(err); ok || err == nil || !strings.Contains(err.Error(), refused) || !strings.Contains(err.Error(), "what password_from: names") || strings.Contains(err.Error(), servertest.Password) {
		t.Errorf("%s: another password: transient %v: %v", url, ok, err)
	}
}
