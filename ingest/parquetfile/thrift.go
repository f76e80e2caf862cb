package parquetfile

import "encoding/binary"

// A compact reads Thrift's compact protocol, in which Parquet writes its
// metadata (thrift-compact-protocol.md of Apache Thrift). What is not whole
// makes it bad, and all that it gives then is zero.
type compact struct {
	b   []byte
	i   int
	bad bool
}

// Types of fields.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxThrift is how deep structs may nest: those of Parquet do to seven.
const maxThrift = 32

func (c *compact) byte() byte {
	if c.i >= len(c.b) {
		c.bad = true
		return 0
	}
	c.i++
	return c.b[c.i-1]
}

func (c *compact) uvarint() uint64 {
	if c.i > len(c.b) {
		c.bad = true
		return 0
	}
	v, n := binary.Uvarint(c.b[c.i:])
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.i += n
	return v
}

func (c *compact) int() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (c *compact) binary() []byte {
	n := c.uvarint()
	if c.bad || n > uint64(len(c.b)-c.i) {
		c.bad = true
		return nil
	}
	c.i += int(n)
	return c.b[c.i-int(n) : c.i]
}

// list returns how many elements of which type follow.
func (c *compact) list() (n int, typ byte) {
	head := c.byte()
	size := uint64(head >> 4)
	if size == 15 {
		size = c.uvarint()
	}
	if size > uint64(len(c.b)-c.i) { // each takes a byte at least
		c.bad = true
		return 0, 0
	}
	return int(size), head & 15
}

// fields calls fn with the fields of a struct. fn reads the value, or leaves it
// to be skipped and returns false.
func (c *compact) fields(fn func(id int64, typ byte) bool) {
	id := int64(0)
	for !c.bad {
		head := c.byte()
		if head == thriftStop {
			return
		}
		if delta := int64(head >> 4); delta != 0 {
			id += delta
		} else {
			id = c.int()
		}
		if from := c.i; !fn(id, head&15) {
			if c.i != from {
				c.bad = true
			}
			c.skip(head&15, 0)
		}
	}
}

// skip passes over a value.
func (c *compact) skip(typ byte, depth int) {
	if depth > maxThrift {
		c.bad = true
	}
	if c.bad {
		return
	}
	switch typ {
	case thriftTrue, thriftFalse:
	case thriftByte:
		c.byte()
	case thriftI16, thriftI32, thriftI64:
		c.uvarint()
	case thriftDouble:
		c.i += 8
		c.bad = c.i > len(c.b)
	case thriftBinary:
		c.binary()
	case thriftList, thriftSet:
		n, of := c.list()
		for ; n > 0 && !c.bad; n-- {
			c.skipElement(of, depth+1)
		}
	case thriftMap:
		n := c.uvarint()
		if n == 0 {
			return
		}
		types := c.byte()
		for ; n > 0 && !c.bad; n-- {
			c.skipElement(types>>4, depth+1)
			c.skipElement(types&15, depth+1)
		}
	case thriftStruct:
		for !c.bad {
			head := c.byte()
			if head == thriftStop {
				return
			}
			if head>>4 == 0 {
				c.int()
			}
			c.skip(head&15, depth+1)
		}
	default:
		c.bad = true
	}
}

// skipElement passes over an element of a list or map, where a boolean is a
// byte.
func (c *compact) skipElement(typ byte, depth int) {
	if typ == thriftTrue || typ == thriftFalse {
		typ = thriftByte
	}
	c.skip(typ, depth)
}
