package sqldb

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/cockroachdb/datadriven"

	"millrace/ingest/sqldb/servertest"
)

// A tdsServer speaks as much of SQL Server's protocol as it takes to answer
// what it was told to answer: MS-TDS 7.4, in clear. Only a real server says
// whether our SQL is right; this one says whether we understand its answers.
type tdsServer struct {
	listener net.Listener
	mu       sync.Mutex
	answers  []tdsAnswer
	asked    []string // what was not of the catalog
	login    int32    // number of the error at login
	password string   // as it came
}

// A tdsAnswer is given to statements that contain a text.
type tdsAnswer struct {
	contains string
	body     []byte
	once     bool
	hangUp   bool // after body, without its end
}

func newTDS(t *testing.T) *tdsServer {
	t.Helper()
	s := &tdsServer{}
	s.listener = serveFake(t, nil, s.serve)
	return s
}

// message reads a message of one or more packets.
func message(r io.Reader) (kind byte, body []byte, err error) {
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return 0, nil, err
		}
		part := make([]byte, binary.BigEndian.Uint16(head[2:])-8)
		if _, err := io.ReadFull(r, part); err != nil {
			return 0, nil, err
		}
		body = append(body, part...)
		if head[1]&1 != 0 {
			return head[0], body, nil
		}
	}
}

// packets sends a body, in packets of 4,096 bytes; without the mark of the
// last where it is cut.
func packets(w io.Writer, body []byte, cut bool) error {
	for n := byte(1); ; n++ {
		part := body[:min(len(body), 4088)]
		body = body[len(part):]
		status := byte(0)
		if len(body) == 0 && !cut {
			status = 1
		}
		head := []byte{4, status, 0, 0, 0, 0, n, 0}
		binary.BigEndian.PutUint16(head[2:], uint16(len(part)+8))
		if _, err := w.Write(append(head, part...)); err != nil || len(body) == 0 {
			return err
		}
	}
}

func (s *tdsServer) serve(c net.Conn) error {
	for {
		kind, body, err := message(c)
		if err != nil {
			return err
		}
		var answer tdsAnswer
		switch kind {
		case 0x12: // PRELOGIN: version and encryption (2: not supported)
			answer.body = []byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2}
		case 0x10: // LOGIN7
			answer.body = s.logIn(body)
		case 0x06: // attention
			answer.body = tdsDone(0x20, 0)
		case 0x01, 0x03: // batch, remote procedure
			answer = s.answer(tdsStatement(kind, body))
		}
		if err := packets(c, answer.body, answer.hangUp); err != nil || answer.hangUp {
			return err
		}
	}
}

func (s *tdsServer) logIn(body []byte) []byte {
	at, length := binary.LittleEndian.Uint16(body[44:]), binary.LittleEndian.Uint16(body[46:])
	scrambled := body[at : at+2*length]
	plain := make([]byte, len(scrambled))
	for i, b := range scrambled {
		b ^= 0xa5
		plain[i] = b<<4 | b>>4
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = fromUTF16(plain)
	if s.login != 0 {
		return append(tdsError(s.login, "Login failed for user 'reader' with password '"+s.password+"'."), tdsDone(2, 0)...)
	}
	ack := append([]byte{1, 0x74, 0, 0, 4, 4}, toUTF16("fake")...)
	ack = append(ack, 16, 0, 0, 0)
	return append(append([]byte{0xad, byte(len(ack)), 0}, ack...), tdsDone(0, 0)...)
}

func (s *tdsServer) answer(statement string) tdsAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(statement, "--") {
		s.asked = append(s.asked, statement)
	}
	for i, a := range s.answers {
		if strings.Contains(statement, a.contains) {
			if a.once {
				s.answers = append(s.answers[:i:i], s.answers[i+1:]...)
			}
			return a
		}
	}
	return tdsAnswer{body: append(tdsError(50000, "the fake has no answer to "+statement), tdsDone(2, 0)...)}
}

