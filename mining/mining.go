// Package mining finds out how work flows: variants, the directly-follows
// graph, waits, rework.
//
// Every algorithm is a pure function of an [eventlog.Summary], or a pure
// [eventlog.Folder]: no I/O, no clock, no randomness, no logging. What it
// wants the user to know it returns as notes.
package mining

import "millrace/eventlog"

// Variants are the distinct sequences of activities of a log, most frequent first.
type Variants struct {
	Cases, Events int64
	Count         int // variants of the log; more than are listed after [Variants.Top]
	Variants      []Variant
	CaseDuration  *eventlog.Durations
	Clock         string // of the durations: "working" in working time, else ""
	Notes         []eventlog.Note
}

// A Variant is one sequence of activities and the cases that follow it.
type Variant struct {
	Activities []string
	Cases      int64
	Share      float64 // of all cases, 0 to 1
	Cumulative float64 // share of this and all more frequent variants
	Duration   *eventlog.Durations
}

// A Graph is a directly-follows graph: who follows whom, how often, after how long.
//
// Invariant: the cases of Start, and of End, each add up to Cases less the
// empty ones; for every activity, the counts of the edges in and the starts
// add up to its Events, and so do the edges out and the ends. What
// [Graph.KeepEdges] returns leaves edges out and says so in its Notes.
type Graph struct {
	Cases, Events int64
	Activities    []Activity // sorted by Name
	Start, End    []Terminal // sorted by Cases, descending, then Activity
	Edges         []Edge     // sorted by Count, descending, then From, To
	Clock         string     // of the waits: "working" in working time, else ""
	Notes         []eventlog.Note
}

// An Activity of a Graph.
type Activity struct {
	Name   string `json:"name"`
	Events int64  `json:"events"` // occurrences
	Cases  int64  `json:"cases"`  // cases in which it occurs
	Rework int64  `json:"rework"` // cases in which it occurs more than once
}

// A Terminal says how many cases start or end with an activity.
type Terminal struct {
	Activity string `json:"activity"`
	Cases    int64  `json:"cases"`
}

// An Edge says that To directly followed From.
type Edge struct {
	From, To string
	Count    int64               // occurrences
	Cases    int64               // cases in which it occurs
	Wait     *eventlog.Durations // end of From to start of To
}

// Bottlenecks are the waits of a log, the one that costs most first.
type Bottlenecks struct {
	Waits  []Wait
	Total  float64 // µs: the wait of all edges
	Period int64   // µs: from the first to the last time of the log, elapsed
	Clock  string  // of the waits: "working" in working time, else ""
	Notes  []eventlog.Note
}

// A Wait is the time cases spend between two activities.
type Wait struct {
	From, To string
	Cases    int64
	Count    int64
	Wait     *eventlog.Durations
	Share    float64 // of the total wait of all edges, 0 to 1
	// Value is the value of the cases that wait here, each weighted with the
	// part of the log's period it spends waiting: what stood here on average.
	// One amount a currency, sorted by currency; empty if cases have no value.
	// See [FindBottlenecks] for the rounding.
	Value []Money
}

// Money is an amount in a currency, in its minor units times 100 (four
// decimals), so that a sum of many has no rounding error.
type Money struct {
	Currency string
	Amount   int64 // ten-thousandths
}
