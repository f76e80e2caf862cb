package parquetfile

import (
	"encoding/binary"
	"errors"
	"io"
)

// errIndirect says that a file, or some rows of it, are not written as the
// direct reader knows them, or not whole: DuckDB reads them, or says what is
// wrong.
var errIndirect = errors.New("not to be read directly")

// A footer is what the direct reader needs of a file's metadata (parquet.thrift
// of Apache Parquet, FileMetaData). Columns are flat.
type footer struct {
	columns []leaf
	groups  []group
}

// Physical types.
const (
	physInt32     = 1
	physInt64     = 2
	physByteArray = 6
)

// A leaf is a column.
type leaf struct {
	name     string
	physical int64
	optional bool
	nested   bool  // not flat: it has children, or repeats
	unit     int64 // of a timestamp: how many a second; 0: it is none
}

// A group is a row group.
type group struct {
	rows   int64
	chunks []chunk
}

// A chunk is the pages of one column of a group.
type chunk struct {
	codec  int64
	values int64
	from   int64 // in the file
	bytes  int64
	odd    bool // in another file, or encrypted
	beyond bool // it ends behind the file
}

const maxFooter = 256 << 20

// readFooter reads the metadata of a file of the given size.
func readFooter(f io.ReaderAt, size int64) (*footer, error) {
	var tail [8]byte
	if size < 12 {
		return nil, errIndirect
	}
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if string(tail[4:]) != "PAR1" || n > maxFooter || n > size-12 {
		return nil, errIndirect
	}
	text := make([]byte, n)
	if _, err := f.ReadAt(text, size-8-n); err != nil {
		return nil, err
	}
	out, err := parseFooter(text)
	if err != nil {
		return nil, err
	}
	for _, g := range out.groups {
		for i := range g.chunks {
			k := &g.chunks[i]
			k.beyond = k.from > size || k.bytes > size-k.from
		}
	}
	return out, nil
}

func parseFooter(text []byte) (*footer, error) {
	out := &footer{}
	c := &compact{b: text}
	odd := false
	c.fields(func(id int64, typ byte) bool {
		switch {
		case id == 2 && typ == thriftList:
			c.structs(func() { out.columns = append(out.columns, c.schemaElement()) })
		case id == 4 && typ == thriftList:
			c.structs(func() { out.groups = append(out.groups, c.group()) })
		case id == 8: // encryption
			odd = true
			return false
		default:
			return false
		}
		return true
	})
	if c.bad || odd || len(out.columns) == 0 {
		return nil, errIndirect
	}
	out.columns = out.columns[1:] // the root
	for _, l := range out.columns {
		if l.nested {
			return nil, errIndirect
		}
	}
	for _, g := range out.groups {
		if len(g.chunks) != len(out.columns) || g.rows < 0 {
			return nil, errIndirect
		}
	}
	return out, nil
}

// structs calls fn for each struct of a list, to read it.
func (c *compact) structs(fn func()) {
	n, typ := c.list()
	if typ != thriftStruct && n > 0 {
		c.bad = true
	}
	for ; n > 0 && !c.bad; n-- {
		fn()
	}
}

// isInt says whether a field is a whole number.
func isInt(typ byte) bool { return typ >= thriftI16 && typ <= thriftI64 }

func (c *compact) schemaElement() (l leaf) {
	c.fields(func(id int64, typ byte) bool {
		switch {
		case id == 1 && isInt(typ):
			l.physical = c.int()
		case id == 3 && isInt(typ):
			repetition := c.int()
			l.optional = repetition == 1
			l.nested = l.nested || repetition > 1
		case id == 4 && typ == thriftBinary:
			l.name = string(c.binary())
		case id == 5 && isInt(typ):
			l.nested = c.int() > 0 || l.nested
		case id == 6 && isInt(typ):
			switch c.int() {
			case 9:
				l.unit = 1e3
			case 10:
				l.unit = 1e6
			}
		case id == 10 && typ == thriftStruct:
			if unit := c.timestampUnit(); unit > 0 {
				l.unit = unit
			}
		default:
			return false
		}
		return true
	})
	return l
}

