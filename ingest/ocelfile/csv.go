package ocelfile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"millrace/eventlog"
	"millrace/ingest"
)

// CSV is OCEL 1.0 as a table of events, with a column of objects a type, and
// PM4Py's table of objects beside it.
var CSV = ingest.ObjectFormat{
	Name:       "ocel-csv",
	Doc:        "OCEL 1.0 in CSV: events with a list of objects a type, or a table of objects; plain or gzipped",
	Extensions: []string{".csv", ".csv.gz", ".csvocel", ".csvocel.gz"},
	Sniff:      sniffCSV,
	Open:       openCSV,
}

const typePrefix = "ocel:type:"

// sniffCSV looks for the names of OCEL's columns in the first row.
func sniffCSV(head []byte) bool {
	text := make([]byte, len(head))
	n, _ := io.ReadFull(decoded(head), text)
	text = bytes.TrimLeft(text[:n], " \t\r\n")
	if len(text) == 0 || bytes.IndexByte([]byte("{[<"), text[0]) >= 0 || bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	_, known := delimiterOf(text)
	return known
}

// delimiterOf returns the delimiter that makes most of OCEL's columns from the
// first row of a text, and whether these are a table of OCEL.
func delimiterOf(head []byte) (best rune, known bool) {
	best, most := ',', -1
	for _, d := range ",;\t|" {
		r := csv.NewReader(bytes.NewReader(head))
		r.Comma, r.LazyQuotes = d, true
		names, _ := r.Read()
		h, err := headerOf(names)
		n := 0
		for _, i := range [...]int{h.eid, h.activity, h.time, h.oid, h.typ} {
			if i >= 0 {
				n++
			}
		}
		if n > most {
			best, most, known = d, n, err == nil
		}
	}
	return best, known
}

// A header says what the columns of a table mean; -1 where there is none.
type header struct {
	names                         []string
	eid, activity, time, oid, typ int
	types                         map[int]string // columns that list objects
	order                         []string
	attributes                    []int
}

// headerOf reads the names of the columns. With an error it returns what it
// found.
func headerOf(names []string) (*header, error) {
	h := &header{eid: -1, activity: -1, time: -1, oid: -1, typ: -1, types: map[int]string{}}
	seen := map[string]bool{}
	for i, name := range names {
		name = strings.TrimSpace(string(valid([]byte(name))))
		h.names = append(h.names, name)
		if name != "" && seen[name] {
			return h, fmt.Errorf("there are two columns %q", short(name))
		}
		seen[name] = true
		switch typ, ok := strings.CutPrefix(name, typePrefix); {
		case name == "ocel:eid":
			h.eid = i
		case name == "ocel:activity":
			h.activity = i
		case name == "ocel:timestamp":
			h.time = i
		case name == "ocel:oid":
			h.oid = i
		case name == "ocel:type":
			h.typ = i
		case ok && typ != "":
			h.types[i] = typ
			h.order = append(h.order, typ)
		case name != "" && !(i == 0 && name == "Unnamed: 0"): // the index of pandas
			h.attributes = append(h.attributes, i)
		}
	}
	switch {
	case h.activity >= 0 && h.eid < 0 && len(h.types) == 0:
		return h, errors.New("the events have neither ocel:eid nor a column ocel:type:… of objects")
	case h.activity < 0 && (h.oid < 0 || h.typ < 0):
		return h, errors.New("want a column ocel:activity and columns ocel:type:… (a table of events), or ocel:oid and ocel:type (a table of objects)")
	case h.activity >= 0 && h.oid >= 0:
		return h, errors.New("a table with ocel:activity and ocel:oid is one of relations, not of events; want a row an event, with columns ocel:type:…")
	}
	return h, nil
}

// A csvLog reads a log in CSV.
type csvLog struct {
	*builder
	file      *file
	delimiter rune
	header    *header
	table     *csv.Reader
	ration    *ration
	record    record
	seen      map[xxh3.Uint128]struct{} // objects, which are in the file only by their relations
	list      []string
}

