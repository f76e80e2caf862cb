package reports

import (
	"slices"

	"millrace/eventlog"
	"millrace/reports/brand"
	"millrace/reports/figure"
	"millrace/reports/words"
)

// A Page is what a reader sees, in the order in which it is read.
type Page struct {
	Name   string // of its place in a report of several pages: cycle-time; "" if it stands alone
	Title  string
	About  string // what it is about, in a sentence
	Source string // where the data came from, over the title
	Facts  []Fact // period, scope, freshness, what was left out
	AsOf   string // the day of the latest event; "" is not known
	Blocks []Block
	Maker  string // what made the page, at its foot
	// Language is what the page is written in; nil is English.
	Language *words.Language
	Brand    *brand.Brand // nil: ours
}

// A Fact is one line of the header.
type Fact struct{ Term, Text string }

// A Block is a part of a page.
type Block interface {
	// Kind names the block's template: "tiles", "map", …
	Kind() string
}

// Text is a sentence, part by part.
type Text []Span

// A Span is a part of a sentence. Note is the number of the footnote that
// defines the figure in it, 0 for none.
type Span struct {
	Text   string
	Strong bool
	Note   int
	Ref    *Ref // of what figure it is, if it is one
}

// A Ref says of which figure a text on a page is, so that it can be looked up
// and compared with what millrace kpi says.
type Ref struct {
	KPI    string  // name
	Of     string  // dimensions, sorted: currency=EUR,site=HAM1
	Period string  // as 2025-Q4; "" is all of the data
	Part   string  // value, n, p90, delta, …: see the constants
	Value  float64 // in the figure's unit, not rounded
}

// Parts of a figure that a page says.
const (
	ValuePart  = "value"
	UsedPart   = "used"
	P90Part    = "p90"
	LowPart    = "low"
	HighPart   = "high"
	DeltaPart  = "delta"  // from the period before
	SeasonPart = "season" // the difference from a year before
)

// A Lead is the page in at most three sentences.
type Lead struct{ Sentences []Text }

// Tiles are the key figures.
type Tiles struct{ Tiles []Tile }

// A Tile is one key figure with what it rests on.
type Tile struct {
	Title  string
	Note   int
	Number string
	Unit   string
	Ref    *Ref // nil: of the log, not of a key figure
	// Beside is a second figure of the same distribution, or the interval.
	Beside string
	// Sample says how many objects the figure was made of, Share of how large
	// a part of all (0 to 1), LeftOut which ones it was not.
	Sample  string
	Share   float64
	LeftOut string
	Warning string // a reason not to trust the figure; "" if there is none
	// Changes say what the figure was; State whether that is good.
	Changes []Change
	Others  []Text  // the figure in other currencies
	Spark   []Point // by month
	About   string  // of the line, for who does not see it
	Control string  // whether it agrees with a control, and who accepted it
}

// A Change is a figure compared with what it was.
type Change struct {
	Text  Text
	State State
}

// A State says how to take a change.
type State string

// The states there are.
const (
	Neither State = ""
	Good    State = "good"
	Bad     State = "bad"
)

// A Histogram shows how a duration is distributed.
type Histogram struct {
	Title, About string
	Note         int
	Bars         []Bar
	Width        float64 // of a bar, in microseconds
	Longest      float64 // of all; the last bar has all up to it
	Marks        []Mark
	Cases        words.Noun // what a bar counts
}

// A Bar of a Histogram.
type Bar struct {
	Label string
	N     int64
	Share float64
}

// A Mark is a line at a duration: the median, the 95th percentile.
type Mark struct {
	Text string
	At   float64 // microseconds
}

// A Table is rows of text and bars.
type Table struct {
	ID, Title, About string
	Columns          []Column
	Rows             []Row
}

// A Column of a Table.
type Column struct {
	Head  string
	Note  int
	Words bool // text rather than figures: aligned to its beginning
	Bar   bool // its cells have bars
}

// A Row of a Table.
type Row []Cell

// A Cell of a Table. Full is the whole text if Text had to be shortened.
type Cell struct {
	Text  string
	Full  string
	Bar   float64 // 0 to 1
	Ref   *Ref
	Note  int
	State State
}

// dropEmpty leaves out the columns after the first in which no row says anything.
func (t *Table) dropEmpty() {
	for i := len(t.Columns) - 1; i > 0 && len(t.Rows) > 0; i-- {
		if slices.ContainsFunc(t.Rows, func(r Row) bool { return r[i].Text != "" && r[i].Text != figure.None }) {
			continue
		}
		t.Columns = slices.Delete(t.Columns, i, i+1)
		for k := range t.Rows {
			t.Rows[k] = slices.Delete(t.Rows[k], i, i+1)
		}
	}
}

// Notes are what the reader should know of the results.
type Notes struct{ Notes []eventlog.Note }

// Footnotes define the figures of the page.
type Footnotes struct{ Notes []Footnote }

// A Footnote defines one figure, and says what it was made of here.
type Footnote struct {
	Number int
	Term   string
	Text   string
	Sample string // n, and what was left out
}

func (*Lead) Kind() string      { return "lead" }
func (*Tiles) Kind() string     { return "tiles" }
func (*Histogram) Kind() string { return "histogram" }
func (*Table) Kind() string     { return "table" }
func (*Map) Kind() string       { return "map" }
func (*Variants) Kind() string  { return "variants" }
func (*Notes) Kind() string     { return "notes" }
func (*Footnotes) Kind() string { return "footnotes" }
