package xesfile

import "millrace/eventlog"

// A part is what a document is made of, as far as a reader of logs cares.
type part uint8

const (
	traceStart part = iota
	traceEnd
	eventStart
	eventEnd
	attribute  // of the log, a trace, an event or a global; its own attributes are in document.tree
	keyless    // an attribute without a key, at any depth; it is left out
	extension  // tag holds it
	classifier // tag holds it
	outside    // an event that is in no trace; its content is left out
)

// A scope is an open element.
type scope uint8

const (
	noScope scope = iota
	inLog
	inTrace
	inEvent
	inGlobal
	inAttribute
	inList // an attribute of type list
	inValues
	inUnknown
)

// A kind is the declared type of an attribute.
type kind uint8

const (
	noKind kind = iota
	kindString
	kindDate
	kindInt
	kindFloat
	kindBoolean
	kindID
	kindList
	kindContainer
)

func (k kind) String() string {
	return [...]string{"", "string", "date", "int", "float", "boolean", "id", "list", "container"}[k]
}

func kindOf(name []byte) kind {
	switch string(name) {
	case "string":
		return kindString
	case "date":
		return kindDate
	case "int":
		return kindInt
	case "float":
		return kindFloat
	case "boolean":
		return kindBoolean
	case "id":
		return kindID
	case "list":
		return kindList
	case "container":
		return kindContainer
	}
	return noKind
}

// A document takes tags and gives the parts of a log.
type document struct {
	scan   *scanner
	open   []scope // of the open elements
	isLog  bool    // the root is <log>
	ocel   bool    // it is one of OCEL
	closes bool    // the part just given is an empty element: its end comes next

	// The attribute that was last given. Slices are valid until the next part.
	of     scope // inLog, inTrace, inEvent or inGlobal
	kind   kind
	key    []byte
	value  []byte
	valued bool  // it has a value, maybe ""
	tree   *tree // it and its own attributes; nil if it has none and is no list or container

	nest        tree
	header      []eventlog.XMLAttribute // of <log>
	globalScope string
	unknown     map[string]int64 // elements left out, by name
}

func newDocument(s *scanner) *document {
	return &document{scan: s, unknown: map[string]int64{}}
}

func (d *document) scope() scope {
	if len(d.open) == 0 {
		return noScope
	}
	return d.open[len(d.open)-1]
}

// next returns the next part. It is io.EOF at the end of a whole log.
func (d *document) next() (part, error) {
	if d.closes {
		d.closes = false
		if d.of == inTrace {
			return traceEnd, nil
		}
		return eventEnd, nil
	}
	for {
		if err := d.scan.next(); err != nil {
			return 0, err
		}
		var p part
		var given bool
		var err error
		if d.scan.tag.end {
			p, given = d.end()
		} else {
			p, given, err = d.start()
		}
		if given || err != nil {
			return p, err
		}
	}
}

func (d *document) start() (_ part, given bool, err error) {
	t := &d.scan.tag
	in := d.scope()
	k := noKind
	if in != noScope && in != inUnknown {
		k = kindOf(t.name)
	}
	if k != noKind {
		return d.startAttribute(in, k)
	}
	switch in {
	case noScope:
		if string(t.name) != "log" {
			return 0, false, d.scan.errorAt(d.scan.at, "the document is <%s>, not <log>: this is not XES", t.name)
		}
		d.isLog = true
		for _, a := range t.attrs {
			d.header = append(d.header, eventlog.XMLAttribute{Name: string(a.name), Value: string(a.value)})
		}
		d.push(inLog)
		return 0, false, nil
	case inUnknown:
		d.push(inUnknown)
		return 0, false, nil
	case inList:
		if string(t.name) == "values" {
			d.push(inValues)
			return 0, false, nil
		}
	case inTrace:
		if string(t.name) == "event" {
			d.of, d.closes = inEvent, t.empty
			d.push(inEvent)
			return eventStart, true, nil
		}
	case inLog:
		if string(t.name) == "global" {
			scope, _ := t.attr("scope")
			d.globalScope = string(scope)
			d.push(inGlobal)
			return 0, false, nil
		}
		if p, given, err := d.startOfLog(); given || err != nil {
			return p, given, err
		}
	}
	d.skip()
	return 0, false, nil
}

