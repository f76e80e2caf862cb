package eventlog

import "math"

// NoTime marks a missing time in a column of microseconds.
const NoTime = math.MinInt64

// A Batch is some events of a case-centric source, column by column, and
// attributes of some of its cases. It is what every file reader yields, and
// what a [Builder] and a [Store] take.
//
// Columns of events have one value an event, or are nil where the source does
// not have them. The batch and its slices belong to the reader: whoever wants
// to keep a slice copies it. Strings may be kept.
type Batch struct {
	Case      []string
	Activity  []string
	Time      []int64  // µs since 1970-01-01 UTC; NoTime where missing
	Start     []int64  // same; the event then lasts from Start to Time
	Resource  []string // "" where missing
	Lifecycle []string // "start", "complete", …, as written; "" where missing
	Instance  []string // ties a start to its complete where the source knows; "" where missing
	Sequence  []int64  // declared order within a case; nil: order of arrival
	Day       []bool   // true: Time is known to the day only, and is that day's local midnight
	Place     []int64  // where it stands in the source: a line of a text file, else the number of the event, from 1

	// Codes say Case, Activity and Resource once more, by number, where the
	// reader knows them so; nil where it does not. A label is then looked up
	// once a batch, not once a row.
	Codes *BatchCodes

	Attributes []Column // of the events

	CaseIDs        []string
	CaseAttributes []Column // one value for each of CaseIDs
}

// BatchCodes are the dictionary-coded columns of a [Batch].
type BatchCodes struct {
	Case, Activity, Resource Codes // Resource is zero where the batch has no column of it
}

// Codes are a column by number: row i says Labels[Of[i]]. The labels of one
// batch are distinct, each is used by a row, and they stand in the order in
// which the rows first say them.
type Codes struct {
	Of     []uint32
	Labels []string
}

// Len returns the number of events.
func (b *Batch) Len() int { return len(b.Case) }

// A Type says what the values of a Column are.
type Type int8

const (
	Text   Type = iota // Column.Text
	Int                // Column.Int
	Float              // Column.Float
	Bool               // Column.Int, 0 or 1
	Time               // Column.Int, µs since 1970-01-01 UTC
	Nested             // Column.Text, canonical JSON: lists and attributes of attributes
)

func (t Type) String() string {
	return [...]string{"text", "int", "float", "bool", "time", "nested"}[t]
}

// A Column is one named attribute: one value a row. Its type may differ from
// batch to batch only where the source itself does; a Store then widens it to
// text.
type Column struct {
	Name  string
	Type  Type
	Text  []string
	Int   []int64
	Float []float64
	Null  []bool // true where there is no value; nil: there is always one
}

// ValueText returns the value of a row that has one, in the text form of its
// type: an integer, a shortest float, true or false, RFC 3339 UTC, JSON.
func (c *Column) ValueText(row int) string { return c.text(row) }

// A Reject is one row of a source that was not taken, and why.
type Reject struct {
	Place  string `json:"place"`            // "orders.csv:1184"
	Column string `json:"column,omitempty"` // name of the offending column
	Reason string `json:"reason"`           // "\"31.02.2024\" is not a date in layout \"02.01.2006\""
}

// Meta is what a log says of itself apart from its events: the parts of an
// XES header that a lossless round trip needs (IEEE 1849-2023, §5).
type Meta struct {
	Attributes  string // canonical JSON: the log's own attributes
	Extensions  []Extension
	Classifiers []Classifier
	Globals     []Global

	// XES is nil where the log is not of XES.
	XES *XESMeta `json:",omitempty"`
}

// An XESMeta says how the rows of a log were written in XES, as far as
// columns do not tell. With it, and the attribute [XESRest] of its rows, a log
// of XES is written as it was read.
type XESMeta struct {
	Header []XMLAttribute `json:",omitempty"` // of <log>: xes.version, xes.features
	Keys   XESKeys
	Types  []XESType `json:",omitempty"`
}

// An XMLAttribute is a name and its value in a tag.
type XMLAttribute struct{ Name, Value string }

// XESKeys are the keys of the attributes that the columns of a [Batch] hold;
// "" where a column holds none: an activity put together by a classifier of
// several keys.
type XESKeys struct {
	Case, Activity, Time, Start, Resource, Lifecycle, Instance string
}

// An XESType is the type of an attribute's first value in the log, where it is
// not string: date, int, float, boolean, id, list or container.
type XESType struct{ Scope, Key, Type string } // Scope: "event" or "trace"

// XESRest is the name of an attribute of events and cases that holds what of
// their XES attributes the other columns do not say: those with attributes of
// their own, of another type than [XESMeta] has for their key, without a value,
// or given twice. It is canonical JSON, a list of whole attributes:
//
//	{"children":[…],"key":"weight","type":"int","value":"7"}
//
// Each stands in the place of the attribute with its key; one with "again":true
// comes in addition, and one with "absent":true says that there is none.
const XESRest = "xes:rest"

// An Extension declares the meaning of attribute keys with a prefix.
type Extension struct{ Name, Prefix, URI string }

// A Classifier names the attributes that together identify an event's class.
type Classifier struct {
	Name  string
	Scope string // "event" or "trace"
	Keys  []string
	Text  string `json:",omitempty"` // the keys as the file has them, where it is not them with spaces between
}

// A Global is an attribute that every event or trace has, with its default.
type Global struct {
	Scope, Key, Type, Value string
	// Tree is canonical JSON of the whole attribute, "" where it is no more
	// than its type and value.
	Tree string `json:",omitempty"`
}
