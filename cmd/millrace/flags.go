package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"millrace/eventlog"
	"millrace/ingest"
)

// jsonFlag is on every reading command.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// anewFlag is on commands that take a while over a large store.
type anewFlag struct {
	Anew bool `help:"Ask the store again. Default: take what it was asked since its last load from STORE.answers beside it; the figures are the same."`
}

// kept are the answers to take; nil: all is asked.
func (f anewFlag) kept(s *eventlog.Store) *eventlog.Kept {
	if f.Anew {
		return nil
	}
	return s.Kept()
}

// readFlags say how to read a file; every one has a default that is detected.
type readFlags struct {
	Case        string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the case; in an object-centric log, the object type that makes one."`
	Activity    string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the activity."`
	Start       string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds when the event began; the event then lasts."`
	Resource    string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds who did it."`
	Sequence    string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the order within a case."`
	Transition  string `placeholder:"COLUMN" group:"Reading a file" help:"Column that holds the lifecycle transition."`
	Lifecycle   string `enum:",pair,all,complete" default:"" placeholder:"pair|all|complete" group:"Reading a file" help:"pair (the default) joins start and complete into one event that lasts; all keeps every event; complete keeps completions."`
	Classifier  string `group:"Reading a file" help:"XES classifier that makes the activity."`
	InputFormat string `group:"Reading a file" help:"Format of the file, if its content does not say: csv, jsonl, parquet, xes, xlsx, ocel-json, ocel-xml, ocel-sqlite, ocel-csv."`
	Timezone    string `placeholder:"ZONE" group:"Reading a file" help:"IANA zone of times that do not say theirs; default: the project's, else UTC."`
	TimeLayout  string `placeholder:"LAYOUT" group:"Reading a file" help:"How times are written, in Go's reference time: \"02.01.2006 15:04\"; or unix, unix-ms, unix-us, unix-ns, excel."`
	Delimiter   string `group:"Reading a file" help:"Character between columns, or tab."`
	Quote       string `group:"Reading a file" help:"Character around values, or none."`
	Encoding    string `group:"Reading a file" help:"utf-8, utf-16le, utf-16be, windows-1252 or latin-1."`
	Decimal     string `group:"Reading a file" help:"Decimal separator: . or ,"`
	Sheet       string `placeholder:"NAME" group:"Reading a file" help:"Sheet of a workbook; default: the first that looks like a log."`
	Header      string `placeholder:"ROW" group:"Reading a file" help:"Row that names the columns, from 1, or none; default: the first that looks like it."`
	Totals      string `placeholder:"skip|keep" group:"Reading a file" help:"What to do with rows of totals; default: skip."`
	CaseZeros   string `placeholder:"keep|strip" group:"Reading a file" help:"Leading zeros of cases that are digits only; default: keep."`
	Quiet       bool   `short:"q" group:"Reading a file" help:"Do not say what was detected."`
}

func (f *readFlags) options(e *env, timeColumn string, attributes bool) ingest.Options {
	zone := f.Timezone
	if zone == "" {
		zone = e.Project.Timezone
	}
	return ingest.Options{
		Case: f.Case, Activity: f.Activity, Time: timeColumn, Start: f.Start, Resource: f.Resource, Sequence: f.Sequence,
		Lifecycle: f.Transition, Classifier: f.Classifier, Timezone: zone, TimeLayout: f.TimeLayout,
		Delimiter: f.Delimiter, Quote: f.Quote, Encoding: f.Encoding, Decimal: f.Decimal,
		Sheet: f.Sheet, Header: f.Header, Totals: f.Totals, CaseZeros: f.CaseZeros, Attributes: attributes,
	}
}

