// Package synthetic makes order-to-cash logs of any size, to measure and to
// stress with: thirty activities and more, variants as skewed as real ones,
// cases that interleave in time and some of which last for months, ties,
// resources, attributes, and the same process object-centric.
//
// A log is a function of its [Options] alone: same options, same bytes, however
// many cores make it. Its figures mean nothing; for a distributor whose figures
// do, see the rest of sample-data. It does not know who reads it.
package synthetic

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Options say which log to make. The zero value is the default.
type Options struct {
	Events     int64  // default 10,000; the last case is cut off to meet it exactly
	Seed       uint64 // another seed is another log
	Activities int    // 30, the default, to 300
	// Long is the share of cases that last 60 to 120 days, evenly spread over
	// them; the others last eight days on average, and hardly one of them
	// sixty. 0 to 1, default 0. A case whose events all have one time is not
	// made longer.
	Long float64
	// Attributes adds attributes of events and of cases. Objects have theirs
	// always.
	Attributes bool
	Order      Order // of the rows of tables
	// Progress, if not nil, is told how many events are made, one call at a
	// time.
	Progress func(events int64)
}

// An Order is how the rows of a table stand.
type Order int8

const (
	ByTime Order = iota // as a system writes them down; cases interleave
	ByCase              // case by case, as they began
	// Shuffled: every case's events are dealt to four parts of the log, each
	// part is made in blocks of some 400,000 rows, whose cases come from all of
	// its time, the rows of a block are mixed, and so are the blocks. Such a
	// table has a column more, sequence, which tells the order of a case's
	// events: where times tie, nothing else would.
	Shuffled
)

const (
	mainSteps = 11
	cancelled = 21

	variants  = 50_000 // drawn from by Zipf's law
	exponent  = 1.25   // of it: the first tenth of the variants then has nine tenths of the cases
	fresh     = 0.03   // cases of no variant of those
	skipped   = 0.22   // main steps left out
	detour    = 0.105  // chance of one more detour after a main step
	cancel    = 0.02
	tie       = 0.04 // events with the time of their predecessor
	resources = 200

	hour = int64(time.Hour / time.Microsecond)
	span = 730 * 24 * hour // in which cases begin

	shortestLong = 60 * 24 * hour
	longestLong  = 120 * 24 * hour

	maxEvents = 10_000_000_000 // a case's number has 32 bits
)

var begin = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// A Log is a log to be made, once or several times. It is not safe for
// concurrent use; it uses all cores by itself.
type Log struct {
	Cases  int64 // of the whole log
	Events int64 // that are written: of a part, its own

	o        Options
	paths    [][]uint16
	cut      int   // events of the last case
	from, to int64 // rows that are written, of all in the log's order
}

// New plans a log, in O(cases) time and memory for its variants only: ten
// million cases take two seconds of CPU.
func New(o Options) (*Log, error) {
	if o.Events == 0 {
		o.Events = 10_000
	}
	if o.Activities == 0 {
		o.Activities = len(coreActivities)
	}
	switch {
	case o.Events < 0 || o.Events > maxEvents:
		return nil, fmt.Errorf("%d events: want 1 to %d", o.Events, int64(maxEvents))
	case o.Activities < len(coreActivities) || o.Activities > maxActivities:
		return nil, fmt.Errorf("%d activities: want %d to %d", o.Activities, len(coreActivities), maxActivities)
	case !(o.Long >= 0 && o.Long <= 1):
		return nil, fmt.Errorf("%v is no share of cases that last long: want 0 to 1", o.Long)
	case o.Order < ByTime || o.Order > Shuffled:
		return nil, fmt.Errorf("there is no order %d of rows", o.Order)
	}
	l := &Log{o: o, Events: o.Events, to: o.Events}
	m := l.maker()
	m.src.Seed(o.Seed, 0)
	l.paths = make([][]uint16, variants)
	for i := range l.paths {
		l.paths[i] = m.walk(nil)
	}
	l.plan()
	return l, nil
}

// plan finds how many cases it takes to have all events, and where the last
// one ends.
func (l *Log) plan() {
	const chunk = 1 << 14 // cases whose lengths are drawn by one worker
	chunks := func(yield func(int64) bool) {
		for first := int64(0); yield(first); first += chunk {
		}
	}
	lengths := func(first int64) (sum int64) {
		m := l.maker()
		for number := first; number < first+chunk; number++ {
			sum += int64(len(m.path(number)))
		}
		return sum
	}
	left := l.o.Events
	for sum := range parallel(chunks, lengths) {
		if sum >= left {
			break
		}
		left -= sum
		l.Cases += chunk
	}
	for m := l.maker(); left > 0; l.Cases++ {
		n := int64(len(m.path(l.Cases)))
		l.cut = int(min(n, left))
		left -= n
	}
}

