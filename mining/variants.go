package mining

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
)

// FindVariants lists the variants of s: which ways cases take, and how long
// each takes. It takes O(Σ|variant|) time.
//
// Laws: the Cases of the variants add up to Cases; Cumulative grows from the
// first Share to 1.
//
// The order is that of the Summary: more cases first, then by activities. The
// notion is the "trace variant" of van der Aalst, Process Mining: Data Science
// in Action, 2nd ed. 2016, §5.2, doi:10.1007/978-3-662-49851-4.
func FindVariants(s *eventlog.Summary) *Variants {
	out := &Variants{
		Cases: s.Cases, Events: s.Events, Count: len(s.Variants),
		Variants:     make([]Variant, len(s.Variants)),
		CaseDuration: &s.CaseDuration,
		Clock:        clockOf(s),
		Notes:        slices.Clone(s.Notes),
	}
	var seen int64
	for i := range s.Variants {
		from := &s.Variants[i]
		seen += from.Cases
		v := Variant{
			Activities: make([]string, len(from.Path)),
			Cases:      from.Cases,
			Share:      ratio(from.Cases, s.Cases),
			Cumulative: ratio(seen, s.Cases),
			Duration:   &from.Duration,
		}
		for j, a := range from.Path {
			v.Activities[j] = s.Activities[a]
		}
		out.Variants[i] = v
	}
	return out
}

// Top returns v with the n most frequent variants only, and a note that says
// how many are not listed. Every other figure stays that of the whole log.
func (v *Variants) Top(n int) *Variants {
	out := *v
	if n = max(n, 0); n >= len(v.Variants) {
		return &out
	}
	share := 0.0
	if n > 0 {
		share = v.Variants[n-1].Cumulative
	}
	out.Variants = v.Variants[:n:n]
	out.Notes = append(slices.Clone(v.Notes), eventlog.Note{Code: "variants-left-out",
		Text: fmt.Sprintf("%d of %d variants, with %s of the cases, are not listed.", v.Count-n, v.Count, percent(1-share))})
	return &out
}

// MarshalJSON writes v as `millrace mine variants --json` does; durations are
// in seconds, null where no case has the times for one.
func (v Variants) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Cases        int64           `json:"cases"`
		Events       int64           `json:"events"`
		Variants     []Variant       `json:"variants"`
		Notes        []eventlog.Note `json:"notes"`
		VariantCount int             `json:"variant_count"`
		CaseDuration durationsJSON   `json:"case_duration"`
		Clock        string          `json:"clock,omitempty"`
	}{v.Cases, v.Events, list(v.Variants), list(v.Notes), v.Count, toJSON(v.CaseDuration), v.Clock})
}

// MarshalJSON writes one element of "variants".
func (v Variant) MarshalJSON() ([]byte, error) {
	s := secondsOf(v.Duration)
	overlaps, _, missing := unmeasured(v.Duration)
	return json.Marshal(struct {
		Activities []string `json:"activities"`
		Cases      int64    `json:"cases"`
		Share      float64  `json:"share"`
		Median     *float64 `json:"median_s"`
		P95        *float64 `json:"p95_s"`
		Cumulative float64  `json:"cumulative"`
		Mean       *float64 `json:"mean_s"`
		Min        *float64 `json:"min_s"`
		Max        *float64 `json:"max_s"`
		Total      *float64 `json:"total_s"`
		Overlaps   int64    `json:"overlaps"`
		Missing    int64    `json:"missing"`
	}{list(v.Activities), v.Cases, v.Share, s.median, s.p95, v.Cumulative, s.mean, s.min, s.max, s.total, overlaps, missing})
}

// String writes one variant a line: cases, their share and that of all lines
// so far, the path, how long it takes.
func (v *Variants) String() string {
	var out strings.Builder
	for i := range v.Variants {
		x := &v.Variants[i]
		names := make([]string, 0, len(x.Activities)+2)
		names = append(names, startSign)
		for _, a := range x.Activities {
			names = append(names, label(a))
		}
		fmt.Fprintf(&out, "%d  %s  %s  %s", x.Cases, percent(x.Share), percent(x.Cumulative), strings.Join(append(names, endSign), " → "))
		if m := measured(x.Duration); m != "" {
			out.WriteString("  " + m)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