// tdsStatement returns what is asked: the text, then its parameters, a line
// each.
func tdsStatement(kind byte, body []byte) string {
	body = body[binary.LittleEndian.Uint32(body):] // headers
	if kind == 0x01 {
		return fromUTF16(body)
	}
	body = body[6:] // 0xffff, number of the procedure (10: sp_executesql), flags
	var text string
	for n := 0; len(body) > 0; n++ {
		name := fromUTF16(body[1 : 1+2*int(body[0])])
		body = body[1+2*int(body[0])+1:]
		var value string
		value, body = tdsParameter(body)
		switch n {
		case 0:
			text = value
		case 1: // declarations
		default:
			text += "\n  " + name + " " + value
		}
	}
	return text
}

func tdsParameter(b []byte) (string, []byte) {
	switch b[0] {
	case 0xe7: // nvarchar
		size := binary.LittleEndian.Uint16(b[1:])
		b = b[8:]
		if size == 0xffff { // in chunks
			b = b[8:]
			var value []byte
			for {
				n := binary.LittleEndian.Uint32(b)
				b = b[4:]
				if n == 0 {
					return fromUTF16(value), b
				}
				value, b = append(value, b[:n]...), b[n:]
			}
		}
		n := binary.LittleEndian.Uint16(b)
		return fromUTF16(b[2 : 2+n]), b[2+n:]
	case 0x26: // integer
		return fmt.Sprint(int64(binary.LittleEndian.Uint64(b[3:]))), b[11:]
	case 0xa5: // varbinary
		n := binary.LittleEndian.Uint16(b[3:])
		return hex.EncodeToString(b[5 : 5+n]), b[5+n:]
	}
	return fmt.Sprintf("parameter of type %#x", b[0]), nil
}

func toUTF16(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUTF16(b []byte) string {
	var list []uint16
	for i := 0; i+1 < len(b); i += 2 {
		list = append(list, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(list))
}

func tdsDone(status uint16, rows uint64) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0xfd}, status)
	b = binary.LittleEndian.AppendUint16(b, 0xc1)
	return binary.LittleEndian.AppendUint64(b, rows)
}

func tdsError(number int32, text string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(number))
	b = append(b, 1, 14)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(utf16.Encode([]rune(text)))))
	b = append(b, toUTF16(text)...)
	b = append(b, 0, 0, 1, 0, 0, 0) // server, procedure, line
	return append(binary.LittleEndian.AppendUint16([]byte{0xaa}, uint16(len(b))), b...)
}

// A tdsColumn is a type as it is announced, and how a value is written; nil is
// NULL.
type tdsColumn struct {
	name  string
	kind  []byte
	write func(v any) []byte
}

func short(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

func long(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(b))), b...)
}

func nullable(null []byte, write func(any) []byte) func(any) []byte {
	return func(v any) []byte {
		if v == nil {
			return null
		}
		return write(v)
	}
}

var collation = []byte{9, 4, 0xd0, 0, 52}

func tdsInt(name string) tdsColumn {
	return tdsColumn{name, []byte{0x26, 8}, nullable([]byte{0}, func(v any) []byte {
		return short(binary.LittleEndian.AppendUint64(nil, uint64(v.(int))))
	})}
}

// tdsText is nvarchar (0xe7) or nchar (0xef).
func tdsText(name string, kind byte) tdsColumn {
	return tdsColumn{name, append([]byte{kind, 0x40, 0x1f}, collation...), nullable([]byte{0xff, 0xff}, func(v any) []byte { return long(toUTF16(v.(string))) })}
}

// tdsBytes is any type whose value is given as it is on the wire.
func tdsBytes(name string, kind ...byte) tdsColumn {
	return tdsColumn{name, kind, nullable([]byte{0}, func(v any) []byte { return short(v.([]byte)) })}
}

func tdsRows(columns []tdsColumn, rows ...[]any) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0x81}, uint16(len(columns)))
	for _, c := range columns {
		b = append(b, 0, 0, 0, 0, 1, 0)
		b = append(b, c.kind...)
		b = append(append(b, byte(len(c.name))), toUTF16(c.name)...)
	}
	for _, r := range rows {
		b = append(b, 0xd1)
		for i, v := range r {
			b = append(b, columns[i].write(v)...)
		}
	}
	return b
}

