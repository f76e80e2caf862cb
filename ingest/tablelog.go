package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
)

// BatchRows is how many events a batch of a table has at most.
const BatchRows = 8192

// A tableLog is a Table read as a log.
type tableLog struct {
	Table
	options     Options
	columns     []string
	loc         *time.Location
	roles       Roles
	found       []Detection
	time, start *timeColumn // nil: there is none
	zeros       caseZeros

	events  []*attribute
	cases   *caseAttributes
	missing int64 // times
	dates   int64 // times without a time of day

	partBytes int // for tests: instead of the usual
}

// NewTableLog reads a table as a log: it decides what the columns mean, from
// their names and the sample, and where that does not tell days from months
// scans on. Closing the file closes the table.
func NewTableLog(ctx context.Context, t Table, o Options) (File, error) {
	f := &tableLog{Table: t, options: o, columns: t.Columns()}
	if err := f.understand(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// understand decides what the columns mean.
func (f *tableLog) understand(ctx context.Context) (err error) {
	switch f.options.Decimal {
	case "", ".", ",":
	default:
		return fmt.Errorf("--decimal %q: want . or ,", f.options.Decimal)
	}
	if f.loc, err = LoadZone(f.options.Timezone); err != nil {
		return err
	}
	if f.zeros, err = newCaseZeros(f.options); err != nil {
		return err
	}
	samples := f.Sample()
	o := f.options
	var timeClock, startClock string
	o.Time, timeClock = f.split(o.Time)
	o.Start, startClock = f.split(o.Start)
	if f.roles, f.found, err = GuessRoles(samples, o); err != nil {
		return err
	}
	if f.start, err = f.timeColumn(ctx, samples, "start", f.roles.Start, startClock); err != nil {
		return err
	}
	if f.time, err = f.timeColumn(ctx, samples, "time", f.roles.Time, timeClock); err != nil {
		return err
	}
	f.detectTimes()
	if f.options.Attributes {
		f.declareAttributes(samples)
	}
	if d, ok := f.zeros.detection(); ok {
		f.found = append(f.found, d)
	}
	return nil
}

// split takes a told "UDATE+UTIME" apart, if there is no column of that name.
func (f *tableLog) split(told string) (date, clock string) {
	if slices.Contains(f.columns, told) {
		return told, ""
	}
	for i := range told {
		if told[i] != '+' {
			continue
		}
		date, clock = strings.TrimSpace(told[:i]), strings.TrimSpace(told[i+1:])
		if slices.Contains(f.columns, date) && slices.Contains(f.columns, clock) {
			return date, clock
		}
	}
	return told, ""
}

// timeColumn says how the times of a role are written, nil if it has none.
// Where the sample does not tell days from months it scans on until a row does.
func (f *tableLog) timeColumn(ctx context.Context, samples []Sample, role string, column int, clock string) (*timeColumn, error) {
	if column < 0 {
		return nil, nil
	}
	t := &timeColumn{date: column, clock: -1}
	values := samples[column].Values
	if samples[column].Clock && f.options.TimeLayout == "" {
		t.format = isoFormat(f.loc)
		t.other = f.otherFormat(samples[column], t.format)
	}
	if t.format == nil {
		var err error
		if t.format, err = ChooseTimeFormat(f.columns[column], values, f.options, f.loc); err != nil {
			return nil, err
		}
	}
	if t.format.Ambiguous() && !f.Whole() {
		err := f.Scan(ctx, func(row *Row) error {
			if t.format.Settle(row.Fields[column]) {
				return ErrStop
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	told := clock != ""
	if told {
		t.clock = slices.Index(f.columns, clock)
	} else if (role == "time" && f.options.Time == "" || role == "start" && f.options.Start == "") && f.options.TimeLayout == "" {
		taken := f.roles
		if f.start != nil && f.start.clock >= 0 {
			taken.Instance = f.start.clock // taken too
		}
		t.clock = findClock(samples, column, t.format, taken)
	}
	if t.clock >= 0 {
		for i := range f.found {
			if f.found[i].Option == role {
				f.found[i].Value += "+" + f.columns[t.clock]
			}
		}
	}
	return t, nil
}

// otherFormat says how those times of a column are written that the source
// does not mark; nil if they are none.
func (f *tableLog) otherFormat(sample Sample, iso *TimeFormat) *TimeFormat {
	var rest []string
	for _, v := range sample.Values {
		if _, _, ok := iso.Parse([]byte(v)); !ok && !MissingTime([]byte(v)) {
			rest = append(rest, v)
		}
	}
	format, _ := DetectTime(sample.Name, rest, f.loc)
	return format
}

func (f *tableLog) detectTimes() {
	naive := false
	for _, c := range []struct {
		option string
		column *timeColumn
	}{{"time-layout", f.time}, {"time-layout of start", f.start}} {
		if c.column == nil {
			continue
		}
		format := c.column.format
		if c.column == f.start && f.time != nil && f.time.format.String() == format.String() {
			continue
		}
		f.found = append(f.found, Detection{Option: c.option, Value: format.String(), Told: format.Told()})
		naive = naive || format.Naive()
	}
	if naive {
		f.found = append(f.found, Detection{Option: "timezone", Value: f.loc.String(), Told: f.options.Timezone != ""})
	}
}

func (f *tableLog) declareAttributes(samples []Sample) {
	decimal := detectDecimal(samples)
	if f.options.Decimal != "" {
		decimal = f.options.Decimal[0]
	}
	for i, name := range f.columns {
		if f.roles.Has(i) || f.time != nil && f.time.clock == i || f.start != nil && f.start.clock == i {
			continue
		}
		name, ofCase := CaseAttribute(name)
		a := newAttribute(i, name, samples[i], decimal, f.loc)
		if !ofCase {
			f.events = append(f.events, a)
			continue
		}
		if f.cases == nil {
			f.cases = newCaseAttributes()
		}
		f.cases.declare(a)
	}
	f.found = append(f.found, Detection{Option: "decimal", Value: string(rune(decimal)), Told: f.options.Decimal != ""})
}

// Detected implements [File].
func (f *tableLog) Detected() []Detection { return slices.Concat(f.Table.Detected(), f.found) }

// Meta implements [File]; a table says nothing of itself.
func (f *tableLog) Meta() eventlog.Meta { return eventlog.Meta{} }

// Notes implements [File].
func (f *tableLog) Notes() []eventlog.Note {
	list := f.Table.Notes()
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: f.Name() + ": " + fmt.Sprintf(format, args...)})
	}
	if f.missing > 0 {
		add("missing-times", "%s no time in %q", count(f.missing, "event has", "events have"), f.columns[f.roles.Time])
	}
	if f.dates > 0 {
		add("dates-only", "%s in %q without a time of day; it is midnight, and the order of the file decides within a day", count(f.dates, "value is a date", "values are dates"), f.columns[f.roles.Time])
	}
	f.zeros.notes(add, f.columns[f.roles.Case])
	for _, t := range []*timeColumn{f.time, f.start} {
		if t != nil {
			f.timeNotes(t, add)
		}
	}
	attributes := f.events
	if f.cases != nil {
		attributes = slices.Concat(attributes, f.cases.columns)
	}
	for _, a := range attributes {
		if a.widened != "" {
			add("attribute-widened", "%q began as numbers, times or yes and no, and is text since %q", f.columns[a.field], a.widened)
		}
		if a.format != nil {
			for _, n := range a.format.Notes(f.columns[a.field]) {
				add(n.Code, "%s", n.Text)
			}
		}
	}
	if f.cases != nil && f.cases.varies != "" {
		add("case-attributes-vary", "%s: attributes of a case differ between its rows; the first value of a batch was taken", f.cases.varies)
	}
	return list
}

func (f *tableLog) timeNotes(t *timeColumn, add func(code, format string, args ...any)) {
	for _, n := range t.format.Notes(f.columns[t.date]) {
		add(n.Code, "%s", n.Text)
	}
	if t.others > 0 {
		add("mixed-times", "%q has dates and texts that are dates, written as %q: %d", f.columns[t.date], t.other, t.others)
		for _, n := range t.other.Notes(f.columns[t.date]) {
			add(n.Code, "%s", n.Text)
		}
	}
	if t.padded > 0 {
		add("lost-zeros", "%s in %q with fewer than six digits; the zeros before them were taken to be lost", count(t.padded, "time of day is", "times of day are"), f.columns[t.clock])
	}
}
