package xesfile

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The judge is a slow, obvious reader of XES: encoding/xml makes a tree of the
// whole document, and plain loops look for what they need. It knows default
// options only.

type element struct {
	name     string
	attrs    []xml.Attr
	children []*element
}

func (e *element) attr(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// parse makes a tree of a document with one root, nothing else beside it, and
// no more depth than we read.
func parse(text []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte(bomUTF8))))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var root *element
	var open []*element
	for {
		t, err := d.Token()
		if err == io.EOF {
			if root == nil {
				return nil, errors.New("no root")
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, attrs: t.Copy().Attr}
			switch {
			case len(open) >= maxDepth:
				return nil, errors.New("too deep")
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			case root != nil:
				return nil, errors.New("a second root")
			default:
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 && strings.Trim(string(t), " \t\r\n") != "" {
				return nil, errors.New("text outside of the root")
			}
		}
	}
}

type judgedValue struct {
	kind, text string
	valued     bool
	nested     *judgedNode // nil if none
	rest       string
}

type judgedNode struct {
	Again    bool          `json:"again,omitempty"`
	Children []*judgedNode `json:"children,omitempty"`
	Key      string        `json:"key,omitempty"`
	Type     string        `json:"type"`
	Value    *string       `json:"value,omitempty"`
	Values   []*judgedNode `json:"values,omitempty"`
}

type judgedEvent struct {
	caseID, activity, resource, lifecycle, instance string
	time, start                                     int64
	day                                             bool
	attrs                                           map[string]judgedValue
}

type judgedCase struct {
	id    string
	attrs map[string]judgedValue
}

type judgement struct {
	kinds   map[string]string // of the first value of each key of traces and events
	cases   []judgedCase
	events  []judgedEvent
	rejects int64
	keyless int64
}

var kinds = []string{"string", "date", "int", "float", "boolean", "id", "list", "container"}

// judge reads a log. It is an error if the document is no XML, or no log.
func judge(text []byte) (*judgement, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if root.name != "log" {
		return nil, fmt.Errorf("root is %s", root.name)
	}
	for _, e := range root.children {
		if slices.Contains([]string{"object-types", "event-types", "objects", "events"}, e.name) {
			return nil, errors.New("OCEL")
		}
	}
	j := &judgement{kinds: map[string]string{}}
	j.attributes(root)
	activity := judgedActivity(root)
	for _, e := range root.children {
		switch e.name {
		case "event":
			j.rejects++
		case "global":
			j.attributes(e)
		case "trace":
			j.trace(e, len(j.cases)+1, activity)
		}
	}
	j.rejects += j.keyless
	return j, nil
}

// judgedActivity returns the keys that make the activity.
func judgedActivity(root *element) []string {
	seen := map[string]bool{}
	for _, t := range root.children {
		for _, e := range t.children {
			for _, a := range e.children {
				key, _ := a.attr("key")
				if v, _ := a.attr("value"); t.name == "trace" && e.name == "event" && v != "" &&
					slices.Contains(kinds[:6], a.name) {
					seen[key] = true
				}
			}
		}
	}
	if seen["concept:name"] {
		return []string{"concept:name"}
	}
	globals := map[string]bool{}
	for _, c := range root.children {
		scope, _ := c.attr("scope")
		if c.name == "global" {
			for _, a := range c.children {
				if key, _ := a.attr("key"); slices.Contains(kinds, a.name) && key != "" {
					globals[scope+" "+key] = true
				}
			}
		}
		if c.name != "classifier" || scope != "" && scope != "event" {
			continue
		}
		text, _ := c.attr("keys")
		keys := judgedKeys(text)
		if globals["event "+text] {
			keys = []string{text}
		}
		if len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return !seen[k] }) {
			return keys
		}
	}
	return []string{"concept:name"}
}

var classifierKey = regexp.MustCompile(`'[^']*'|[^ \t\r\n]+`)

