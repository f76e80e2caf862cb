package calendar

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Definition is a calendar as a project file writes it:
//
//	timezone: Europe/Berlin      # default: the project's
//	weekdays: "08:00-12:00, 13:00-17:00"   # Monday to Friday; daily: all seven
//	friday: "08:00-12:00"        # before weekdays, and that before daily
//	saturday: "22:00-06:00"      # over midnight, on the day it begins with
//	holidays: DE-HH              # or several: [DE-HH, DE-SH]
//	closed: [12-24, 2024-12-27..2024-12-31]    # without a year: every year
//	open: {12-31: "08:00-12:00"} # instead of what the day would have
//
// or "24/7". It decodes strictly, from goccy/go-yaml; errors are
// [yaml.Error]s with the place in the file. Where several lines speak of one
// day, a date with its year goes before one without, open before closed,
// closed before holidays.
type Definition struct {
	timezone string // "" if not said
	week     [7]hours
	holidays []region
	closed   []days
	open     []opening
}

// An opening is the hours of some days, whatever they would have else.
type opening struct {
	days  days
	hours hours
}

// Parse reads the YAML of one calendar; zone as in [New].
func Parse(text []byte, zone string) (*Calendar, error) {
	var d Definition
	if len(bytes.TrimSpace(text)) > 0 {
		err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&d)
		if err != nil && !errors.Is(err, io.EOF) { // nothing but comments
			return nil, err
		}
	}
	return New(d, zone)
}

// UnmarshalYAML reads a definition from its node.
func (d *Definition) UnmarshalYAML(node ast.Node) error {
	*d = Definition{}
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		if text, err := scalar(node); err == nil && text == "24/7" {
			for i := range d.week {
				d.week[i] = hours{{0, minutesPerDay}}
			}
			return nil
		}
		return errorAt(node, `a calendar is 24/7, or keys such as weekdays: "08:00-18:00" and holidays: DE-HH`)
	}
	given := map[string]hours{}
	for _, e := range entries {
		key, err := scalar(e.Key)
		if err != nil {
			return err
		}
		switch {
		case key == "timezone":
			err = d.readZone(e.Value)
		case key == "holidays":
			err = each(e.Value, func(text string) error { return d.addRegion(text) })
		case key == "closed":
			err = each(e.Value, func(text string) error { return d.addClosed(text) })
		case key == "open":
			err = d.readOpen(e.Value)
		case slices.Contains(hourKeys(), key):
			given[key], err = readHours(e.Value)
		default:
			return errorAt(e.Key, fmt.Sprintf("unknown field %q; a calendar has timezone, %s, holidays, closed, open", key, strings.Join(hourKeys(), ", ")))
		}
		if err != nil {
			return err
		}
	}
	for i := range d.week {
		names := []string{weekdayKey(time.Weekday(i)), "weekdays", "daily"}
		if w := time.Weekday(i); w == time.Saturday || w == time.Sunday {
			names = []string{names[0], "daily"}
		}
		for _, name := range names {
			if h, ok := given[name]; ok {
				d.week[i] = h
				break
			}
		}
	}
	d.sort()
	if err := d.contradiction(); err != nil {
		return errorAt(node, err.Error())
	}
	if !d.works() {
		return errorAt(node, `a calendar without working hours: give it weekdays: "08:00-18:00", or write 24/7`)
	}
	return nil
}

// works reports whether there is a time the site is open.
func (d *Definition) works() bool {
	return slices.ContainsFunc(d.week[:], func(h hours) bool { return len(h) > 0 }) ||
		slices.ContainsFunc(d.open, func(o opening) bool { return len(o.hours) > 0 })
}

// weekdayKey returns the field of a day of the week: monday.
func weekdayKey(w time.Weekday) string { return strings.ToLower(w.String()) }

// hourKeys returns the fields that are hours of weekdays.
func hourKeys() []string {
	keys := []string{"daily", "weekdays"}
	for i := range 7 {
		keys = append(keys, weekdayKey(time.Weekday((i+1)%7)))
	}
	return keys
}

func (d *Definition) readZone(node ast.Node) error {
	name, err := scalar(node)
	if err != nil {
		return err
	}
	if _, err := Zone(name); err != nil {
		return errorAt(node, err.Error())
	}
	d.timezone = name
	return nil
}

func readHours(node ast.Node) (hours, error) {
	var all hours
	parts := 0
	err := each(node, func(text string) error {
		h, err := parseHours(text)
		if err != nil {
			return err
		}
		if parts++; parts > 1 && (len(h) == 0 || len(all) == 0) {
			return fmt.Errorf("closed stands alone, not among shifts")
		}
		all = append(all, h...)
		return nil
	})
	return all.sorted(), err
}

