package sqldb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// Types of TNS packets.
const tnsConnect, tnsAccept, tnsRefuse, tnsRedirect, tnsData, tnsMarker = 1, 2, 4, 5, 6, 12

// An oracleSession is one connection.
type oracleSession struct {
	*fakeSession
	server  *oracleServer
	conn    net.Conn
	wide    bool // lengths of packets have 32 bits
	in      []byte
	last    int // cursor given
	cursors map[int]*fakeAnswer
	key     []byte // of the exchange of keys
	secret  []byte // the server's half
}

// readPacket reads a packet, and returns what is behind its head.
func (o *oracleSession) readPacket() (kind byte, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(o.conn, head[:]); err != nil {
		return 0, nil, err
	}
	size := int(binary.BigEndian.Uint16(head[:]))
	if o.wide {
		size = int(binary.BigEndian.Uint32(head[:]))
	}
	if size < 8 || size > 1<<17 || head[0] == 0x16 { // the beginning of TLS
		return 0, nil, fmt.Errorf("no packet: %x", head)
	}
	body = make([]byte, size-8)
	if _, err := io.ReadFull(o.conn, body); err != nil {
		return 0, nil, err
	}
	o.server.mu.Lock()
	defer o.server.mu.Unlock()
	o.server.seen = append(o.server.seen, body...)
	return head[4], body, nil
}

func (o *oracleSession) writePacket(kind byte, body []byte) error {
	head := make([]byte, 8)
	if o.wide {
		binary.BigEndian.PutUint32(head, uint32(len(body)+8))
	} else {
		binary.BigEndian.PutUint16(head, uint16(len(body)+8))
	}
	head[4] = kind
	_, err := o.conn.Write(append(head, body...))
	return err
}

// send writes data, in packets that are small, so that values are cut.
func (o *oracleSession) send(data []byte) error {
	for part := range slices.Chunk(data, 200) {
		if err := o.writePacket(tnsData, append([]byte{0, 0}, part...)); err != nil {
			return err
		}
	}
	return nil
}

// receive reads one message: clients send what fits into a packet.
func (o *oracleSession) receive() error {
	kind, body, err := o.readPacket()
	if err != nil {
		return err
	}
	if kind != tnsData || len(body) < 2 {
		return fmt.Errorf("packet of type %d", kind)
	}
	if binary.BigEndian.Uint16(body)&0x40 != 0 {
		return io.EOF // the client says goodbye
	}
	o.in = body[2:]
	return nil
}

func (s *oracleServer) serve(c net.Conn) error {
	o := &oracleSession{fakeSession: &fakeSession{fakeDatabase: s.fakeDatabase}, server: s, conn: c, cursors: map[int]*fakeAnswer{}}
	if more, err := o.accept(); !more || err != nil {
		return err
	}
	for {
		if err := o.receive(); err != nil {
			return err
		}
		reply, err := o.reply()
		if errors.Is(err, errQuiet) {
			_, err := io.Copy(io.Discard, c)
			return err
		}
		var said *fakeError
		if errors.As(err, &said) {
			if err := o.interrupt(); err != nil {
				return err
			}
			reply, err = oracleSummary(said, 0), nil
		}
		if err != nil {
			s.unknown(err.Error())
			return err
		}
		if err := o.send(reply); err != nil {
			return err
		}
	}
}

var errQuiet = errors.New("no answer")

// interrupt is how a server stops what it was to answer: a marker that breaks,
// one that resets, and the client's that resets too.
func (o *oracleSession) interrupt() error {
	for _, what := range []byte{1, 2} {
		if err := o.writePacket(tnsMarker, []byte{1, 0, what}); err != nil {
			return err
		}
	}
	kind, body, err := o.readPacket()
	if err == nil && (kind != tnsMarker || body[2] != 2) {
		err = fmt.Errorf("a packet of type %d where a marker resets", kind)
	}
	return err
}

