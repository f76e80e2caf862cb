package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// Options say how to extract.
type Options struct {
	// Store is the path of the store that the rows will be merged into. Pages
	// are kept beside it until then.
	Store string
	// Open says how the store is opened, to be compared with a sweep.
	Open eventlog.OpenOptions
	// Last is the watermark of the last load of the source; "" reads all.
	Last string
	// Full reads every table as a whole, whatever the last load knew.
	Full bool
	// Since is a date, or a date and time, that stands in for the watermarks
	// of the last load. If it is the first one, what is older is never read.
	Since string
	// Overlap is how long before the watermark an increment begins, so that
	// rows which were written before and committed after are read. The default
	// is 10 minutes.
	Overlap time.Duration
	// Declared reads only the columns that the system declares, not all.
	Declared bool
	// PageRows is how many rows a page has at most. The default is 20,000.
	PageRows int
	// Limit reads a sample, so many rows a table; nothing of it is kept.
	Limit int64
	// Sweep says when to look for deleted and late rows. The default is
	// SweepAuto.
	Sweep Sweep
	// Retries is how often to try again without getting any further. The
	// default is 5; negative does not try again.
	Retries int
	// Pause is how long to wait after the first failure; it doubles with each,
	// up to two minutes. The default is 1 second.
	Pause time.Duration
	// Timeout is how long the source may take for a page or an answer. The
	// default is 5 minutes.
	Timeout time.Duration
	// RowsPerSecond limits what is asked for; 0 does not.
	RowsPerSecond int
	// Window is when the source may be read.
	Window Window
	// Progress is told what was read, now and then; nil: nobody is.
	Progress func(Progress)
}

// A Sweep reads key, watermark and [eventlog.Table.Swept] of all rows of a
// table, to find those that an increment does not: what was deleted, what was
// committed late, and what changed without a new watermark.
type Sweep string

// SweepAuto sweeps tables of up to two million rows.
const (
	SweepAuto   Sweep = ""
	SweepAlways Sweep = "always"
	SweepNever  Sweep = "never"
)

// A Progress is how far an extraction is.
type Progress struct {
	Table     string
	TableRows int64 // read of it
	TableOf   int64 // it has; -1: the source cannot say
	Rows      int64 // of all tables
	Wait      time.Duration
	Because   string // why it waits; "" if it does not
	Try, Of   int    // which try of how many comes after the wait
}

// An Extracted has the rows of a source, on disk. Call Done once they have been
// merged, and Close in any case: what is not done then is kept, and the next
// extraction continues there.
type Extracted struct {
	Rows           []eventlog.TableRows
	Watermark      string // for eventlog.ExtractOptions
	Content        string // for eventlog.ExtractOptions
	Notes          []eventlog.Note
	Reconciliation []Reconciled
	Findings       []Finding // none of them an error

	spool  *spool
	sample bool
}

// Done removes the rows from disk.
func (e *Extracted) Done() error {
	if e.spool == nil {
		return nil
	}
	s := e.spool
	e.spool = nil
	return s.close(false)
}

// Close gives up the rows, and keeps them on disk unless they are a sample.
func (e *Extracted) Close() error {
	if e.spool == nil || e.sample {
		return e.Done()
	}
	s := e.spool
	e.spool = nil
	return s.close(true)
}

// An extraction is one call of Extract.
type extraction struct {
	reading
	sys      *eventlog.System
	o        Options
	last     state
	zone     *time.Location
	spool    *spool
	findings []Finding
	tables   []*tableRead
}

// Extract reads the tables of a system from a source: all rows of those that it
// reads for the first time or that have no watermark, else the rows that have
// changed. What is wrong with tables and columns is said before anything is
// read. Where it is cut, the next call with the same wishes continues.
func Extract(ctx context.Context, src ingest.Source, sys *eventlog.System, o Options) (_ *Extracted, err error) {
	x := &extraction{sys: sys, o: o}
	x.src = src
	x.reading.o = &x.o
	defer func() {
		if err != nil {
			err = fmt.Errorf("source %s: %w", sys.Name, x.failed(err))
		}
	}()
	if err := x.prepare(); err != nil {
		return nil, err
	}
	shapes, err := x.describe(ctx)
	if err != nil {
		return nil, err
	}
	for i := range sys.Tables {
		if s := shapeOf(shapes, sys.Tables[i].Name); s != nil && s.Problem == "" {
			x.tables = append(x.tables, x.plan(i, s))
		}
	}
	name := spoolPrefix + sys.Name
	if x.o.Limit > 0 {
		name += ".sample" // no source has a dot in its name
	}
	x.spool, err = openSpool(filepath.Join(filepath.Dir(x.o.Store), name), x.asked(), x.o.Limit > 0, time.Now())
	if err != nil {
		return nil, err
	}
	defer x.end(ctx)
	for _, t := range x.tables {
		if err := x.read(ctx, t); err != nil {
			return nil, err
		}
	}
	return x.result(), nil
}

