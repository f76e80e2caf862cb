package mining

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
)

// FindBottlenecks ranks the waits of s by their total, ties by name, in
// O(arcs log arcs) time. v is what [WaitingValue] folded over the log that s
// summarizes; nil if cases have no value.
//
// What stands at a wait on average is, for each currency, the sum of (value of
// the case × its wait) divided by Period. That is Little's law with value in
// place of number: L = λW (Little, A proof for the queuing formula, 1961,
// doi:10.1287/opre.9.3.383). The sum is exact; the one division rounds to the
// nearest ten-thousandth, halves away from zero. So neither the number of
// workers nor the order of the cases shows.
//
// A wait is elapsed time, or working time if s is so, while Value is by elapsed
// time always: money is bound at night too. Overlaps and steps without times are no waits. It
// ends when the next event begins: a case that still waits when the log ends
// is not in it.
//
// Laws: Share adds up to 1 if anything waits at all; if every case is worth 1,
// Value is Total ÷ Period for every wait.
func FindBottlenecks(s *eventlog.Summary, v *ValueWaiting) *Bottlenecks {
	b := &Bottlenecks{Clock: clockOf(s), Notes: slices.Clone(s.Notes)}
	if s.First != eventlog.NoTime && s.Last != eventlog.NoTime {
		b.Period = s.Last - s.First
	}
	unknown := 0
	for i := range s.Arcs {
		arc := &s.Arcs[i]
		if arc.Wait.N == 0 {
			unknown++
			continue
		}
		b.Waits = append(b.Waits, Wait{
			From: s.Activities[arc.From], To: s.Activities[arc.To],
			Cases: arc.Cases, Count: arc.Count, Wait: &arc.Wait,
		})
	}
	slices.SortFunc(b.Waits, func(x, y Wait) int {
		return cmp.Or(cmp.Compare(y.Wait.Total(), x.Wait.Total()), cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	for i := range b.Waits {
		b.Total += b.Waits[i].Wait.Total()
	}
	if b.Total > 0 {
		for i := range b.Waits {
			b.Waits[i].Share = b.Waits[i].Wait.Total() / b.Total
		}
	}
	b.Notes = append(b.Notes, waitNotes(s)...)
	if unknown > 0 {
		b.Notes = append(b.Notes, eventlog.Note{Code: "no-waits",
			Text: fmt.Sprintf("%d of %d pairs of activities have no wait that is known; they are not ranked.", unknown, len(s.Arcs))})
	}
	b.addValues(v)
	if v != nil && s.Working {
		b.Notes = append(b.Notes, eventlog.Note{Code: "value-elapsed", Text: "Value waiting is by elapsed time: money is bound at night too."})
	}
	return b
}

func (b *Bottlenecks) addValues(v *ValueWaiting) {
	if v == nil {
		return
	}
	if v.valued < v.cases {
		b.Notes = append(b.Notes, eventlog.Note{Code: "no-value",
			Text: fmt.Sprintf("%d of %d cases have no value; they are in no value waiting.", v.cases-v.valued, v.cases)})
	}
	if b.Period == 0 {
		return
	}
	values, clipped := v.average(b.Period)
	for i := range b.Waits {
		w := &b.Waits[i]
		w.Value = values[[2]string{w.From, w.To}]
	}
	if clipped {
		b.Notes = append(b.Notes, eventlog.Note{Code: "value-too-large",
			Text: "A value waiting is too large to be written and stands as the largest amount there is; are the values of the cases right?"})
	}
}

// MarshalJSON writes b as `millrace mine bottlenecks --json` does; durations
// are in seconds.
func (b Bottlenecks) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Waits  []Wait          `json:"waits"`
		Notes  []eventlog.Note `json:"notes"`
		Total  *float64        `json:"total_s"`
		Period *float64        `json:"period_s"`
		Clock  string          `json:"clock,omitempty"`
	}{list(b.Waits), list(b.Notes), inSeconds(b.Total), inSeconds(float64(b.Period)), b.Clock})
}

// MarshalJSON writes one element of "waits".
func (w Wait) MarshalJSON() ([]byte, error) {
	s := secondsOf(w.Wait)
	overlaps, overlap, missing := unmeasured(w.Wait)
	return json.Marshal(struct {
		From     string   `json:"from"`
		To       string   `json:"to"`
		Cases    int64    `json:"cases"`
		Total    *float64 `json:"total_s"`
		Median   *float64 `json:"median_s"`
		P95      *float64 `json:"p95_s"`
		Share    float64  `json:"share"`
		Value    []Money  `json:"value_waiting"`
		Count    int64    `json:"count"`
		Mean     *float64 `json:"mean_s"`
		Min      *float64 `json:"min_s"`
		Max      *float64 `json:"max_s"`
		Overlaps int64    `json:"overlaps"`
		Overlap  float64  `json:"overlap_s"`
		Missing  int64    `json:"missing"`
	}{w.From, w.To, w.Cases, s.total, s.median, s.p95, w.Share, list(w.Value), w.Count, s.mean, s.min, s.max, overlaps, overlap, missing})
}

// String writes one wait a line, the longest in total first.
func (b *Bottlenecks) String() string {
	var out strings.Builder
	for i := range b.Waits {
		w := &b.Waits[i]
		fmt.Fprintf(&out, "%s → %s  %s of all waiting, total %s, %s", label(w.From), label(w.To),
			percent(w.Share), span(w.Wait.Total()), measured(w.Wait))
		for _, m := range w.Value {
			fmt.Fprintf(&out, ", %s waiting", m)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
