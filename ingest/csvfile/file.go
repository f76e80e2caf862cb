package csvfile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// batchRows is how many events a batch has.
const batchRows = 8192

// A file is a Table read as a log.
type file struct {
	*Table
	loc         *time.Location
	roles       ingest.Roles
	found       []ingest.Detection
	time, start *ingest.TimeFormat
	decimal     byte

	events  []*attribute
	cases   *caseAttributes
	missing int64 // times
	dates   int64 // times without a time of day
}

func open(ctx context.Context, path string, o ingest.Options) (*file, error) {
	t, err := openTable(ctx, path, o)
	if err != nil {
		return nil, err
	}
	f := &file{Table: t}
	if err := f.understand(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// understand decides what the columns mean.
func (f *file) understand(ctx context.Context) (err error) {
	if f.loc, err = ingest.LoadZone(f.options.Timezone); err != nil {
		return err
	}
	samples := make([]ingest.Sample, len(f.columns))
	for i, name := range f.columns {
		samples[i] = ingest.Sample{Name: name, Values: f.sample[i]}
	}
	if f.roles, f.found, err = ingest.GuessRoles(samples, f.options); err != nil {
		return err
	}
	if f.time, err = f.timeFormat(ctx, f.roles.Time); err != nil {
		return err
	}
	if f.start, err = f.timeFormat(ctx, f.roles.Start); err != nil {
		return err
	}
	f.detectTimes()
	if f.options.Attributes {
		f.declareAttributes()
	}
	f.sample = nil
	return nil
}

// timeFormat returns how the times of a column are written, nil for no column.
// Where the sample does not tell days from months it reads on until a row does.
func (f *file) timeFormat(ctx context.Context, column int) (*ingest.TimeFormat, error) {
	if column < 0 {
		return nil, nil
	}
	format, err := ingest.ChooseTimeFormat(f.columns[column], f.sample[column], f.options, f.loc)
	if err != nil {
		return nil, err
	}
	if format.Ambiguous() && !f.whole {
		err = f.scan(ctx, func(rec *record) error {
			if format.Settle(rec.fields[column]) {
				return errStop
			}
			return nil
		})
	}
	return format, err
}

func (f *file) detectTimes() {
	naive := false
	for _, c := range []struct {
		option string
		format *ingest.TimeFormat
	}{{"time-layout", f.time}, {"time-layout of start", f.start}} {
		if c.format == nil || c.format == f.start && f.time != nil && f.time.String() == f.start.String() {
			continue
		}
		f.found = append(f.found, ingest.Detection{Option: c.option, Value: c.format.String(), Told: c.format.Told()})
		naive = naive || c.format.Naive()
	}
	if naive {
		f.found = append(f.found, ingest.Detection{Option: "timezone", Value: f.loc.String(), Told: f.options.Timezone != ""})
	}
}

func (f *file) declareAttributes() {
	f.decimal = detectDecimal(f.sample)
	if f.options.Decimal != "" {
		f.decimal = f.options.Decimal[0]
	}
	for i, name := range f.columns {
		if f.roles.Has(i) {
			continue
		}
		name, ofCase := ingest.CaseAttribute(name)
		a := newAttribute(i, name, f.sample[i], f.decimal, f.loc)
		if !ofCase {
			f.events = append(f.events, a)
			continue
		}
		if f.cases == nil {
			f.cases = newCaseAttributes()
		}
		f.cases.declare(a)
	}
	f.found = append(f.found, ingest.Detection{Option: "decimal", Value: string(rune(f.decimal)), Told: f.options.Decimal != ""})
}

// Detected implements [ingest.File].
func (f *file) Detected() []ingest.Detection { return slices.Concat(f.Table.Detected(), f.found) }

// Meta implements [ingest.File]; a CSV file says nothing of itself.
func (f *file) Meta() eventlog.Meta { return eventlog.Meta{} }

// Close implements [ingest.File]; the file is open during Read only.
func (f *file) Close() error { return nil }

// Notes implements [ingest.File].
func (f *file) Notes() []eventlog.Note {
	list := f.Table.Notes()
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: f.base + ": " + fmt.Sprintf(format, args...)})
	}
	if f.missing > 0 {
		add("missing-times", "%s no time in %q", plural(f.missing, "event has", "events have"), f.columns[f.roles.Time])
	}
	if f.dates > 0 {
		add("dates-only", "%s in %q without a time of day; it is midnight, and the order of the file decides within a day", plural(f.dates, "value is a date", "values are dates"), f.columns[f.roles.Time])
	}
	for _, c := range []struct {
		format *ingest.TimeFormat
		column int
	}{{f.time, f.roles.Time}, {f.start, f.roles.Start}} {
		if c.format != nil {
			for _, n := range c.format.Notes(f.columns[c.column]) {
				add(n.Code, "%s", n.Text)
			}
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
