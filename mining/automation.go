package mining

import "millrace/eventlog"

// Automation says who does an activity.
type Automation struct {
	Events    int64 // occurrences
	Automatic int64 // done by no person: a bot, an interface, a scheduler, or from outside
	Unknown   int64 // nobody knows by whom
}

// Share returns which part of the occurrences whose actor is known was
// automatic, 0 to 1; false if none is known.
func (a Automation) Share() (float64, bool) {
	known := a.Events - a.Unknown
	if known <= 0 {
		return 0, false
	}
	return ratio(a.Automatic, known), true
}

// FindAutomation counts by activity, in O(Σ|variant|) time: all is the summary
// of a log, people and unknown those of what is left of it by people, and by
// actors nobody knows. Activities of which no actor is known are not in it.
func FindAutomation(all, people, unknown *eventlog.Summary) map[string]Automation {
	events := func(s *eventlog.Summary) map[string]int64 {
		out := map[string]int64{}
		for a, o := range occurrences(s) {
			out[s.Activities[a]] = o.events
		}
		return out
	}
	byPeople, byUnknown := events(people), events(unknown)
	out := map[string]Automation{}
	for name, n := range events(all) {
		a := Automation{Events: n, Unknown: byUnknown[name]}
		a.Automatic = n - byPeople[name] - a.Unknown
		if _, ok := a.Share(); ok {
			out[name] = a
		}
	}
	return out
}