// timestampUnit reads a LogicalType; it is 0 unless that is TIMESTAMP.
func (c *compact) timestampUnit() (unit int64) {
	c.fields(func(id int64, typ byte) bool {
		if id != 8 || typ != thriftStruct {
			return false
		}
		c.fields(func(id int64, typ byte) bool {
			if id != 2 || typ != thriftStruct {
				return false
			}
			c.fields(func(id int64, _ byte) bool {
				if id >= 1 && id <= 3 {
					unit = [...]int64{1e3, 1e6, 1e9}[id-1]
				}
				return false
			})
			return true
		})
		return true
	})
	return unit
}

func (c *compact) group() (g group) {
	c.fields(func(id int64, typ byte) bool {
		switch {
		case id == 1 && typ == thriftList:
			c.structs(func() { g.chunks = append(g.chunks, c.chunk()) })
		case id == 3 && isInt(typ):
			g.rows = c.int()
		default:
			return false
		}
		return true
	})
	return g
}

func (c *compact) chunk() (k chunk) {
	c.fields(func(id int64, typ byte) bool {
		switch {
		case id == 1 && typ == thriftBinary, id == 8:
			k.odd = true
			return false
		case id == 3 && typ == thriftStruct:
			var data, dictionary int64
			c.fields(func(id int64, typ byte) bool {
				if !isInt(typ) {
					return false
				}
				switch id {
				case 4:
					k.codec = c.int()
				case 5:
					k.values = c.int()
				case 7:
					k.bytes = c.int()
				case 9:
					data = c.int()
				case 11:
					dictionary = c.int()
				default:
					return false
				}
				return true
			})
			if k.from = data; dictionary > 0 && dictionary < data {
				k.from = dictionary
			}
		default:
			return false
		}
		return true
	})
	return k
}

// A page is the header of one, and what it holds.
type page struct {
	kind       int64
	size       int64 // compressed
	plainSize  int64
	values     int64
	encoding   int64
	levels     int64 // of a page of version 2: bytes of definition levels
	repeats    int64 // the same of repetition levels
	compressed bool
	data       []byte
}

// Kinds of pages, and encodings of values.
const (
	pageData       = 0
	pageDictionary = 2
	pageData2      = 3

	encodingPlain         = 0
	encodingOldDictionary = 2
	encodingRLE           = 3
	encodingDictionary    = 8
)

// page reads the header of a page, and returns what follows it.
func (c *compact) page() (p page, ok bool) {
	p.compressed = true
	levels := int64(encodingRLE)
	c.fields(func(id int64, typ byte) bool {
		switch {
		case id == 1 && isInt(typ):
			p.kind = c.int()
		case id == 2 && isInt(typ):
			p.plainSize = c.int()
		case id == 3 && isInt(typ):
			p.size = c.int()
		case (id == 5 || id == 7 || id == 8) && typ == thriftStruct:
			version2 := id == 8
			c.fields(func(id int64, typ byte) bool {
				switch {
				case id == 1 && isInt(typ):
					p.values = c.int()
				case id == 2 && isInt(typ) && !version2, id == 4 && isInt(typ) && version2:
					p.encoding = c.int()
				case id == 3 && isInt(typ) && !version2:
					levels = c.int()
				case id == 5 && isInt(typ) && version2:
					p.levels = c.int()
				case id == 6 && isInt(typ) && version2:
					p.repeats = c.int()
				case id == 7 && version2:
					p.compressed = typ == thriftTrue
					return false
				default:
					return false
				}
				return true
			})
		default:
			return false
		}
		return true
	})
	if c.bad || p.size < 0 || p.size > int64(len(c.b)-c.i) || p.plainSize < 0 || p.plainSize > maxPage ||
		p.values < 0 || p.values > maxGroup || p.levels < 0 || p.repeats != 0 || levels != encodingRLE {
		return p, false
	}
	p.data = c.b[c.i : c.i+int(p.size)]
	c.i += int(p.size)
	return p, true
}
