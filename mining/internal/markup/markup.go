// Package markup reads XML of strangers into memory, within bounds. It knows
// no format: PNML, PTML and BPMN are read on top of it.
package markup

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/ianaindex"
)

// Bounds of what is read. A model of ten thousand nodes, with its layout, has
// some five megabytes. What is skipped is not kept, so it may be more.
const (
	MaxBytes    = 16 << 20
	MaxSkipped  = 64 << 20
	MaxElements = 200_000
	MaxDepth    = 200
)

// An Element is an XML element. Namespaces are left out: a name is the part
// after the colon.
type Element struct {
	Name     string
	Line     int
	Text     string // of the element itself, without that of its children; space at the ends cut off, but of xml:space="preserve"
	Children []*Element
	attrs    []xml.Attr
}

// Attr returns an attribute, "" if there is none.
func (e *Element) Attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Child returns the first child of a name, nil if there is none.
func (e *Element) Child(name string) *Element {
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Path goes down from child to child, each the first of its name.
func (e *Element) Path(names ...string) *Element {
	for _, name := range names {
		if e == nil {
			return nil
		}
		e = e.Child(name)
	}
	return e
}

// Errorf says what is wrong at an element: "line 12: …".
func (e *Element) Errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", e.Line, fmt.Errorf(format, args...))
}

// Read reads a document and returns its root. A document type is skipped, and
// entities are not expanded, so a few lines cannot become gigabytes; more than
// [MaxBytes], [MaxElements] or [MaxDepth] is an error. Errors say the line.
// Elements with one of the names skip are left out, with all that is in them; they
// count to no bound but depth and [MaxSkipped] bytes.
func Read(r io.Reader, skip ...string) (*Element, error) { return read(r, MaxBytes, MaxSkipped, skip) }

func read(r io.Reader, bytes, skippable int, skip []string) (*Element, error) {
	in := &limited{r: r, left: bytes}
	d := xml.NewDecoder(in)
	d.CharsetReader = charset
	var root *Element
	var open []*Element
	var text [][]byte
	elements := 0
	skipped := 0 // elements that are open from the first skipped one on
	for {
		before := d.InputOffset()
		t, err := d.RawToken()
		line, _ := d.InputPos()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, explain(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if skipped > 0 || root != nil && slices.Contains(skip, t.Name.Local) {
				skipped++
			} else {
				elements++
			}
			switch {
			case len(open) >= MaxDepth:
				return nil, fmt.Errorf("line %d: elements are nested deeper than %d", line, MaxDepth)
			case elements > MaxElements:
				return nil, fmt.Errorf("line %d: more than %d elements: that is no model for people", line, MaxElements)
			case root != nil && len(open) == 0:
				return nil, fmt.Errorf("line %d: a second root element <%s>", line, t.Name.Local)
			}
			e := &Element{Name: t.Name.Local, Line: line, attrs: t.Attr}
			if root == nil {
				root = e
			} else if skipped == 0 {
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, e)
			}
			open, text = append(open, e), append(text, nil)
		case xml.EndElement:
			last := len(open) - 1
			if last < 0 || open[last].Name != t.Name.Local {
				return nil, fmt.Errorf("line %d: </%s> closes no element that is open", line, t.Name.Local)
			}
			if open[last].Text = string(text[last]); open[last].Attr("space") != "preserve" {
				open[last].Text = strings.TrimSpace(open[last].Text)
			}
			open, text = open[:last], text[:last]
			skipped = max(0, skipped-1)
		case xml.CharData:
			if last := len(open) - 1; last >= 0 && skipped == 0 {
				text[last] = append(text[last], t...)
			}
		}
		if skipped > 0 {
			gone := min(int(d.InputOffset()-before), skippable)
			in.left, skippable = in.left+gone, skippable-gone
		}
	}
	switch {
	case root == nil:
		return nil, errors.New("the file is empty, or no XML")
	case len(open) > 0:
		return nil, fmt.Errorf("the file ends within <%s> of line %d: was it cut off?", open[len(open)-1].Name, open[len(open)-1].Line)
	}
	return root, nil
}

// explain makes a sentence of the decoder's errors.
func explain(err error) error {
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		if name, ok := strings.CutPrefix(e.Msg, "invalid character entity "); ok {
			return fmt.Errorf("line %d: entity %s is not expanded: only &lt; &gt; &amp; &quot; &apos; and numbers are", e.Line, name)
		}
		return fmt.Errorf("line %d: %s", e.Line, e.Msg)
	}
	return err
}

var tooLong = fmt.Sprintf("more than %d MB: that is no model for people", MaxBytes>>20)

// limited is a reader that says when there is too much.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		// One more byte tells a file of exactly the limit from a longer one.
		var one [1]byte
		if n, err := l.r.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, errors.New(tooLong)
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

func charset(label string, r io.Reader) (io.Reader, error) {
	e, err := ianaindex.IANA.Encoding(label)
	if err != nil || e == nil {
		return nil, fmt.Errorf("the encoding %q is not known; save the file as UTF-8", label)
	}
	return e.NewDecoder().Reader(r), nil
}
