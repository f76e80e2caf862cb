package sqldb

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
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
			snapshot(t, openAs(t, Config{Database: run.url(run.addr)}), &eventlog.Table{Name: table.name}, 5, func() { run.add(table, slices.Clone(table.rows[0])) })
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
			deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and no login
			if err != nil {
				t.Fatal(err)
			}
			defer deaf.Close()
			ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start = time.Now()
			if _, err := openAs(t, Config{Database: run.url(deaf.Addr().String())}).Count(ctx, table); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled at login: %v", err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("it took %v until it gave up to log in", d)
			}
			impatient := openAs(t, Config{Database: run.url(run.addr), Timeout: 300 * time.Millisecond})
			_, err = impatient.Count(t.Context(), table)
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

// Every type of a product is read as it is held, whether it is empty, short,
// or a CLOB longer than what comes at once, and than one piece of it.
func TestProtocolTypes(t *testing.T) {
	for _, kind := range fakeKinds {
		t.Run(kind.name, func(t *testing.T) {
			run := kind.start(t, nil)
			run.tables = samplesOf(kind.name)
			s := openAs(t, Config{Database: run.url(run.addr)})
			shapes, err := s.Describe(t.Context(), []eventlog.Table{{Name: "VBAP"}})
			if err != nil {
				t.Fatal(err)
			}
			columns := names(shapes[0])
			if len(columns) != len(run.tables[0].columns)-1 { // all but one that has no text
				t.Errorf("columns %q", columns)
			}
			x, err := read(t.Context(), s, ingest.Query{Table: &eventlog.Table{Name: "VBAP"}, Columns: columns})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range textsOf(run.tables[0], columns) {
				for j := range want {
					if i >= len(x.rows) || x.rows[i][j] != want[j] {
						t.Errorf("row %d: %s is not %.40q", i, columns[j], want[j])
					}
				}
			}
		})
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
	// "SAP HANA SQL Error Codes": 414 is also what a new user gets.
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

// Oracle's listener refuses by numbers, sends elsewhere, and knows a service or
// a SID; whoever is let in has the session's settings.
func TestProtocolListener(t *testing.T) {
	s := newOracleServer(t, nil)
	s.tables = samplesOf("oracle")
	addr := s.listener.Addr().String()
	logIn(t, s.fakeDatabase, "oracle://reader@"+addr+"/ORCLPDB1", "ORA-01017")
	logIn(t, s.fakeDatabase, "oracle://reader@"+addr+"?sid=ORCL", "ORA-01017")
	if bytes.Contains(s.seen, []byte(servertest.Password)) {
		t.Error("the password was sent")
	}
	if !bytes.Contains(s.seen, []byte("millrace")) {
		t.Error("the client has no name")
	}
	if len(s.settings) != 2 {
		t.Errorf("settings of %d sessions, want 2: %q", len(s.settings), s.settings)
	}
	first := newOracleServer(t, nil)
	first.redirect = addr
	logIn(t, s.fakeDatabase, "oracle://reader@"+first.listener.Addr().String()+"/ORCLPDB1", "ORA-01017")
	// "Database Error Messages".
	for _, c := range []struct {
		refuse, reject int
		transient      bool
		want           string
	}{
		{12514, 0, true, "ORA-12514"}, // the service is not there, or not yet
		{12516, 0, true, "ORA-12516"}, // no handler is free
		{12505, 0, false, "ORA-12505"},
		{0, 28000, false, "what password_from: names"}, // locked
		{0, 1033, true, "ORA-01033"},                   // starting or stopping
		{0, 1045, false, "what password_from: names"},  // no CREATE SESSION
	} {
		first.redirect, first.refuse, first.reject = "", c.refuse, fakeError{}
		if c.reject != 0 {
			first.reject = fakeError{c.reject, fmt.Sprintf("ORA-%05d: no", c.reject)}
		}
		_, err := openAs(t, Config{Database: "oracle://reader@" + first.listener.Addr().String() + "/ORCLPDB1"}).Count(t.Context(), &eventlog.Table{Name: "VBAP"})
		if _, ok := ingest.IsTransient(err); ok != c.transient || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d %d: transient %v: %v", c.refuse, c.reject, ok, err)
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