// accept is the listener: it knows one service and one SID.
func (o *oracleSession) accept() (more bool, err error) {
	kind, body, err := o.readPacket()
	if err != nil || kind != tnsConnect {
		return false, err
	}
	at := int(binary.BigEndian.Uint16(body[18:])) - 8 // offset of the data, of the packet
	length := int(binary.BigEndian.Uint16(body[16:]))
	var data string
	if at+length <= len(body) {
		data = string(body[at : at+length])
	} else { // too long: in a packet of its own
		if err := o.receive(); err != nil {
			return false, err
		}
		data = string(o.in)
	}
	refuse := o.server.refuse
	if refuse == 0 && !strings.Contains(data, "(SERVICE_NAME=ORCLPDB1)") && !strings.Contains(data, "(SID=ORCL)") {
		refuse = 12514
	}
	switch {
	case refuse != 0:
		text := fmt.Sprintf("(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=%d)(ERROR_STACK=(ERROR=(CODE=%d)(EMFI=4))))", refuse, refuse)
		return false, o.writePacket(tnsRefuse, append(binary.BigEndian.AppendUint16([]byte{34, 0}, uint16(len(text))), text...))
	case o.server.redirect != "":
		host, port, _ := net.SplitHostPort(o.server.redirect)
		text := fmt.Sprintf("(ADDRESS=(PROTOCOL=TCP)(HOST=%s)(PORT=%s))", host, port)
		return false, o.writePacket(tnsRedirect, append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...))
	}
	b := make([]byte, 33)
	binary.BigEndian.PutUint16(b, 318)            // version
	binary.BigEndian.PutUint16(b[12:], 41)        // nothing is behind it
	b[14], b[15] = 4, 4                           // no native encryption
	binary.BigEndian.PutUint32(b[24:], 0xffff)    // session data unit
	binary.BigEndian.PutUint32(b[28:], 0x0020000) // transport data unit
	err = o.writePacket(tnsAccept, b)
	o.wide = true
	return true, err
}

// Integers have their length before them, and no more bytes than they need.
func ub(n int) []byte {
	if n == 0 {
		return []byte{0}
	}
	b := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, uint64(n)), "\x00")
	return append([]byte{byte(len(b))}, b...)
}

// clr is a value behind its length, or in chunks.
func clr(value []byte) []byte {
	if len(value) <= 0xfc {
		return append([]byte{byte(len(value))}, value...)
	}
	b := []byte{0xfe}
	for part := range slices.Chunk(value, 0x7fff) {
		b = append(append(b, ub(len(part))...), part...)
	}
	return append(b, 0)
}

func dlc(value []byte) []byte {
	if len(value) == 0 {
		return []byte{0}
	}
	return append(ub(len(value)), clr(value)...)
}

func pair(key, value string, flag int) []byte {
	return slices.Concat(dlc([]byte(key)), dlc([]byte(value)), ub(flag))
}

func (o *oracleSession) bytes(n int) []byte {
	if n > len(o.in) {
		panic(errShort)
	}
	b := o.in[:n]
	o.in = o.in[n:]
	return b
}

// errShort is what reading panics with.
var errShort = errors.New("the message is shorter than what it is to have")

func (o *oracleSession) int() (n int) {
	for _, b := range o.bytes(int(o.bytes(1)[0])) {
		n = n<<8 | int(b)
	}
	return n
}

func (o *oracleSession) clr() []byte {
	n := int(o.bytes(1)[0])
	if n != 0xfe {
		return o.bytes(n)
	}
	var b []byte
	for n = o.int(); n > 0; n = o.int() {
		b = append(b, o.bytes(n)...)
	}
	return b
}

func (o *oracleSession) pairs(n int) map[string]string {
	m := map[string]string{}
	part := func() string {
		if o.int() == 0 {
			return ""
		}
		return string(o.clr())
	}
	for range n {
		key := part()
		m[key] = part()
		o.int()
	}
	return m
}
