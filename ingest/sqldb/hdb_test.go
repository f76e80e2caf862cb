package sqldb

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"millrace/ingest/sqldb/servertest"
)

// An hdbServer speaks as much of SAP HANA's protocol as it takes to log in and
// to read the tables of a [fakeDatabase]. Its sources are SAP's public "SAP
// HANA SQL Command Network Protocol Reference" (names of message types, parts
// and options below are of it) and, for what that leaves open, SAP's driver
// github.com/SAP/go-hdb v1.10.1, driver/internal/protocol.
type hdbServer struct {
	*fakeDatabase
	listener net.Listener
	method   string    // of authentication
	refuse   fakeError // what it says to whoever has logged in
	packet   int       // rows in a packet, at most
	silent   string    // a statement with this text gets no answer
	seen     []byte    // all that came, to look for what should not
	program  string    // the name of the client
}

func newHDB(t *testing.T, config *tls.Config) *hdbServer {
	t.Helper()
	s := &hdbServer{fakeDatabase: newHANA(), method: "SCRAMPBKDF2SHA256", packet: 3}
	s.checked(t)
	s.listener = serveFake(t, config, s.serve)
	return s
}

// newHANA holds no tables yet.
func newHANA() *fakeDatabase {
	wrong := &fakeError{303, "invalid DATE, TIME or TIMESTAMP value: wrong syntax"}
	time := func(kind string) fakeFunction { return fakeFunction{kind, kind, readTime(wrong)} }
	return &fakeDatabase{
		name: "SAP HANA", text: "NVARCHAR",
		// "SAP HANA SQL Error Codes" of the SQL Reference Guide.
		missing:   fakeError{259, "invalid table name:  Could not find table/view in schema ERP: line 2 col 6 (at pos 50)"},
		forbidden: fakeError{258, "insufficient privilege: Not authorized"},
		// "System Views" of the SQL and System Views Reference Guide.
		views: []fakeView{
			{"sys", "CURRENT_SCHEMA"}, {"dummy", "dummy"},
			{"objects", "schema_name object_name object_type"},
			{"m_tables", "schema_name table_name record_count"},
			{"table_columns", "schema_name table_name column_name position data_type_name length scale"},
			{"view_columns", "schema_name view_name column_name position data_type_name length scale"},
			{"constraints", "schema_name table_name column_name position constraint_name is_primary_key is_unique_key"},
		},
		// What type a parameter has that TO_DATE and the like are given is
		// nowhere said. It is taken to be what they return, which go-hdb does
		// not make of a text: a CAST has to say it.
		functions: map[string]fakeFunction{
			"TO_VARCHAR": {"NVARCHAR", "NVARCHAR", func(args []any) (any, error) {
				if d, ok := args[0].(decimal); ok && len(args) == 1 {
					return string(d), nil
				}
				return writeTime(args)
			}},
			"TO_DECIMAL": {"DECIMAL", "DECIMAL", func(args []any) (any, error) {
				d := decimal(fmt.Sprint(args[0]))
				d.rat()
				return d, nil
			}},
			"TO_DATE": time("DATE"), "TO_TIME": time("TIME"), "TO_SECONDDATE": time("SECONDDATE"), "TO_TIMESTAMP": time("TIMESTAMP"),
		},
	}
}

// An hdbSession is one connection.
type hdbSession struct {
	*fakeSession
	server     *hdbServer
	repeatable bool
	salt, sent []byte // to the client, with which it proves that it knows the password
	challenge  []byte // of the client
	last       uint64 // identifier given
	prepared   map[uint64]*hdbPrepared
	results    map[uint64]*fakeAnswer // what is not fetched yet
	lobs       map[uint64]hdbLOB
}

type hdbPrepared struct {
	*fakeStatement
	text string
}

// An hdbLOB is counted in UTF-16 units, or in bytes.
type hdbLOB struct {
	text  []uint16
	bytes []byte
}

