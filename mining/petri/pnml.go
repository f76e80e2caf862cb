package petri

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"millrace/mining/internal/markup"
)

// Types of nets in ISO/IEC 15909-2. The core model has no markings of its
// own, yet several tools write place/transition nets under its name.
const (
	typePT   = "http://www.pnml.org/version-2009/grammar/ptnet"
	typeCore = "http://www.pnml.org/version-2009/grammar/pnmlcoremodel"
	space    = "http://www.pnml.org/version-2009/grammar/pnml"
)

// WritePNML writes n as a place/transition net of ISO/IEC 15909-2. What the
// standard has no place for is written as ProM and PM4Py write it: silent
// transitions are marked as tool specific, the final marking follows the page.
func (n *Net) WritePNML(w io.Writer) error {
	own := n.ownIDs()
	x := markup.NewWriter(w)
	x.Open("pnml", "xmlns", space)
	x.Open("net", "id", own+"net", "type", typePT)
	if n.Name != "" {
		named(x, n.Name)
	}
	x.Open("page", "id", own+"page")
	for i := range n.Places {
		p := &n.Places[i]
		x.Open("place", "id", p.ID)
		if p.Name != "" {
			named(x, p.Name)
		}
		if tokens := n.Initial[i]; tokens > 0 {
			x.Open("initialMarking")
			x.Text("text", strconv.Itoa(int(tokens)))
			x.End()
		}
		x.End()
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		x.Open("transition", "id", t.ID)
		if t.Silent() {
			named(x, t.ID)
			x.Empty("toolspecific", "tool", "ProM", "version", "6.4", "activity", "$invisible$")
		} else {
			named(x, t.Label)
		}
		x.End()
	}
	arcs := 0
	arc := func(from, to string, weight int32) {
		arcs++
		attrs := []string{"id", own + "arc" + strconv.Itoa(arcs), "source", from, "target", to}
		if weight == 1 {
			x.Empty("arc", attrs...)
			return
		}
		x.Open("arc", attrs...)
		x.Open("inscription")
		x.Text("text", strconv.Itoa(int(weight)))
		x.End()
		x.End()
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		for _, a := range t.In {
			arc(n.Places[a.Place].ID, t.ID, a.Weight)
		}
		for _, a := range t.Out {
			arc(t.ID, n.Places[a.Place].ID, a.Weight)
		}
	}
	x.End()
	if n.Final != nil {
		x.Open("finalmarkings")
		x.Open("marking")
		for p, tokens := range n.Final {
			if tokens > 0 {
				x.Open("place", "idref", n.Places[p].ID)
				x.Text("text", strconv.Itoa(int(tokens)))
				x.End()
			}
		}
		x.End()
		x.End()
	}
	return x.Close()
}

// ownIDs returns how ids begin that no node has: ids are unique in a file.
func (n *Net) ownIDs() (prefix string) {
	taken := func(id string) bool {
		return strings.HasPrefix(id, prefix+"net") || strings.HasPrefix(id, prefix+"page") || strings.HasPrefix(id, prefix+"arc")
	}
	for slices.ContainsFunc(n.Places, func(p Place) bool { return taken(p.ID) }) ||
		slices.ContainsFunc(n.Transitions, func(t Transition) bool { return taken(t.ID) }) {
		prefix += "_"
	}
	return prefix
}

func named(x *markup.Writer, name string) {
	x.Open("name")
	x.Text("text", name)
	x.End()
}

// ReadPNML reads a place/transition net: of ISO/IEC 15909-2, with pages and
// references, and as ProM and PM4Py write it, with silent transitions and a
// final marking. A transition without a name is called by its id. Final is nil
// if the file declares no final marking; see [Net.AssumeMarkings].
//
// Nets of high level, inhibitor and reset arcs, several nets or several final
// markings are errors: what they mean would be lost. A file is read within the
// bounds of 16 MB and 200,000 elements; entities are not expanded.
func ReadPNML(r io.Reader) (*Net, error) {
	root, err := markup.Read(r)
	if err != nil {
		return nil, err
	}
	if root.Name != "pnml" {
		return nil, root.Errorf("a PNML file begins with <pnml>, not <%s>", root.Name)
	}
	var nets []*markup.Element
	for _, c := range root.Children {
		if c.Name == "net" {
			nets = append(nets, c)
		}
	}
	switch len(nets) {
	case 0:
		return nil, errors.New("the file has no net")
	case 1:
	default:
		return nil, nets[1].Errorf("a second net; keep the one to be read in a file of its own")
	}
	p := &pnml{net: &Net{}, places: map[string]int{}, transitions: map[string]int{}, refs: map[string]*markup.Element{}}
	if err := p.read(nets[0]); err != nil {
		return nil, err
	}
	if err := p.net.Validate(); err != nil {
		return nil, err
	}
	return p.net, nil
}