func tdsResult(columns []tdsColumn, rows ...[]any) []byte {
	return append(tdsRows(columns, rows...), tdsDone(0x10, uint64(len(rows)))...)
}

// catalog answers what describes a table dbo.Lines.
func (s *tdsServer) catalog() {
	found := []tdsColumn{tdsText("schema", 0xe7), tdsText("name", 0xe7), tdsInt("place"), tdsInt("rows")}
	typed := []tdsColumn{tdsText("name", 0xe7), tdsText("type", 0xe7), tdsInt("length"), tdsInt("precision"), tdsInt("scale")}
	s.answers = append(s.answers,
		tdsAnswer{contains: "sys.partitions", body: tdsResult(found, []any{"dbo", "Lines", 2, 4}, []any{"old", "LINES", 0, nil})},
		tdsAnswer{contains: "sys.types", body: tdsResult(typed,
			[]any{"RECID", "bigint", 8, 19, 0}, []any{"AREA", "nchar", 4, 0, 0}, []any{"NAME", "nvarchar", 60, 0, 0}, []any{"AMOUNT", "decimal", 17, 32, 6},
			[]any{"MONEY", "money", 8, 19, 4}, []any{"FLAG", "bit", 1, 1, 0}, []any{"RATE", "float", 8, 53, 0}, []any{"SMALL", "real", 4, 24, 0},
			[]any{"DAY", "date", 3, 10, 0}, []any{"CLOCK", "time", 5, 16, 7}, []any{"OLD", "datetime", 8, 23, 3}, []any{"CHANGED", "datetime2", 8, 27, 7},
			[]any{"ZONED", "datetimeoffset", 10, 34, 7}, []any{"RAW", "varbinary", 8, 0, 0}, []any{"CLR", "clr_type", -1, 0, 0})},
		tdsAnswer{contains: "is_primary_key", body: tdsResult([]tdsColumn{tdsText("name", 0xe7)}, []any{"AREA"}, []any{"RECID"})},
		tdsAnswer{contains: "WHERE 1 = 0", body: tdsResult([]tdsColumn{tdsInt("RECID")})},
		tdsAnswer{contains: "snapshot_isolation_state", body: tdsResult([]tdsColumn{tdsInt("state")}, []any{1})},
		tdsAnswer{contains: "ISOLATION LEVEL", body: tdsDone(0, 0)},
		tdsAnswer{contains: "BEGIN TRANSACTION", body: tdsDone(0, 0)},
		tdsAnswer{contains: "ROLLBACK", body: tdsDone(0, 0)},
	)
}

// lines are columns and rows of dbo.Lines as they are on the wire.
func lines() ([]tdsColumn, [][]any) {
	float := func(x float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)) }
	single := func(x float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)) }
	clock := []byte{0x87, 0xd6, 0x12, 0x00, 0x00} // 1,234,567 units of 100 ns: 00:00:00.1234567
	day := []byte{0x2b, 0x46, 0x0b}               // 738,859 days after 0001-01-01: 2023-12-06
	columns := []tdsColumn{
		tdsInt("RECID"), tdsText("AREA", 0xef), tdsText("NAME", 0xe7), tdsBytes("AMOUNT", 0x6a, 17, 32, 6), tdsBytes("MONEY", 0x6e, 8), tdsBytes("FLAG", 0x68, 1),
		tdsBytes("RATE", 0x6d, 8), tdsBytes("SMALL", 0x6d, 4), tdsBytes("DAY", 0x28), tdsBytes("CLOCK", 0x29, 7), tdsBytes("OLD", 0x6f, 8), tdsBytes("CHANGED", 0x2a, 7),
		tdsBytes("ZONED", 0x2b, 7), {"RAW", []byte{0xa5, 8, 0}, nullable([]byte{0xff, 0xff}, func(v any) []byte { return long(v.([]byte)) })},
	}
	full := func(id int, area, name string) []any {
		return []any{id, area, name, append([]byte{0}, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0), // -1,000,000 of 1/1,000,000
			append(binary.LittleEndian.AppendUint32(nil, 0), 0x39, 0x30, 0, 0), []byte{1}, // 12,345 of 1/10,000
			float(0.1), single(0.1), day, clock,
			append(binary.LittleEndian.AppendUint32(nil, 45265), 1, 0, 0, 0), // 1/300 s
			append(append([]byte{}, clock...), day...), append(append(append([]byte{}, clock...), day...), 0x78, 0),
			[]byte{0, 0xff}}
	}
	empty := func(id int, area string) []any { return append([]any{id, area}, make([]any, 12)...) }
	return columns, [][]any{full(1, "dat ", "Müller 😀"), empty(2, "dat "), full(1, "usmf", ""), empty(9007199254740993, "usmf")}
}