func (s *hdbServer) serve(c net.Conn) error {
	// "Initialization Request": versions, and one option: the byte order.
	hello := make([]byte, 14)
	if _, err := io.ReadFull(c, hello); err != nil {
		return err
	}
	if !bytes.HasPrefix(hello, []byte{0xff, 0xff, 0xff, 0xff}) || hello[12] != 1 || hello[13] != 1 {
		return fmt.Errorf("no client with little-endian numbers: %x", hello)
	}
	if _, err := c.Write([]byte{2, 0, 0, 4, 1, 0, 0, 0}); err != nil {
		return err
	}
	h := &hdbSession{fakeSession: &fakeSession{fakeDatabase: s.fakeDatabase}, server: s,
		prepared: map[uint64]*hdbPrepared{}, results: map[uint64]*fakeAnswer{}, lobs: map[uint64]hdbLOB{}}
	for {
		kind, commit, parts, err := hdbMessage(c)
		if err != nil {
			return err
		}
		s.mu.Lock()
		for _, p := range parts {
			s.seen = append(s.seen, p.body...)
		}
		s.mu.Unlock()
		if text := fromCESU8(partOf(parts, hdbCommand).body); s.silent != "" && strings.Contains(text, s.silent) {
			_, err := io.Copy(io.Discard, c)
			return err
		}
		reply, err := h.reply(kind, commit, parts)
		var said *fakeError
		if errors.As(err, &said) {
			reply, err = hdbFailure(said), nil
		}
		if err != nil {
			s.unknown(err.Error())
			return err
		}
		if _, err := c.Write(reply); err != nil {
			return err
		}
		if kind == 77 || said != nil && kind == 66 {
			return said
		}
	}
}

func partOf(parts []hdbPart, kind byte) *hdbPart {
	i := slices.IndexFunc(parts, func(p hdbPart) bool { return p.kind == kind })
	if i < 0 {
		return &hdbPart{}
	}
	return &parts[i]
}

// reply answers a message, by its type.
func (h *hdbSession) reply(kind byte, commit bool, parts []hdbPart) ([]byte, error) {
	id := func(kind byte) uint64 { return binary.LittleEndian.Uint64(partOf(parts, kind).body) }
	text := fromCESU8(partOf(parts, hdbCommand).body)
	switch kind {
	case 82: // DBCONNECTINFO
		return h.tenant(), nil
	case 65: // AUTHENTICATE
		return h.authenticate(parts)
	case 66: // CONNECT
		return h.connect(parts)
	case 2: // EXECUTEDIRECT
		if h.control(text) {
			return hdbReply(1), nil
		}
		q, err := h.prepare(text)
		if err != nil {
			return nil, err
		}
		return h.run(&hdbPrepared{q, text}, nil, commit, true)
	case 3: // PREPARE
		q, err := h.prepare(text)
		if err != nil {
			return nil, err
		}
		h.last++
		h.prepared[h.last] = &hdbPrepared{q, text}
		return hdbReply(5, hdbPart{kind: hdbStatementID, n: 1, body: le64(nil, h.last)}, hdbColumns(q.columns), hdbParams(q.params)), nil
	case 13: // EXECUTE
		q := h.prepared[id(hdbStatementID)]
		args, err := hdbArguments(q.params, partOf(parts, hdbParameters).body)
		if err != nil {
			return nil, err
		}
		return h.run(q, args, commit, false)
	case 71: // FETCHNEXT
		set, err := h.fetch(id(hdbResultSetID), int(binary.LittleEndian.Uint32(partOf(parts, hdbFetchSize).body)))
		return hdbReply(10, set), err
	case 69: // CLOSERESULTSET
		delete(h.results, id(hdbResultSetID))
		return hdbReply(19), nil
	case 70: // DROPSTATEMENTID
		delete(h.prepared, id(hdbStatementID))
		return hdbReply(0), nil
	case 17, 16: // READLOB; go-hdb says WRITELOB, and real servers read all the same
		return h.readLOB(partOf(parts, hdbReadLob).body), nil
	case 68: // ROLLBACK
		h.thaw()
		return hdbReply(12), nil
	case 77: // DISCONNECT
		return hdbReply(18), nil
	}
	return nil, fmt.Errorf("message of type %d", kind)
}

// control takes the statements that set what holds for a connection: "This is
// because transaction behavior defined for the current database connection
// using these settings is persisted beyond its current database LUW" (ABAP
// Keyword Documentation, "Setting Transaction Behavior for SAP HANA").
func (h *hdbSession) control(text string) bool {
	switch text {
	case "set transaction isolation level repeatable read":
		h.repeatable = true
	case "set transaction read only":
	default:
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, text)
	return true
}

