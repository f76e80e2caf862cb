package eventlog

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A System is a source of tables, such as an ERP: what tables it has, and how
// their rows become events, objects and relations.
//
// Mapping is SQL text that creates views over the tables by their own names:
//
//	event          key, activity, time; start?, precision?, resource?, actor_kind?, sequence?, source_table?, source_key?; further columns are attributes
//	event_object   event_key, type, id; qualifier?, quantity?, amount?, currency?
//	object_object  source_type, source_id, target_type, target_id; qualifier?, quantity?, amount?, currency?
//	object_change  type, id, attribute, time, old_value, new_value; event_key?
//	link           source_type, source_id, qualifier, target_type, key, matches; attribute?, target_id?, amount?, currency?
//	object_<Type>  id; source_table?, source_key?; further columns are attributes of the model's type
//
// The macro name_kind(name) tells it the kind of a user, see Actors.
//
// Columns with ? may be absent, and so may views. source_key is the key of the
// row of source_table: its columns in order, joined by '/'. The text may ask
// source_name(), source_zone() and source_uses(): Name, Timezone and Uses.
//
// What many views read, the text may make as temporary tables: it is run for
// every load that changes something, in its transaction, and they are gone
// after it.
type System struct {
	Name     string // of the source in the store: letters, digits, _ and -
	Kind     string // "tryton", "sap", …
	Origin   string // where the rows come from, without secrets
	Timezone string // IANA zone of times without one; default UTC
	Tables   []Table
	Mapping  string
	// Extension is SQL that runs after Mapping, and can say less than all: it
	// replaces a view or macro (CREATE OR REPLACE), or adds a view X_more, such
	// as event_more, whose rows join those of view X.
	Extension string
	// MappingFile and ExtensionFile are where people find a text that is not
	// ours: its errors say file and line, and it can create views and macros only.
	MappingFile, ExtensionFile string

	Model *Model // nil: any type, attributes as the views have them
	// Actors tell kinds of users from their names, wherever those become
	// pseudonyms, and in the mapping by its SQL macro name_kind(name).
	Actors Actors
	// Prefix stands before the ids of the system's objects, but users, where
	// another system of its kind gives the same.
	Prefix string
	// Uses lists sources whose objects the mapping reads from the store
	// (main.object, objects."Type"): it is run again after they changed.
	Uses []string
	// Derived is SQL that computes what is derived from the store: business
	// views. It runs in the transaction of every load that changes something.
	// Where several systems are loaded in a row, leave it empty and call
	// [Store.Derive] after the last.
	Derived string
}

// A Table is what a system's extract must have at least. Columns beyond these
// are kept as text, but those of Never.
type Table struct {
	Name    string
	Key     []string // columns that identify a row; none: equal rows are counted
	Columns []TableColumn
	// Required lists the columns that the mapping cannot do without; none:
	// all of them. A column that an extract lacks has no values.
	Required []string
	// Never lists columns that are not stored even where an extract has them,
	// whatever their case: secrets, and what is large and of no use.
	Never []string
	// Optional says that the mapping does without the table: it is empty
	// where an extract lacks it.
	Optional bool
	// Aliases are other names of the table, and ColumnAliases of its columns
	// (other name → name): those of a released API.
	Aliases       []string
	ColumnAliases map[string]string
	// Watermark lists the columns whose latest value says when a row was last
	// changed in the source; none: nobody knows, so it is read as a whole.
	Watermark []string
	// Swept lists columns that may change where no watermark does, such as a
	// status: whoever compares all keys with what landed compares them, too.
	Swept []string
	// Client lists what the column may be called that says to which client of
	// the source a row belongs, where several share a table: one is read.
	Client []string
	// Offered names the service that gives the table to others, Right what
	// whoever reads it has to be allowed. Both are words for people.
	Offered, Right string
	// Personal lists the columns that hold names of users, all VARCHAR: see Names.
	Personal []string
	// Subject is the object type that each row is about, User or Customer:
	// when one is forgotten, so are its rows.
	Subject string
	// Customer lists the columns that refer to a customer, by its number or by
	// its key where the source has it as a Subject.
	Customer []string
	// Belongs lists those columns of Customer that say whose row it is: when
	// the customer is forgotten, so is the row, as the tax number of a party.
	Belongs []string
	// Texts lists the columns of free text that may name a customer among
	// other words, all VARCHAR and none of the key: when one is forgotten, the
	// words go that are the name, or the number if it can be told from others.
	// Columns of Beside go in the same row: an account, a mandate.
	Texts, Beside []string
}

