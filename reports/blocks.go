package reports

import (
	"millrace/reports/brand"
	"millrace/reports/words"
)

// A Report is several pages in one file, with one list of definitions.
type Report struct {
	Title  string
	Source string
	Facts  []Fact
	AsOf   string // the last day that counts; "" is not known
	Pages  []*Page
	// Language is what the pages are written in; nil is English.
	Language *words.Language
	Maker    string
	Brand    *brand.Brand // nil: ours
}

// A Trend is a figure by month, as a line.
type Trend struct {
	ID, Title, About string
	Note             int
	Series           []Series
	Limits           *LimitLines // nil: too few months
	Ticks            []Tick      // of the vertical axis
	Table            *Table      // the same in words
}

// A Series is one line of a Trend.
type Series struct {
	Name   string
	Points []Point
}

// A Point is one month of a line. V is NaN where there is no figure.
type Point struct {
	Label string
	V     float64
	Text  string
	Out   bool // outside the control limits
}

// LimitLines are where a figure moves as long as nothing changes.
type LimitLines struct {
	Mean, Low, High float64
	Text            string
}

// A Tick of an axis.
type Tick struct {
	At   float64
	Text string
}

// A Stack shows what a whole is made of, one bar for each period.
type Stack struct {
	ID, Title, About string
	Note             int
	Bars             []StackBar
	Parts            []string // names, in the order of the bars
	Table            *Table
}

// A StackBar is one bar.
type StackBar struct {
	Label string
	Parts []StackPart
}

// A StackPart is a part of a bar, from From to To of the longest (0 to 1).
type StackPart struct {
	Name, Text string
	From, To   float64
	Tone       int // of its colour, the same in all bars
}

// Columns are counted durations, as bars side by side with words from the figure.
type Columns struct {
	ID, Title, About string
	Note             int
	Bars             []Bar
	Ticks            []Tick // At bars from the left
	Marks            []BarMark
	Table            *Table
}

// A BarMark is a line in Columns, At bars from the left.
type BarMark struct {
	Text string
	At   float64
}

// Prose is text, under a title if it has one.
type Prose struct {
	ID, Title  string
	Paragraphs []string
}

func (*Trend) Kind() string   { return "trend" }
func (*Stack) Kind() string   { return "stack" }
func (*Columns) Kind() string { return "columns" }
func (*Prose) Kind() string   { return "prose" }
