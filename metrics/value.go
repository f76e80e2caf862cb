package metrics

import (
	"encoding/json"
	"fmt"
	"math"

	"millrace/eventlog"
)

// A Value is a KPI evaluated: the figure, what it was made of, and what it
// leaves out.
//
// Law: N = Used + Open + the sum of Excluded.
type Value struct {
	KPI *KPI
	By  []Label // empty for the figure as a whole
	// Period is the month, week or day the figure is of; "" is all of the data.
	Period string
	V      float64 // in the KPI's unit; NaN if there is none

	N        int64 // objects looked at
	Used     int64 // objects in the figure
	Open     int64 // objects that have not come to their end
	Excluded []Exclusion

	Interval Interval
	Notes    []eventlog.Note
}

// A Label is the value of a dimension: currency EUR.
type Label struct{ Dimension, Value string }

// An Exclusion says how many objects were left out for one reason.
type Exclusion struct {
	Reason string
	N      int64
}

// An Interval is where the figure would lie in 95 of 100 samples like this
// one; NaN where it is not known. For a rate it is Wilson's (1927,
// doi:10.1080/01621459.1927.10502953).
type Interval struct{ Low, High float64 }

// Known says that there is an interval.
func (i Interval) Known() bool { return !math.IsNaN(i.Low) && !math.IsNaN(i.High) }

// Known says that there is a figure.
func (v Value) Known() bool { return !math.IsNaN(v.V) }

// few is the number of objects below which a figure is said to rest on few.
const few = 30

// wilson returns the interval of a rate of hits among n.
func wilson(hits, n int64) Interval {
	if n == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	const z = 1.959964
	p, m := float64(hits)/float64(n), float64(n)
	centre := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))}
}

// MarshalJSON writes v as the command line's stable JSON. A figure that is
// not there is null.
func (v Value) MarshalJSON() ([]byte, error) {
	by := map[string]string{}
	for _, l := range v.By {
		by[l.Dimension] = l.Value
	}
	excluded := map[string]int64{}
	for _, e := range v.Excluded {
		excluded[e.Reason] = e.N
	}
	if v.Open > 0 {
		excluded["open"] = v.Open
	}
	number := func(x float64) *float64 {
		if math.IsNaN(x) {
			return nil
		}
		return &x
	}
	var interval *[2]float64
	if v.Interval.Known() {
		interval = &[2]float64{v.Interval.Low, v.Interval.High}
	}
	notes := v.Notes
	if notes == nil {
		notes = []eventlog.Note{}
	}
	return json.Marshal(struct {
		Name     string            `json:"name"`
		Title    string            `json:"title"`
		Unit     Unit              `json:"unit"`
		Period   string            `json:"period"`
		By       map[string]string `json:"by"`
		Value    *float64          `json:"value"`
		N        int64             `json:"n"`
		Used     int64             `json:"used"`
		Excluded map[string]int64  `json:"excluded"`
		Interval *[2]float64       `json:"interval"`
		Notes    []eventlog.Note   `json:"notes"`
	}{v.KPI.Name, v.KPI.Title, v.KPI.Unit, v.Period, by, number(v.V), v.N, v.Used, excluded, interval, notes})
}

// String writes v for tests and logs: what it is, and what it was made of.
func (v Value) String() string {
	s := v.KPI.Name
	for _, l := range v.By {
		s += fmt.Sprintf(" %s=%s", l.Dimension, l.Value)
	}
	if v.Known() {
		s += fmt.Sprintf(": %.4g %s", v.V, v.KPI.Unit)
	} else {
		s += ": none"
	}
	s += fmt.Sprintf(", n %d, used %d", v.N, v.Used)
	if v.Open > 0 {
		s += fmt.Sprintf(", open %d", v.Open)
	}
	for _, e := range v.Excluded {
		s += fmt.Sprintf(", %s %d", e.Reason, e.N)
	}
	if v.Interval.Known() {
		s += fmt.Sprintf(", 95%% %.3g to %.3g", v.Interval.Low, v.Interval.High)
	}
	for _, n := range v.Notes {
		s += "\n  " + n.Code + ": " + n.Text
	}
	return s
}
