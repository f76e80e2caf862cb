package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// A masterSpec says what tells the customers, or the materials, of several
// systems to be one: keys in their order, and a table that people keep.
type masterSpec struct {
	By   []string `yaml:"by"`
	File string   `yaml:"file"`
}

// UnmarshalYAML reads [tax_number, number] or {by: [tax_number], file: customers.csv}.
func (m *masterSpec) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&m.By); err == nil {
		if len(m.By) == 0 {
			return errors.New("masters: an empty list; leave the type out for the keys that are unique in the world")
		}
		return nil
	}
	type plain masterSpec
	var p plain
	if err := decode(&p); err != nil {
		return fmt.Errorf("masters: want [key, …] or {by: [key, …], file: NAME.csv}: %w", err)
	}
	*m = masterSpec(p)
	if m.File == "" && len(m.By) == 0 {
		return errors.New("masters: neither by nor file says what tells them")
	}
	return nil
}

// masterRules are the project's, with the lines of its files.
func (p *project) masterRules() (o2c.Masters, error) {
	m := o2c.Masters{}
	for typ, spec := range p.Masters {
		rule := o2c.MasterRule{Keys: spec.By}
		if spec.File != "" {
			text, err := os.ReadFile(p.path(spec.File))
			if err == nil {
				rule.Same, err = readSameMasters(text)
			}
			if err != nil {
				return nil, fmt.Errorf("masters: %s: %s: %w", typ, spec.File, err)
			}
		}
		m[typ] = rule
	}
	return m, nil
}

// checkMasters says what is wrong with the rules, whatever is in the files.
func (p *project) checkMasters() error {
	m := o2c.Masters{}
	for typ, spec := range p.Masters {
		m[typ] = o2c.MasterRule{Keys: spec.By}
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("masters: %w", err)
	}
	return nil
}

// derived is the SQL of the business views, as the project wants them.
func (e *env) derived() (string, error) {
	m, err := e.Project.masterRules()
	return m.Refresh(), err
}

// readSameMasters reads a table with the columns source, id and same_as, in
// any order: separated by comma, semicolon or tab, as its header is.
func readSameMasters(text []byte) ([]o2c.SameMaster, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8; save it as CSV UTF-8")
	}
	header, _, _ := bytes.Cut(text, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(text))
	for _, comma := range ";\t" {
		if bytes.ContainsRune(header, comma) && !bytes.ContainsRune(header, ',') {
			r.Comma = comma
		}
	}
	first, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("empty; want columns source, id, same_as")
	}
	if err != nil {
		return nil, err
	}
	columns := []string{"source", "id", "same_as"}
	var at [3]int
	for i, name := range columns {
		at[i] = slices.IndexFunc(first, func(h string) bool {
			return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(h)), " ", "_") == name
		})
		if at[i] < 0 {
			return nil, fmt.Errorf("no column %q in the header %q; want source, id, same_as", name, strings.Join(first, ","))
		}
	}
	var list []o2c.SameMaster
	said := map[[2]string]o2c.SameMaster{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		var cells [3]string
		for i := range cells {
			if cells[i] = strings.TrimSpace(row[at[i]]); cells[i] == "" {
				return nil, fmt.Errorf("line %d: %s is empty", line, columns[i])
			}
		}
		s := o2c.SameMaster{Line: int64(line), Source: cells[0], ID: cells[1], SameAs: cells[2]}
		if was, ok := said[[2]string{s.Source, s.ID}]; ok {
			if was.SameAs == s.SameAs {
				continue
			}
			return nil, fmt.Errorf("line %d: %s %q is %q, line %d says %q", line, s.Source, s.ID, s.SameAs, was.Line, was.SameAs)
		}
		said[[2]string{s.Source, s.ID}] = s
		list = append(list, s)
	}
}

