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
	AsOf   Day     // at whose end it was looked
	V      float64 // in the KPI's unit; NaN if there is none
	// Currency is that of a figure made of amounts; "" for others.
	Currency string

	N        int64 // objects looked at
	Used     int64 // objects in the figure
	Open     int64 // objects that have not come to their end
	Excluded []Exclusion

	// Numerator and Denominator are what a rate or ratio divides; NaN for others.
	Numerator, Denominator float64
	// P50, P90 and Mean are of the durations; NaN for others.
	P50, P90, Mean float64
	// Survival is the median with the open objects in it (Kaplan and Meier), where
	// more than one in twenty is open; NaN elsewhere, and where it is not reached.
	Survival float64
	// OpenAge are median and 90% quantile of how long the open objects have been
	// open, in the figure's unit of time, or days; OpenAmounts what they are worth.
	OpenAge     [2]float64
	OpenAmounts []Amount

	Interval Interval
	Notes    []eventlog.Note

	// Reconciled says whether the figure agrees with a control; nil: there is none
	// about it. See [Reconciled].
	Reconciled *bool
	// Accepted is the last acceptance of the definition; nil: nobody accepted it.
	// See [MarkAccepted].
	Accepted *Acceptance
}

// A Label is the value of a dimension: currency EUR.
type Label struct{ Dimension, Value string }

// An Exclusion says how many objects were left out for one reason.
type Exclusion struct {
	Reason string
	N      int64
}

// An Amount is a sum of money.
type Amount struct {
	Currency string  `json:"currency"`
	Amount   float64 `json:"amount"`
}

// Known says that there is a figure.
func (v Value) Known() bool { return !math.IsNaN(v.V) }

// Few says that the figure rests on so few objects that people should see how
// many they are and not the figure.
func (v Value) Few() bool { return v.Used < v.KPI.MinN }

// nothing is the value of a figure that is not there.
func (k *KPI) nothing() Value {
	nan := math.NaN()
	return Value{KPI: k, V: nan, Numerator: nan, Denominator: nan, P50: nan, P90: nan, Mean: nan, Survival: nan,
		OpenAge: [2]float64{nan, nan}, Interval: Interval{nan, nan}}
}

// valueJSON is a Value as the command line's stable JSON: names are added,
// never changed. What is not there is null.
type valueJSON struct {
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Unit        Unit              `json:"unit"`
	Period      string            `json:"period"`
	By          map[string]string `json:"by"`
	Value       *float64          `json:"value"`
	N           int64             `json:"n"`
	Used        int64             `json:"used"`
	Excluded    map[string]int64  `json:"excluded"`
	Interval    *[2]float64       `json:"interval"`
	Notes       []eventlog.Note   `json:"notes"`
	AsOf        Day               `json:"as_of"`
	Version     int               `json:"version"`
	Currency    string            `json:"currency,omitempty"`
	Numerator   *float64          `json:"numerator,omitempty"`
	Denominator *float64          `json:"denominator,omitempty"`
	P50         *float64          `json:"p50,omitempty"`
	P90         *float64          `json:"p90,omitempty"`
	Mean        *float64          `json:"mean,omitempty"`
	Survival    *float64          `json:"kaplan_meier_p50,omitempty"`
	Open        *openJSON         `json:"open,omitempty"`
	Target      *float64          `json:"target,omitempty"`
	Reconciled  *bool             `json:"reconciled"`
	Accepted    *acceptedJSON     `json:"accepted,omitempty"`
}

type acceptedJSON struct {
	Version int    `json:"version"`
	By      string `json:"by"`
	On      Day    `json:"on"`
	Changed bool   `json:"changed"`
}

type openJSON struct {
	N       int64    `json:"n"`
	AgeP50  *float64 `json:"age_p50,omitempty"`
	AgeP90  *float64 `json:"age_p90,omitempty"`
	Amounts []Amount `json:"amounts,omitempty"`
}

// MarshalJSON writes v as the command line's stable JSON.
func (v Value) MarshalJSON() ([]byte, error) {
	number := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	out := valueJSON{Name: v.KPI.Name, Title: v.KPI.Title, Unit: v.KPI.Unit, Period: v.Period, By: map[string]string{}, Value: number(v.V), N: v.N, Used: v.Used,
		Excluded: map[string]int64{}, Notes: v.Notes, AsOf: v.AsOf, Version: v.KPI.Version, Currency: v.Currency, Numerator: number(v.Numerator),
		Denominator: number(v.Denominator), P50: number(v.P50), P90: number(v.P90), Mean: number(v.Mean), Survival: number(v.Survival), Target: v.KPI.Target, Reconciled: v.Reconciled}
	if a := v.Accepted; a != nil {
		out.Accepted = &acceptedJSON{a.Version, a.By, a.On, a.Changed(v.KPI)}
	}
	for _, l := range v.By {
		out.By[l.Dimension] = l.Value
	}
	for _, e := range v.Excluded {
		out.Excluded[e.Reason] = e.N
	}
	if v.Open > 0 {
		out.Excluded["open"] = v.Open
		out.Open = &openJSON{v.Open, number(v.OpenAge[0]), number(v.OpenAge[1]), v.OpenAmounts}
	}
	if v.Interval.Known() {
		out.Interval = &[2]float64{v.Interval.Low, v.Interval.High}
	}
	if out.Notes == nil {
		out.Notes = []eventlog.Note{}
	}
	return json.Marshal(out)
}

// String writes v for tests and logs: what it is, and what it was made of.
func (v Value) String() string {
	s := v.KPI.Name
	if v.Period != "" {
		s += " " + v.Period
	}
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