// TestSQLServerProtocol reads from the fake; testdata/protocol_sqlserver has
// what it was asked, and what became of its answers.
func TestSQLServerProtocol(t *testing.T) {
	columns, rows := lines()
	for _, c := range []struct {
		name    string
		prepare func(*tdsServer)
	}{
		{"pages", func(s *tdsServer) {
			s.answers = append(s.answers,
				tdsAnswer{contains: "SELECT TOP (2) [RECID]", body: tdsResult(columns, rows[:2]...), once: true},
				tdsAnswer{contains: "[AREA] = CAST", body: tdsResult(columns)},
				tdsAnswer{contains: "[AREA] > CAST", body: tdsResult(columns, rows[2:]...), once: true},
				tdsAnswer{contains: "[AREA] > CAST", body: tdsResult(columns)})
		}},
		{"cut", func(s *tdsServer) {
			s.answers = append(s.answers, tdsAnswer{contains: "SELECT TOP", body: tdsRows(columns, rows[:3]...), hangUp: true})
		}},
		{"deadlock", func(s *tdsServer) {
			s.answers = append(s.answers, tdsAnswer{contains: "SELECT TOP", body: append(tdsError(1205, "Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction."), tdsDone(2, 0)...)})
		}},
		{"no right", func(s *tdsServer) {
			s.answers = append([]tdsAnswer{{contains: "WHERE 1 = 0", body: append(tdsError(229, "The SELECT permission was denied on the object 'Lines', database 'AX', schema 'dbo'."), tdsDone(2, 0)...)}}, s.answers...)
		}},
		{"no snapshot", func(s *tdsServer) {
			s.answers = append([]tdsAnswer{{contains: "snapshot_isolation_state", body: tdsResult([]tdsColumn{tdsInt("state")}, []any{0})}}, s.answers...)
			s.answers = append(s.answers, tdsAnswer{contains: "SELECT TOP (2) [RECID]", body: tdsResult(columns, rows[0])})
		}},
		{"login", func(s *tdsServer) { s.login = 18456 }},
		{"paused", func(s *tdsServer) { s.login = 17142 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newTDS(t)
			server.catalog()
			c.prepare(server)
			datadriven.RunTest(t, "testdata/protocol_sqlserver_"+strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T, d *datadriven.TestData) string {
				url := "sqlserver://reader@" + server.listener.Addr().String() + "/AX"
				if d.Cmd == "asked" && len(server.asked) == 0 {
					return "nothing\n"
				}
				if d.Cmd == "asked" {
					return strings.Join(server.asked, "\n") + "\n"
				}
				text := somePort.ReplaceAllString(showProtocol(t, d, url), "127.0.0.1:PORT")
				if server.password != servertest.Password {
					t.Errorf("the password that came is %q", server.password)
				}
				if strings.Contains(text, servertest.Password) {
					t.Errorf("it has the password: %s", text)
				}
				return text
			})
		})
	}
}

// showProtocol begins a transaction and reads all of dbo.Lines.
func showProtocol(t *testing.T, d *datadriven.TestData, url string) string {
	s := openAs(t, Config{Database: url})
	consistent, err := s.Begin(t.Context())
	if err != nil {
		return said(err)
	}
	out := fmt.Sprintf("consistent: %v\n", consistent)
	text := show(t, d, s, duck(t))
	if err := s.End(t.Context()); err != nil {
		text += said(err)
	}
	return out + text
}