// unknownMasters tells of lines of the project's files that mean nothing in the store.
func (e *env) unknownMasters(s *eventlog.Store) (notes []eventlog.Note, err error) {
	const most = 5
	var typ string
	var n, lines int64
	var first string
	err = eachRow(e, s, fmt.Sprintf(`SELECT type, count(*), (SELECT count(*) FROM o2c.master_file x WHERE x.type = f.type), array_to_string(list(line ORDER BY line)[:%d], ', ')
FROM o2c.master_file f WHERE object IS NULL GROUP BY type ORDER BY type`, most), nil, &typ, &n, &lines, &first)(func() error {
		if n > most {
			first += ", …"
		}
		notes = append(notes, eventlog.Note{Code: "unknown-masters", Text: fmt.Sprintf(
			"%s: %s of %s lines mean no %s of that source, or several by its number: line %s.", filepath.Base(e.Project.Masters[typ].File), count(n), count(lines), typ, first)})
		return nil
	})
	return notes, err
}

// A masterCount says how many customers or materials of a source are known by
// another too.
type masterCount struct {
	Type      string         `json:"type"`
	Source    string         `json:"source"`
	Joined    int64          `json:"joined"`
	Single    int64          `json:"single"`
	Ambiguous int64          `json:"ambiguous"`
	By        string         `json:"by,omitempty"` // keys that have joined some
	Orphans   []masterOrphan `json:"orphans,omitempty"`
}

// A masterOrphan is one that shares a key with others and stays apart.
type masterOrphan struct {
	ID     string `json:"id"`
	Number string `json:"number,omitempty"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Shared int64  `json:"shared"` // how many have the key
}

const (
	mastersSQL = `-- How many customers and materials of each source are another's too?
SELECT type, source, count(*) FILTER (state = 'joined'), count(*) FILTER (state = 'single'), count(*) FILTER (state = 'ambiguous'),
       coalesce(string_agg(DISTINCT key, ', ' ORDER BY key) FILTER (state = 'joined'), '')
FROM o2c.masters GROUP BY type, source ORDER BY type, source`
	masterOrphansSQL = `-- Which cannot be told from others?
SELECT m.id, coalesce(m.number, ''), m.key, m.value, (SELECT count(*) FROM o2c.master_keys k WHERE k.type = m.type AND k.key = m.key AND k.value = m.value)
FROM o2c.masters m WHERE m.state = 'ambiguous' AND m.type = $1 AND m.source = $2
ORDER BY m.key, m.value, m.id LIMIT $3`
)

// masterCounts reads how master data of several systems were put together, and
// so many of each that stay apart. A store of an earlier version tells nothing.
func masterCounts(e *env, s *eventlog.Store, orphans int) (list []masterCount, err error) {
	var there int64
	if err := eachRow(e, s, "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'o2c' AND table_name = 'masters'", nil, &there)(func() error { return nil }); err != nil || there == 0 {
		return nil, err
	}
	var m masterCount
	err = eachRow(e, s, mastersSQL, nil, &m.Type, &m.Source, &m.Joined, &m.Single, &m.Ambiguous, &m.By)(func() error {
		list = append(list, m)
		return nil
	})
	for i := range list {
		x := &list[i]
		if err != nil || orphans == 0 {
			break
		}
		var o masterOrphan
		err = eachRow(e, s, masterOrphansSQL, []any{x.Type, x.Source, orphans}, &o.ID, &o.Number, &o.Key, &o.Value, &o.Shared)(func() error {
			x.Orphans = append(x.Orphans, o)
			return nil
		})
	}
	return list, err
}

// worthTelling says whether master data of several sources meet, or might.
func worthTelling(list []masterCount) bool {
	for i, m := range list {
		if m.Joined+m.Ambiguous > 0 || i > 0 && list[i-1].Type == m.Type {
			return true
		}
	}
	return false
}

// printMasters writes a table, and under it those that stay apart.
func printMasters(w io.Writer, list []masterCount) error {
	t := newTable("master data", "source", " joined", " single", " ambiguous", "by")
	for _, m := range list {
		t.add(m.Type, m.Source, count(m.Joined), count(m.Single), count(m.Ambiguous), m.By)
	}
	if err := t.write(w); err != nil {
		return err
	}
	for _, m := range list {
		for i, o := range m.Orphans {
			if i == 0 {
				fmt.Fprintf(w, "\n%s, %s:\n", m.Source, m.Type)
			}
			name := o.ID
			if o.Number != "" && o.Number != o.ID {
				name += " (" + o.Number + ")"
			}
			fmt.Fprintf(w, "  %s: %s %s is that of %s; it may be any of them\n", printable(name), o.Key, printable(o.Value), count(o.Shared))
		}
	}
	return nil
}