type pnml struct {
	net         *Net
	places      map[string]int
	transitions map[string]int
	refs        map[string]*markup.Element // reference places and transitions, by id
	arcs        []*markup.Element
}

func (p *pnml) read(net *markup.Element) error {
	switch t := net.Attr("type"); {
	case strings.Contains(t, "highlevel"), strings.Contains(t, "symmetric"), strings.Contains(t, "pt-hlpng"):
		return net.Errorf("a net of type %q; only place/transition nets are read", t)
	}
	p.net.Name = text(net.Child("name"))
	if err := p.page(net); err != nil {
		return err
	}
	p.net.Initial = append(p.net.Initial, make(Marking, len(p.net.Places)-len(p.net.Initial))...)
	for _, a := range p.arcs {
		if err := p.arc(a); err != nil {
			return err
		}
	}
	for i := range p.net.Transitions {
		t := &p.net.Transitions[i]
		t.In, t.Out = sortArcs(t.In), sortArcs(t.Out)
	}
	var final *markup.Element
	for _, c := range net.Children {
		if c.Name != "finalmarkings" {
			continue
		}
		for _, m := range c.Children {
			if m.Name != "marking" {
				continue
			}
			if final != nil {
				return m.Errorf("a second final marking; keep the one that a case is to end in")
			}
			final = m
		}
	}
	if final == nil {
		return nil
	}
	return p.final(final)
}