func (d *Definition) addRegion(code string) error {
	r, err := findRegion(code)
	if err == nil {
		d.holidays = append(d.holidays, r)
	}
	return err
}

func (d *Definition) addClosed(text string) error {
	s, err := parseDays(text)
	if err == nil {
		d.closed = append(d.closed, s)
	}
	return err
}

func (d *Definition) readOpen(node ast.Node) error {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		return errorAt(node, `open is days and their hours, as in {12-24: "08:00-12:00"}`)
	}
	for _, e := range entries {
		text, err := scalar(e.Key)
		if err != nil {
			return err
		}
		s, err := parseDays(text)
		if err != nil {
			return errorAt(e.Key, err.Error())
		}
		h, err := readHours(e.Value)
		if err != nil {
			return err
		}
		d.open = append(d.open, opening{s, h})
	}
	return nil
}

// sort puts what a definition lists in an order of its own.
func (d *Definition) sort() {
	slices.SortFunc(d.holidays, func(a, b region) int { return strings.Compare(a.code, b.code) })
	d.holidays = slices.CompactFunc(d.holidays, func(a, b region) bool { return a.code == b.code })
	slices.SortFunc(d.closed, days.compare)
	d.closed = slices.Compact(d.closed)
	slices.SortFunc(d.open, func(a, b opening) int { return a.days.compare(b.days) })
}

// compare puts every year's days first, then the earlier, then the shorter.
func (s days) compare(t days) int {
	if s.yearly != t.yearly {
		if s.yearly {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(s.first, t.first), cmp.Compare(s.last, t.last))
}

// contradiction finds days that are opened twice. Those that are closed and
// opened are none: an inventory week may have a half day in it.
func (d *Definition) contradiction() error {
	for i, o := range d.open {
		for _, p := range d.open[i+1:] {
			if o.days.meets(p.days) {
				return fmt.Errorf("open: %s and %s have a day in common; which hours does it have?", o.days, p.days)
			}
		}
	}
	return nil
}

// meets reports whether both say something of a day, in the same way.
func (s days) meets(t days) bool {
	if s.yearly != t.yearly {
		return false // the one with a year goes before the other
	}
	if !s.yearly || s.first <= s.last && t.first <= t.last {
		return s.first <= t.last && t.first <= s.last
	}
	set := map[int]bool{}
	s.in(2000, func(day int) { set[day] = true })
	found := false
	t.in(2000, func(day int) { found = found || set[day] })
	return found
}

// String returns the definition as YAML in one line.
func (d *Definition) String() string {
	var fields []string
	if d.timezone != "" {
		fields = append(fields, "timezone: "+d.timezone)
	}
	text := map[string]string{}
	for i, h := range d.week {
		text[weekdayKey(time.Weekday(i))] = h.String()
	}
	same := func(from, to int) bool { // hourKeys()[from:to] have the same hours
		for _, k := range hourKeys()[from:to] {
			if text[k] != text["monday"] {
				return false
			}
		}
		return true
	}
	switch {
	case same(2, 9):
		text = map[string]string{"daily": text["monday"]}
	case same(2, 7):
		text["weekdays"] = text["monday"]
		for _, k := range hourKeys()[2:7] {
			delete(text, k)
		}
	}
	maps.DeleteFunc(text, func(_, h string) bool { return h == "closed" })
	for _, k := range hourKeys() {
		if h, ok := text[k]; ok {
			fields = append(fields, fmt.Sprintf("%s: %q", k, h))
		}
	}
	var codes, closed, open []string
	for _, r := range d.holidays {
		codes = append(codes, fmt.Sprintf("%q", r.code)) // NO is a truth value to some
	}
	for _, s := range d.closed {
		closed = append(closed, s.String())
	}
	for _, o := range d.open {
		open = append(open, fmt.Sprintf("%s: %q", o.days, o.hours))
	}
	if codes != nil {
		fields = append(fields, "holidays: ["+strings.Join(codes, ", ")+"]")
	}
	if closed != nil {
		fields = append(fields, "closed: ["+strings.Join(closed, ", ")+"]")
	}
	if open != nil {
		fields = append(fields, "open: {"+strings.Join(open, ", ")+"}")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// each calls f with the text of a node, or with those of its items.
func each(node ast.Node, f func(text string) error) error {
	items := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		text, err := scalar(item)
		if err != nil {
			return err
		}
		if err := f(text); err != nil {
			return errorAt(item, err.Error())
		}
	}
	return nil
}

// scalar returns the text of a node as it is written.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return "", errorAt(node, "a calendar does not take anchors; write it out")
	case *ast.NullNode:
		return "", errorAt(node, "nothing is said here; a day without work is closed")
	}
	return "", errorAt(node, "a text is wanted here")
}

func errorAt(node ast.Node, message string) error {
	return &yaml.SyntaxError{Message: message, Token: node.GetToken()}
}
