package bank

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/bank/statement"
	"millrace/ingest/rawfile"
)

// Tables are the statements of a folder as tables of the system.
type Tables struct {
	Rows    []eventlog.TableRows // in the system's order
	Content string               // hash of all files

	rawfile.Count

	files []source
	zone  *time.Location
	notes []eventlog.Note

	// Found while the table of lines is read.
	rejects  ingest.RejectList
	problems []statement.Problem // the first of them
	problem  int64
}

// A source is a file and how it is read.
type source struct {
	rawfile.File
	format string // of package statement, "" for CSV
	csv    *csvLayout
}

// maxProblems is how many are told in notes.
const maxProblems = 20

// Open finds the statements in a folder and the folders within, or in the
// files of a pattern, as tables of sys, whose Timezone counts for days and for
// times without a zone. complete says that all statements of the source are
// there, so that a line that is not has been deleted; where files are archived
// or removed in time it is false. Each table is read by going through the
// files once. Close what is returned.
func Open(ctx context.Context, dir string, sys *eventlog.System, complete bool) (*Tables, error) {
	zone, err := time.LoadLocation(sys.Timezone)
	if err != nil {
		return nil, fmt.Errorf("source %s: %q is no time zone of the IANA list, such as Europe/Berlin", sys.Name, sys.Timezone)
	}
	t := &Tables{zone: zone}
	if err := t.find(ctx, dir); err != nil {
		return nil, err
	}
	if len(t.files) == 0 {
		return nil, fmt.Errorf("%s: no file of camt.052, .053, .054, BAI2 or MT940, and no CSV that a %s there describes", dir, layoutFile)
	}
	for i := range sys.Tables {
		t.Rows = append(t.Rows, t.tableRows(ctx, &sys.Tables[i], complete))
	}
	t.Passes = len(t.Rows)
	return t, nil
}

// find takes the files that are statements; what is none is said.
func (t *Tables) find(ctx context.Context, dir string) error {
	list, err := rawfile.List(dir, layoutFile)
	if err != nil {
		return err
	}
	sum := sha256.New()
	var layouts []*csvLayout
	for _, f := range list {
		if filepath.Base(f.Path) != layoutFile {
			continue
		}
		if _, err := f.Look(sum, func([]byte) bool { return true }); err != nil {
			return err
		}
		more, err := readLayouts(f.Path)
		if err != nil {
			return err
		}
		layouts = append(layouts, more...)
	}
	var other []string
	for _, f := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if filepath.Base(f.Path) == layoutFile {
			continue
		}
		s := source{File: f, csv: layoutFor(layouts, f.Name)}
		ours, err := s.Look(sum, func(head []byte) bool {
			if s.csv == nil {
				s.format = statement.Detect(head)
			}
			return s.csv != nil || s.format != ""
		})
		if err != nil {
			return err
		}
		if !ours {
			other = append(other, f.Name)
			continue
		}
		if s.csv != nil {
			table, _, err := s.csv.open(ctx, s.Path, s.Name)
			if err != nil {
				return err
			}
			if err := table.Close(); err != nil {
				return err
			}
		}
		t.files = append(t.files, s)
		t.Bytes += s.Size
	}
	if len(other) > 0 {
		t.notes = append(t.notes, eventlog.Note{Code: "other-files", Text: fmt.Sprintf("%s: %d files are no bank statements, so not read: %s",
			dir, len(other), strings.Join(other[:min(len(other), 5)], ", "))})
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return nil
}

// mainTable is the one whose reading tells what is wrong.
const mainTable = "statement_line"

