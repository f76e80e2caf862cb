package reports

import (
	"millrace/eventlog"
)

// A Page is what a reader sees, in the order in which it is read.
type Page struct {
	Title  string
	Source string // where the data came from, over the title
	Facts  []Fact // period, scope, freshness, what was left out
	Blocks []Block
	Maker  string // what made the page, at its foot
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
}

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
	// Beside is a second figure of the same distribution, or the interval.
	Beside string
	// Sample says how many objects the figure was made of, Share of how large
	// a part of all (0 to 1), LeftOut which ones it was not.
	Sample  string
	Share   float64
	LeftOut string
	Warning string // a reason not to trust the figure; "" if there is none
}

// A Histogram shows how a duration is distributed.
type Histogram struct {
	Title, About string
	Note         int
	Bars         []Bar
	Width        float64 // of a bar, in microseconds
	Longest      float64 // of all; the last bar has all up to it
	Marks        []Mark
	Cases        string // what a bar counts, in the plural
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
	Text string
	Full string
	Bar  float64 // 0 to 1
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
