package sqldb

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace/ingest/sqldb/servertest"
)

// An oracleServer speaks as much of Oracle's protocol as it takes to log in
// and to read the tables of a [fakeDatabase]: TNS below, TTC above. Oracle
// does not publish them; the sources are the drivers github.com/sijms/go-ora
// v2.8.24 and Oracle's own python-oracledb (impl/thin/messages).
type oracleServer struct {
	*fakeDatabase
	listener net.Listener
	refuse   int       // number with which the listener refuses
	redirect string    // where the listener sends a client
	reject   fakeError // what it says to whoever has logged in
	packet   int       // rows in an answer, at most
	silent   string    // a statement with this text gets no answer
	seen     []byte    // all that came, to look for what should not
	settings []string  // of sessions
}

func newOracleServer(t *testing.T, config *tls.Config) *oracleServer {
	t.Helper()
	s := &oracleServer{fakeDatabase: newOracle(), packet: 3}
	s.checked(t)
	s.listener = serveFake(t, config, s.serve)
	return s
}

// newOracle holds no tables yet.
func newOracle() *fakeDatabase {
	wrong := &fakeError{1861, "ORA-01861: literal does not match format string"}
	return &fakeDatabase{
		name: "Oracle", text: "VARCHAR2", emptyIsNull: true,
		// "Database Error Messages".
		missing:   fakeError{942, "ORA-00942: table or view does not exist"},
		forbidden: fakeError{1031, "ORA-01031: insufficient privileges"},
		// "Static Data Dictionary Views" of the Database Reference.
		views: []fakeView{
			{"dual", "SYS_CONTEXT"},
			{"all_objects", "owner object_name object_type"},
			{"all_tables", "owner table_name num_rows"},
			{"all_tab_columns", "owner table_name column_name data_type char_length data_precision data_scale column_id"},
			{"all_constraints", "owner table_name constraint_name constraint_type"},
			{"all_cons_columns", "owner table_name constraint_name column_name position"},
		},
		functions: map[string]fakeFunction{
			"TO_CHAR": {"VARCHAR2", "VARCHAR2", func(args []any) (any, error) {
				if d, ok := args[0].(decimal); ok && args[1] == "TM9" {
					return string(d.tm9()), nil
				}
				return writeTime(args)
			}},
			"TO_NUMBER": {"NUMBER", "VARCHAR2", func(args []any) (any, error) {
				if _, ok := new(big.Rat).SetString(fmt.Sprint(args[0])); !ok {
					return nil, &fakeError{1722, "ORA-01722: invalid number"}
				}
				return decimal(fmt.Sprint(args[0])), nil
			}},
			"TO_DATE": {"DATE", "VARCHAR2", readTime(wrong)}, "TO_TIMESTAMP": {"TIMESTAMP(9)", "VARCHAR2", readTime(wrong)},
			"FROM_TZ": {"TIMESTAMP(9) WITH TIME ZONE", "VARCHAR2", func(args []any) (any, error) {
				at, ok := args[0].(time.Time)
				if !ok || args[1] != "+00:00" {
					return nil, fmt.Errorf("FROM_TZ of %v", args)
				}
				return at, nil
			}},
			"SYS_EXTRACT_UTC": {"TIMESTAMP(9)", "VARCHAR2", func(args []any) (any, error) { return args[0].(time.Time).UTC(), nil }},
			"RAWTOHEX":        {"VARCHAR2", "VARCHAR2", func(args []any) (any, error) { return strings.ToUpper(hex.EncodeToString(args[0].([]byte))), nil }},
			"HEXTORAW":        {"RAW", "VARCHAR2", readHex},
		},
	}
}

// tm9 is the shortest text of a number: "the smallest number of characters
// possible" (SQL Language Reference, "Number Format Models"); no zero stands
// before the point.
func (d decimal) tm9() decimal {
	text := string(d)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if rest, ok := strings.CutPrefix(text, "-0."); ok {
		return decimal("-." + rest)
	}
	if rest, ok := strings.CutPrefix(text, "0."); ok {
		return decimal("." + rest)
	}
	return decimal(text)
}