// run executes a statement. One that commits is its own transaction; else it
// sees the snapshot that the first of its transaction took.
func (h *hdbSession) run(q *hdbPrepared, args []any, commit, described bool) ([]byte, error) {
	if h.repeatable && h.snapshot == nil {
		h.freeze()
	}
	if commit {
		defer h.thaw()
	}
	answer, err := h.execute(q.fakeStatement, q.text, args)
	if err != nil {
		return nil, err
	}
	h.last++
	h.results[h.last] = &answer
	id := hdbPart{kind: hdbResultSetID, n: 1, body: le64(nil, h.last)}
	set, err := h.fetch(h.last, h.server.packet)
	if described {
		return hdbReply(5, hdbColumns(answer.columns), id, set), err
	}
	return hdbReply(5, id, set), err
}

// fetch takes rows of a result; the last packet closes it.
func (h *hdbSession) fetch(id uint64, n int) (hdbPart, error) {
	result := h.results[id]
	if result == nil {
		return hdbPart{}, errors.New("fetch from a result that is closed")
	}
	rows := result.rows[:min(n, len(result.rows), h.server.packet)]
	result.rows = result.rows[len(rows):]
	p := hdbPart{kind: hdbResultSet, n: len(rows)}
	if len(result.rows) == 0 {
		p.attributes = 0x11 // last packet, closed
		delete(h.results, id)
	}
	for _, row := range rows {
		for i, v := range row {
			var err error
			if p.body, err = h.value(p.body, result.columns[i].kind, v); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

// hdbTypes are type codes in data format 8 ("Type Codes").
var hdbTypes = map[string]byte{
	"INTEGER": 3, "BIGINT": 4, "DECIMAL": 0x4c, "DOUBLE": 7, "NCHAR": 0xa, "NVARCHAR": 0xb, "VARBINARY": 0xd, "NCLOB": 0x1a, "BLOB": 0x1b,
	"BOOLEAN": 0x1c, "TIMESTAMP": 0x3d, "SECONDDATE": 0x3e, "DATE": 0x3f, "TIME": 0x40,
}

// value writes one, as its column is announced.
func (h *hdbSession) value(b []byte, kind string, v any) ([]byte, error) {
	switch kind {
	case "INTEGER", "BIGINT":
		n, ok := v.(int64)
		if b = append(b, map[bool]byte{true: 1}[ok]); !ok {
			return b, nil
		}
		if kind == "BIGINT" {
			return le64(b, n), nil
		}
		return le32(b, n), nil
	case "DOUBLE":
		if v == nil {
			return le64(b, -1), nil
		}
		return le64(b, math.Float64bits(v.(float64))), nil
	case "BOOLEAN":
		return append(b, map[any]byte{false: 0, nil: 1, true: 2}[v]), nil
	case "NVARCHAR", "NCHAR", "VARBINARY":
		switch x := v.(type) {
		case nil:
			return append(b, 255), nil
		case string:
			return indicated(b, cesu8(x)), nil
		case []byte:
			return indicated(b, x), nil
		}
	case "NCLOB", "BLOB":
		const included = 1024 // at once; the rest is asked for
		l := hdbLOB{}
		switch x := v.(type) {
		case nil:
			return append(b, 0, 1), nil
		case string:
			l.text = utf16.Encode([]rune(x))
		case []byte:
			l.bytes = x
		}
		h.last++
		h.lobs[h.last] = l
		part, options := l.part(0, included)
		b = le64(append(b, 0, options, 0, 0), len(l.text))
		b = le64(b, len(toCESU8(l.text))+len(l.bytes))
		return append(le32(le64(b, h.last), len(part)), part...), nil
	}
	return nil, fmt.Errorf("a %s with the value %v is asked for as it is", kind, v)
}

// part is some of a LOB. Options say that there is data (2), and whether it is
// the last (4).
func (l hdbLOB) part(from, n int) (part []byte, options byte) {
	end := min(from+n, len(l.text)+len(l.bytes))
	options = 2
	if end == len(l.text)+len(l.bytes) {
		options |= 4
	}
	if l.bytes != nil {
		return l.bytes[from:end], options
	}
	if options&4 == 0 && utf16.IsSurrogate(rune(l.text[end-1])) && utf16.DecodeRune(rune(l.text[end-1]), rune(l.text[end])) != utf8.RuneError {
		end-- // not between the halves of a character
	}
	return toCESU8(l.text[from:end]), options
}

func (h *hdbSession) readLOB(b []byte) []byte {
	id, from, n := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint32(b[16:])
	part, options := h.lobs[id].part(int(from)-1, int(n))
	b = append(le64(nil, id), options)
	b = append(le32(b, len(part)), 0, 0, 0)
	return hdbReply(16, hdbPart{kind: hdbReadLobReply, n: 1, body: append(b, part...)})
}

const hdbRounds = 15000 // what SAP HANA takes as default

// hdbKey is what the server has instead of a password: "Authentication",
// SCRAMSHA256 and SCRAMPBKDF2SHA256.
func hdbKey(method string, salt []byte) []byte {
	var secret []byte
	if method == "SCRAMSHA256" {
		mac := hmac.New(sha256.New, []byte(servertest.Password))
		mac.Write(salt)
		secret = mac.Sum(nil)
	} else {
		secret, _ = pbkdf2.Key(sha256.New, servertest.Password, salt, hdbRounds, 32) // fails for no valid size
	}
	client := sha256.Sum256(secret)
	stored := sha256.Sum256(client[:])
	return stored[:]
}

func (h *hdbSession) authenticate(parts []hdbPart) ([]byte, error) {
	h.server.mu.Lock()
	h.server.program = string(partOf(parts, hdbClientContext).body)
	h.server.mu.Unlock()
	fields := fieldsOf(partOf(parts, hdbAuthentication).body)
	for i := 1; i+1 < len(fields); i += 2 {
		if string(fields[i]) == h.server.method {
			h.challenge = fields[i+1]
		}
	}
	h.salt, h.sent = bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{9}, 48)
	inner := [][]byte{h.salt, h.sent}
	if h.server.method == "SCRAMPBKDF2SHA256" {
		inner = append(inner, binary.BigEndian.AppendUint32(nil, hdbRounds))
	}
	return hdbReply(0, hdbPart{kind: hdbAuthentication, n: 1, body: joinFields([]byte(h.server.method), joinFields(inner...))}), nil
}

// connect is accepted from whoever knows the password.
func (h *hdbSession) connect(parts []hdbPart) ([]byte, error) {
	fields := fieldsOf(partOf(parts, hdbAuthentication).body)
	proof := fieldsOf(fields[2])[0]
	stored := hdbKey(h.server.method, h.salt)
	mac := hmac.New(sha256.New, stored)
	for _, b := range [][]byte{h.salt, h.sent, h.challenge} {
		mac.Write(b)
	}
	client := make([]byte, sha256.Size)
	subtle.XORBytes(client, mac.Sum(nil), proof)
	if sum := sha256.Sum256(client); !hmac.Equal(sum[:], stored) || !strings.EqualFold(string(fields[0]), "reader") {
		return nil, &fakeError{10, "authentication failed"}
	}
	if h.server.refuse.number != 0 {
		return nil, &h.server.refuse
	}
	end := []byte{} // SCRAMSHA256: the server proves nothing
	if h.server.method == "SCRAMPBKDF2SHA256" {
		end = joinFields(make([]byte, 32)) // go-hdb does not check it: only TLS says who the server is
	}
	options := le32([]byte{23, 3}, 8) // data format version
	options = append(le16(append(options, 44, 29), len("2.00.059.00.1636369446")), "2.00.059.00.1636369446"...)
	topology := le32(append(le16(nil, 1), 2, 3), 30015)
	return hdbReply(14, hdbPart{kind: hdbAuthentication, n: 1, body: joinFields([]byte(h.server.method), end)},
		hdbPart{kind: hdbConnectOptions, n: 2, body: options}, hdbPart{kind: hdbTopology, n: 1, body: topology}), nil
}

// tenant says where the tenant is: here.
func (h *hdbSession) tenant() []byte {
	host, port, _ := net.SplitHostPort(h.server.listener.Addr().String())
	b := append(le16([]byte{2, 29}, len(host)), host...)
	var number int
	_, _ = fmt.Sscan(port, &number)
	b = append(le32(append(b, 3, 3), number), 4, 28, 0)
	return hdbReply(0, hdbPart{kind: hdbDBConnectInfo, n: 3, body: b})
}
