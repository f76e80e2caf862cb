package sqldb

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf16"
)

// An hdbPart is a part of a segment.
type hdbPart struct {
	kind, attributes byte
	n                int // arguments
	body             []byte
}

// Kinds of parts.
const (
	hdbCommand, hdbResultSet, hdbError, hdbStatementID, hdbRowsAffected, hdbResultSetID, hdbTopology = 3, 5, 6, 10, 12, 13, 15
	hdbReadLob, hdbReadLobReply, hdbClientContext, hdbParameters, hdbAuthentication                  = 17, 18, 29, 32, 33
	hdbConnectOptions, hdbFetchSize, hdbParameterMetadata, hdbResultSetMetadata, hdbDBConnectInfo    = 42, 45, 47, 48, 67
)

func le16[T ~int | ~int64 | ~uint16](b []byte, n T) []byte {
	return binary.LittleEndian.AppendUint16(b, uint16(n))
}
func le32[T ~int | ~int32 | ~uint32 | ~int64](b []byte, n T) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(n))
}
func le64[T ~int | ~int64 | ~uint64](b []byte, n T) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(n))
}

// hdbMessage reads a message of one segment.
func hdbMessage(r io.Reader) (kind byte, commit bool, parts []hdbPart, err error) {
	var head [32 + 24]byte // message header, segment header
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, false, nil, err
	}
	body := make([]byte, binary.LittleEndian.Uint32(head[12:])-24)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, false, nil, err
	}
	for range binary.LittleEndian.Uint16(head[32+8:]) {
		size := int(binary.LittleEndian.Uint32(body[8:]))
		p := hdbPart{kind: body[0], n: int(binary.LittleEndian.Uint16(body[2:])), body: body[16 : 16+size]}
		parts = append(parts, p)
		body = body[min(len(body), 16+(size+7)/8*8):]
	}
	return head[32+13], head[32+14] != 0, parts, nil
}

// hdbReply is a message of one segment: of kind reply, or error.
func hdbReply(function int, parts ...hdbPart) []byte {
	var body []byte
	kind := byte(2)
	for _, p := range parts {
		if p.kind == hdbError {
			kind = 5
		}
		body = le16(append(body, p.kind, p.attributes), p.n)
		body = le32(le32(le32(body, 0), len(p.body)), math.MaxInt32)
		body = append(body, p.body...)
		body = append(body, make([]byte, -len(p.body)&7)...)
	}
	size := 24 + len(body)
	b := le64(nil, 4711) // session
	b = le32(le32(le32(b, 0), size), size)
	b = append(le16(b, 1), make([]byte, 10)...)
	b = le16(le16(le32(le32(b, size), 0), len(parts)), 1)
	b = le16(append(b, kind, 0), function)
	return append(append(b, make([]byte, 8)...), body...)
}

func hdbFailure(e *fakeError) []byte {
	b := le32(le32(le32(nil, e.number), 0), len(e.text))
	b = append(append(append(b, 1), "HY000"...), e.text...)
	return hdbReply(0, hdbPart{kind: hdbError, n: 1, body: append(b, 0)})
}

// indicated puts the length before a value.
func indicated(b, value []byte) []byte {
	switch n := len(value); {
	case n <= 245:
		b = append(b, byte(n))
	case n <= math.MaxInt16:
		b = le16(append(b, 246), n)
	default:
		b = le32(append(b, 247), n)
	}
	return append(b, value...)
}

// cutIndicated returns the value behind a length, and the rest.
func cutIndicated(b []byte) (value, rest []byte) {
	n := int(b[0])
	switch b = b[1:]; n {
	case 246:
		n, b = int(binary.LittleEndian.Uint16(b)), b[2:]
	case 247:
		n, b = int(binary.LittleEndian.Uint32(b)), b[4:]
	}
	return b[:n], b[n:]
}

// toCESU8 is UTF-8 of UTF-16: six bytes for what is beyond the first plane.
func toCESU8(units []uint16) (b []byte) {
	for _, u := range units {
		switch {
		case u < 0x80:
			b = append(b, byte(u))
		case u < 0x800:
			b = append(b, 0xc0|byte(u>>6), 0x80|byte(u)&0x3f)
		default:
			b = append(b, 0xe0|byte(u>>12), 0x80|byte(u>>6)&0x3f, 0x80|byte(u)&0x3f)
		}
	}
	return b
}

func fromCESU8(b []byte) string {
	var units []uint16
	for len(b) > 0 {
		switch {
		case b[0] < 0x80:
			units, b = append(units, uint16(b[0])), b[1:]
		case b[0] < 0xe0:
			units, b = append(units, uint16(b[0]&0x1f)<<6|uint16(b[1]&0x3f)), b[2:]
		default:
			units, b = append(units, uint16(b[0]&0xf)<<12|uint16(b[1]&0x3f)<<6|uint16(b[2]&0x3f)), b[3:]
		}
	}
	return string(utf16.Decode(units))
}

func cesu8(text string) []byte { return toCESU8(utf16.Encode([]rune(text))) }

func hdbColumns(columns []fakeColumn) hdbPart {
	p := hdbPart{kind: hdbResultSetMetadata, n: len(columns)}
	var names []byte
	const none = -1
	for _, c := range columns {
		p.body = le16(le16(append(p.body, 2, hdbTypes[c.kind]), max(0, c.scale)), min(c.length, math.MaxInt16))
		p.body = le32(le32(le32(le32(append(p.body, 0, 0), none), none), none), len(names))
		names = indicated(names, cesu8(c.name))
	}
	p.body = append(p.body, names...)
	return p
}

func hdbParams(kinds []string) hdbPart {
	p := hdbPart{kind: hdbParameterMetadata, n: len(kinds)}
	for _, kind := range kinds {
		p.body = le32(append(p.body, 2, hdbTypes[kind], 1, 0), -1)
		p.body = append(le16(le16(p.body, 5000), 0), 0, 0, 0, 0)
	}
	return p
}

// hdbArguments reads the values of parameters.
func hdbArguments(kinds []string, b []byte) (args []any, err error) {
	for _, kind := range kinds {
		code := b[0]
		b = b[1:]
		if code&0x80 != 0 {
			args = append(args, nil)
			continue
		}
		if code != hdbTypes[kind] {
			return nil, fmt.Errorf("a parameter of type %#x for one of %s", code, kind)
		}
		var value []byte
		switch kind {
		case "NVARCHAR", "NCHAR":
			value, b = cutIndicated(b)
			args = append(args, fromCESU8(value))
		case "VARBINARY":
			value, b = cutIndicated(b)
			args = append(args, value)
		case "INTEGER":
			args, b = append(args, int64(int32(binary.LittleEndian.Uint32(b)))), b[4:]
		case "BIGINT":
			args, b = append(args, int64(binary.LittleEndian.Uint64(b))), b[8:]
		default:
			return nil, fmt.Errorf("a parameter of type %s", kind)
		}
	}
	return args, nil
}

// fieldsOf cuts what "Authentication" has: their number, and each behind its
// length.
func fieldsOf(b []byte) (list [][]byte) {
	n := binary.LittleEndian.Uint16(b)
	b = b[2:]
	for range n {
		var field []byte
		field, b = cutIndicated(b)
		list = append(list, field)
	}
	return list
}

func joinFields(list ...[]byte) []byte {
	b := le16(nil, len(list))
	for _, field := range list {
		b = indicated(b, field)
	}
	return b
}
