package edi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/csvfile"
	"millrace/ingest/edi/interchange"
	"millrace/ingest/rawfile"
)

// Tables are the interchanges of a folder as tables of the system.
type Tables struct {
	Rows    []eventlog.TableRows // in the system's order
	Content string               // hash of all files

	rawfile.Count

	files    []rawfile.File
	partners *partners
	zone     clock
	notes    []eventlog.Note

	// Found while the table of messages is read.
	rejects  ingest.RejectList
	problems problems
	unknown  map[string]int64 // types of message that no layout reads
	tests    int64
}

// problems are what is wrong around messages that were taken.
type problems struct {
	first []interchange.Problem
	total int64
}

// maxProblems is how many are told in notes.
const maxProblems = 20

// Open finds the interchanges in a folder and the folders within, or in the
// files of a pattern, as tables of sys, whose Timezone counts for clocks that
// do not tell theirs. complete says that all interchanges of the source are
// there, so that a message that is not has been deleted; where files are
// archived or removed in time it is false. Each table is read by going through
// the files once, a message at a time. Close what is returned.
func Open(ctx context.Context, dir string, sys *eventlog.System, complete bool) (_ *Tables, err error) {
	t := &Tables{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	zone, err := time.LoadLocation(sys.Timezone)
	if err != nil {
		return nil, fmt.Errorf("source %s: %q is no time zone of the IANA list, such as Europe/Berlin", sys.Name, sys.Timezone)
	}
	t.zone = clock{zone, "source"}
	if err := t.find(ctx, dir); err != nil {
		return nil, err
	}
	if len(t.files) == 0 {
		return nil, fmt.Errorf("%s: no file of X12 or EDIFACT interchanges: none begins with ISA, UNA or UNB", dir)
	}
	for i := range sys.Tables {
		table := &sys.Tables[i]
		if table.Name == partnerTable {
			if t.partners != nil {
				t.Rows = append(t.Rows, t.partners.rows())
			}
			continue
		}
		t.Rows = append(t.Rows, t.tableRows(ctx, table, complete))
		t.Passes++
	}
	return t, nil
}

func (t *Tables) tableRows(ctx context.Context, table *eventlog.Table, complete bool) eventlog.TableRows {
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = c.Name
	}
	r := eventlog.TableRows{Table: table.Name, File: table.Name, Columns: columns, Complete: complete}
	r.Place = func(line int64) string {
		file, n := rawfile.Place(line)
		return fmt.Sprintf("%s: message %d", t.files[file].Name, n)
	}
	r.Rows = func(fn func(line int64, fields []string) error) error {
		p := &pass{Pass: rawfile.Pass{Table: table.Name, Columns: columns, Take: fn, Count: &t.Count}, tables: t, first: table.Name == "message"}
		if p.first {
			t.rejects, t.problems, t.unknown, t.tests = ingest.RejectList{}, problems{}, map[string]int64{}, 0
		}
		for i := range t.files {
			if err := p.read(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
	if table.Name == "message" {
		r.Rejected = func() ([]eventlog.Reject, int64) { return t.rejects.Rejects() }
	}
	return r
}

// A pass reads one table out of all files.
type pass struct {
	rawfile.Pass
	tables *Tables
	first  bool // this one tells what is wrong
}

func (p *pass) read(ctx context.Context, i int) (err error) {
	p.File = i
	f, err := p.tables.files[i].Open(p.Count.Did)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return interchange.Read(f, p.tables.files[i].Name, interchange.Visitor{
		Message: func(m *interchange.Message) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return p.message(m)
		},
		Interchange: func(x *interchange.Interchange) error {
			if p.Table != "interchange" {
				return ctx.Err()
			}
			return p.Emit(0, p.tables.interchangeRecord(x))
		},
		Problem: p.problem,
	}, interchange.Limits{})
}

func (p *pass) problem(w interchange.Problem) {
	switch {
	case !p.first:
	case w.Lost:
		p.tables.rejects.Add(w.Place, "", w.Reason)
	default:
		if p.tables.problems.total++; len(p.tables.problems.first) < maxProblems {
			p.tables.problems.first = append(p.tables.problems.first, w)
		}
	}
}

func (p *pass) message(m *interchange.Message) error {
	if p.Table == "interchange" {
		return nil
	}
	c := p.tables.clockOf(m.Interchange.Sender)
	d, err := decode(m, c)
	if bad, ok := errors.AsType[*decodeError](err); ok {
		if p.first {
			p.tables.rejects.Add(bad.Place, "", fmt.Sprintf("%s; message %s (%s) is not taken", bad.Reason, m.Control, m.Type))
		}
		return nil
	}
	if err != nil {
		return err
	}
	id := messageID(m)
	if p.Table == "message" {
		if d.layout == nil {
			p.tables.unknown[m.Interchange.Standard+" "+m.Type]++
		}
		if m.Interchange.Test {
			p.tables.tests++
		}
		return p.Emit(int64(m.Ordinal), p.tables.messageRecord(id, m, d, c))
	}
	for i, r := range d.rows[p.Table] {
		r["message_id"], r["position"] = id, fmt.Sprint(i+1)
		if err := p.Emit(int64(m.Ordinal), r); err != nil {
			return err
		}
	}
	return nil
}

// clockOf returns the clock of a partner.
func (t *Tables) clockOf(sender string) clock {
	if t.partners != nil {
		if z := t.partners.zones[sender]; z != nil {
			return clock{z, "partner"}
		}
	}
	return t.zone
}

func (t *Tables) interchangeRecord(x *interchange.Interchange) record {
	c := t.clockOf(x.Sender)
	r := record{
		"interchange_id": interchangeID(x), "standard": x.Standard, "version": x.Version, "sender": x.Sender, "sender_qualifier": x.SenderQualifier,
		"receiver": x.Receiver, "receiver_qualifier": x.ReceiverQualifier, "control": x.Control, "sent_zone": c.from, "file": x.File,
		"groups": fmt.Sprint(x.Groups), "messages": fmt.Sprint(x.Messages), "test": fmt.Sprint(x.Test), "complete": fmt.Sprint(x.Complete),
	}
	if !x.Prepared.IsZero() {
		r["sent_at"] = c.utc(x.Prepared)
	}
	return r
}

func (t *Tables) messageRecord(id string, m *interchange.Message, d *document, c clock) record {
	x := m.Interchange
	r := d.message
	r["message_id"], r["interchange_id"], r["standard"], r["type"], r["version"] = id, interchangeID(x), x.Standard, m.Type, m.Version
	r["sender"], r["receiver"], r["interchange_control"], r["control"] = x.Sender, x.Receiver, x.Control, m.Control
	r["sent_zone"], r["file"], r["test"], r["segments"] = c.from, x.File, fmt.Sprint(x.Test), fmt.Sprint(len(m.Segments)+2)
	r["payload_hash"] = payloadHash(m)
	if d.layout != nil {
		r["kind"], r["business_key"] = d.layout.Kind, r[d.layout.Key]
	}
	sent := x.Prepared
	if g := m.Group; g != nil {
		r["group_function"], r["group_control"] = g.Function, g.Control
		if !g.Prepared.IsZero() {
			sent = g.Prepared
		}
	}
	if !sent.IsZero() {
		r["sent_at"] = c.utc(sent)
	}
	return r
}

// payloadHash stands for what a message says, whatever envelope it is in.
func payloadHash(m *interchange.Message) string {
	sum := sha256.New()
	io.WriteString(sum, m.Type)
	for i := range m.Segments {
		s := &m.Segments[i]
		fmt.Fprintf(sum, "\x00%s", s.Tag)
		for _, v := range s.Values {
			fmt.Fprintf(sum, "\x01%d.%d.%d=%s", v.Element, v.Repetition, v.Component, v.Text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// messageID names a message by its control numbers, and by a hash of what
// makes it another one though they come again: numbers start over, and a
// sender may use one twice. A copy of a file has the same messages.
func messageID(m *interchange.Message) string {
	x := m.Interchange
	group := ""
	if m.Group != nil {
		group = m.Group.Control
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{interchangeID(x), group, m.Control, payloadHash(m)}, "\x00")))
	return strings.Join(slices.DeleteFunc([]string{x.Sender, x.Control, group, m.Control, hex.EncodeToString(sum[:6])}, func(s string) bool { return s == "" }), "/")
}

// interchangeID names an interchange: control numbers start over in time.
func interchangeID(x *interchange.Interchange) string {
	return strings.Join([]string{x.Sender, x.Receiver, x.Control, x.Prepared.Format("20060102T1504")}, "/")
}

// Notes tells what happened to the files. It is complete after the rows are
// read.
func (t *Tables) Notes() []eventlog.Note {
	list := slices.Clone(t.notes)
	add := func(code, format string, args ...any) {
		list = append(list, eventlog.Note{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	for _, p := range t.problems.first {
		add("envelope", "%s: %s", p.Place, p.Reason)
	}
	if n := t.problems.total - int64(len(t.problems.first)); n > 0 {
		add("envelope", "and %d more such problems around messages that were taken", n)
	}
	types := make([]string, 0, len(t.unknown))
	for name, n := range t.unknown {
		types = append(types, fmt.Sprintf("%s (%d)", name, n))
	}
	if slices.Sort(types); len(types) > 0 {
		add("unknown-messages", "messages of types that are not understood are known by their envelopes alone: %s", strings.Join(types, ", "))
	}
	if t.tests > 0 {
		add("test-messages", "messages that say that they are tests, and become no events: %d", t.tests)
	}
	add("zones", "times of interchanges tell no zone: they are taken for %s, but for partners whose zone partner.csv says", t.zone.zone)
	return list
}

// Close closes the files.
func (t *Tables) Close() error {
	if t.partners == nil {
		return nil
	}
	return t.partners.table.Close()
}

// partnerTable is the table that a person writes, and partnerFile where.
const (
	partnerTable = "partner"
	partnerFile  = "partner.csv"
)

// partners are the rows of partner.csv.
type partners struct {
	path  string
	table *csvfile.Table
	zones map[string]*time.Location
	read  func(func(line int64, fields []string) error) error
}

func openPartners(ctx context.Context, path string) (*partners, error) {
	table, err := csvfile.OpenTable(ctx, path, ingest.Options{})
	if err != nil {
		return nil, err
	}
	p := &partners{path: path, table: table, zones: map[string]*time.Location{}}
	p.read = func(fn func(line int64, fields []string) error) error { return ingest.TextRows(ctx, table, fn) }
	column := func(name string) int {
		return slices.IndexFunc(table.Columns(), func(c string) bool { return strings.EqualFold(c, name) })
	}
	id, zone := column("id"), column("zone")
	if id < 0 {
		return p, errors.Join(fmt.Errorf("%s: no column id", path), table.Close())
	}
	err = p.read(func(line int64, fields []string) error {
		if zone < 0 || len(fields) <= zone || fields[zone] == "" {
			return nil
		}
		z, err := time.LoadLocation(fields[zone])
		if err != nil || fields[zone] == "Local" {
			return fmt.Errorf("%s:%d: zone: %q is no time zone of the IANA list, such as Europe/Berlin", path, line, fields[zone])
		}
		p.zones[fields[id]] = z
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	return p, nil
}

func (p *partners) rows() eventlog.TableRows {
	return eventlog.TableRows{Table: partnerTable, File: partnerFile, Columns: p.table.Columns(), Complete: true, Rows: p.read, Rejected: p.table.Rejects}
}
