package tree

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// String writes t in one line, as [Parse] reads it. Quotes and backslashes in
// labels get a backslash, line breaks and tabs are \n, \r and \t.
func (t *Tree) String() string {
	var out strings.Builder
	t.write(&out)
	return out.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func (t *Tree) write(out *strings.Builder) {
	switch t.Op {
	case Tau:
		out.WriteString("tau")
	case Activity:
		out.WriteByte('\'')
		escape.WriteString(out, t.Label)
		out.WriteByte('\'')
	case Partial:
		t.writeOrder(out)
	default:
		out.WriteString(symbols[t.Op])
		for i, c := range t.Children {
			if i == 0 {
				out.WriteString("( ")
			} else {
				out.WriteString(", ")
			}
			c.write(out)
		}
		out.WriteString(" )")
	}
}

// Parse reads a tree in its one-line notation. Space between words does not
// matter. Labels are quoted by ' or "; a backslash takes the next character as
// it is, except for \n, \r and \t. The nodes of a partial order are called in its
// order as they are written or by their number, #1 the first; activities by
// their bare labels too, as PM4Py writes them. What follows from other pairs may
// be left out.
//
// Errors say where: "column 12: want , or ) but got \"x\"".
func Parse(text string) (*Tree, error) {
	p := &parser{text: text}
	t, err := p.tree(1)
	if err == nil {
		if p.space(); p.at < len(p.text) {
			err = p.wrong("the end of the tree")
		}
	}
	if err != nil {
		return nil, err
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	return t, nil
}

type parser struct {
	text string
	at   int
}

func (p *parser) space() { p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n")) }

func (p *parser) skip(word string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

// wrong says what stands where something else is wanted.
func (p *parser) wrong(want string) error {
	column := utf8.RuneCountInString(p.text[:p.at]) + 1
	rest := []rune(p.text[p.at:min(len(p.text), p.at+80)])
	if len(rest) == 0 {
		return fmt.Errorf("column %d: want %s but the text ends", column, want)
	}
	return fmt.Errorf("column %d: want %s but got %q", column, want, string(rest[:min(len(rest), 12)]))
}

func (p *parser) tree(depth int) (*Tree, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("column %d: the tree is nested more than %d deep", p.at+1, MaxDepth)
	}
	for op, symbol := range symbols {
		if symbol != "" && p.skip(symbol) {
			if Operator(op) == Partial {
				return p.partial(depth)
			}
			return p.node(Operator(op), depth)
		}
	}
	p.space()
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		label, err := p.label()
		if err != nil {
			return nil, err
		}
		return Do(label), nil
	}
	if p.skip("tau") || p.skip("τ") {
		return Skip(), nil
	}
	return nil, p.wrong(`->, X, +, *, PO=, tau or a quoted activity`)
}

func (p *parser) node(op Operator, depth int) (*Tree, error) {
	if !p.skip("(") {
		return nil, p.wrong("( after " + symbols[op])
	}
	t := &Tree{Op: op}
	for {
		c, err := p.tree(depth + 1)
		if err != nil {
			return nil, err
		}
		t.Children = append(t.Children, c)
		if p.skip(")") {
			return t, nil
		}
		if !p.skip(",") {
			return nil, p.wrong(", or )")
		}
	}
}

func (p *parser) label() (string, error) {
	start, quote := p.at, p.text[p.at]
	var out strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.at = i + 1
			return out.String(), nil
		case c == '\\' && i+1 < len(p.text):
			i++
			switch c := p.text[i]; c {
			case 'n':
				out.WriteByte('\n')
			case 'r':
				out.WriteByte('\r')
			case 't':
				out.WriteByte('\t')
			default:
				out.WriteByte(c)
			}
		default:
			out.WriteByte(c)
		}
	}
	p.at = start
	return "", p.wrong(fmt.Sprintf("a label that ends with %c", quote))
}
