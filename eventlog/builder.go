package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// A Lifecycle says what becomes of the transitions of an event's life
// (IEEE 1849-2016, §6.3: schedule, start, complete, …).
type Lifecycle int8

const (
	Pair     Lifecycle = iota // a start and its complete are one event that lasts
	All                       // every transition is an event of its own
	Complete                  // only completions, and events without a transition
)

func (l Lifecycle) String() string { return [...]string{"pair", "all", "complete"}[l] }

// ParseLifecycle reads the word used on the command line.
func ParseLifecycle(s string) (Lifecycle, error) {
	switch s {
	case "", "pair":
		return Pair, nil
	case "all":
		return All, nil
	case "complete":
		return Complete, nil
	}
	return 0, fmt.Errorf("lifecycle must be pair, all or complete, not %q", s)
}

// BuilderOptions say how a log is put together. The zero value is the default.
type BuilderOptions struct {
	Name      string
	Lifecycle Lifecycle
	// Zone is where the day of an event of day precision begins and ends;
	// default UTC.
	Zone *time.Location
	// Attributes keeps the attributes of events and cases, for filters; it
	// costs memory.
	Attributes bool
	// Memory is how many bytes the Builder may take; 0 is no limit. What is
	// more goes to a file without a name, and so does the log then. Ids of
	// cases stay in memory, some 35 bytes each where they are short, and
	// attributes: it is an error if those alone take more. Putting in order
	// takes some 100 MB beside, and 60 bytes for each event of the largest
	// 4,096 cases that came one after the other.
	Memory int64
	// Dir is where that file is; "" is os.TempDir().
	Dir string
}

// A Builder puts events, in whatever order they come, together to a [Log] of
// cases in their declared order (DESIGN.md, "Order"). It keeps 16 bytes an
// event, 20 with resources, and the log takes 22 to 26; see
// [BuilderOptions.Memory] for those that are more than memory has room for.
type Builder struct {
	o BuilderOptions

	cases, activities, resources dictionary
	instances                    dictionary

	rows      rowStore
	sequenced bool // the source declares a sequence
	lasts     bool // an event lasts, or may be joined to one that does

	attributes *attributes
	workers    int       // 0: as many as there are processors
	most       int       // events of a batch; 0: maxBatchEvents
	batch      codedRows // of the batch being added

	// Memory for the next batch.
	caseOf, activity, mapped []uint32
	resource                 []int32
}

// NewBuilder returns a Builder of an empty log.
func NewBuilder(o BuilderOptions) *Builder {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	b := &Builder{o: o}
	if o.Attributes {
		b.attributes = &attributes{}
	}
	if o.Memory > 0 {
		b.rows.spill = &spill{dir: o.Dir}
	}
	return b
}

// MaxActivities is how many distinct activities a log may have.
const MaxActivities = math.MaxUint16 + 1

// ErrTooManyActivities says that the activity column is probably not one.
var ErrTooManyActivities = fmt.Errorf("more than %d distinct activities: is the activity column the right one?", MaxActivities)

// Add takes the events of a batch. It does not keep the batch. After an error
// the Builder is of no use but for [Builder.Close].
func (b *Builder) Add(in *Batch) error {
	if in.Len() > 0 {
		if b.rows.rows > 0 && b.sequenced != (in.Sequence != nil) {
			return errors.New("a source declares its sequence for all events or for none")
		}
		b.sequenced = in.Sequence != nil
	}
	if err := b.code(in); err != nil {
		return err
	}
	for _, id := range in.CaseIDs { // a case may have no events
		b.cases.add(id)
	}
	if b.cases.full() {
		return errors.New("the ids of the cases are more than 15 GB: is the case column the right one?")
	}
	if b.attributes != nil {
		b.attributes.add(in, &b.batch, int(b.rows.rows), &b.cases)
	}
	if b.o.Memory > 0 {
		kept := b.cases.size
		if b.attributes != nil {
			kept += b.attributes.size
			if b.attributes.size > b.o.Memory {
				return fmt.Errorf("the attributes that conditions are on take more than the %d MB of memory allowed; allow more, or import the log first: then they stay in the store", b.o.Memory>>20)
			}
		}
		// As much again is for the log while the rows become it.
		b.rows.spill.room = max((b.o.Memory-kept)/2, b.o.Memory/8)
	}
	return b.rows.add(&b.batch, b.cases.len())
}

