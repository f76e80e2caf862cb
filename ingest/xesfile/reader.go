package xesfile

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/ingest"
)

// A reader puts the parts of a document together to batches.
type reader struct {
	doc    *document
	roles  roles
	clock  clock
	all    bool // attributes too
	emit   func(*eventlog.Batch) error
	header header

	keys      keyring // of events
	traceKeys keyring
	batch     rows
	bytes     int  // of attributes in the batch
	inPiece   bool // the batch is that of a piece, whatever its size
	codes     codes

	// The trace and the event that are being read, and their ordinals.
	traces   int64
	id       string // of the case
	named    bool   // id is known
	firstRow int    // of the trace's events in the batch
	events   int64
	event    event

	rest      []byte // what columns do not say of the event, and of the trace:
	traceRest []byte // members of a list of JSON
	caseSeen  bool   // the trace has an attribute of the case's key

	activity  dictionary
	resources dictionary
	words     dictionary // lifecycles and instances
	scratch   []byte

	done     int64 // traces that were whole
	rejects  []eventlog.Reject
	rejected int64

	unnamed, missing, textTimes, twice int64 // for notes
}

// An event is what its roles said so far.
type event struct {
	line      int64
	activity  []string // values of the classifier's keys; only the first if it has one
	active    bool     // some of them is not empty
	time      int64
	start     int64
	day       bool
	textTime  bool
	resource  string
	lifecycle string
	instance  string
	keys      []*key
	reject    eventlog.Reject
}

// run reads the document to its end.
func (r *reader) run() error {
	for {
		p, err := r.doc.next()
		if err == io.EOF {
			return r.flush(true)
		}
		if err == errPieceEnd {
			return err
		}
		if err != nil {
			return complete(err, r.done)
		}
		switch p {
		case attribute:
			err = r.attribute()
		case eventStart:
			r.startEvent()
		case eventEnd:
			err = r.endEvent()
		case traceStart:
			r.startTrace()
		case traceEnd:
			err = r.endTrace()
		case keyless:
			s := r.doc.scan
			r.reject(eventlog.Reject{
				Place:  fmt.Sprintf("%s:%d", s.file, s.lineAt(s.at)),
				Reason: fmt.Sprintf("attribute <%s> has no key; it was left out", r.doc.kind),
			})
		case outside:
			r.events++
			s := r.doc.scan
			r.reject(eventlog.Reject{
				Place:  fmt.Sprintf("%s:%d: event %d", s.file, s.lineAt(s.at), r.events),
				Reason: "the event is in no trace, so it has no case",
			})
		default:
			r.header.take(r.doc, p)
		}
		if err != nil {
			return err
		}
	}
}

// complete says how much of a log was whole before err.
func complete(err error, traces int64) error {
	return fmt.Errorf("%w; traces complete before that: %d", err, traces)
}

func (r *reader) startTrace() {
	r.traces++
	r.id, r.named = "", false
	r.caseSeen, r.traceRest = false, r.traceRest[:0]
	r.firstRow = r.batch.Len()
	r.traceKeys.turn++
	r.traceKeys.at = 0
}

func (r *reader) endTrace() error {
	if !r.named {
		r.id = fmt.Sprintf("#%d", r.traces)
		r.named = true
		r.unnamed++
	}
	r.nameRows()
	if r.all {
		if !r.caseSeen {
			r.traceRest = append(comma(r.traceRest), `{"absent":true,"key":`...)
			r.traceRest = append(appendString(r.traceRest, []byte(r.roles.caseID)), '}')
		}
		r.takeRest(&r.traceKeys, len(r.batch.CaseIDs), r.traceRest)
	}
	r.batch.CaseIDs = append(r.batch.CaseIDs, r.id)
	r.done++
	if n := max(r.batch.Len(), len(r.batch.CaseIDs)); n >= batchCases && !r.inPiece || r.full(n) {
		return r.flush(true)
	}
	return nil
}

