package discover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining/petri"
)

// An ObjectNet is an object-centric Petri net: places have a type of object,
// transitions are of all types, and an arc may carry several objects of its type at once.
//
// Its transitions are the activities, sorted by their labels, then the silent
// ones, type by type.
type ObjectNet struct {
	Types       []string
	Places      []ObjectPlace
	Transitions []ObjectTransition
}

// An ObjectPlace holds objects of one type.
type ObjectPlace struct {
	ID             string // of the net of the type
	Type           string
	Initial, Final bool // where objects of the type begin, and end
}

// An ObjectTransition is an activity, or a silent step of the objects of one type.
type ObjectTransition struct {
	Label   string // "" of a silent one
	Type    string // of a silent one
	In, Out []ObjectArc
}

// An ObjectArc leads from a place or to it.
type ObjectArc struct {
	Place    int
	Variable bool // any number of objects goes along, not one
}

// Objects discovers an object-centric Petri net from what the objects of each
// type go through, all variants of it (van der Aalst and Berti 2020,
// doi:10.3233/FI-2020-1946): the Inductive Miner finds a net for the log flattened to each
// type (step 1), the nets become one by their activities (step 2), and an arc
// is variable if not each event of the activity has just one object of the type
// (step 3). activities count the events of each activity with an object of any of the types.
func Objects(ctx context.Context, types []eventlog.TypeFlow, activities []eventlog.FlowActivity, o InductiveOptions) (*ObjectNet, error) {
	events := map[string]int64{}
	for _, a := range activities {
		events[a.Activity] = a.Events
	}
	m := &ObjectNet{}
	number := map[string]int{}
	var silent []ObjectTransition
	for i := range types {
		t := &types[i]
		s, err := flattened(t)
		if err != nil {
			return nil, err
		}
		if s == nil {
			continue // none has events
		}
		found, err := Inductive(ctx, s, o)
		if err != nil {
			return nil, fmt.Errorf("objects of type %s: %w", t.Type, err)
		}
		net := found.Net()
		m.Types = append(m.Types, t.Type)
		first := len(m.Places)
		for p := range net.Places {
			m.Places = append(m.Places, ObjectPlace{net.Places[p].ID, t.Type, net.Initial[p] > 0, net.Final[p] > 0})
		}
		single := map[string]bool{}
		for _, a := range t.Activities {
			single[a.Activity] = a.Events == a.Total && a.Events == events[a.Activity]
		}
		for k := range net.Transitions {
			x := &net.Transitions[k]
			arcs := func(of []petri.Arc) (all []ObjectArc) {
				for _, a := range of {
					all = append(all, ObjectArc{first + int(a.Place), !x.Silent() && !single[x.Label]})
				}
				return all
			}
			if x.Silent() {
				silent = append(silent, ObjectTransition{Type: t.Type, In: arcs(x.In), Out: arcs(x.Out)})
				continue
			}
			j, ok := number[x.Label]
			if !ok {
				j = len(m.Transitions)
				number[x.Label] = j
				m.Transitions = append(m.Transitions, ObjectTransition{Label: x.Label})
			}
			m.Transitions[j].In = append(m.Transitions[j].In, arcs(x.In)...)
			m.Transitions[j].Out = append(m.Transitions[j].Out, arcs(x.Out)...)
		}
	}
	if len(m.Types) == 0 {
		return nil, errors.New("no object has an event, so there is nothing to find a model of")
	}
	slices.SortFunc(m.Transitions, func(a, b ObjectTransition) int { return strings.Compare(a.Label, b.Label) })
	m.Transitions = append(m.Transitions, silent...)
	return m, nil
}

// flattened is the log of the objects of a type as cases; nil if none has events.
func flattened(t *eventlog.TypeFlow) (*eventlog.Summary, error) {
	s := &eventlog.Summary{}
	var cases int64
	for _, a := range t.Activities {
		s.Activities = append(s.Activities, a.Activity)
	}
	slices.Sort(s.Activities)
	for _, v := range t.Variants {
		x := eventlog.Variant{Cases: v.Objects}
		for _, name := range v.Path {
			a, ok := slices.BinarySearch(s.Activities, name)
			if !ok {
				return nil, fmt.Errorf("objects of type %s: %q is in a variant and is no activity of theirs", t.Type, name)
			}
			x.Path = append(x.Path, eventlog.Activity(a))
		}
		s.Variants = append(s.Variants, x)
		cases += v.Objects
		s.Events += v.Objects * int64(len(x.Path))
	}
	if s.Cases = cases; int64(len(t.Variants)) != t.Distinct {
		return nil, fmt.Errorf("objects of type %s: %d of %d variants are given; all are needed", t.Type, len(t.Variants), t.Distinct)
	}
	if cases == 0 {
		return nil, nil
	}
	return s, nil
}