// Newest parts a log in the order of time: newest has the given share of the
// events, at least one and not all, and older the others. Together they are the
// log, row for row.
func (l *Log) Newest(share float64) (older, newest *Log, err error) {
	switch {
	case l.o.Order != ByTime:
		return nil, nil, fmt.Errorf("only a log in the order of time has newest events at its end")
	case !(share > 0 && share < 1):
		return nil, nil, fmt.Errorf("%v is no share of the events: want more than 0 and less than 1", share)
	case l.Events < 2:
		return nil, nil, fmt.Errorf("a log of one event cannot be parted")
	}
	n := min(max(int64(math.Round(float64(l.Events)*share)), 1), l.Events-1)
	return l.part(l.from, l.to-n), l.part(l.to-n, l.to), nil
}

// part is the log with some of its rows only.
func (l *Log) part(from, to int64) *Log {
	p := *l
	p.from, p.to, p.Events = from, to, to-from
	return &p
}

// whole says whether the log has all its rows.
func (l *Log) whole() bool { return l.from == 0 && l.to == l.o.Events }

// A row is one event while the log is made.
type row struct {
	time     int64  // µs
	number   uint32 // of its case
	step     uint16 // in its case, from 0
	activity uint16
	resource uint8
}

// A maker makes cases, each the same whichever were made before it.
type maker struct {
	*Log
	src  *rand.PCG
	r    *rand.Rand
	zipf *rand.Zipf
	buf  []uint16
}

func (l *Log) maker() *maker {
	m := &maker{Log: l, src: rand.NewPCG(0, 0)}
	m.r = rand.New(m.src)
	m.zipf = rand.NewZipf(m.r, exponent, 1, variants-1)
	return m
}

// walk appends one way through the process to path.
func (m *maker) walk(path []uint16) []uint16 {
	for a := range mainSteps {
		if a > 0 && m.r.Float64() < skipped {
			continue
		}
		path = append(path, uint16(a))
		for m.r.Float64() < detour {
			path = append(path, m.detour())
		}
		if m.r.Float64() < cancel {
			return append(path, cancelled)
		}
	}
	return path
}

// detour draws an activity that is no main step, the first ones most often.
func (m *maker) detour() uint16 {
	at := m.r.Float64() * m.r.Float64()
	if m.o.Activities > len(coreActivities) && m.r.Float64() < .5 {
		at = m.r.Float64() // else the last of three hundred would never be seen
	}
	return mainSteps + uint16(float64(m.o.Activities-mainSteps)*at)
}

// path sets the generator to what number says and draws the way the case takes.
func (m *maker) path(number int64) []uint16 {
	m.src.Seed(m.o.Seed, (uint64(number)+1)*0x9e3779b97f4a7c15)
	if m.r.Float64() < fresh {
		m.buf = m.walk(m.buf[:0])
		return m.buf
	}
	return m.paths[m.zipf.Uint64()]
}

// slot is the earliest that the case with a number can begin: each has a slot
// of its own, so that numbers follow beginnings.
func (l *Log) slot(number float64) int64 {
	at := begin + int64(float64(span)*number/float64(l.Cases))
	return at - at%1000
}

// fill appends the events of the case with the given number.
func (m *maker) fill(rows []row, number int64) []row {
	path := m.path(number)
	if number == m.Cases-1 {
		path = path[:m.cut]
	}
	first := len(rows)
	at := m.slot(float64(number) + m.r.Float64())
	for i, a := range path {
		if i > 0 && m.r.Float64() >= tie {
			mean := float64(2 + int64(a)*7%40)
			wait := 1_000_000 + int64(-math.Log(1-m.r.Float64())*mean*float64(hour))
			at += wait - wait%1000
		}
		who := uint8(resources * m.r.Float64() * m.r.Float64())
		rows = append(rows, row{at, uint32(number), uint16(i), a, who})
	}
	if m.o.Long > 0 {
		m.stretch(rows[first:], number)
	}
	return rows
}

// stretch makes a case last for months if it is one that does: all its waits
// grow alike, and ties stay ties.
func (m *maker) stretch(rows []row, number int64) {
	from := rows[0].time
	lasts := rows[len(rows)-1].time - from
	if lasts == 0 || m.fraction(ofLong, number, 0) >= m.o.Long {
		return
	}
	want := shortestLong + int64(m.fraction(ofLength, number, 0)*float64(longestLong-shortestLong))
	for i := range rows {
		high, low := bits.Mul64(uint64(rows[i].time-from), uint64(want))
		q, _ := bits.Div64(high, low, uint64(lasts))
		rows[i].time = from + int64(q-q%1000)
	}
}