// reply answers a message, by its type and function.
func (o *oracleSession) reply() (b []byte, err error) {
	defer func() {
		if r := recover(); r == errShort {
			err = errShort
		} else if r != nil {
			panic(r)
		}
	}()
	kind := o.bytes(1)[0]
	if kind == 0x11 { // in front of another function: close a cursor
		o.bytes(5)
		delete(o.cursors, o.int())
		kind = o.bytes(1)[0]
	}
	switch kind {
	case 1: // protocols
		return oracleProtocol, nil
	case 2: // types
		return append([]byte{2, 0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0}, 0, 0, 0, 32, 0), nil
	case 3:
		function := o.bytes(2)[0]
		switch function {
		case 0x76:
			return o.offer(), nil
		case 0x73:
			return o.logIn()
		case 0x3b: // version
			text := "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production"
			return slices.Concat([]byte{8}, ub(len(text)), clr([]byte(text)), ub(19<<24), oracleEnd), nil
		case 0x5e:
			return o.call()
		case 5:
			id := o.int()
			return o.fetch(id, o.int())
		case 0xe, 0xf: // commit, rollback
			o.thaw()
			return oracleEnd, nil
		case 9, 0x93: // log off, ping
			return oracleEnd, nil
		}
		return nil, fmt.Errorf("function %#x", function)
	}
	return nil, fmt.Errorf("message of type %d", kind)
}

// oracleEnd is the end of a call.
var oracleEnd = slices.Concat([]byte{9}, ub(1), ub(0))

// oracleProtocol says what the server can: text is AL32UTF8 (873) and AL16UTF16
// (2000), verifiers are of 12c (bit 32 of the fourth), the version of TTC is
// 11, long values come in large chunks.
var oracleProtocol = func() []byte {
	can := make([]byte, 41)
	can[4], can[7], can[15], can[16], can[37] = 32, 11, 1, 1, 32|2
	form := make([]byte, 11)
	binary.BigEndian.PutUint16(form[9:], 2000)
	return slices.Concat([]byte{1, 6, 0}, []byte("x86_64/Linux 2.4.xx\x00"), le16(nil, 873), []byte{0}, le16(nil, 0),
		binary.BigEndian.AppendUint16(nil, uint16(len(form))), form, []byte{byte(len(can))}, can, []byte{7, 2, 1, 0, 0, 0, 0, 4})
}()

const oracleSalt, oracleCheck, oracleRounds, oracleTurns = "00112233445566778899AABBCCDDEEFF", "FFEEDDCCBBAA99887766554433221100", 4096, 3

// speedy is PBKDF2 with HMAC-SHA-512.
func speedy(salt, secret []byte, rounds int) []byte {
	key, _ := pbkdf2.Key(sha512.New, string(secret), salt, rounds, 64) // fails for no valid size
	return key
}

func fromHex(text string) []byte {
	b, _ := hex.DecodeString(text) // of a client that knows no hexadecimals comes nothing
	return b
}

func encrypted(key, plain []byte) string {
	block, _ := aes.NewCipher(key) // 32 bytes
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(out, plain)
	return fmt.Sprintf("%X", out)
}

func decrypted(key []byte, text string) []byte {
	in := fromHex(text)
	if len(in) == 0 || len(in)%16 != 0 {
		return nil
	}
	block, _ := aes.NewCipher(key) // 32 bytes
	out := make([]byte, len(in))
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(out, in)
	return out
}

// offer is the server's part of O5LOGON with a verifier of 12c (18453): a key
// that only who knows the password can read.
func (o *oracleSession) offer() []byte {
	salt := fromHex(oracleSalt)
	sum := sha512.Sum512(append(speedy(append(salt[:16:16], "AUTH_PBKDF2_SPEEDY_KEY"...), []byte(servertest.Password), oracleRounds), salt...))
	o.key, o.secret = sum[:32], bytes.Repeat([]byte{0x5a}, 32)
	return slices.Concat([]byte{8}, ub(5), pair("AUTH_SESSKEY", encrypted(o.key, o.secret), 1), pair("AUTH_VFR_DATA", oracleSalt, 18453),
		pair("AUTH_PBKDF2_CSK_SALT", oracleCheck, 0), pair("AUTH_PBKDF2_VGEN_COUNT", strconv.Itoa(oracleRounds), 0), pair("AUTH_PBKDF2_SDER_COUNT", strconv.Itoa(oracleTurns), 0),
		oracleSummary(nil, 0))
}