// requires says whether an extract has to have a column.
func (t *Table) requires(column string) bool {
	return len(t.Required) == 0 || slices.Contains(t.Required, column) || slices.Contains(t.Key, column)
}

// A TableColumn is a column and its DuckDB type.
type TableColumn struct{ Name, SQL string }

// TableRows is an extract of one table: text as the system wrote it. An empty
// field is NULL.
type TableRows struct {
	Table   string
	File    string   // base name, for places: "sale_sale.csv"
	Columns []string // header
	// Place says where a line is, where the table is in more than one file;
	// nil: in File.
	Place func(line int64) string
	// Complete says that every row of the table is here, so that one that is
	// not any more has been deleted.
	Complete bool
	// Present lists the key of every row that the source has, as text, in the
	// order of Table.Key: a landed row that is neither there nor in Rows has
	// been deleted. It stands in for Complete where Rows are only the changed
	// ones; nil: nobody knows.
	Present func(fn func(key []string) error) error
	// Buckets are the names of those [Bucket]s that Present is of, of others
	// no row has been deleted; nil: of all.
	Buckets []string
	// Rows calls fn for every row; line is where it stands in File. The
	// fields may be reused after fn returns.
	Rows func(fn func(line int64, fields []string) error) error
	// Rejected lists rows that never reached fn, and how many there were;
	// it is asked after Rows, and nil where all of them do.
	Rejected func() (first []Reject, total int64)
}

// ExtractOptions say more about an extract of a system.
type ExtractOptions struct {
	Options   any    // how it was made; kept as JSON
	Content   string // hash of it; "" if unknown
	Watermark string // where the next extract continues
	Names     Names  // of users
	// Progress is told the number of rows staged so far, now and then.
	Progress func(rows int64)
	// Memory is how much the process may take; the default is half of the
	// machine.
	Memory Memory
}

// StagedTables wait beside a store to be merged.
type StagedTables struct {
	dir      *stagedDir
	system   System
	options  ExtractOptions
	json     string // options.Options, and what became of names
	namer    *namer // nil: names are kept
	started  time.Time
	tables   []*stagedTable
	rowsRead int64
	rejects  []Reject
	rejected int64
	notes    []Note
	mapped   map[string]string // type as written → DuckDB's name for it
}

// Discard removes the stage, merged or not.
func (s *StagedTables) Discard() error { return s.dir.remove() }

// A stagedTable is one table, typed, without rejected rows, one row a key.
type stagedTable struct {
	Table
	columns  []TableColumn // of the contract, then the extract's own; types as DuckDB names them
	file     string        // Parquet: the columns, then _line, and _n where there is no key; not written for no rows
	complete bool
	present  string   // Parquet: the keys that the source has, as text c0, c1, …; "": not known
	buckets  []string // that present is of; nil: all
	in       int64
	rejected int64
}

// from is the query of the rows, or of none.
func (t *stagedTable) from() string {
	if t.in > 0 {
		return "read_parquet(" + storeLiteral(stageGlob(t.file)) + ")"
	}
	var b strings.Builder
	for _, c := range t.columns {
		fmt.Fprintf(&b, "CAST(NULL AS %s) AS %s, ", c.SQL, Quote(c.Name))
	}
	b.WriteString("0::BIGINT AS _line")
	if !t.keyed() {
		b.WriteString(", 0::BIGINT AS _n")
	}
	return "(SELECT " + b.String() + " WHERE false)"
}

