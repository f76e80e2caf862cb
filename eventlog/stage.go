package eventlog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/duckdb/duckdb-go/v2"
)

// ImportOptions say where the events of a case-centric source come from, and
// which log they make.
type ImportOptions struct {
	Log     string // name of the log, and of its source
	Kind    string // "csv", "xes", …
	Origin  string // file names, without secrets
	File    string // base name that a place refers to: "orders.csv"
	Options any    // how the source was read; kept as JSON
	Content string // hash of the bytes read; "" if unknown
	// Lifecycle is how the log puts starts and completions together. The
	// store keeps every transition, so it can be changed by another import.
	Lifecycle Lifecycle
	// Progress is told the number of events staged so far, now and then.
	Progress func(events int64)
	// Step is told of each step of the merge as it begins: which of how many.
	Step func(step, of int, what string)
	// Memory is how much the process may take; the default is half of the
	// machine.
	Memory Memory

	remember int // cases that a stage knows by number at once; 0: as many as fit
}

// An ImportEnd is what a reader knows only after the last batch.
type ImportEnd struct {
	Rejects  []Reject // the first ones
	Rejected int64    // all of them
	Notes    []Note
	Meta     Meta
}

// A Staged log waits beside a store to be merged. It holds a directory, and no
// lock on the store.
type Staged struct {
	dir     *stagedDir
	options ImportOptions
	json    string // options.Options
	started time.Time
	end     ImportEnd
	events  *stageTable
	cases   *stageTable // attributes of cases
	labels  *stageTable // which case a number is
	repeats *stageTable // hashes that may be repeated
	numbers *caseNumbers
	filter  repeatFilter
}

// Events returns how many events are staged.
func (s *Staged) Events() int64 { return s.events.rows }

// Discard removes the stage, merged or not.
func (s *Staged) Discard() error { return s.dir.remove() }

