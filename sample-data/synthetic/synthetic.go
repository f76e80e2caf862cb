// Package synthetic makes order-to-cash logs of any size, to measure and to
// stress with: thirty activities, variants as skewed as real ones, cases that
// interleave in time, ties, resources.
//
// A log is a function of its [Options] alone: same options, same bytes. Its
// figures mean nothing; for a distributor whose figures do, see the rest of
// sample-data. It does not know who reads it.
package synthetic

import (
	"container/heap"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"millrace/eventlog"
)

// Options say which log to make. The zero value is the default.
type Options struct {
	Events int64  // default 10,000; the last case is cut off to meet it exactly
	Seed   uint64 // another seed is another log
}

// activities in the order of a case that goes well, then the detours.
var activities = []string{
	"Create Sales Order", "Check Credit Limit", "Confirm Order", "Create Delivery", "Pick Goods", "Pack Goods",
	"Post Goods Issue", "Create Invoice", "Send Invoice", "Receive Payment", "Clear Invoice",
	"Change Price", "Change Quantity", "Change Delivery Date", "Set Delivery Block", "Remove Delivery Block",
	"Set Billing Block", "Remove Billing Block", "Request Approval", "Approve Order", "Reject Order", "Cancel Order",
	"Reschedule Delivery", "Partial Delivery", "Return Goods", "Create Credit Memo", "Send Dunning Notice",
	"Second Dunning Notice", "Write Off", "Customer Complaint",
}

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
)

var begin = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// A Log is a log to be made, once or several times. It is not safe for
// concurrent use.
type Log struct {
	Cases, Events int64

	seed  uint64
	paths [][]uint8
	cut   int // events of the last case

	src  *rand.PCG
	r    *rand.Rand
	zipf *rand.Zipf
}

// New plans a log, in O(cases) time and memory for its variants only.
func New(o Options) (*Log, error) {
	if o.Events == 0 {
		o.Events = 10_000
	}
	if o.Events < 0 {
		return nil, errors.New("a log of a negative number of events")
	}
	l := &Log{Events: o.Events, seed: o.Seed, src: rand.NewPCG(o.Seed, 0)}
	l.r = rand.New(l.src)
	l.paths = make([][]uint8, variants)
	for i := range l.paths {
		l.paths[i] = l.walk(nil)
	}
	l.zipf = rand.NewZipf(l.r, exponent, 1, variants-1)
	for left := o.Events; left > 0; l.Cases++ {
		n := len(l.path(l.Cases, nil))
		l.cut = min(n, int(min(left, math.MaxInt32)))
		left -= int64(n)
	}
	return l, nil
}

// walk appends one way through the process to path.
func (l *Log) walk(path []uint8) []uint8 {
	for a := range mainSteps {
		if a > 0 && l.r.Float64() < skipped {
			continue
		}
		path = append(path, uint8(a))
		for l.r.Float64() < detour {
			path = append(path, uint8(mainSteps+int(float64(len(activities)-mainSteps)*l.r.Float64()*l.r.Float64())))
		}
		if l.r.Float64() < cancel {
			return append(path, cancelled)
		}
	}
	return path
}

// path sets the generator to what number says, so that a case is the same
// whichever cases were made before it, and draws the way it takes.
func (l *Log) path(number int64, buf []uint8) []uint8 {
	l.src.Seed(l.seed, (uint64(number)+1)*0x9e3779b97f4a7c15)
	if l.r.Float64() < fresh {
		return l.walk(buf[:0])
	}
	return l.paths[l.zipf.Uint64()]
}

// A trace is one case while it is being written.
type trace struct {
	number int64
	steps  []step
	next   int
	buf    []uint8
}

type step struct {
	time     int64
	activity uint8
	resource uint8
}

// id is "O" and at least seven digits.
func (t *trace) id() string {
	digits := strconv.FormatInt(t.number, 10)
	return "O0000000"[:max(1, 8-len(digits))] + digits
}

// fill makes the case with the given number.
func (l *Log) fill(t *trace, number int64) {
	t.number, t.next, t.steps = number, 0, t.steps[:0]
	path := l.path(number, t.buf)
	if number == l.Cases-1 {
		path = path[:l.cut]
	}
	// Each case begins in a slot of its own, so that numbers follow beginnings.
	at := begin + int64(float64(span)*(float64(number)+l.r.Float64())/float64(l.Cases))
	at -= at % 1000
	for i, a := range path {
		if i > 0 && l.r.Float64() >= tie {
			mean := float64(2 + int64(a)*7%40)
			wait := 1_000_000 + int64(-math.Log(1-l.r.Float64())*mean*float64(hour))
			at += wait - wait%1000
		}
		who := uint8(resources * l.r.Float64() * l.r.Float64())
		t.steps = append(t.steps, step{at, a, who})
	}
}

// A queue of open cases, the one whose next event is earliest first.
type queue []*trace

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if x, y := a.steps[a.next].time, b.steps[b.next].time; x != y {
		return x < y
	}
	return a.number < b.number
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*trace)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}

// interleaved calls see with every event, in order of time: as a system
// writes them down. It holds the cases that are open at a time.
func (l *Log) interleaved(see func(t *trace, s step) error) error {
	var open queue
	var free []*trace
	spare := func() *trace {
		if n := len(free); n > 0 {
			t := free[n-1]
			free = free[:n-1]
			return t
		}
		return &trace{}
	}
	next := spare()
	number := int64(0)
	if number < l.Cases {
		l.fill(next, number)
	}
	for number < l.Cases || len(open) > 0 {
		if number < l.Cases && (len(open) == 0 || next.steps[0].time <= open[0].steps[open[0].next].time) {
			heap.Push(&open, next)
			next = spare()
			if number++; number < l.Cases {
				l.fill(next, number)
			}
			continue
		}
		t := open[0]
		if err := see(t, t.steps[t.next]); err != nil {
			return err
		}
		if t.next++; t.next < len(t.steps) {
			heap.Fix(&open, 0)
		} else {
			free = append(free, heap.Pop(&open).(*trace))
		}
	}
	return nil
}

// batchEvents is how many events Read puts into a batch.
const batchEvents = 8192

// Read calls emit with the events in order of time, batch by batch, and
// returns its first error. The batch is used again: see [eventlog.Batch].
func (l *Log) Read(emit func(*eventlog.Batch) error) error {
	names := users()
	b := &eventlog.Batch{}
	place := int64(0)
	err := l.interleaved(func(t *trace, s step) error {
		place++
		b.Case = append(b.Case, t.id())
		b.Activity = append(b.Activity, activities[s.activity])
		b.Time = append(b.Time, s.time)
		b.Resource = append(b.Resource, names[s.resource])
		b.Place = append(b.Place, place)
		if b.Len() < batchEvents {
			return nil
		}
		err := emit(b)
		*b = eventlog.Batch{Case: b.Case[:0], Activity: b.Activity[:0], Time: b.Time[:0], Resource: b.Resource[:0], Place: b.Place[:0]}
		return err
	})
	if err != nil || b.Len() == 0 {
		return err
	}
	return emit(b)
}

// users are the names of the resources.
func users() []string {
	names := make([]string, resources)
	for i := range names {
		names[i] = "User_" + strconv.Itoa(1000 + i)[1:]
	}
	return names
}