// logIn reads the password, which comes encrypted with both halves of the key.
func (o *oracleSession) logIn() ([]byte, error) {
	o.bytes(1)
	o.int() // length of the name
	o.int() // mode
	o.bytes(1)
	n := o.int()
	o.bytes(2)
	user := string(o.clr())
	m := o.pairs(n)
	theirs := decrypted(o.key, m["AUTH_SESSKEY"])
	key := speedy(fromHex(oracleCheck), fmt.Appendf(nil, "%X", append(theirs, o.secret...)), oracleTurns)[:32]
	plain := decrypted(key, m["AUTH_PASSWORD"])
	known := len(plain) >= 32 && int(plain[len(plain)-1]) <= 16 && hmac.Equal(plain[16:len(plain)-int(plain[len(plain)-1])], []byte(servertest.Password))
	if !known || !strings.EqualFold(user, "reader") {
		return nil, &fakeError{1017, "ORA-01017: invalid username/password; logon denied"}
	}
	if o.server.reject.number != 0 {
		return nil, &o.server.reject
	}
	language := slices.Concat([]byte{23, 5}, ub(0), []byte{0}, ub(1), []byte{0}, pair("AUTH_NLS_LXLAN", "AMERICAN", 16), ub(0))
	return slices.Concat([]byte{8}, ub(3), pair("AUTH_SESSION_ID", "42", 0), pair("AUTH_SERIAL_NUM", "4711", 0), pair("AUTH_SC_SERVICE_NAME", "ORCLPDB1", 0),
		language, oracleSummary(nil, 0)), nil
}

// oracleSummary ends an answer. No more rows is an error too: ORA-01403.
func oracleSummary(e *fakeError, cursor int) []byte {
	if e == nil {
		e = &fakeError{}
	}
	b := slices.Concat([]byte{4}, ub(1), ub(0), ub(0), ub(e.number), ub(0), ub(0), ub(cursor), ub(0)) // end of call, …, row, number, …, cursor, position
	b = append(b, make([]byte, 17+3)...)                                                              // types, places, times; errors of an array: none
	b = slices.Concat(b, ub(e.number), ub(0))
	if e.number != 0 {
		b = append(b, clr([]byte(e.text+"\n"))...)
	}
	return b
}

// call executes a statement (OALL8).
func (o *oracleSession) call() ([]byte, error) {
	options, cursor := o.int(), o.int()
	o.bytes(1)
	o.int() // length of the text
	o.bytes(1)
	o.int()
	o.bytes(2)
	o.bytes(1)
	rows := o.int() // to send at once
	o.int()         // length of long values
	o.bytes(1)
	params := o.int()
	o.bytes(5 + 1)
	o.int() // columns that are defined
	o.bytes(3 + 5 + 3 + 5 + 2)
	if options&1 == 0 {
		if options&0x10 == 0 || o.cursors[cursor] == nil {
			return nil, errors.New("a statement is executed again, which no dialect does")
		}
		return oracleSummary(nil, cursor), nil // the client defined LOBs to be long values
	}
	text := string(o.clr())
	for range 13 {
		o.int()
	}
	kinds := make([]byte, params)
	for i := range kinds {
		kinds[i] = o.bytes(4)[0]
		o.int()
		o.int()
		o.int()
		if o.int() > 0 {
			o.clr()
		}
		o.int()
		o.int()
		o.bytes(1)
		o.int()
		o.int()
	}
	var args []any
	if params > 0 {
		o.bytes(1) // 7: values
	}
	for _, kind := range kinds {
		value := o.clr()
		switch {
		case len(value) == 0:
			args = append(args, nil)
		case kind == 1: // VARCHAR2
			args = append(args, string(value))
		default:
			return nil, fmt.Errorf("a parameter of type %d", kind)
		}
	}
	if o.server.silent != "" && strings.Contains(text, o.server.silent) {
		return nil, errQuiet
	}
	return o.run(text, args, rows)
}

func (o *oracleSession) run(text string, args []any, rows int) ([]byte, error) {
	o.last++
	switch {
	case text == "SELECT SYSTIMESTAMP FROM DUAL": // the driver asks it
		now := []byte{120, 124, 2, 29, 13, 1, 1, 0, 0, 0, 0, 20, 60}
		return slices.Concat(ttcColumns([]fakeColumn{{name: "SYSTIMESTAMP", kind: "TIMESTAMP(6) WITH TIME ZONE"}}), []byte{7}, clr(now), oracleSummary(noMore, o.last)), nil
	case strings.HasPrefix(text, "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'") && strings.Contains(text, "TIME_ZONE = '+00:00'"):
		o.server.mu.Lock()
		o.server.settings = append(o.server.settings, text)
		o.server.mu.Unlock()
		return oracleSummary(nil, o.last), nil
	case text == "SET TRANSACTION READ ONLY":
		// "This clause establishes the current transaction as a read-only
		// transaction", which sees what was committed before it began.
		o.freeze()
		o.server.mu.Lock()
		o.server.asked = append(o.server.asked, text)
		o.server.mu.Unlock()
		return oracleSummary(nil, o.last), nil
	}
	q, err := o.prepare(text)
	if err != nil {
		return nil, err
	}
	answer, err := o.execute(q, text, args)
	if err != nil {
		return nil, err
	}
	id := o.last
	o.cursors[id] = &answer
	if slices.ContainsFunc(answer.columns, isLOB) {
		// Nothing comes before the client has said how it wants them.
		return append(ttcColumns(answer.columns), oracleSummary(nil, id)...), nil
	}
	first, err := o.fetch(id, rows)
	return append(ttcColumns(answer.columns), first...), err
}

