package xesfile

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// A survey reads as much of a document as it takes to know what its attributes
// mean: some events, and on until every key the user told has been seen and
// some event has an activity. So a key that is not there costs a whole reading,
// which then ends in an error.
type survey struct {
	header header
	traces int64
	events int64
	trace  map[string]kind // keys of traces
	event  map[string]kind // keys of events
	keys   []string        // of events, as they came
	naive  bool            // some time has no zone
}

const (
	surveyed = 100     // events that are looked at in any case
	maxKeys  = 1 << 16 // different keys of a log
)

func newSurvey() *survey {
	return &survey{trace: map[string]kind{}, event: map[string]kind{}}
}

func (s *survey) run(d *document, o ingest.Options) error {
	for {
		p, err := d.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return complete(err, s.traces)
		}
		switch p {
		case traceEnd:
			s.traces++
		case eventEnd:
			s.events++
			if s.events >= surveyed && s.enough(o) {
				return nil
			}
		case attribute:
			if err := s.attribute(d); err != nil {
				return err
			}
		case extension, classifier:
			s.header.take(d, p)
		}
	}
}

func (s *survey) attribute(d *document) error {
	seen := s.event
	switch d.of {
	case inTrace:
		seen = s.trace
	case inGlobal:
		s.header.take(d, attribute)
		return nil
	case inLog:
		return nil
	}
	if d.kind == kindDate {
		if t, ok := parseDate(d.value); ok && !t.zoned {
			s.naive = true
		}
	}
	if len(d.value) == 0 || seen[string(d.key)] != noKind {
		return nil
	}
	if len(seen) >= maxKeys {
		return tooManyKeys(d)
	}
	seen[string(d.key)] = d.kind
	if d.of == inEvent {
		s.keys = append(s.keys, string(d.key))
	}
	return nil
}

func tooManyKeys(d *document) error {
	return d.scan.errorAt(d.scan.at, "more than %d different attribute keys; the last is %s", maxKeys, quote(d.key))
}

// enough reports whether nothing is missing any more.
func (s *survey) enough(o ingest.Options) bool {
	for _, key := range []string{o.Activity, o.Time, o.Start, o.Resource, o.Lifecycle} {
		if told(key) && s.event[key] == noKind {
			return false
		}
	}
	if told(o.Case) && s.trace[o.Case] == noKind {
		return false
	}
	if o.Classifier != "" {
		return s.header.classifier(o.Classifier) != nil
	}
	return o.Activity != "" || s.event[nameKey] != noKind
}

func told(key string) bool { return key != "" && key != none }

// Keys of the standard extensions, and PM4Py's for the start.
const (
	nameKey      = "concept:name"
	instanceKey  = "concept:instance"
	timeKey      = "time:timestamp"
	startKey     = "start_timestamp"
	resourceKey  = "org:resource"
	lifecycleKey = "lifecycle:transition"

	none = "-" // as ingest.Options writes it
)

// Roles are the keys of the attributes that are more than attributes; "" where
// a role is not to be filled.
type roles struct {
	caseID     string
	classifier []string // the keys whose values make the activity
	time       string
	start      string
	startDate  bool // only a date is a start
	resource   string
	lifecycle  string
	instance   string
}

// roles decides on the roles, and says what it decided.
func (s *survey) roles(file string, o ingest.Options) (r roles, found []ingest.Detection, notes []eventlog.Note, err error) {
	if err := s.check(file, o); err != nil {
		return r, nil, nil, err
	}
	pick := func(option, told, usual string, seen map[string]kind) string {
		switch {
		case told == none:
			found = append(found, ingest.Detection{Option: option, Value: none, Told: true})
			return ""
		case told != "":
			found = append(found, ingest.Detection{Option: option, Value: told, Told: true})
			return told
		case seen[usual] != noKind:
			found = append(found, ingest.Detection{Option: option, Value: usual})
		}
		return usual
	}
	r.caseID = pick("case", o.Case, nameKey, s.trace)
	if c := s.fallback(o); c != nil {
		found = append(found, ingest.Detection{Option: "classifier", Value: c.Name})
		notes = append(notes, eventlog.Note{Code: "classifier-activity", Text: fmt.Sprintf(
			"no event has %s; the activity is made by classifier %q of %s", nameKey, c.Name, list(c.Keys))})
		r.classifier = c.Keys
	} else if o.Classifier != "" {
		found = append(found, ingest.Detection{Option: "classifier", Value: o.Classifier, Told: true})
		r.classifier = s.header.classifier(o.Classifier).Keys
	} else {
		r.classifier = []string{pick("activity", o.Activity, nameKey, s.event)}
	}
	r.time = pick("time", o.Time, timeKey, s.event)
	r.startDate = o.Start == ""
	if kind := s.event[startKey]; r.startDate && kind != kindDate {
		r.start = startKey // a date may come later
	} else {
		r.start = pick("start", o.Start, startKey, s.event)
	}
	r.resource = pick("resource", o.Resource, resourceKey, s.event)
	r.lifecycle = pick("lifecycle", o.Lifecycle, lifecycleKey, s.event)
	r.instance = instanceKey
	return r, found, notes, nil
}

// fallback returns the classifier to be used where no event has a name.
func (s *survey) fallback(o ingest.Options) *eventlog.Classifier {
	if o.Activity != "" || o.Classifier != "" || s.event[nameKey] != noKind {
		return nil
	}
	for i := range s.header.classifiers {
		c := &s.header.classifiers[i]
		missing := func(key string) bool { return s.event[key] == noKind }
		if c.Scope == "event" && len(c.Keys) > 0 && !slices.ContainsFunc(c.Keys, missing) {
			return c
		}
	}
	return nil
}

// check says which option asks for what the file does not have.
func (s *survey) check(file string, o ingest.Options) error {
	if o.Classifier != "" {
		if c := s.header.classifier(o.Classifier); c == nil || len(c.Keys) == 0 {
			var names []string
			for _, c := range s.header.classifiers {
				if c.Scope == "event" {
					names = append(names, c.Name)
				}
			}
			return fmt.Errorf("%s: no event classifier %q with keys; the file declares %s", file, o.Classifier, list(names))
		}
	}
	if s.traces > 0 && told(o.Case) && s.trace[o.Case] == noKind {
		return fmt.Errorf("%s: case: no trace has attribute %q; traces have %s", file, o.Case, list(sorted(s.trace)))
	}
	if s.events == 0 {
		return nil
	}
	for _, t := range [][2]string{{"activity", o.Activity}, {"time", o.Time}, {"start", o.Start}, {"resource", o.Resource}, {"lifecycle", o.Lifecycle}} {
		if told(t[1]) && s.event[t[1]] == noKind {
			return fmt.Errorf("%s: %s: no event has attribute %q; events have %s", file, t[0], t[1], list(s.keys))
		}
	}
	return nil
}

func sorted(keys map[string]kind) []string {
	var s []string
	for k := range keys {
		s = append(s, k)
	}
	slices.Sort(s)
	return s
}

// list quotes names for a sentence, the first of them if there are many.
func list(names []string) string {
	const most = 12
	if len(names) == 0 {
		return "none"
	}
	var b strings.Builder
	for i, n := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(n))
	}
	return b.String()
}