// filterFlags narrow a log. They apply in the order in which they are given.
type filterFlags struct {
	Where      string `type:"filter" placeholder:"SQL" group:"Filters, applied from left to right" help:"Cases for which a condition on their attributes is true: \"country = 'DE' and net_value > 1000\"."`
	EventWhere string `type:"filter" placeholder:"SQL" group:"Filters, applied from left to right" help:"Events for which a condition is true."`
	Contains   string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"Cases in which activity A occurs."`
	Without    string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"Cases in which it does not."`
	Starts     string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"Cases that start with A."`
	Ends       string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"Cases that end with A."`
	Follows    string `type:"filter" placeholder:"RULE" group:"Filters, applied from left to right" help:"\"A -> B\" (directly) or \"A ~> B within 3d\" (eventually)."`
	From       string `placeholder:"DATE" group:"Filters, applied from left to right" help:"Cases from this date or time on."`
	To         string `placeholder:"DATE" group:"Filters, applied from left to right" help:"Cases up to this time, or to the end of this date."`
	Time       string `placeholder:"MODE|COLUMN" group:"Filters, applied from left to right" help:"With --from/--to: contained, intersecting, started or completed. Else, the column that holds the time."`
	Duration   string `type:"filter" placeholder:"RULE" group:"Filters, applied from left to right" help:"Cases that take longer or shorter: \">30d\", \"<=12h\"."`
	Variants   string `type:"filter" placeholder:"RULE" group:"Filters, applied from left to right" help:"Cases of the most frequent variants: \"top:10\" or \"cover:80%\"."`
	Keep       string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"Only events of A; give it several times for several activities."`
	Drop       string `type:"filter" placeholder:"A" group:"Filters, applied from left to right" help:"All events but those of A."`
}

// filterMapper records filters in the order in which they are given.
func filterMapper(e *env) kong.Mapper {
	return kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var value string
		if err := ctx.Scan.PopValueInto("value", &value); err != nil {
			return err
		}
		f, err := eventlog.ParseFilter(ctx.Value.Name, value)
		if err != nil {
			return err
		}
		e.Filters = append(e.Filters, f)
		target.SetString(value)
		return nil
	})
}

// timeColumn is --time where it names a column and not a mode: the word is
// both, because a file has a time and a filter has a period.
func (f *filterFlags) timeColumn() string {
	if f.period() != "" {
		return ""
	}
	return f.Time
}

func (f *filterFlags) period() eventlog.PeriodMode {
	if (f.From != "" || f.To != "") && slices.Contains(eventlog.PeriodModes, eventlog.PeriodMode(f.Time)) {
		return eventlog.PeriodMode(f.Time)
	}
	return ""
}

// filters returns the filters of the command line, the period first.
func (f *filterFlags) filters(e *env) ([]eventlog.Filter, error) {
	if f.From == "" && f.To == "" {
		return e.Filters, nil
	}
	zone := e.Project.zone()
	from, _, err := parseWhen(f.From, zone)
	if err != nil {
		return nil, usageError{fmt.Errorf("--from: %w", err)}
	}
	to, day, err := parseWhen(f.To, zone)
	if err != nil {
		return nil, usageError{fmt.Errorf("--to: %w", err)}
	}
	if day {
		to = to.AddDate(0, 0, 1) // the whole day
	}
	return append([]eventlog.Filter{eventlog.Period(from, to, f.period())}, e.Filters...), nil
}

// parseWhen reads a date, or a date and time; dayOnly says which.
func parseWhen(text string, zone *time.Location) (t time.Time, dayOnly bool, err error) {
	if text == "" {
		return time.Time{}, false, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, true, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, false, nil
		}
	}
	return time.Time{}, false, fmt.Errorf("%q is not a date such as 2024-01-31 or 2024-01-31T10:00", text)
}

// followFlag is on every command that makes cases of objects.
type followFlag struct {
	Follow []string `placeholder:"TYPE,…" group:"Reading a file" help:"Object-centric logs: object types that each case is followed to, in this order, by the relations among objects."`
}

// logFlags are what every command that reads one log takes.
type logFlags struct {
	Log string `arg:"" optional:"" help:"Name of a log in the project, or path of a file; default: the project's log, if it has one only."`
	followFlag
	filterFlags
	readFlags

	working *workingFlags // nil: the command has no working time
}

// needsAttributes says whether a filter looks at attributes.
func needsAttributes(filters []eventlog.Filter) bool {
	return slices.ContainsFunc(filters, func(f eventlog.Filter) bool { return strings.HasSuffix(f.Name, "where") })
}