// page reads the nodes of a page and those of the pages in it; arcs are kept
// until all nodes are known.
func (p *pnml) page(page *markup.Element) error {
	for _, e := range page.Children {
		var err error
		switch id := e.Attr("id"); e.Name {
		case "page":
			err = p.page(e)
		case "place":
			err = p.place(e, id)
		case "transition":
			err = p.transition(e, id)
		case "referencePlace", "referenceTransition":
			if err = p.fresh(e, id); err == nil {
				p.refs[id] = e
			}
		case "arc":
			p.arcs = append(p.arcs, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fresh says what is wrong with an id.
func (p *pnml) fresh(e *markup.Element, id string) error {
	_, place := p.places[id]
	_, transition := p.transitions[id]
	switch {
	case id == "":
		return e.Errorf("a %s without an id", e.Name)
	case place || transition || p.refs[id] != nil:
		return e.Errorf("a second node with the id %q", id)
	}
	return nil
}

func (p *pnml) place(e *markup.Element, id string) error {
	if err := p.fresh(e, id); err != nil {
		return err
	}
	tokens := 0
	if m := e.Child("initialMarking"); m != nil {
		var err error
		if tokens, err = number(m, 0); err != nil {
			return err
		}
	}
	p.places[id] = len(p.net.Places)
	p.net.Places = append(p.net.Places, Place{ID: id, Name: text(e.Child("name"))})
	p.net.Initial = append(p.net.Initial, int32(tokens))
	return nil
}

func (p *pnml) transition(e *markup.Element, id string) error {
	if err := p.fresh(e, id); err != nil {
		return err
	}
	t := Transition{ID: id, Label: text(e.Child("name"))}
	if t.Label == "" {
		t.Label = id
	}
	for _, c := range e.Children {
		if c.Name == "toolspecific" && invisible(c) {
			t.Label = ""
		}
	}
	p.transitions[id] = len(p.net.Transitions)
	p.net.Transitions = append(p.net.Transitions, t)
	return nil
}

// invisible understands ProM's two ways to say that a transition is silent.
func invisible(toolspecific *markup.Element) bool {
	if strings.Contains(toolspecific.Attr("activity"), "invisible") {
		return true
	}
	for _, c := range toolspecific.Children {
		if c.Attr("key") == "invisible" && strings.EqualFold(c.Text, "true") {
			return true
		}
	}
	return false
}

// node follows references to a place or a transition.
func (p *pnml) node(e *markup.Element, id string) (place, transition int, err error) {
	name := id
	for range len(p.refs) + 1 {
		if i, ok := p.places[id]; ok {
			return i, -1, nil
		}
		if i, ok := p.transitions[id]; ok {
			return -1, i, nil
		}
		ref := p.refs[id]
		if ref == nil {
			return 0, 0, e.Errorf("an arc at %q, which is no node of the net", name)
		}
		id = ref.Attr("ref")
	}
	return 0, 0, e.Errorf("an arc at %q, which refers to itself", name)
}

func (p *pnml) arc(e *markup.Element) error {
	if kind := arcType(e); kind != "" && kind != "normal" {
		return e.Errorf("an arc of type %q; only plain arcs with weights are read", kind)
	}
	fromPlace, from, err := p.node(e, e.Attr("source"))
	if err != nil {
		return err
	}
	toPlace, to, err := p.node(e, e.Attr("target"))
	if err != nil {
		return err
	}
	weight := 1
	if w := e.Child("inscription"); w != nil {
		if weight, err = number(w, 1); err != nil {
			return err
		}
	}
	switch {
	case fromPlace >= 0 && to >= 0:
		t := &p.net.Transitions[to]
		t.In = append(t.In, Arc{int32(fromPlace), int32(weight)})
	case from >= 0 && toPlace >= 0:
		t := &p.net.Transitions[from]
		t.Out = append(t.Out, Arc{int32(toPlace), int32(weight)})
	default:
		return e.Errorf("an arc from %q to %q: arcs lead from a place to a transition or back", e.Attr("source"), e.Attr("target"))
	}
	return nil
}

// arcType is the type of an arc where a tool writes one.
func arcType(e *markup.Element) string {
	if a := e.Child("arctype"); a != nil {
		return strings.ToLower(text(a))
	}
	if a := e.Child("type"); a != nil {
		return strings.ToLower(a.Attr("value"))
	}
	return ""
}

func (p *pnml) final(m *markup.Element) error {
	p.net.Final = make(Marking, len(p.net.Places))
	for _, e := range m.Children {
		if e.Name != "place" {
			continue
		}
		place, _, err := p.node(e, e.Attr("idref"))
		if err != nil || place < 0 {
			return e.Errorf("the final marking has tokens on %q, which is no place of the net", e.Attr("idref"))
		}
		tokens, err := number(e, 0)
		if err != nil {
			return err
		}
		if tokens += int(p.net.Final[place]); tokens > MaxTokens {
			return e.Errorf("more than %d tokens on one place", MaxTokens)
		}
		p.net.Final[place] = int32(tokens)
	}
	return nil
}

// text returns the text of an annotation, "" if there is none.
func text(e *markup.Element) string {
	if e = e.Path("text"); e == nil {
		return ""
	}
	return e.Text
}

// number reads a weight or a number of tokens; an empty text is the default.
func number(e *markup.Element, least int) (int, error) {
	s := text(e)
	if s == "" {
		return least, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > MaxTokens {
		return 0, e.Errorf("%q is not a number from %d to %d", s, least, MaxTokens)
	}
	return n, nil
}

// AssumeMarkings gives a net that declares no initial or no final marking the
// one that everybody assumes, if there is only one: a token on the place that
// nothing leads into, and a token on the place that nothing leads out of. It
// says in sentences what it assumed, and is an error if it cannot.
func (n *Net) AssumeMarkings() (assumed []string, err error) {
	into, out := make([]bool, len(n.Places)), make([]bool, len(n.Places))
	for i := range n.Transitions {
		for _, a := range n.Transitions[i].In {
			out[a.Place] = true
		}
		for _, a := range n.Transitions[i].Out {
			into[a.Place] = true
		}
	}
	only := func(connected []bool) (place int, ok bool) {
		found := 0
		for p, c := range connected {
			if !c {
				place = p
				found++
			}
		}
		return place, found == 1
	}
	if n.Initial.Equal(make(Marking, len(n.Places))) {
		p, ok := only(into)
		if !ok {
			return nil, errors.New("the net has no initial marking, and not exactly one place that nothing leads into: say where the tokens are")
		}
		n.Initial[p] = 1
		assumed = append(assumed, fmt.Sprintf("The net declares no initial marking; a token on place %q is assumed.", n.Places[p].ID))
	}
	if n.Final == nil {
		p, ok := only(out)
		if !ok {
			return nil, errors.New("the net has no final marking, and not exactly one place that nothing leads out of: say where cases end")
		}
		n.Final = make(Marking, len(n.Places))
		n.Final[p] = 1
		assumed = append(assumed, fmt.Sprintf("The net declares no final marking; a token on place %q is assumed.", n.Places[p].ID))
	}
	return assumed, nil
}