func (t *stagedTable) keyed() bool { return len(t.Key) > 0 }

// landCheck says what an extract lacks before anything is read.
func landCheck(sys System, rows []TableRows) (notes []Note, err error) {
	if sys.Name == "" || strings.Trim(sys.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return nil, fmt.Errorf("source %q: a name is made of letters, digits, _ and -", sys.Name)
	}
	if _, err := time.LoadLocation(sys.Timezone); err != nil || sys.Timezone == "Local" {
		return nil, fmt.Errorf("source %s: %q is no time zone of the IANA list, such as Europe/Berlin", sys.Name, sys.Timezone)
	}
	byName := map[string]*TableRows{}
	for i := range rows {
		byName[rows[i].Table] = &rows[i]
	}
	var lacks, without []string
	for _, t := range sys.Tables {
		r := byName[t.Name]
		if r == nil && t.Optional {
			without = append(without, t.Name)
			continue
		}
		if r == nil {
			lacks = append(lacks, "table "+t.Name)
			continue
		}
		delete(byName, t.Name)
		for _, k := range t.Key {
			if !slices.ContainsFunc(t.Columns, func(c TableColumn) bool { return c.Name == k }) {
				return nil, fmt.Errorf("source %s: table %s has no column %q for its key", sys.Name, t.Name, k)
			}
		}
		names := t.Names(r.Columns)
		for _, c := range t.Columns {
			if landColumn(names, c.Name) < 0 && t.requires(c.Name) {
				lacks = append(lacks, t.Name+"."+c.Name)
			}
		}
	}
	if len(without) > 3 { // of a system of which hardly anybody has all
		notes = append(notes, Note{Code: "missing-table", Text: fmt.Sprintf("the extract lacks the tables %s; what the mapping takes from them is missing.", strings.Join(without, ", "))})
		without = nil
	}
	for _, name := range without {
		notes = append(notes, Note{Code: "missing-table", Text: fmt.Sprintf("the extract lacks table %s; what the mapping takes from it is missing.", name)})
	}
	if len(lacks) > 0 {
		return nil, fmt.Errorf("source %s: the extract lacks %s; nothing was loaded", sys.Name, strings.Join(lacks, ", "))
	}
	for _, r := range rows {
		if byName[r.Table] != nil {
			return nil, fmt.Errorf("source %s: no table %q is known of a %s system", sys.Name, r.Table, sys.Kind)
		}
	}
	return notes, nil
}

// landColumn finds a column in a header: its very name, else whatever its case.
func landColumn(header []string, name string) int {
	loose := -1
	for i, h := range header {
		if h == name {
			return i
		}
		if loose < 0 && strings.EqualFold(h, name) {
			loose = i
		}
	}
	return loose
}

// landColumns lists the columns of a table as it lands, and where each stands
// in the header.
func landColumns(t Table, header []string) ([]TableColumn, []int) {
	header = t.Names(header)
	columns := append([]TableColumn(nil), t.Columns...)
	at := make([]int, 0, len(header))
	used := make([]bool, len(header))
	taken := map[string]bool{"_load": true, "_line": true, "_n": true}
	for _, c := range t.Columns {
		i := landColumn(header, c.Name)
		at = append(at, i) // -1: the extract lacks it
		if i >= 0 {
			used[i] = true
		}
		taken[strings.ToLower(c.Name)] = true
	}
	for i, h := range header {
		if used[i] || t.never(h) {
			continue
		}
		name := (&attributeTable{taken: taken}).place(h)
		taken[strings.ToLower(name)] = true
		columns = append(columns, TableColumn{Name: name, SQL: "VARCHAR"})
		at = append(at, i)
	}
	return columns, at
}
