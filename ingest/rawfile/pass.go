package rawfile

import (
	"fmt"
	"sync/atomic"
)

// A Count tells how far files have been read, each once for every table.
type Count struct {
	Bytes  int64 // of all files
	Passes int   // how often they are read
	done   atomic.Int64
	rows   atomic.Int64
}

// Did counts bytes that have been read.
func (c *Count) Did(n int) { c.done.Add(int64(n)) }

// Progress returns how many bytes of how many have been read.
func (c *Count) Progress() (done, total int64) {
	total = c.Bytes * int64(c.Passes)
	return min(c.done.Load(), total), total
}

// Read returns how many rows have been read.
func (c *Count) Read() int64 { return c.rows.Load() }

// A Record is a row of a table, by column.
type Record map[string]string

// placeBits is how many bits of a place are the row's number in its file.
const placeBits = 40

// Place is the file, as numbered by a [Pass], and the number in it of a line that
// [Pass.Emit] told.
func Place(line int64) (file int, n int64) { return int(line >> placeBits), line & (1<<placeBits - 1) }

// A Pass reads one table out of all files.
type Pass struct {
	Table   string
	Columns []string
	Take    func(line int64, fields []string) error
	File    int // that is being read
	Count   *Count
	fields  []string
}

// Emit hands a record over as fields; n is its number in the file. A column that
// the table lacks is an error.
func (p *Pass) Emit(n int64, r Record) error {
	p.fields = p.fields[:0]
	known := 0
	for _, c := range p.Columns {
		v, ok := r[c]
		if ok {
			known++
		}
		p.fields = append(p.fields, v)
	}
	if known < len(r) {
		return fmt.Errorf("table %s lacks a column of %v", p.Table, r) // tables.yaml calls it otherwise
	}
	p.Count.rows.Add(1)
	return p.Take(int64(p.File)<<placeBits|n, p.fields)
}