// code fills b.batch.
func (b *Builder) code(in *Batch) error {
	n, codes := in.Len(), in.Codes
	if codes == nil {
		codes = &BatchCodes{}
	}
	r, shape := &b.batch, rowShape(0)
	*r = codedRows{time: in.Time[:n], start: in.Start, sequence: in.Sequence, day: in.Day}
	b.caseOf = b.column(&b.cases, b.caseOf, in.Case, codes.Case)
	b.activity = b.column(&b.activities, b.activity, in.Activity, codes.Activity)
	r.caseOf, r.activity = b.caseOf, b.activity
	if b.activities.len() > MaxActivities {
		return ErrTooManyActivities
	}
	if in.Resource != nil {
		shape |= hasResource
		b.resource = b.resourceColumn(b.resource, in.Resource, codes.Resource)
		r.resource = b.resource
	}
	if in.Start != nil {
		shape |= hasStart
		b.lasts = true
	}
	if in.Sequence != nil {
		shape |= hasSequence
	}
	if in.Day != nil {
		shape |= hasDay
	}
	if in.Lifecycle != nil && b.o.Lifecycle != All {
		shape |= hasLife
		r.life = make([]uint8, n)
		for i, l := range in.Lifecycle {
			r.life[i] = lifeOf(l)
			b.lasts = b.lasts || r.life[i] == lifeStart
		}
	}
	if in.Instance != nil && b.o.Lifecycle == Pair {
		shape |= hasInstance
		r.instance = b.instances.codes(in.Instance)
	}
	b.rows.widen(shape)
	return nil
}

// column returns the codes of a column in memory that it takes from to.
func (b *Builder) column(d *dictionary, to []uint32, column []string, codes Codes) []uint32 {
	to = resize(to, len(column))
	if codes.Of == nil {
		last := ""
		for i, s := range column {
			if i > 0 && s == last {
				to[i] = to[i-1]
				continue
			}
			to[i], last = d.add(s), s
		}
		return to
	}
	b.mapped = resize(b.mapped, len(codes.Labels))
	d.addAll(codes.Labels, b.mapped)
	for i, c := range codes.Of[:len(column)] {
		to[i] = b.mapped[c]
	}
	return to
}

// resourceColumn is column for resources, of which "" is none.
func (b *Builder) resourceColumn(to []int32, column []string, codes Codes) []int32 {
	to = resize(to, len(column))
	code := func(s string) int32 {
		if s == "" {
			return -1
		}
		return int32(b.resources.add(s))
	}
	if codes.Of == nil {
		last := ""
		for i, s := range column {
			if i > 0 && s == last {
				to[i] = to[i-1]
				continue
			}
			to[i], last = code(s), s
		}
		return to
	}
	b.mapped = resize(b.mapped, len(codes.Labels))
	for i, s := range codes.Labels {
		b.mapped[i] = uint32(code(s))
	}
	for i, c := range codes.Of[:len(column)] {
		to[i] = int32(b.mapped[c])
	}
	return to
}

// resize returns a slice of n values, whatever they are.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// codes numbers what ties starts to completes; 0 is nothing.
func (d *dictionary) codes(instances []string) []uint32 {
	out := make([]uint32, len(instances))
	for i, s := range instances {
		if s != "" {
			out[i] = d.add(s) + 1
		}
	}
	return out
}

func lifeOf(transition string) uint8 {
	switch {
	case transition == "":
		return lifeNone
	case strings.EqualFold(transition, "start"):
		return lifeStart
	case strings.EqualFold(transition, "complete"):
		return lifeComplete
	}
	return lifeOther
}

// Close gives back what the Builder holds; after [Builder.Log] that is nothing.
func (b *Builder) Close() error { return b.rows.close() }

// Log is [Builder.LogContext] that nobody cancels.
func (b *Builder) Log() (*Log, error) { return b.LogContext(context.Background()) }

// LogContext returns the log of all events added. The Builder is of no use
// afterwards. The log holds a file where it was more than memory has room for:
// see [Log.Close].
//
// It takes O(n) time, and O(k log k) in each case of k events that did not
// come in their order, on all processors. The result does not depend on their
// number, nor on the memory allowed.
func (b *Builder) LogContext(ctx context.Context) (_ *Log, err error) {
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.rows.settle(); err != nil {
		return nil, err
	}
	b.cases.close()
	l := &Log{Name: b.o.Name, labels: b.activities.labels(), resources: b.resources.labels(), caseIDs: b.caseIDs}
	m, err := b.sort(ctx, l)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.notes = m.notes()
	if b.attributes != nil {
		l.sites = func(_ context.Context, attribute string) (*caseSites, error) {
			return b.attributes.sites(l.Name, attribute)
		}
		l.table = &conditionTable{fill: func(ctx context.Context, c *sql.Conn, _ conditionNeed) error { return b.fillTables(ctx, c) }}
	}
	return l, nil
}

func (b *Builder) caseIDs(_ context.Context, numbers []int64) ([]string, error) {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = b.cases.label(uint32(n))
	}
	return out, nil
}