func (t *Tables) tableRows(ctx context.Context, table *eventlog.Table, complete bool) eventlog.TableRows {
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = c.Name
	}
	r := eventlog.TableRows{Table: table.Name, File: table.Name, Columns: columns, Complete: complete}
	r.Place = func(line int64) string {
		file, n := rawfile.Place(line)
		return fmt.Sprintf("%s: line %d of the statements", t.files[file].Name, n)
	}
	r.Rows = func(fn func(line int64, fields []string) error) error {
		p := &pass{Pass: rawfile.Pass{Table: table.Name, Columns: columns, Take: fn, Count: &t.Count}, tables: t, first: table.Name == mainTable}
		if p.first {
			t.rejects, t.problems, t.problem = ingest.RejectList{}, nil, 0
		}
		for i := range t.files {
			if err := p.read(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
	if table.Name == mainTable {
		r.Rejected = func() ([]eventlog.Reject, int64) { return t.rejects.Rejects() }
	}
	return r
}

// A pass reads one table out of all files.
type pass struct {
	rawfile.Pass
	tables *Tables
	first  bool  // this one tells what is wrong
	line   int64 // of the file
}

func (p *pass) read(ctx context.Context, i int) (err error) {
	p.File, p.line = i, 0
	s := &p.tables.files[i]
	v := statement.Visitor{
		Line: func(l *statement.Line) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			p.line++
			return p.take(l)
		},
		Statement: func(x *statement.Statement) error {
			if p.Table != "statement" {
				return ctx.Err()
			}
			return p.emit(p.tables.statementRecord(x))
		},
		Problem: p.problem,
	}
	if s.csv != nil {
		defer p.Count.Did(int(s.Size))
		return s.csv.read(ctx, s.Path, s.Name, v)
	}
	f, err := s.Open(p.Count.Did)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return statement.Read(f, s.Name, s.format, v)
}

func (p *pass) problem(w statement.Problem) {
	switch {
	case !p.first:
	case w.Lost:
		p.tables.rejects.Add(w.Place, "", w.Reason)
	default:
		if p.tables.problem++; len(p.tables.problems) < maxProblems {
			p.tables.problems = append(p.tables.problems, w)
		}
	}
}

func (p *pass) take(l *statement.Line) error {
	switch {
	case p.Table == mainTable && l.Detail == 0, p.Table == "line_detail" && l.Detail > 0:
		return p.emit(p.tables.lineRecord(l))
	case p.Table == "remitted":
		for i, r := range l.References {
			x := record{"line_id": lineID(l), "position": fmt.Sprint(i + 1), "type": r.Type, "number": r.Number}
			setMoney(x, "amount", r.Amount)
			if err := p.emit(x); err != nil {
				return err
			}
		}
	}
	return nil
}

type record = rawfile.Record

// setMoney sets a column where there is an amount.
func setMoney(r record, column string, m *statement.Money) {
	if m != nil {
		r[column] = m.String()
	}
}

func (p *pass) emit(r record) error { return p.Emit(p.line, r) }

func (t *Tables) statementRecord(s *statement.Statement) record {
	r := record{
		"statement_id": statementID(s), "format": s.Format, "kind": s.Kind, "account": s.Account, "currency": s.Currency, "number": s.ID, "file": s.File,
		"from_date": s.From, "to_date": s.To, "net": s.Sum.String(), "lines": fmt.Sprint(s.Lines),
	}
	r["created_at"], _, _ = t.moment(s.Created)
	setMoney(r, "opening", s.Opening)
	setMoney(r, "closing", s.Closing)
	if s.Opening != nil && s.Closing != nil {
		r["balanced"] = fmt.Sprint(*s.Opening+s.Sum == *s.Closing)
	}
	return r
}

func (t *Tables) lineRecord(l *statement.Line) record {
	r := record{
		"line_id": lineID(l), "currency": l.Currency, "code": l.Code, "bank_reference": l.BankRef, "end_to_end": l.EndToEnd, "mandate": l.Mandate,
		"party": l.Party, "party_account": l.PartyAccount, "remittance": l.Remittance, "reversal": fmt.Sprint(l.Reversal),
	}
	if l.Known {
		setMoney(r, "amount", &l.Amount)
	}
	setMoney(r, "charges", l.Charges)
	if l.Detail > 0 {
		whole := *l
		whole.Detail = 0
		r["entry_id"], r["detail"] = lineID(&whole), fmt.Sprint(l.Detail)
		return r
	}
	booked := l.Booked
	if booked == "" {
		booked = statement.Moment(l.Value)
	}
	r["booked_at"], r["booked_on"], r["precision"] = t.moment(booked)
	r["statement_id"], r["kind"], r["account"], r["entry"] = statementID(l.Statement), l.Statement.Kind, l.Statement.Account, fmt.Sprint(l.Entry)
	r["status"], r["entry_reference"], r["value_date"] = l.Status, l.EntryRef, l.Value
	if l.Statement.Format == csvFormat {
		delete(r, "entry_reference") // it is our own
	}
	if l.Details > 0 {
		r["details"] = fmt.Sprint(l.Details)
		setMoney(r, "details_amount", l.Split)
	}
	return r
}

// moment turns a bank's time into DuckDB's. A day begins at midnight of the
// zone; what is no time is none.
func (t *Tables) moment(m statement.Moment) (at, on, precision string) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", "2006-01-02"} {
		x, err := time.ParseInLocation(layout, string(m), t.zone)
		if err != nil {
			continue
		}
		precision = "exact"
		midnight := x.Hour() == 0 && x.Minute() == 0 && x.Second() == 0 // what banks write that know the day alone
		if midnight || strings.HasPrefix(layout, "2006-01-02Z") || layout == "2006-01-02" {
			x, precision = time.Date(x.Year(), x.Month(), x.Day(), 0, 0, 0, 0, t.zone), "day"
		}
		return x.UTC().Format("2006-01-02 15:04:05.999999+00"), string(m)[:10], precision
	}
	return "", "", ""
}

// statementID names a statement by its account and what the bank calls it.
func statementID(s *statement.Statement) string {
	return s.Account + "/" + s.Kind[:1] + ":" + s.ID
}

// lineID names a line by its place in its statement, which is the same in
// every copy of it.
func lineID(l *statement.Line) string {
	id := fmt.Sprintf("%s/%d", statementID(l.Statement), l.Entry)
	if l.Statement.Format == csvFormat {
		id = l.EntryRef // of the content: see csv.go
	}
	if l.Detail > 0 {
		id += fmt.Sprintf(".%d", l.Detail)
	}
	return id
}

// Notes tells what happened to the files. It is complete after the rows are
// read.
func (t *Tables) Notes() []eventlog.Note {
	list := slices.Clone(t.notes)
	for _, p := range t.problems {
		list = append(list, eventlog.Note{Code: "statement", Text: p.Place + ": " + p.Reason})
	}
	if n := t.problem - int64(len(t.problems)); n > 0 {
		list = append(list, eventlog.Note{Code: "statement", Text: fmt.Sprintf("and %d more such problems", n)})
	}
	return list
}

// Close closes the files: none is open between the tables.
func (t *Tables) Close() error { return nil }