var noMore = &fakeError{1403, "ORA-01403: no data found"}

// fetch sends rows. Of a row come the values that differ from the row before,
// behind a vector of bits that says which.
func (o *oracleSession) fetch(id, n int) ([]byte, error) {
	result := o.cursors[id]
	if result == nil {
		return nil, &fakeError{1001, "ORA-01001: invalid cursor"}
	}
	rows := result.rows[:min(n, o.server.packet, len(result.rows))]
	result.rows = result.rows[len(rows):]
	width := len(result.columns)
	b := slices.Concat([]byte{6, 0}, ub(width), ub(0), ub(len(rows)), ub(0), dlc(nil), dlc(nil))
	var before [][]byte
	for i, row := range rows {
		bits, sent := make([]byte, (width+7)/8), 0
		var values, data [][]byte
		for j, v := range row {
			value, err := oracleValue(v, result.columns[j])
			if err != nil {
				return nil, err
			}
			if values = append(values, value); i > 0 && !isLOB(result.columns[j]) && bytes.Equal(value, before[j]) {
				continue
			}
			bits[j/8] |= 1 << (j % 8)
			data, sent = append(data, clr(value)), sent+1
			if isLOB(result.columns[j]) {
				data = append(data, ub(0), ub(0)) // indicator, code
			}
		}
		if i > 0 {
			b = slices.Concat(b, []byte{21}, ub(sent), bits)
		}
		b = append(append(b, 7), slices.Concat(data...)...)
		before = values
	}
	if len(result.rows) == 0 {
		delete(o.cursors, id)
		return append(b, oracleSummary(noMore, id)...), nil
	}
	return append(b, oracleSummary(nil, id)...), nil
}

func isLOB(c fakeColumn) bool { return c.kind == "CLOB" || c.kind == "BLOB" }

// ttcColumns describes a result.
func ttcColumns(columns []fakeColumn) []byte {
	b := slices.Concat([]byte{16, 0}, ub(0), ub(len(columns)), []byte{1})
	for _, c := range columns {
		kind, size, charset, form := byte(1), 4000, 873, byte(1)
		scale := []byte{0}
		switch word, _, _ := strings.Cut(c.kind, "("); {
		case word == "NUMBER" || word == "INTEGER" || word == "BIGINT":
			kind, size, charset, form, scale = 2, 22, 0, 0, ub(0)
		case word == "CHAR":
			kind = 96
		case word == "DATE":
			kind, size, charset, form = 12, 7, 0, 0
		case strings.HasSuffix(c.kind, "WITH TIME ZONE"):
			kind, size, charset, form, scale = 181, 13, 0, 0, ub(6)
		case word == "TIMESTAMP":
			kind, size, charset, form, scale = 180, 11, 0, 0, ub(6)
		case word == "RAW":
			kind, size, charset, form = 23, 2000, 0, 0
		case word == "CLOB":
			kind = 112
		case word == "BLOB":
			kind, charset, form = 113, 0, 0
		}
		b = slices.Concat(b, []byte{kind, 0, 0}, scale, ub(size), ub(0), ub(0), dlc(nil), ub(0), ub(charset), []byte{form}, ub(size), ub(0), []byte{1, 0},
			dlc([]byte(c.name)), dlc(nil), dlc(nil), ub(0), ub(0))
	}
	return slices.Concat(b, dlc(nil), ub(0), ub(0), ub(0), ub(0), dlc(nil))
}

// oracleValue writes one as it is on the wire; nil is NULL.
func oracleValue(v any, c fakeColumn) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(x), nil
	case padding:
		return []byte(x), nil
	case []byte:
		if c.kind == "BLOB" {
			return x, nil
		}
	case int64: // NUMBER: an exponent of 100, then digits of 100, each one more
		if x == 0 {
			return []byte{0x80}, nil
		}
		var digits []byte
		exponent := byte(0xc0)
		for ; x > 0; x /= 100 {
			digits = append([]byte{byte(x%100) + 1}, digits...)
			exponent++
		}
		return append([]byte{exponent}, bytes.TrimRight(digits, "\x01")...), nil
	}
	return nil, fmt.Errorf("the value %v is asked for as it is", v)
}