func (r *reader) startEvent() {
	r.events++
	e := &r.event
	clear(e.activity)
	*e = event{activity: e.activity, keys: e.keys[:0], time: noTime, start: noTime}
	r.rest = r.rest[:0]
	e.line = r.doc.scan.lineAt(r.doc.scan.at)
	r.keys.turn++
	r.keys.at = 0
}

// endEvent takes the event, or rejects it and takes its attributes back.
func (r *reader) endEvent() error {
	e := &r.event
	if !e.active && e.reject.Reason == "" {
		e.reject = eventlog.Reject{Column: strings.Join(r.roles.classifier, "+"), Reason: r.whyInactive()}
	}
	if e.reject.Reason != "" {
		for _, k := range e.keys {
			k.drop(r.batch.Len())
		}
		name := r.id
		if !r.named {
			name = fmt.Sprintf("#%d", r.traces)
		}
		e.reject.Place = fmt.Sprintf("%s:%d: event %d (trace %q)", r.doc.scan.file, e.line, r.events, name)
		r.reject(e.reject)
		return nil
	}
	r.takeRest(&r.keys, r.batch.Len(), r.rest)
	r.batch.add(e, r.label(), r.events)
	if e.time == noTime {
		r.missing++
	}
	if e.textTime {
		r.textTimes++
	}
	// Events of a trace whose name is yet to come have to wait for it.
	if r.named && r.full(r.batch.Len()) {
		return r.flush(false)
	}
	return nil
}

// label joins the values of the classifier's keys. One that is missing is
// empty, as in OpenXES (XEventAttributeClassifier.getClassIdentity).
func (r *reader) label() string {
	e := &r.event
	if len(e.activity) == 1 {
		return e.activity[0]
	}
	r.scratch = r.scratch[:0]
	for i, v := range e.activity {
		if i > 0 {
			r.scratch = append(r.scratch, '+')
		}
		r.scratch = append(r.scratch, v...)
	}
	return r.activity.get(r.scratch)
}

func (r *reader) whyInactive() string {
	var has []string
	for _, k := range r.event.keys {
		has = append(has, k.name)
	}
	return fmt.Sprintf("the event has no activity: no value of %s; it has %s", list(r.roles.classifier), list(has))
}

func (r *reader) reject(why eventlog.Reject) {
	if r.rejected++; r.rejected <= ingest.MaxRejects {
		r.rejects = append(r.rejects, why)
	}
}

// attribute takes the attribute the document gives.
func (r *reader) attribute() error {
	d := r.doc
	ring := &r.traceKeys
	switch d.of {
	case inLog, inGlobal:
		r.header.take(d, attribute)
		return nil
	case inEvent:
		ring = &r.keys
	}
	k := ring.get(d.key)
	if k == nil {
		if len(ring.known) >= maxKeys {
			return tooManyKeys(d)
		}
		k = ring.add(string(d.key))
		r.assign(k, d.of)
	}
	if k.turn == ring.turn {
		r.twice++ // the first one holds
		r.addRest(d.of, true)
		return nil
	}
	if k.turn == 0 {
		k.kind = d.kind
	}
	k.turn = ring.turn
	row, consumed, exact := len(r.batch.CaseIDs), false, true
	if d.of == inEvent {
		row = r.batch.Len()
		r.event.keys = append(r.event.keys, k)
		if k.role != 0 {
			consumed, exact = r.fill(k)
		}
	} else if k.role&asCase != 0 {
		consumed, exact = true, d.kind == kindString && len(d.value) > 0
		r.caseSeen = true
		if len(d.value) > 0 {
			r.id, r.named = string(d.value), true
		}
	}
	if !r.all {
		return nil
	}
	if k.name == eventlog.XESRest {
		r.addRest(d.of, false)
		return nil
	}
	empty := len(d.value) == 0 && d.kind != kindString && d.kind != kindID // no number is ""
	list := d.kind == kindList || d.kind == kindContainer
	switch {
	case list:
		r.scratch = d.tree.appendJSON(r.scratch[:0], false)
		r.bytes += ring.column(k, true).add(row, d.kind, r.scratch)
	case d.valued && !consumed && !empty:
		r.bytes += ring.column(k, false).add(row, d.kind, d.value)
	}
	if !consumed {
		exact = d.kind == k.kind && (list || d.valued && !empty) && !(d.kind == kindInt && len(d.value) > maxExact)
	}
	if !exact || d.tree != nil && !list {
		r.addRest(d.of, false)
	}
	return nil
}