// startOfLog takes the children of log that are parts, but no attributes.
func (d *document) startOfLog() (_ part, given bool, err error) {
	t := &d.scan.tag
	switch string(t.name) {
	case "trace":
		d.of, d.closes = inTrace, t.empty
		d.push(inTrace)
		return traceStart, true, nil
	case "event":
		d.push(inUnknown)
		return outside, true, nil
	case "extension":
		d.push(inUnknown)
		return extension, true, nil
	case "classifier":
		d.push(inUnknown)
		return classifier, true, nil
	case "object-types", "event-types", "objects", "events":
		d.ocel = true
		return 0, false, d.scan.errorAt(d.scan.at, "<%s> is of an object-centric log (OCEL), not of XES: read it as ocel", t.name)
	}
	return 0, false, nil
}

// startAttribute takes an attribute of the given kind within in.
func (d *document) startAttribute(in scope, k kind) (_ part, given bool, err error) {
	t := &d.scan.tag
	key, value, valued := []byte(nil), []byte(nil), false
	for i := range t.attrs {
		switch a := &t.attrs[i]; string(a.name) {
		case "key":
			if key == nil {
				key = a.value
			}
		case "value":
			if !valued {
				value, valued = a.value, true
			}
		}
	}
	if len(key) == 0 {
		d.kind = k
		d.push(inUnknown)
		return keyless, true, nil
	}
	if k == kindList || k == kindContainer {
		value, valued = nil, false
	}
	inside := in == inAttribute || in == inList || in == inValues
	if !inside && t.empty && k != kindList && k != kindContainer {
		d.of, d.kind, d.key, d.value, d.valued, d.tree = in, k, key, value, valued, nil
		return attribute, true, nil
	}
	if !inside {
		d.nest.reset()
	}
	d.nest.open(k, key, value, valued, in == inValues)
	if d.nest.size() > d.scan.maxMarkup {
		return 0, false, d.scan.errorAt(d.scan.at, "attribute %s holds more than %d MiB of attributes", quote(d.nest.key(0)), d.scan.maxMarkup>>20)
	}
	if t.empty {
		d.nest.close()
		if !inside {
			d.attribute(in)
			return attribute, true, nil
		}
		return 0, false, nil
	}
	if k == kindList {
		d.push(inList)
	} else {
		d.push(inAttribute)
	}
	return 0, false, nil
}

// attribute makes the whole tree the attribute to be given.
func (d *document) attribute(of scope) {
	root := &d.nest.nodes[0]
	d.of, d.kind, d.valued = of, root.kind, root.valued
	d.key, d.value = d.nest.key(0), d.nest.value(0)
	d.tree = nil
	if root.children.first != 0 || root.values.first != 0 || root.kind == kindList || root.kind == kindContainer {
		d.tree = &d.nest
	}
}

// appendJSON appends the attribute last given, whole, as [eventlog.XESRest]
// has it.
func (d *document) appendJSON(dst []byte) []byte {
	t := d.tree
	if t == nil {
		t = &d.nest
		t.reset()
		t.open(d.kind, d.key, d.value, d.valued, false)
		t.close()
	}
	return t.appendJSON(dst, true)
}

func (d *document) end() (_ part, given bool) {
	closed := d.scope()
	d.open = d.open[:len(d.open)-1]
	switch closed {
	case inTrace:
		return traceEnd, true
	case inEvent:
		return eventEnd, true
	case inAttribute, inList:
		d.nest.close()
		if in := d.scope(); in != inAttribute && in != inList && in != inValues {
			d.attribute(in)
			return attribute, true
		}
	}
	return 0, false
}

func (d *document) push(s scope) {
	if !d.scan.tag.empty {
		d.open = append(d.open, s)
	}
}

// skip leaves out the element that starts, and all in it.
func (d *document) skip() {
	const most = 100
	if name := d.scan.tag.name; len(d.unknown) < most || d.unknown[string(name)] > 0 {
		d.unknown[string(name)]++
	}
	d.push(inUnknown)
}
