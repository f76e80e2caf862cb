package ingest

import (
	"context"
	"slices"
	"sync"

	"millrace/eventlog"
)

// A Parted is a [Table] whose rows several goroutines can take apart at once.
type Parted interface {
	Table
	// Parts calls fn with one part of the rows after the other, from the
	// start, of about so many bytes each; where one ends depends on the file
	// alone. It returns the first error, also of fn. Each part is to be joined,
	// in their order.
	Parts(ctx context.Context, bytes int, fn func(Part) error) error
}

// A Part is some consecutive rows of a [Parted], for one goroutine.
type Part interface {
	// Open says that where the part ends is not known yet: it is the rest of
	// the file, is read as it is scanned, and there only may be one such part.
	Open() bool
	// Scan is as that of [Table]. The fields of all rows stay until Join,
	// unless the part is open.
	Scan(ctx context.Context, fn func(*Row) error) error
	// Reject is as that of [Table].
	Reject(line int64, column int, reason string)
	// Join makes the table know what was rejected and held back, and gives the
	// part's memory back.
	Join()
}

const (
	// partBytes is how much text a batch is made of: labels are written down
	// once a batch, so it is large; there are a few at a time.
	partBytes = 1 << 22
	// partBytesFields is the same where the fields of all rows are kept for
	// later: 24 bytes each.
	partBytesFields = 1 << 20
)

// A shift is one part and what a worker makes of it.
type shift struct {
	part   Part
	log    tableLog // whose counts are those of this part
	reader tableReader
	good   []goodRow
	fields [][]byte // of the good rows
	err    error
}

type goodRow struct {
	event
	line int64
}

// readParts reads the rows on several goroutines. What depends on the rows
// before is left to this one: the types of attributes and what is known of
// cases.
func (f *tableLog) readParts(ctx context.Context, t Parted, emit func(*eventlog.Batch) error) error {
	whole := len(f.events) == 0 && f.cases == nil // a worker can do all
	size := partBytes
	if !whole {
		size = partBytesFields
	}
	if f.partBytes > 0 {
		size = f.partBytes
	}
	fresh := f.fresh()
	var idle sync.Pool
	last := tableReader{tableLog: f, emit: emit}
	produce := func(ctx context.Context, job func(*shift) error) error {
		return t.Parts(ctx, size, func(p Part) error {
			s, _ := idle.Get().(*shift)
			if s == nil {
				s = &shift{}
			}
			s.start(&fresh, p)
			return job(s)
		})
	}
	work := func(ctx context.Context, s *shift) *shift {
		if !s.part.Open() {
			s.work(ctx, whole)
		}
		return s
	}
	take := func(s *shift) error {
		if err := s.take(ctx, &last, whole); err != nil {
			return err
		}
		idle.Put(s)
		return nil
	}
	if err := InOrder(ctx, f.options.NumWorkers(), produce, work, take); err != nil {
		return err
	}
	return last.flush()
}

// start makes the shift ready for a part.
func (s *shift) start(fresh *tableLog, p Part) {
	s.part, s.err = p, nil
	s.log = fresh.fresh()
	s.reader.tableLog, s.reader.reject = &s.log, p.Reject
	s.good, s.fields = s.good[:0], s.fields[:0]
}

// work takes the part apart, to a batch or to rows that are good.
func (s *shift) work(ctx context.Context, whole bool) {
	r := &s.reader
	if whole {
		r.reset()
		s.err = s.part.Scan(ctx, func(rec *Row) error {
			if e, ok := r.check(rec); ok {
				r.append(rec, e)
			}
			return nil
		})
		r.finish()
		return
	}
	s.err = s.part.Scan(ctx, func(rec *Row) error {
		if e, ok := r.check(rec); ok {
			s.good = append(s.good, goodRow{e, rec.Line})
			s.fields = append(s.fields, rec.Fields...)
		}
		return nil
	})
}

// take emits what the part gave, or has the last reader make batches of it.
func (s *shift) take(ctx context.Context, last *tableReader, whole bool) error {
	f := last.tableLog
	defer s.part.Join()
	if s.part.Open() {
		last.reject = s.part.Reject
		return s.part.Scan(ctx, last.row)
	}
	f.join(&s.log)
	if s.err != nil {
		return s.err
	}
	if whole {
		if s.reader.len() == 0 {
			return nil
		}
		return last.emit(&s.reader.batch)
	}
	rec := Row{}
	n := len(f.columns)
	for i, g := range s.good {
		rec.Line, rec.Fields = g.line, s.fields[i*n:(i+1)*n]
		if err := last.take(&rec, g.event); err != nil {
			return err
		}
	}
	clear(s.fields)
	return nil
}

// fresh returns the log with nothing counted, for another goroutine.
func (f *tableLog) fresh() tableLog {
	fresh := *f
	fresh.missing, fresh.dates, fresh.zeros = 0, 0, caseZeros{strip: f.zeros.strip}
	fresh.time, fresh.start = f.time.fresh(), f.start.fresh()
	return fresh
}

// join adds what was counted in a part of the rows.
func (f *tableLog) join(part *tableLog) {
	f.missing += part.missing
	f.dates += part.dates
	f.zeros.join(&part.zeros)
	f.time.join(part.time)
	f.start.join(part.start)
}

// fresh returns the column with nothing counted, for another goroutine.
func (t *timeColumn) fresh() *timeColumn {
	if t == nil {
		return nil
	}
	fresh := *t
	fresh.format, fresh.other = t.format.fresh(), t.other.fresh()
	fresh.others, fresh.padded = 0, 0
	return &fresh
}

func (t *timeColumn) join(part *timeColumn) {
	if t == nil {
		return
	}
	t.others += part.others
	t.padded += part.padded
	t.format.Join(part.format)
	if t.other != nil {
		t.other.Join(part.other)
	}
}

func (f *TimeFormat) fresh() *TimeFormat {
	if f == nil {
		return nil
	}
	return f.Fresh()
}

// Fresh returns the format with nothing counted, for another goroutine.
func (f *TimeFormat) Fresh() *TimeFormat {
	fresh := *f
	fresh.zone.gaps, fresh.zone.overlaps = 0, 0
	return &fresh
}

// Join adds what a format from [TimeFormat.Fresh] counted.
func (f *TimeFormat) Join(fresh *TimeFormat) {
	f.zone.gaps += fresh.zone.gaps
	f.zone.overlaps += fresh.zone.overlaps
}

// join adds what was counted in later rows.
func (z *caseZeros) join(later *caseZeros) {
	if z.padded == 0 {
		z.firstPadded = later.firstPadded
	}
	z.padded += later.padded
	z.longest = max(z.longest, later.longest)
	if later.shortest > 0 && (z.shortest == 0 || later.shortest < z.shortest) {
		z.shortest, z.firstPlain = later.shortest, later.firstPlain
	}
	z.plain += later.plain
}

// Join adds the rejects of later rows.
func (l *RejectList) Join(later *RejectList) {
	l.total += later.total
	n := min(len(later.first), max(0, MaxRejects-len(l.first)))
	l.first = slices.Concat(l.first, later.first[:n])
}

// Join adds what was held back of later rows.
func (s *Sieve) Join(later *Sieve) {
	if s.totals == 0 {
		s.firstTotal = later.firstTotal
	}
	s.headers += later.headers
	s.blank += later.blank
	s.totals += later.totals
}