// maxExact is how many digits an integer has at most that a float can hold; a
// store may keep it as one, beside others.
const maxExact = 15

// addRest keeps the whole attribute as it is beside the columns. again says
// that it comes in addition to one with the same key.
func (r *reader) addRest(of scope, again bool) {
	if !r.all {
		return
	}
	to := &r.traceRest
	if of == inEvent {
		to = &r.rest
	}
	b := comma(*to)
	start := len(b)
	b = r.doc.appendJSON(b)
	if again {
		b = slices.Insert(b, start+1, []byte(`"again":true,`)...)
	}
	*to = b
}

// takeRest puts the rest of a row into its column.
func (r *reader) takeRest(ring *keyring, row int, rest []byte) {
	if len(rest) == 0 {
		return
	}
	r.scratch = append(append(append(r.scratch[:0], '['), rest...), ']')
	r.bytes += ring.restColumn().add(row, kindList, r.scratch)
}

func comma(list []byte) []byte {
	if len(list) == 0 {
		return list
	}
	return append(list, ',')
}

// assign gives a new key its roles.
func (r *reader) assign(k *key, of scope) {
	if of == inTrace {
		if k.name == r.roles.caseID {
			k.role = asCase
		}
		return
	}
	for i, name := range r.roles.classifier {
		if name == k.name {
			k.role |= asActivity
			k.class = append(k.class, i)
		}
	}
	for _, x := range []struct {
		name string
		role role
	}{
		{r.roles.time, asTime}, {r.roles.start, asStart}, {r.roles.resource, asResource},
		{r.roles.lifecycle, asLifecycle}, {r.roles.instance, asInstance},
	} {
		if x.name == k.name {
			k.role |= x.role
		}
	}
}

// fill takes an attribute of an event for its roles. It reports whether that
// was all there is to it, and whether the roles then say all of its value.
func (r *reader) fill(k *key) (consumed, exact bool) {
	d, e := r.doc, &r.event
	text := d.kind == kindString && len(d.value) > 0
	exact = text
	if k.role&asActivity != 0 {
		v := r.activity.get(d.value)
		for _, i := range k.class {
			e.activity[i] = v
		}
		e.active = e.active || v != ""
		// One key of many is still worth having by itself.
		consumed = len(e.activity) == 1
	}
	if k.role&asTime != 0 {
		consumed = true
		t := r.time(k)
		e.time, e.day, e.textTime = t.micros, t.day, t.text
		exact = d.kind == kindDate && t.micros != noTime && !t.day
	}
	if k.role&asStart != 0 && (d.kind == kindDate || !r.roles.startDate) {
		consumed = true
		t := r.time(k)
		e.start = t.micros
		exact = d.kind == kindDate && t.micros != noTime && !t.day
	}
	if k.role&asResource != 0 {
		consumed = true
		e.resource = r.resources.get(d.value)
	}
	if k.role&asLifecycle != 0 {
		consumed = true
		e.lifecycle = r.words.get(d.value)
	}
	if k.role&asInstance != 0 {
		consumed = true
		e.instance = r.words.get(d.value)
	}
	return consumed, exact
}

// time reads the value of k as a time; one that cannot be read rejects the
// event.
func (r *reader) time(k *key) reading {
	d := r.doc
	if len(d.value) == 0 {
		return reading{micros: noTime}
	}
	t, ok := r.clock.read(d.value, d.kind)
	if !ok {
		if r.event.reject.Reason == "" {
			r.event.reject = eventlog.Reject{Column: k.name, Reason: fmt.Sprintf("%s is not a time; %s", quote(d.value), r.clock.want())}
		}
		return reading{micros: noTime}
	}
	return t
}
