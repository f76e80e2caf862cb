package csvfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"millrace/ingest"
)

// A pass goes over rows: all of the file, or some of it.
type pass struct {
	t       *Table
	scan    *scanner
	rejects *ingest.RejectList
	sieve   *ingest.Sieve
	row     ingest.Row

	pageLines int64
}

// run calls fn with one row after the other.
func (p *pass) run(ctx context.Context, fn func(*ingest.Row) error) error {
	for n := 0; ; n++ {
		if n&4095 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := p.scan.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.t.at(p.scan.line, err)
		}
		row := p.t.rowOf(rec, &p.row)
		if row == nil {
			p.refuse(rec)
			continue
		}
		if !p.sieve.Keep(row) {
			continue
		}
		if err := fn(row); err != nil {
			if err == ingest.ErrStop {
				return nil
			}
			return err
		}
	}
}

// refuse rejects a record that is no row, or counts it if nothing is lost.
func (p *pass) refuse(rec *record) {
	t := p.t
	switch {
	case rec.bad != "":
		p.rejects.Add(t.place(rec.line), "", rec.bad)
	case ingest.Blank(rec.fields):
		p.sieve.AddBlank()
	case t.dialect.list && !rec.row:
		p.pageLines++
	default:
		what := "header"
		if !t.header {
			what = "first row"
		}
		fields := "fields"
		if len(rec.fields) == 1 {
			fields = "field"
		}
		p.rejects.Add(t.place(rec.line), "", fmt.Sprintf("has %d %s, the %s has %d", len(rec.fields), fields, what, len(t.columns)))
	}
}

// begin opens the file and reads to the first row.
func (t *Table) begin() (*source, *scanner, error) {
	t.done.Store(0)
	t.RejectList, t.pageLines, t.lost = ingest.RejectList{}, 0, 0
	t.sieve.Reset()
	src, err := openSource(t.path, t.enc.name, &t.done)
	if err != nil {
		return nil, nil, t.at(0, err)
	}
	s := newScanner(src, t.dialect, t.enc.codec == nil)
	if t.header {
		_, err = t.firstRow(s)
	} else {
		for i := int64(0); i < t.skip && err == nil; i++ {
			err = s.skipLine()
		}
	}
	if err != nil {
		return nil, nil, errors.Join(t.at(0, err), src.Close())
	}
	return src, s, nil
}

// Scan implements [ingest.Table].
func (t *Table) Scan(ctx context.Context, fn func(*ingest.Row) error) error {
	src, s, err := t.begin()
	if err != nil {
		return err
	}
	defer src.Close()
	p := pass{t: t, scan: s, rejects: &t.RejectList, sieve: &t.sieve}
	err = p.run(ctx, fn)
	t.lost, t.pageLines = s.lost, p.pageLines
	return err
}

// A part is whole rows of the file, or all that is left of it.
type part struct {
	pass
	text    []byte
	rest    io.Reader // what follows the text, nil: there is nothing in this part
	own     ingest.RejectList
	held    ingest.Sieve
	scanner scanner
	spare   *spare
	joined  chan struct{} // closed by Join, of an open part
}

// Open implements [ingest.Part].
func (p *part) Open() bool { return p.rest != nil }

// Scan implements [ingest.Part].
func (p *part) Scan(ctx context.Context, fn func(*ingest.Row) error) error {
	s := &p.scanner
	line := s.line
	if p.rest != nil {
		*s = *newScanner(io.MultiReader(bytes.NewReader(p.text), p.rest), p.t.dialect, p.t.enc.codec == nil)
	} else {
		*s = scanner{dialect: p.t.dialect, check: p.t.enc.codec == nil, buf: p.text, end: len(p.text), eof: true, spans: s.spans, rec: s.rec}
		s.foresee()
	}
	s.line = line
	p.scan = s
	err := p.run(ctx, fn)
	if ctx.Err() != nil {
		return ctx.Err() // the file may have been closed
	}
	return err
}

// Reject implements [ingest.Part].
func (p *part) Reject(line int64, column int, reason string) {
	p.t.rejectTo(p.rejects, line, column, reason)
}

// Join implements [ingest.Part].
func (p *part) Join() {
	p.t.RejectList.Join(&p.own)
	p.t.sieve.Join(&p.held)
	p.t.pageLines += p.pageLines
	p.t.lost += p.scanner.lost
	if p.rest != nil {
		close(p.joined)
		return
	}
	p.spare.put(p)
}

// Parts implements [ingest.Parted].
func (t *Table) Parts(ctx context.Context, size int, fn func(ingest.Part) error) error {
	src, s, err := t.begin()
	if err != nil {
		return err
	}
	defer src.Close()
	c := cutter{dialect: t.dialect, size: size, carry: bytes.Clone(s.buf[s.pos:s.end]), eof: s.eof, r: src}
	line := s.line
	spare := &spare{}
	for !c.done {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := spare.get()
		p.own, p.held = ingest.RejectList{}, ingest.Sieve{Header: t.sieve.Header, KeepTotals: t.sieve.KeepTotals}
		p.pass = pass{t: t, rejects: &p.own, sieve: &p.held}
		p.text, p.rest = c.next(p.text[:0])
		p.scanner.line = line
		line += int64(bytes.Count(p.text, []byte{t.dialect.eol}))
		if p.rest != nil {
			p.joined = make(chan struct{})
		}
		if err := fn(p); err != nil {
			return err
		}
		if p.rest != nil { // it reads from the file
			select {
			case <-p.joined:
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// A spare is a list of parts whose memory can be used again.
type spare struct {
	sync.Mutex
	free []*part
}

func (s *spare) get() *part {
	s.Lock()
	defer s.Unlock()
	n := len(s.free)
	if n == 0 {
		return &part{spare: s}
	}
	p := s.free[n-1]
	s.free = s.free[:n-1]
	return p
}

func (s *spare) put(p *part) {
	s.Lock()
	defer s.Unlock()
	s.free = append(s.free, p)
}
