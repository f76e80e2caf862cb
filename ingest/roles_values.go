package ingest

import (
	"strconv"
	"strings"
)

// valueStats is what the sampled values of a column say about its role.
type valueStats struct {
	seen      int // values that are not blank
	distinct  int
	times     bool // most are times
	integers  bool // all are
	numbers   bool // all are
	lifecycle bool // all are transitions of the standard life cycle
}

// few is how many values it takes before they have a say.
const few = 12

func (g *guess) stats(s *Sample, o Options) valueStats {
	v := valueStats{integers: true, numbers: true, lifecycle: true}
	different := map[string]struct{}{}
	for _, text := range s.Values {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		v.seen++
		if _, ok := different[text]; ok {
			continue
		}
		different[text] = struct{}{}
		if v.integers {
			_, err := strconv.ParseInt(text, 10, 64)
			v.integers = err == nil
		}
		if v.numbers {
			_, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
			v.numbers = err == nil
		}
		v.lifecycle = v.lifecycle && transition(text)
	}
	v.distinct = len(different)
	switch {
	case v.seen == 0:
		v.integers, v.numbers, v.lifecycle = false, false, false
		v.times = s.Time
	case s.Time:
		v.times = true
	case s.Clock: // and where not all are marked, more are written
		iso := isoFormat(g.loc)
		v.times = iso.share(s.Values) > 0.2
	case o.TimeLayout != "":
		f := NewTimeFormat(o.TimeLayout, g.loc)
		v.times = f.share(s.Values) > 0.5 && (f.order != serial || f.recent(s.Values))
	}
	if !v.times && v.seen > 0 {
		f, share := DetectTime(s.Name, s.Values, g.loc)
		v.times = f != nil && share > 0.5
	}
	return v
}

// share returns how many of the values that are not missing it can parse.
func (f *TimeFormat) share(values []string) float64 {
	seen, good := 0, 0
	for _, v := range values {
		if MissingTime([]byte(v)) {
			continue
		}
		seen++
		if _, _, ok := f.Parse([]byte(v)); ok {
			good++
		}
	}
	return float64(good) / float64(max(seen, 1))
}

// recent says whether all times are after 1950: any number is a day to Excel.
func (f *TimeFormat) recent(values []string) bool {
	for _, v := range values {
		if us, _, ok := f.Parse([]byte(v)); ok && us < -20*365*24*3600*1e6 {
			return false
		}
	}
	return true
}

// transition says whether text is one of the standard transactional life cycle
// of XES (IEEE 1849-2016, §7.4) or what tools write for it.
func transition(text string) bool {
	switch strings.ToLower(text) {
	case "schedule", "assign", "withdraw", "reassign", "start", "suspend", "resume", "pi_abort", "ate_abort", "complete",
		"autoskip", "manualskip", "unknown", "end", "started", "completed", "begin", "finish", "abort":
		return true
	}
	return false
}

const (
	valuesAgree    = 20 // the values look like the role's
	valuesDisagree = 40 // they do not
)

// weigh corrects the points of a name by what the values say.
func (v *valueStats) weigh(r role, points int) int {
	if points == noName {
		return noName
	}
	enough := v.seen >= few
	switch r {
	case caseRole:
		switch {
		case v.times:
			return noName
		case points == xesName || !enough:
		case v.distinct == 1 || v.distinct == v.seen || v.distinct*4 > v.seen*3:
			points -= valuesDisagree
		case v.distinct*50 >= v.seen:
			points += valuesAgree
		}
	case activityRole:
		switch {
		case v.times:
			return noName
		case points == xesName:
		case v.lifecycle:
			points -= valuesDisagree
		case enough && v.numbers && v.distinct*2 <= v.seen && points == ownName: // activities may be numbered
		case enough && (v.numbers || v.distinct == v.seen):
			points -= valuesDisagree
		case enough && v.distinct == 1 && points < ownName: // a process has more than one; a flag has not
			points -= valuesDisagree
		case enough && v.distinct <= 200 && v.distinct*2 <= v.seen:
			points += valuesAgree
		}
	case timeRole, startRole:
		switch {
		case v.times:
			points += valuesAgree
		case v.seen > 0 && points < ownName:
			return noName
		case v.seen > 0:
			points -= valuesDisagree
		}
	case lifecycleRole:
		if points <= usualName && !v.lifecycle {
			return noName
		}
	case sequenceRole:
		if !v.integers {
			return noName
		}
	case resourceRole:
		if v.times || enough && v.distinct == v.seen && points < xesName {
			return noName
		}
	}
	if enough && points == vagueName && (r == caseRole || r == activityRole) {
		return noName
	}
	return points
}
