package tree

import (
	"fmt"
	"strconv"
	"strings"
)

// writeOrder writes a partial order. In the order, an activity is its label if
// no other node has it, anything else its number: as text, an order of orders
// would grow without end.
func (t *Tree) writeOrder(out *strings.Builder) {
	labels := map[string]int{}
	for i, c := range t.Children {
		if i == 0 {
			out.WriteString("PO=(nodes={ ")
		} else {
			out.WriteString(", ")
		}
		c.write(out)
		if c.Op == Activity {
			labels[c.Label]++
		}
	}
	name := func(i int) {
		if c := t.Children[i]; c.Op == Activity && labels[c.Label] == 1 {
			c.write(out)
			return
		}
		out.WriteString("#" + strconv.Itoa(i+1))
	}
	out.WriteString(" }, order={")
	for i, pair := range t.Order {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte(' ')
		name(pair.First)
		out.WriteString("-->")
		name(pair.Then)
	}
	out.WriteString(" })")
}

// partial reads a partial order behind "PO=".
func (p *parser) partial(depth int) (*Tree, error) {
	t := &Tree{Op: Partial}
	if err := p.list("(nodes={", func() error {
		c, err := p.tree(depth + 1)
		t.Children = append(t.Children, c)
		return err
	}); err != nil {
		return nil, err
	}
	if !p.skip(",") {
		return nil, p.wrong(", after the nodes of a partial order")
	}
	if err := p.list("order={", func() error {
		first, err := p.member(t, depth)
		if err != nil {
			return err
		}
		if !p.skip("-->") {
			return p.wrong("--> between nodes that are in order")
		}
		then, err := p.member(t, depth)
		t.Order = append(t.Order, Pair{first, then})
		return err
	}); err != nil {
		return nil, err
	}
	if !p.skip(")") {
		return nil, p.wrong(") after a partial order")
	}
	return t, nil
}

// list reads what is between braces, divided by commas.
func (p *parser) list(open string, item func() error) error {
	for _, word := range strings.SplitAfter(open, "=") {
		for _, part := range strings.SplitAfter(word, "(") {
			if !p.skip(part) {
				return p.wrong(part + " of a partial order, PO=(nodes={ … }, order={ … })")
			}
		}
	}
	for first := true; ; first = false {
		if p.skip("}") {
			return nil
		}
		if !first && !p.skip(",") {
			return p.wrong(", or }")
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// member reads which node of a partial order is meant.
func (p *parser) member(t *Tree, depth int) (int, error) {
	if p.skip("#") {
		end := p.at
		for end < len(p.text) && p.text[end] >= '0' && p.text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(p.text[p.at:end])
		if err != nil || n < 1 || n > len(t.Children) {
			return 0, p.wrong(fmt.Sprintf("the number of a node, 1 to %d,", len(t.Children)))
		}
		p.at = end
		return n - 1, nil
	}
	p.space()
	start := p.at
	if i, ok := p.bare(t); ok {
		return i, nil
	}
	c, err := p.tree(depth + 1)
	if err != nil {
		p.at = start
		return 0, p.wrong("a node of the partial order, as it is written or as #1, #2, …,")
	}
	found := -1
	for i, node := range t.Children {
		if !node.Equal(c) {
			continue
		}
		if found >= 0 {
			p.at = start
			return 0, p.wrong(fmt.Sprintf("#%d or #%d, as several nodes are alike,", found+1, i+1))
		}
		found = i
	}
	if found < 0 {
		p.at = start
		return 0, p.wrong("one of the nodes of the partial order")
	}
	return found, nil
}

// bare reads the label of an activity without quotes, the longest that fits.
func (p *parser) bare(t *Tree) (node int, ok bool) {
	from, longest := p.at, 0
	if from < len(p.text) && (p.text[from] == '\'' || p.text[from] == '"') {
		return 0, false
	}
	for i, c := range t.Children {
		if c.Op != Activity || len(c.Label) <= longest || !strings.HasPrefix(p.text[from:], c.Label) {
			continue
		}
		p.at = from + len(c.Label)
		p.space()
		for _, end := range []string{"-->", ",", "}"} {
			if strings.HasPrefix(p.text[p.at:], end) {
				node, longest, ok = i, len(c.Label), true
			}
		}
	}
	p.at = from + longest
	return node, ok
}
