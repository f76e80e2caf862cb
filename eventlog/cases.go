package eventlog

import "cmp"

// Cases is a batch of whole cases as dictionary-coded list columns: case i is
// events Offsets[i] up to Offsets[i+1], in their declared order. A [Folder]
// reads it and must not change it.
type Cases struct {
	Case     []int64 // number of each case, for [Log.CaseIDs]
	Offsets  []int32 // len(Case)+1
	Activity []uint16
	Time     []int64 // µs UTC; NoTime where missing
	Start    []int64 // nil if no event of the log has a duration of its own; else = Time where it has none
	Event    []int64 // number of the event in the store, or its place in the file
	Resource []int32 // nil if not kept; -1 where missing

	Variant     []uint32 // number of the path of each case in its log
	First, Last []int64  // earliest and latest time of each case: see Ends

	// Work and WorkStart are Time and Start in working time: how much of it
	// has passed, by the calendar of the case. nil if the log has no calendars;
	// WorkStart also where Start is.
	Work, WorkStart []int64
	// WorkFirst and WorkLast are First and Last in working time.
	WorkFirst, WorkLast []int64
}

// Len returns the number of cases.
func (c *Cases) Len() int { return len(c.Case) }

// Starts returns when the events begin: Start, or Time where no event lasts.
func (c *Cases) Starts() []int64 {
	if c.Start != nil {
		return c.Start
	}
	return c.Time
}

// Ends returns the earliest and the latest time of case i; NoTime if the first
// or the last of its events has none. The difference is the duration of the
// case: from the end of its first event to the end of its last, whatever
// overlaps between them.
func (c *Cases) Ends(i int) (first, last int64) { return c.First[i], c.Last[i] }

// path returns the activities of case i.
func (c *Cases) path(i int) []uint16 { return c.Activity[c.Offsets[i]:c.Offsets[i+1]] }

// close fills First and Last, and those in working time.
func (c *Cases) close() {
	c.First, c.Last = make([]int64, c.Len()), make([]int64, c.Len())
	for i := range c.Case {
		c.First[i], c.Last[i] = ends(c.Time[c.Offsets[i]:c.Offsets[i+1]])
	}
	if c.Work == nil {
		return
	}
	c.WorkFirst, c.WorkLast = make([]int64, c.Len()), make([]int64, c.Len())
	for i := range c.Case {
		c.WorkFirst[i], c.WorkLast[i] = ends(c.Work[c.Offsets[i]:c.Offsets[i+1]])
	}
}

func ends(times []int64) (first, last int64) {
	if len(times) == 0 || times[0] == NoTime || times[len(times)-1] == NoTime {
		return NoTime, NoTime
	}
	first = times[0]
	last = first
	for _, t := range times[1:] {
		if t != NoTime {
			first, last = min(first, t), max(last, t)
		}
	}
	return first, last
}

// A batch ends at whichever of these comes first; a case is never split. A
// [Builder]'s also end where its next partition would not fit in whole.
const (
	maxBatchCases  = 65_536
	maxBatchEvents = 4_000_000
)

// A casesWriter cuts a stream of whole cases into batches.
type casesWriter struct {
	starts, resources bool
	most              int // events of a batch; 0: maxBatchEvents
	emit              func(*Cases) error
	cur               *Cases
}

func (w *casesWriter) room(events int) error {
	if w.cur != nil && w.cur.Len() > 0 && (w.cur.Len() == maxBatchCases || len(w.cur.Activity)+events > cmp.Or(w.most, maxBatchEvents)) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.cur == nil {
		w.cur = &Cases{Offsets: []int32{0}}
		if w.starts {
			w.cur.Start = []int64{}
		}
		if w.resources {
			w.cur.Resource = []int32{}
		}
	}
	return nil
}

func (w *casesWriter) flush() error {
	if w.cur == nil || w.cur.Len() == 0 {
		return nil
	}
	c := w.cur
	w.cur = nil
	c.close()
	return w.emit(c)
}
