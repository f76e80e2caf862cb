package edi

import (
	"maps"
	"slices"

	"millrace/ingest/edi/interchange"
	"millrace/ingest/rawfile"
)

type record = rawfile.Record

// A document is what a message says.
type document struct {
	layout  *layout // nil: of a type that is not known
	message record
	rows    map[string][]record // by table
}

// A decodeError says which element a message is not taken for.
type decodeError struct {
	Place  string
	Reason string
}

func (e *decodeError) Error() string { return e.Place + ": " + e.Reason }

// decode reads a message by its layout. Times without a zone are c's.
func decode(m *interchange.Message, c clock) (*document, error) {
	d := &document{layout: layoutOf(m), message: record{}, rows: map[string][]record{}}
	if d.layout == nil {
		return d, nil
	}
	message := &row{record: d.message, rank: map[string]int{}}
	sections := make([]sectionRows, len(d.layout.Rows))
	for i := range m.Segments {
		s := &m.Segments[i]
		ofRow := false
		for j := range sections {
			r, err := sections[j].take(&d.layout.Rows[j], s, m, c)
			if err != nil {
				return nil, err
			}
			ofRow = ofRow || r
		}
		if !ofRow {
			if err := message.fill(d.layout.byTag[s.Tag], s, m, c); err != nil {
				return nil, err
			}
		}
	}
	for j := range sections {
		d.rows[d.layout.Rows[j].Table] = sections[j].records(&d.layout.Rows[j])
	}
	return d, nil
}

// A row is a record that is being filled.
type row struct {
	record
	rank    map[string]int // of each column: how good its value's place is
	dropped bool
	had     map[string]bool // segments that only one of is in a row
}

func (r *row) fill(list []assignment, s *interchange.Segment, m *interchange.Message, c clock) error {
	for i := range list {
		a := &list[i]
		if rank, ok := r.rank[a.column]; ok && rank <= a.rank {
			continue
		}
		text, element := a.find(s)
		if text == "" {
			continue
		}
		text, reason := a.convert(text, s, m.Interchange.Standard, c)
		if reason != "" {
			return &decodeError{m.Place(s, element), reason}
		}
		if text != "" {
			r.record[a.column], r.rank[a.column] = text, a.rank
		}
	}
	return nil
}

// sectionRows are the rows of one section, as far as the message is read.
type sectionRows struct {
	list  []*row
	ended bool
}

// take gives a segment to the section, and says whether it is of its rows.
func (x *sectionRows) take(sec *section, s *interchange.Segment, m *interchange.Message, c clock) (bool, error) {
	if slices.Contains(sec.After, s.Tag) {
		x.ended = true
	}
	again := slices.Contains(sec.Again, s.Tag)
	if slices.Contains(sec.Begin, s.Tag) || again && (len(x.list) == 0 || x.list[len(x.list)-1].had[s.Tag]) {
		x.ended = false
		r := &row{record: record{}, rank: map[string]int{}, had: map[string]bool{}, dropped: slices.Contains(sec.Drop, s.Tag)}
		if len(x.list) > 0 {
			last := x.list[len(x.list)-1]
			for _, column := range sec.Keep[s.Tag] {
				if v, ok := last.record[column]; ok {
					r.record[column] = v // without a rank: a value of its own counts
				}
			}
		}
		maps.Copy(r.record, sec.Set[s.Tag])
		x.list = append(x.list, r)
	}
	if len(x.list) == 0 || x.ended {
		return false, nil
	}
	r := x.list[len(x.list)-1]
	if again {
		r.had[s.Tag] = true
	}
	return !sec.Tree, r.fill(sec.byTag[s.Tag], s, m, c)
}

func (x *sectionRows) records(sec *section) []record {
	var list []record
	for _, r := range x.list {
		if !r.dropped {
			list = append(list, r.record)
		}
	}
	if sec.Tree {
		list = flatten(list)
	}
	return list
}

// flatten returns the items of a tree of HL segments, with what their order,
// and the pack above them or the only one below them, say.
func flatten(nodes []record) []record {
	byID := map[string]record{}
	below := map[string][]record{}
	for _, n := range nodes {
		byID[n["hl"]] = n
		below[n["parent"]] = append(below[n["parent"]], n)
	}
	var items []record
	for _, n := range nodes {
		if n["level"] != "I" {
			continue
		}
		item := maps.Clone(n)
		up := n
		for range nodes { // no deeper than there are nodes: a ring ends too
			parent, ok := byID[up["parent"]]
			if !ok {
				break
			}
			up = parent
			for _, column := range []string{"po_number", "sscc"} {
				if item[column] == "" && up[column] != "" {
					item[column] = up[column]
				}
			}
		}
		if packs := below[n["hl"]]; item["sscc"] == "" && len(packs) == 1 && packs[0]["sscc"] != "" {
			item["sscc"] = packs[0]["sscc"]
		}
		for _, column := range []string{"hl", "parent", "level"} {
			delete(item, column)
		}
		items = append(items, item)
	}
	return items
}