func judgedKeys(text string) []string {
	keys := classifierKey.FindAllString(text, -1)
	for i, k := range keys {
		if len(k) > 1 && k[0] == '\'' && k[len(k)-1] == '\'' && strings.Count(k, "'") == 2 {
			keys[i] = k[1 : len(k)-1]
		}
	}
	return keys
}

func (j *judgement) trace(t *element, ordinal int, activity []string) {
	c := judgedCase{id: fmt.Sprintf("#%d", ordinal), attrs: j.attributes(t)}
	name, named := c.attrs["concept:name"]
	if name.text != "" {
		c.id = name.text
	}
	rest := j.rest(t, func(key string, v judgedValue) (role, exact bool) {
		return key == "concept:name", v.kind == "string" && v.text != ""
	})
	if !named {
		rest = append(rest, `{"absent":true,"key":"concept:name"}`)
	}
	forget(c.attrs, "concept:name")
	keep(c.attrs, rest)
	j.cases = append(j.cases, c)
	for _, e := range t.children {
		if e.name == "event" {
			j.event(e, c.id, activity)
		}
	}
}

// rest is what of the attributes of e is said whole, as the columns do not say
// all of them.
func (j *judgement) rest(e *element, role func(key string, v judgedValue) (role, exact bool)) []string {
	var rest []string
	defer func(n int64) { j.keyless = n }(j.keyless) // counted already
	seen := map[string]bool{}
	for _, a := range e.children {
		key, _ := a.attr("key")
		if !slices.Contains(kinds, a.name) || key == "" {
			continue
		}
		n := j.node(a)
		v := judgedValue{kind: a.name}
		if n.Value != nil {
			v.text, v.valued = *n.Value, true
		}
		place := e.name + " " + key
		if j.kinds[place] == "" {
			j.kinds[place] = a.name
		}
		isList := a.name == "list" || a.name == "container"
		isRole, exact := role(key, v)
		if !isRole {
			hasValue := v.valued && (v.text != "" || a.name == "string" || a.name == "id")
			exact = a.name == j.kinds[place] && (isList || hasValue) && !(a.name == "int" && len(v.text) > maxExact)
		}
		n.Again = seen[key]
		if n.Again || !exact || !isList && len(n.Children)+len(n.Values) > 0 || key == "xes:rest" {
			rest = append(rest, n.String())
		}
		seen[key] = true
	}
	return rest
}

// keep puts the rest of a row among its attributes.
func keep(attrs map[string]judgedValue, rest []string) {
	delete(attrs, "xes:rest")
	if len(rest) > 0 {
		attrs["xes:rest"] = judgedValue{kind: "list", rest: "[" + strings.Join(rest, ",") + "]"}
	}
}

// forget leaves of an attribute with a role only what is nested.
func forget(attrs map[string]judgedValue, key string) {
	if v, ok := attrs[key]; ok {
		v.valued = false
		attrs[key] = v
		if v.nested == nil {
			delete(attrs, key)
		}
	}
}

func (j *judgement) event(e *element, caseID string, activity []string) {
	attrs := j.attributes(e)
	ev := judgedEvent{caseID: caseID, attrs: attrs}
	rest := j.rest(e, func(key string, v judgedValue) (role, exact bool) {
		text := v.kind == "string" && v.text != ""
		switch {
		case key == "time:timestamp", key == "start_timestamp" && v.kind == "date":
			_, day, ok := judgedTime(v)
			return true, v.kind == "date" && ok && !day
		case slices.Contains([]string{"org:resource", "lifecycle:transition", "concept:instance"}, key), len(activity) == 1 && key == activity[0]:
			return true, text
		}
		return false, false
	})
	var labels []string
	for _, key := range activity {
		labels = append(labels, attrs[key].text)
	}
	ev.activity = strings.Join(labels, "+")
	ok := strings.Join(labels, "") != ""
	ev.time, ev.start = noTime, noTime
	if v := attrs["time:timestamp"]; v.text != "" {
		var good bool
		ev.time, ev.day, good = judgedTime(v)
		ok = ok && good
	}
	if v := attrs["start_timestamp"]; v.kind == "date" {
		if v.text != "" {
			var good bool
			ev.start, _, good = judgedTime(v)
			ok = ok && good
		}
		forget(attrs, "start_timestamp")
	}
	ev.resource, ev.lifecycle, ev.instance = attrs["org:resource"].text, attrs["lifecycle:transition"].text, attrs["concept:instance"].text
	for _, key := range []string{"time:timestamp", "org:resource", "lifecycle:transition", "concept:instance"} {
		forget(attrs, key)
	}
	if len(activity) == 1 {
		forget(attrs, activity[0])
	}
	if !ok {
		j.rejects++
		return
	}
	keep(attrs, rest)
	j.events = append(j.events, ev)
}

