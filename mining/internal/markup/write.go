package markup

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// A Writer writes XML, two spaces for each level. What goes wrong is told by
// [Writer.Close].
type Writer struct {
	w    *bufio.Writer
	open []string
}

// NewWriter begins a document.
func NewWriter(w io.Writer) *Writer {
	x := &Writer{w: bufio.NewWriter(w)}
	x.w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	return x
}

// Open begins an element; attrs are names and values in turn.
func (x *Writer) Open(name string, attrs ...string) {
	x.tag(name, attrs)
	x.w.WriteString(">\n")
	x.open = append(x.open, name)
}

// Empty writes an element without content.
func (x *Writer) Empty(name string, attrs ...string) {
	x.tag(name, attrs)
	x.w.WriteString("/>\n")
}

// Text writes an element with text in it; space at the ends of the text is to be kept.
func (x *Writer) Text(name, text string, attrs ...string) {
	if text != strings.TrimSpace(text) {
		attrs = append(attrs[:len(attrs):len(attrs)], "xml:space", "preserve")
	}
	x.tag(name, attrs)
	x.w.WriteString(">" + Escape(text) + "</" + name + ">\n")
}

// End ends the element that was opened last.
func (x *Writer) End() {
	last := len(x.open) - 1
	name := x.open[last]
	x.open = x.open[:last]
	x.indent()
	x.w.WriteString("</" + name + ">\n")
}

// Close ends all that is open and reports the first error of writing.
func (x *Writer) Close() error {
	for len(x.open) > 0 {
		x.End()
	}
	return x.w.Flush()
}

func (x *Writer) indent() { x.w.WriteString(strings.Repeat("  ", len(x.open))) }

func (x *Writer) tag(name string, attrs []string) {
	x.indent()
	x.w.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		x.w.WriteString(" " + attrs[i] + `="` + Escape(attrs[i+1]) + `"`)
	}
}

// Escape writes text so that it reads back, in an element or an attribute.
// What no XML may contain becomes U+FFFD.
func Escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '"':
			out.WriteString("&quot;")
		case r == '\n':
			out.WriteString("&#10;")
		case r == '\t':
			out.WriteString("&#9;")
		case r == '\r':
			out.WriteString("&#13;")
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			out.WriteRune(utf8.RuneError)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