func openCSV(ctx context.Context, path string, o ingest.Options) (ingest.ObjectFile, error) {
	x, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	l := &csvLog{builder: x.builder, file: x, seen: map[xxh3.Uint128]struct{}{}}
	x.read = l.read
	err = l.restart(ctx)
	if err == nil && o.TimeLayout == "" {
		l.detectTime()
	}
	if err != nil {
		x.close()
		return nil, err
	}
	x.done.Store(0)
	delimiter := string(l.delimiter)
	if l.delimiter == '\t' {
		delimiter = "tab"
	}
	x.found = append(x.found, ingest.Detection{Option: "delimiter", Value: delimiter, Told: o.Delimiter != ""})
	l.meta.Version = version1
	for _, name := range l.header.order {
		l.meta.ObjectTypes = append(l.meta.ObjectTypes, eventlog.DeclaredType{Name: name})
	}
	return x, nil
}

// restart reads the header.
func (l *csvLog) restart(ctx context.Context) error {
	src, err := l.file.source(ctx)
	if err != nil {
		return err
	}
	l.ration = &ration{r: src}
	l.ration.refill()
	in := bufio.NewReaderSize(l.ration, 64<<10)
	head, _ := in.Peek(32 << 10)
	l.delimiter, _ = delimiterOf(head)
	switch d := l.file.o.Delimiter; {
	case d == "tab":
		l.delimiter = '\t'
	case d != "":
		l.delimiter = []rune(d)[0]
	}
	l.table = csv.NewReader(in)
	l.table.Comma, l.table.FieldsPerRecord, l.table.ReuseRecord = l.delimiter, -1, true
	names, err := l.table.Read()
	if err != nil {
		return fmt.Errorf("%s: the header cannot be read: %w", l.file.path, err)
	}
	if l.header, err = headerOf(names); err != nil {
		return fmt.Errorf("%s: %w", l.file.path, err)
	}
	return nil
}

// detectTime looks at the first rows for times that cannot be read in one way
// only, and for what tells their days from months.
func (l *csvLog) detectTime() {
	if l.header.time < 0 {
		return
	}
	var values []string
	clear := true
	for range 2000 {
		l.ration.refill()
		row, err := l.table.Read()
		if err != nil || len(row) <= l.header.time {
			break
		}
		if v := strings.TrimSpace(row[l.header.time]); !blank(v) {
			values = append(values, strings.Clone(v))
			_, ok := l.clock.reader.Read([]byte(v))
			clear = clear && ok
		}
	}
	zone, _ := ingest.LoadZone(l.file.o.Timezone) // openFile has checked it
	f, _ := ingest.DetectTime("ocel:timestamp", values, zone)
	if clear || f == nil {
		return
	}
	l.clock.reader.Prefer(f)
	l.file.found = append(l.file.found, ingest.Detection{Option: "time-layout", Value: f.String()})
	if f.Ambiguous() {
		l.extra = append(l.extra, eventlog.Note{Code: "ambiguous-dates", Text: fmt.Sprintf(
			"no time among the first %d tells days from months; days were taken to come first (%s)", len(values), f)})
	}
}

func (l *csvLog) read(ctx context.Context) error {
	if err := l.restart(ctx); err != nil {
		return err
	}
	var broken error // a row that may be the last, cut off
	for n := int64(1); ; n++ {
		l.ration.refill()
		row, err := l.table.Read()
		line := 0
		if p, ok := errors.AsType[*csv.ParseError](err); ok {
			line = p.StartLine
		} else if err == nil {
			line, _ = l.table.FieldPos(0)
		}
		if broken != nil {
			if err == io.EOF {
				return broken
			}
			broken = nil
		}
		if err == io.EOF {
			return nil
		}
		what := "event"
		if l.header.activity < 0 {
			what = "object"
		}
		r := &l.record
		r.reset(what, l.file.path, int64(line), n)
		switch {
		case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
			broken = fmt.Errorf("%s: a quotation mark is missing or too many, and the file ends so", r.place())
			r.refuse("", "a quotation mark is missing or too many")
			l.refuse(r, r.reject)
			continue
		case err != nil:
			return fmt.Errorf("%s: row %d: %w", l.file.path, n+1, err)
		case len(row) != len(l.header.names):
			r.refuse("", "the row has %d cells, the header %d", len(row), len(l.header.names))
			l.refuse(r, r.reject)
			continue
		}
		if err := l.row(r, row); err != nil {
			return err
		}
	}
}