// CheckSince says what is wrong with a text for [Options.Since].
func CheckSince(text string) error {
	if text != "" && parseMark(text).layout == nil {
		return fmt.Errorf("since %q: want a date such as 2026-01-31, or a date and time such as 2026-01-31 18:00:00", text)
	}
	return nil
}

// prepare fills in what the options leave open.
func (x *extraction) prepare() (err error) {
	o := &x.o
	if x.last, err = parseState(o.Last); err != nil {
		return err
	}
	if o.Store, err = filepath.Abs(o.Store); err != nil {
		return err
	}
	if x.zone, err = time.LoadLocation(x.sys.Timezone); err != nil {
		return fmt.Errorf("%q is no time zone of the IANA list, such as Europe/Berlin", x.sys.Timezone)
	}
	switch o.Sweep {
	case SweepAuto, SweepAlways, SweepNever:
	default:
		return fmt.Errorf("sweep: %q: want always, never, or nothing", string(o.Sweep))
	}
	if err := CheckSince(o.Since); err != nil {
		return err
	}
	if o.Since != "" && o.Full {
		return errors.New("full and since exclude each other: a full extraction reads what is older, too")
	}
	if o.Overlap == 0 {
		o.Overlap = 10 * time.Minute
	}
	if o.PageRows <= 0 {
		o.PageRows = 20_000
	}
	if o.RowsPerSecond > 0 { // no page is longer than a second, so that none comes as a blow
		o.PageRows = min(o.PageRows, o.RowsPerSecond)
	}
	if o.Retries == 0 {
		o.Retries = 5
	}
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Minute
	}
	return x.mayRead()
}

// describe asks what the tables look like, and stops where that is not enough.
func (x *extraction) describe(ctx context.Context) (shapes []ingest.TableShape, err error) {
	err = x.again(ctx, "tables", false, func(ctx context.Context) (bool, error) {
		return false, x.within(ctx, func(ctx context.Context) (err error) {
			shapes, err = x.src.Describe(ctx, x.sys.Tables)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if x.last.Origin != "" && x.last.Origin != x.src.Origin() {
		x.findings = append(x.findings, Finding{Code: "another-origin", Text: fmt.Sprintf(
			"the last load was read from %s, this one is from %s: every table is read as a whole", x.last.Origin, x.src.Origin())})
		x.last = state{}
	}
	known, err := Known(x.last.String(), x.sys)
	if err != nil {
		return nil, err
	}
	x.findings = append(x.findings, Check(shapes, x.sys, known)...)
	var wrong []string
	for _, f := range x.findings {
		if f.Error {
			wrong = append(wrong, f.Text)
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s is not as declared; nothing was read: %s", x.src.Origin(), strings.Join(wrong, "; "))
	}
	return shapes, nil
}

// asked says what is asked for, so that pages of something else are not taken
// for it.
func (x *extraction) asked() string {
	type table struct {
		Name, There      string
		Columns          []string
		Key, By, Swept   []string
		Since, SweepFrom string
	}
	asked := struct {
		Version      int
		Kind, Origin string
		Full         bool
		Last         state
		Tables       []table
	}{Version: 2, Kind: x.sys.Kind, Origin: x.src.Origin(), Full: x.o.Full, Last: x.last}
	for _, t := range x.tables {
		asked.Tables = append(asked.Tables, table{t.Name, t.shape.There, t.there, t.Key, t.Watermark, t.compared(), t.since, t.floor})
	}
	text, err := json.Marshal(asked)
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]) + "\n"
}

// failed ends an extraction that was cut, and says what is kept of it.
func (x *extraction) failed(err error) error {
	if x.spool == nil {
		return err
	}
	var kept, whole int64
	at := "" // the table that was being read
	for _, t := range x.tables {
		if t.rows != nil {
			at, kept = t.Name, t.rows.rows
			whole += t.rows.rows
		}
	}
	keep := whole > 0 && x.o.Limit == 0
	closed := x.spool.close(keep)
	if keep && !errors.Is(err, eventlog.ErrFull) {
		err = fmt.Errorf("%w; kept for %d hours: %d rows of %s, %d in all; run it again, and it continues there", err, spoolAge/time.Hour, kept, at, whole)
	}
	if errors.Is(closed, os.ErrNotExist) {
		closed = nil
	}
	return errors.Join(err, closed)
}