// Stage reads a source into Parquet files beside the store at path, whatever
// process may hold that. Memory is bounded by a batch, the number of
// attributes, and a tenth of o.Memory or so to know cases and repeated rows by:
// 16 bytes a case, 2 a row. read calls emit with every batch; finish is
// called after it, and may still refuse the whole.
// Merge what is returned, and discard it in any case.
func Stage(ctx context.Context, path string, o ImportOptions,
	read func(ctx context.Context, emit func(*Batch) error) error, finish func() (ImportEnd, error)) (*Staged, error) {
	if err := storeCheckName("log", o.Log); err != nil {
		return nil, err
	}
	how, err := json.Marshal(o.Options)
	if err != nil {
		return nil, fmt.Errorf("log %q: options: %w", o.Log, err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err := stageDir(filepath.Dir(full))
	if err != nil {
		return nil, err
	}
	s := &Staged{dir: dir, options: o, json: string(how), started: time.Now().UTC()}
	if err := s.fill(ctx, read); err != nil {
		return nil, errors.Join(storeFault(err, filepath.Dir(full)), dir.remove())
	}
	if finish != nil {
		if s.end, err = finish(); err != nil {
			return nil, errors.Join(err, dir.remove())
		}
	}
	if o.Progress != nil {
		o.Progress(s.events.rows)
	}
	return s, nil
}

// fill reads the source into the staged tables.
func (s *Staged) fill(ctx context.Context, read func(ctx context.Context, emit func(*Batch) error) error) error {
	db, err := stageScratch(s.dir, s.options.Memory)
	if err != nil {
		return err
	}
	defer db.Close()
	s.events = newStageTable(db, s.dir.path, "event", stageEventColumns)
	s.cases = newStageTable(db, s.dir.path, "case", stageCaseColumns)
	s.labels = newStageTable(db, s.dir.path, "label", stageLabelColumns)
	s.repeats = newStageTable(db, s.dir.path, "repeat", stageRepeatColumns)
	s.numbers = newCaseNumbers(s.options)
	s.filter.most = s.options.Memory.slots(16, 8, repeatSteps[len(repeatSteps)-1])
	w := &stageWriter{staged: s}
	err = read(ctx, func(b *Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return w.write(ctx, b)
	})
	if s.events.rows > stageLarge { // the merge needs what these took
		s.numbers.slots, s.filter.steps = nil, nil
		debug.FreeOSMemory()
	}
	// All tables exist, with all their columns, even where nothing was read.
	for _, t := range []*stageTable{s.events, s.cases, s.labels, s.repeats} {
		if err == nil && len(t.files) == 0 {
			err = t.next(ctx)
		}
		err = errors.Join(err, t.close())
	}
	return err
}

// stageLarge is from how many rows on memory is given back between steps.
const stageLarge = 1 << 20

// stageScratch opens a private DuckDB that spills into the stage.
func stageScratch(dir *stagedDir, memory Memory) (*sql.DB, error) {
	set := url.Values{
		"temp_directory":               {filepath.Join(dir.path, "spill")},
		"preserve_insertion_order":     {"false"}, // rows carry their order
		"threads":                      {"1"},     // until a stream has many rows
		"autoinstall_known_extensions": {"false"},
		"autoload_known_extensions":    {"false"},
	}
	if limit := memory.duckdb(); limit != "" {
		set.Set("memory_limit", limit)
	}
	c, err := duckdb.NewConnector("?"+set.Encode(), storeSession)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

var (
	stageMicro        = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	stageEventColumns = []arrow.Field{
		{Name: "ord", Type: arrow.PrimitiveTypes.Int64},
		{Name: "high", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "low", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64}, // of the case
		{Name: "activity", Type: arrow.BinaryTypes.String},
		{Name: "time", Type: stageMicro, Nullable: true},
		{Name: "start", Type: stageMicro, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "resource", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "lifecycle", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "instance", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "sequence", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "place", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}
	stageCaseColumns = []arrow.Field{
		{Name: "ord", Type: arrow.PrimitiveTypes.Int64},
		{Name: "case", Type: arrow.BinaryTypes.String},
	}
)

// A stageWriter turns batches into rows of the staged tables.
type stageWriter struct {
	staged *Staged
	hash   rowHash
	high   []uint64
	low    []uint64
}

func (w *stageWriter) write(ctx context.Context, b *Batch) error {
	if err := stageCheck(b); err != nil {
		return err
	}
	if n := b.Len(); n > 0 {
		if err := w.writeEvents(ctx, b, n); err != nil {
			return err
		}
	}
	if n := len(b.CaseIDs); n > 0 {
		t := w.staged.cases
		r, err := t.begin(ctx, b.CaseAttributes)
		if err != nil {
			return err
		}
		r.ordinals(t.rows, n)
		r.text(b.CaseIDs)
		if err := r.end(b.CaseAttributes, n); err != nil {
			return err
		}
	}
	if p := w.staged.options.Progress; p != nil {
		p(w.staged.events.rows)
	}
	return nil
}

func (w *stageWriter) writeEvents(ctx context.Context, b *Batch, n int) error {
	s, t := w.staged, w.staged.events
	w.high, w.low = w.hash.rows(s.options.Log, b, w.high[:0], w.low[:0])
	s.filter.look(w.high, w.low)
	if err := s.filter.write(ctx, s.repeats); err != nil {
		return err
	}
	numbers := s.numbers.number(b, t.rows)
	if err := s.numbers.write(ctx, s.labels); err != nil {
		return err
	}
	r, err := t.begin(ctx, b.Attributes)
	if err != nil {
		return err
	}
	r.ordinals(t.rows, n)
	r.uints(w.high)
	r.uints(w.low)
	r.ints(numbers, n)
	r.text(b.Activity)
	r.times(b.Time, n)
	r.times(b.Start, n)
	r.bools(b.Day, n)
	r.optional(b.Resource, n)
	r.optional(b.Lifecycle, n)
	r.optional(b.Instance, n)
	r.ints(b.Sequence, n)
	r.ints(b.Place, n)
	return r.end(b.Attributes, n)
}

// stageCheck refuses a batch whose columns do not fit together: a bug of the reader.
func stageCheck(b *Batch) error {
	n := b.Len()
	for _, c := range []struct {
		name string
		len  int
	}{
		{"time", len(b.Time)}, {"start", len(b.Start)}, {"resource", len(b.Resource)}, {"lifecycle", len(b.Lifecycle)},
		{"instance", len(b.Instance)}, {"sequence", len(b.Sequence)}, {"day", len(b.Day)}, {"place", len(b.Place)},
	} {
		if c.len != 0 && c.len != n {
			return fmt.Errorf("batch of %d events has %d values of %s", n, c.len, c.name)
		}
	}
	if b.Codes != nil && len(b.Codes.Case.Of) != n {
		return fmt.Errorf("batch of %d events has codes of %d cases", n, len(b.Codes.Case.Of))
	}
	if len(b.Activity) != n {
		return fmt.Errorf("batch of %d events has %d activities", n, len(b.Activity))
	}
	for i, list := range [][]Column{b.Attributes, b.CaseAttributes} {
		if i == 1 {
			n = len(b.CaseIDs)
		}
		for j := range list {
			if got := list[j].len(); got != n {
				return fmt.Errorf("batch of %d rows has %d values of attribute %q", n, got, list[j].Name)
			}
		}
	}
	return nil
}

func (c *Column) len() int {
	switch c.Type {
	case Text, Nested:
		return len(c.Text)
	case Float:
		return len(c.Float)
	}
	return len(c.Int)
}
