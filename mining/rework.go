package mining

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
)

// Rework is what was done more than once in the same case.
type Rework struct {
	Cases, Events int64
	ReworkCases   int64            // cases in which any activity occurs more than once
	Extra         int64            // events beyond the first of their activity and case
	Activities    []ReworkActivity // those that repeat; sorted by ReworkCases, descending, then Extra, then Name
	Notes         []eventlog.Note
}

// A ReworkActivity is an activity that occurs more than once in some cases.
type ReworkActivity struct {
	Name        string  `json:"name"`
	Cases       int64   `json:"cases"`         // in which it occurs
	ReworkCases int64   `json:"rework_cases"`  // in which it occurs more than once
	Extra       int64   `json:"extra_events"`  // occurrences beyond the first of each case
	Share       float64 `json:"share"`         // ReworkCases of Cases, 0 to 1
	Direct      int64   `json:"direct_events"` // of Extra: right after the same activity, with nothing between
	Most        int64   `json:"most"`          // occurrences in one case
}

// FindRework counts repetitions in O(Σ|variant|) time.
//
// Law: Extra is, over all activities, Events less the number of cases each
// occurs in; and an activity's Direct is the count of its self-loop in [DFG].
//
// A repetition is a fact, a waste is a judgement: two deliveries of one order
// are two "Post Goods Issue". Direct tells stuttering from coming back, as the
// self-loops and repetitions of Janssenswillen et al., bupaR: Enabling
// reproducible business process analysis, 2019, doi:10.1016/j.knosys.2018.10.018.
func FindRework(s *eventlog.Summary) *Rework {
	out := &Rework{Cases: s.Cases, Events: s.Events, Notes: slices.Clone(s.Notes)}
	for a, o := range occurrences(s) {
		out.Extra += o.extra
		if o.rework == 0 {
			continue
		}
		out.Activities = append(out.Activities, ReworkActivity{
			Name: s.Activities[a], Cases: o.cases, ReworkCases: o.rework, Extra: o.extra,
			Share: ratio(o.rework, o.cases), Direct: o.direct, Most: o.most,
		})
	}
	slices.SortFunc(out.Activities, func(a, b ReworkActivity) int {
		return cmp.Or(cmp.Compare(b.ReworkCases, a.ReworkCases), cmp.Compare(b.Extra, a.Extra), cmp.Compare(a.Name, b.Name))
	})
	seen := make([]int, len(s.Activities)) // variant in which it was seen last, +1
	for i := range s.Variants {
		for _, a := range s.Variants[i].Path {
			if seen[a] == i+1 {
				out.ReworkCases += s.Variants[i].Cases
				break
			}
			seen[a] = i + 1
		}
	}
	return out
}

// MarshalJSON writes r as `millrace mine rework --json` does.
func (r Rework) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Cases       int64            `json:"cases"`
		Events      int64            `json:"events"`
		ReworkCases int64            `json:"rework_cases"`
		Extra       int64            `json:"extra_events"`
		Share       float64          `json:"share"`
		Activities  []ReworkActivity `json:"activities"`
		Notes       []eventlog.Note  `json:"notes"`
	}{r.Cases, r.Events, r.ReworkCases, r.Extra, ratio(r.ReworkCases, r.Cases), list(r.Activities), list(r.Notes)})
}

// String writes one activity a line, and all together last.
func (r *Rework) String() string {
	var out strings.Builder
	for i := range r.Activities {
		a := &r.Activities[i]
		fmt.Fprintf(&out, "%s  again in %d of %d cases (%s), %d extra, %d of them directly, at most %d in a case\n",
			label(a.Name), a.ReworkCases, a.Cases, percent(a.Share), a.Extra, a.Direct, a.Most)
	}
	fmt.Fprintf(&out, "all  %d of %d cases, %d of %d events extra\n", r.ReworkCases, r.Cases, r.Extra, r.Events)
	return out.String()
}
