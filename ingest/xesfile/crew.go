package xesfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"millrace/eventlog"
	"millrace/ingest"
)

// A crew reads a log with several workers. Each takes a piece of whole traces
// as if it were all there is. What it then gives is used if nothing in it
// depends on the rest of the file: no reject, no trace without a name, no part
// of the header. All else, and the first and the last piece, the one reader
// there is without a crew reads itself, in order; and if a piece does not end
// between traces, all from there on. So the log is that of the one reader.
type crew struct {
	reader *reader // in order
	cut    cutter
	root   []byte // name of the root, with its prefix

	mu      sync.Mutex
	pending []*piece // cut, and not taken
	spare   [][]byte // memory of pieces that were
	idle    sync.Pool
}

// A stint is what a worker makes of a piece.
type stint struct {
	piece  *piece
	reader *reader // nil: none tried
	batch  eventlog.Batch
	whole  bool // the piece ends between traces
	alone  bool // nothing in it depends on the rest of the file
}

var (
	// errPieceEnd is the end of a piece, not of the file.
	errPieceEnd = errors.New("the piece ends")
	// errInOrder ends the work of a crew: the rest is read in order.
	errInOrder = errors.New("to be read in order")
)

func newCrew(r *reader, size int) *crew {
	s := r.doc.scan
	return &crew{reader: r, cut: cutter{r: s.r, size: size, passed: s.passed, line: s.line}}
}

// run reads the log.
func (c *crew) run(ctx context.Context, workers int) error {
	err := ingest.InOrder(ctx, workers, c.produce, c.work, c.take)
	if err != errInOrder {
		return err
	}
	s := c.reader.doc.scan
	readers := []io.Reader{}
	for _, p := range c.pending[1:] {
		readers = append(readers, bytes.NewReader(p.text))
	}
	first := c.pending[0]
	s.start(first, nil)
	s.r = io.MultiReader(append(readers, bytes.NewReader(c.cut.carry), c.cut.r)...)
	return c.reader.run()
}

func (c *crew) produce(ctx context.Context, job func(*piece) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.mu.Lock()
		var buf []byte
		if n := len(c.spare); n > 0 {
			buf, c.spare = c.spare[n-1], c.spare[:n-1]
		}
		c.mu.Unlock()
		p := c.cut.next(buf)
		if p.first && !p.last {
			p.last = !c.readRoot(p)
		}
		c.mu.Lock()
		c.pending = append(c.pending, p)
		c.mu.Unlock()
		if err := job(p); err != nil || p.last {
			return err
		}
	}
}

// readRoot finds the name of the root.
func (c *crew) readRoot(p *piece) bool {
	s := newScanner(nil, "", "")
	s.start(p, errPieceEnd)
	if s.next() != nil || s.tag.empty {
		return false
	}
	c.root = append([]byte(nil), s.names...)
	return true
}

// work reads a piece by itself.
func (c *crew) work(_ context.Context, p *piece) *stint {
	t := &stint{piece: p}
	if p.last {
		return t
	}
	t.reader, _ = c.idle.Get().(*reader)
	if t.reader == nil {
		t.reader = &reader{doc: newDocument(&scanner{file: c.reader.doc.scan.file, unit: c.reader.doc.scan.unit, maxMarkup: maxMarkup}),
			roles: c.reader.roles, clock: clock{zone: c.reader.clock.zone, layout: c.reader.clock.layout}}
		t.reader.event.activity = make([]string, len(c.reader.roles.classifier))
	}
	r := t.reader
	r.forget()
	r.emit = func(b *eventlog.Batch) error {
		t.batch = *b
		return nil
	}
	s := r.doc.scan
	if !p.first {
		s.names, s.ends, s.root = append(s.names, c.root...), append(s.ends, len(c.root)), true
		r.doc.open, r.doc.isLog = append(r.doc.open, inLog), true
	}
	s.start(p, errPieceEnd)
	t.whole = r.run() == errPieceEnd && len(s.ends) == 1 && r.doc.between()
	t.alone = t.whole && !p.first && !r.header.taken && r.rejected == 0 && r.unnamed == 0 && s.stray == 0 && len(r.doc.unknown) == 0
	if t.alone && r.flush(true) != nil {
		t.alone = false
	}
	return t
}

// between says whether the document is in the log, and in nothing in it.
func (d *document) between() bool { return !d.closes && len(d.open) == 1 && d.open[0] == inLog }

// take emits what a worker gave, or reads the piece in order.
func (c *crew) take(t *stint) error {
	if !t.whole {
		return errInOrder
	}
	r := c.reader
	if t.alone && r.knows(t.reader) {
		if err := r.join(t); err != nil {
			return err
		}
	} else {
		r.doc.scan.start(t.piece, errPieceEnd)
		if err := r.run(); err != errPieceEnd {
			return err
		}
	}
	c.mu.Lock()
	c.pending = c.pending[1:]
	c.spare = append(c.spare, t.piece.text)
	c.mu.Unlock()
	c.idle.Put(t.reader)
	return nil
}

// start makes a piece the text that is scanned. end is what comes at its end;
// nil goes on reading.
func (s *scanner) start(p *piece, end error) {
	s.buf, s.p, s.n = p.text, 0, len(p.text)
	s.passed, s.line, s.counted, s.err = p.passed, p.line, 0, end
}

// forget makes the reader one that has read nothing.
func (r *reader) forget() {
	s, d := r.doc.scan, r.doc
	s.names, s.ends, s.root, s.stray = s.names[:0], s.ends[:0], false, 0
	d.open, d.isLog, d.closes, d.header, d.globalScope = d.open[:0], false, false, nil, ""
	clear(d.unknown)
	r.header = header{}
	r.traces, r.events, r.done = 0, 0, 0
	r.rejects, r.rejected = nil, 0
	r.unnamed, r.missing, r.textTimes, r.twice, r.clock.naive = 0, 0, 0, 0, 0
	r.batch.empty()
	r.firstRow, r.bytes, r.inPiece = 0, 0, true
}

// knows takes the keys that a worker met. It is false if that are too many.
func (r *reader) knows(w *reader) bool {
	rings := [...]struct {
		own, of *keyring
		scope   scope
	}{{&r.keys, &w.keys, inEvent}, {&r.traceKeys, &w.traceKeys, inTrace}}
	for _, x := range rings {
		more := 0
		for name := range x.of.known {
			if x.own.known[name] == nil {
				more++
			}
		}
		if len(x.own.known)+more > maxKeys {
			return false
		}
	}
	for _, x := range rings {
		for name := range x.of.known {
			if x.own.known[name] == nil {
				r.assign(x.own.know(name), x.scope)
			}
		}
	}
	return true
}

// join emits the batch of a worker as if it had been read here.
func (r *reader) join(t *stint) error {
	if err := r.flush(true); err != nil {
		return err
	}
	w := t.reader
	for i := range t.batch.Place {
		t.batch.Place[i] += r.events
	}
	r.traces += w.traces
	r.events += w.events
	r.done += w.done
	r.missing += w.missing
	r.textTimes += w.textTimes
	r.twice += w.twice
	r.clock.naive += w.clock.naive
	if t.batch.Len() == 0 && len(t.batch.CaseIDs) == 0 {
		return nil
	}
	return r.emit(&t.batch)
}