// Project returns the net of one type: its places and the transitions at them.
func (m *ObjectNet) Project(of string) *petri.Net {
	n := &petri.Net{}
	number := map[int]int{}
	var initial, final []int
	for i, p := range m.Places {
		if p.Type != of {
			continue
		}
		number[i] = n.AddPlace(p.ID)
		if p.Initial {
			initial = append(initial, number[i])
		}
		if p.Final {
			final = append(final, number[i])
		}
	}
	for _, t := range m.Transitions {
		places := func(arcs []ObjectArc) (all []int) {
			for _, a := range arcs {
				if p, ok := number[a.Place]; ok {
					all = append(all, p)
				}
			}
			return all
		}
		if in, out := places(t.In), places(t.Out); len(in)+len(out) > 0 {
			n.AddTransition(t.Label, in, out)
		}
	}
	n.Mark(initial, final)
	return n
}

// place names a place in the text of the net.
func (m *ObjectNet) place(i int) string { return m.Places[i].Type + ":" + m.Places[i].ID }

// String writes a transition a line; * marks arcs that carry any number of objects.
func (m *ObjectNet) String() string {
	var b strings.Builder
	list := func(arcs []ObjectArc) string {
		words := make([]string, len(arcs))
		for i, a := range arcs {
			if words[i] = m.place(a.Place); a.Variable {
				words[i] += "*"
			}
		}
		return strings.Join(words, " + ")
	}
	marked := func(word string, is func(*ObjectPlace) bool) {
		b.WriteString(word)
		for i := range m.Places {
			if is(&m.Places[i]) {
				b.WriteString(" " + m.place(i))
			}
		}
		b.WriteByte('\n')
	}
	marked("initial", func(p *ObjectPlace) bool { return p.Initial })
	for _, t := range m.Transitions {
		label := "tau"
		if t.Label != "" {
			label = "'" + t.Label + "'"
		}
		fmt.Fprintf(&b, "%s -> %s -> %s\n", list(t.In), label, list(t.Out))
	}
	marked("final", func(p *ObjectPlace) bool { return p.Final })
	return b.String()
}

// dotColors tell types apart, for readers of any sight (Okabe and Ito).
var dotColors = []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999"}

// WriteDOT writes the net as a graph for Graphviz: places in the colour of
// their type, variable arcs double.
func (m *ObjectNet) WriteDOT(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph net {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n")
	color := func(of string) string { return dotColors[slices.Index(m.Types, of)%len(dotColors)] }
	for i, p := range m.Places {
		label := ""
		if p.Initial || p.Final {
			label = p.Type
		}
		fmt.Fprintf(&b, "  p%d [shape=circle, label=\"\", xlabel=%s, style=filled, fillcolor=%q];\n", i, dotText(label), color(p.Type))
	}
	for i, t := range m.Transitions {
		if t.Label == "" {
			fmt.Fprintf(&b, "  t%d [shape=box, label=\"\", width=.1, style=filled, fillcolor=%q];\n", i, color(t.Type))
		} else {
			fmt.Fprintf(&b, "  t%d [shape=box, label=%s];\n", i, dotText(t.Label))
		}
		arc := func(from, to string, a ObjectArc) {
			line := color(m.Places[a.Place].Type)
			if a.Variable {
				line += ":invis:" + line
			}
			fmt.Fprintf(&b, "  %s -> %s [color=%q];\n", from, to, line)
		}
		for _, a := range t.In {
			arc(fmt.Sprintf("p%d", a.Place), fmt.Sprintf("t%d", i), a)
		}
		for _, a := range t.Out {
			arc(fmt.Sprintf("t%d", i), fmt.Sprintf("p%d", a.Place), a)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotText quotes as Graphviz reads it: only quotes and backslashes are special.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s) + `"`
}