// attributes returns the attributes of e, the first of each key.
func (j *judgement) attributes(e *element) map[string]judgedValue {
	attrs := map[string]judgedValue{}
	for _, a := range e.children {
		if !slices.Contains(kinds, a.name) {
			continue
		}
		key, _ := a.attr("key")
		if key == "" {
			j.keyless++
			continue
		}
		n := j.node(a)
		v := judgedValue{kind: a.name}
		if n.Value != nil {
			v.text = *n.Value
			v.valued = v.text != "" || a.name == "string" || a.name == "id"
		}
		if a.name == "list" || a.name == "container" {
			n.Key = ""
			v.nested = n
		}
		if _, twice := attrs[key]; !twice {
			attrs[key] = v
		}
	}
	return attrs
}

func (j *judgement) node(a *element) *judgedNode {
	n := &judgedNode{Type: a.name}
	n.Key, _ = a.attr("key")
	if v, ok := a.attr("value"); ok && a.name != "list" && a.name != "container" {
		n.Value = &v
	}
	grow := func(to *[]*judgedNode, from *element) {
		for _, c := range from.children {
			if !slices.Contains(kinds, c.name) {
				continue
			}
			if key, _ := c.attr("key"); key == "" {
				j.keyless++
				continue
			}
			*to = append(*to, j.node(c))
		}
	}
	grow(&n.Children, a)
	if a.name == "list" {
		for _, c := range a.children {
			if c.name == "values" {
				grow(&n.Values, c)
			}
		}
	}
	return n
}

func (n *judgedNode) String() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(n); err != nil {
		panic(err)
	}
	// encoding/json escapes these two for the sake of JavaScript, RFC 8785 does not.
	return strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSpace(b.String()))
}

var dateShape = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?(?: ?(Z|z|([+-])(\d\d)(?::?(\d\d))?))?$`)

func judgedTime(v judgedValue) (micros int64, day, ok bool) {
	m := dateShape.FindStringSubmatch(v.text)
	if m == nil {
		if v.kind == "string" {
			for _, layout := range looseLayouts {
				if t, err := time.Parse(layout, v.text); err == nil {
					return t.UnixMicro(), !strings.Contains(layout, "15"), true
				}
			}
		}
		return noTime, false, false
	}
	n := func(i int) int {
		k, _ := strconv.Atoi(m[i])
		return k
	}
	year, month, date, h, min, s := n(1), n(2), n(3), n(4), n(5), n(6)
	frac, _ := strconv.Atoi((m[7] + "000000")[:6])
	midnight := time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
	if midnight.Month() != time.Month(month) || midnight.Day() != date || month == 0 ||
		h > 24 || h == 24 && (min > 0 || s > 0 || frac > 0) || min > 59 || s > 60 || n(10) > 23 || n(11) > 59 {
		return noTime, false, false
	}
	t := midnight.Add(time.Duration(h)*time.Hour + time.Duration(min)*time.Minute + time.Duration(s)*time.Second + time.Duration(frac)*time.Microsecond)
	offset := time.Duration(n(10))*time.Hour + time.Duration(n(11))*time.Minute
	if m[9] == "-" {
		offset = -offset
	}
	return t.Add(-offset).UnixMicro(), m[4] == "", true
}