// row takes a row as an event or an object.
func (l *csvLog) row(r *record, row []string) error {
	h := l.header
	cell := func(i int) []byte {
		if i < 0 || blank(row[i]) {
			return nil
		}
		c := []byte(strings.TrimSpace(row[i]))
		if !utf8.Valid(c) {
			l.badUTF8++
			c = valid(c)
		}
		return c
	}
	id, typ := h.eid, h.activity
	if r.what == "object" {
		id, typ = h.oid, h.typ
	}
	r.id, r.typ = string(cell(id)), l.words.get(cell(typ))
	r.hasID, r.hasType = r.id != "", r.typ != ""
	if h.eid < 0 && r.what == "event" {
		r.id, r.hasID = fmt.Sprint(r.ordinal), true
	}
	if t := cell(h.time); t != nil {
		r.time = r.put(asText, t)
	}
	for _, i := range h.attributes {
		if c := cell(i); c != nil {
			r.attrs = append(r.attrs, attribute{name: h.names[i], value: r.put(asGuess, l.pointed(c)), time: r.time})
		}
	}
	if r.what == "object" {
		return l.takeObject(r)
	}
	for i, name := range h.names {
		if h.types[i] == "" {
			continue
		}
		var ok bool
		if l.list, ok = appendList(l.list[:0], string(cell(i))); !ok {
			r.refuse(name, "%q is not a list of objects", short(row[i]))
			break
		}
		if (len(l.list)+len(r.relations))*64 > maxWeight {
			return fmt.Errorf("%s: %s has too many parts: more than %d relations", r.place(), r.name(), maxWeight/64)
		}
		for _, o := range l.list {
			r.relations = append(r.relations, relation{object: l.ids.get([]byte(o)), typ: h.types[i], qualified: true})
		}
	}
	if r.reject.Reason == "" {
		rejected := l.rejected
		if err := l.takeEvent(r); err != nil || l.rejected > rejected {
			return err
		}
		return l.newObjects(r)
	}
	return l.takeEvent(r)
}

// pointed is a cell with a point for the decimal comma, if it is told to have
// one.
func (l *csvLog) pointed(c []byte) []byte {
	if l.file.o.Decimal == "," && bytes.Count(c, []byte(",")) == 1 && !bytes.Contains(c, []byte(".")) {
		if p := bytes.Replace(c, []byte(","), []byte("."), 1); isJSONNumber(p) {
			return p
		}
	}
	return c
}

// newObjects takes the objects of an event that no event before had. The table
// has no other place for them.
func (l *csvLog) newObjects(r *record) error {
	var key []byte
	for i := range r.relations {
		x := &r.relations[i]
		key = append(append(append(key[:0], x.typ...), 0), x.object...)
		h := xxh3.Hash128(key)
		if _, ok := l.seen[h]; ok {
			continue
		}
		l.seen[h] = struct{}{}
		l.objects++
		l.batch.Objects.Type = append(l.batch.Objects.Type, x.typ)
		l.batch.Objects.ID = append(l.batch.Objects.ID, x.object)
		l.bytes += 64
	}
	return l.mayFlush()
}

// blank says whether a cell is empty; pandas writes some so.
func blank(s string) bool {
	switch strings.TrimSpace(s) {
	case "", "nan", "NaN", "NaT", "None", "<NA>":
		return true
	}
	return false
}
