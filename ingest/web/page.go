package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"millrace/ingest"
)

// maxItem is how many bytes one item of a page has at most, and how many
// another value that is kept.
const maxItem = 16 << 20

// maxDepth is how deep what is not wanted may be nested.
const maxDepth = 1000

// A Layout says where in a page of JSON things are: paths of names.
type Layout struct {
	// Items are paths that the array of items may be at; an empty path is the
	// whole page.
	Items [][]string
	// Texts are paths of single values that are wanted besides.
	Texts [][]string
}

// A Path is a path as configurations have it: names and dots.
func Path(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ".")
}

// Page reads a page: item is called for each item, whose bytes it must not
// keep. texts are the values of Layout.Texts, "" where there is none; found
// says whether there was an array of items, or null in its place.
func (b *Body) Page(l Layout, item func(json.RawMessage) error) (texts []string, found bool, err error) {
	if b.Status == http.StatusNoContent {
		return make([]string, len(l.Texts)), true, nil
	}
	return readPage(b, b.Place, l, item)
}

func readPage(r io.Reader, place string, l Layout, item func(json.RawMessage) error) (texts []string, found bool, err error) {
	m := &metered{from: r}
	p := &page{dec: json.NewDecoder(m), meter: m, layout: l, item: item, texts: make([]string, len(l.Texts))}
	err = p.value(nil)
	if err == nil {
		switch _, more := p.dec.Token(); more {
		case io.EOF:
		case nil:
			err = errors.New("more follows, though the document ended")
		default:
			err = more
		}
	}
	return p.texts, p.found, p.explain(place, err)
}

// metered stops a value that is too long before it is in memory.
type metered struct {
	from io.Reader
	n    int
}

var errLong = fmt.Errorf("has a value of more than %d MiB", maxItem>>20)

func (m *metered) Read(p []byte) (int, error) {
	if m.n > maxItem {
		return 0, errLong
	}
	n, err := m.from.Read(p)
	m.n += n
	return n, err
}

type page struct {
	dec    *json.Decoder
	meter  *metered
	layout Layout
	item   func(json.RawMessage) error
	raw    json.RawMessage
	texts  []string
	found  bool
}

// An itemError is what the callback returned: none of the page's.
type itemError struct{ error }

func (e itemError) Unwrap() error { return e.error }

// explain says what is wrong with a page, and where.
func (p *page) explain(place string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[itemError](err); ok {
		return e.error
	}
	if _, transient := ingest.IsTransient(err); transient {
		return err
	}
	if _, ok := errors.AsType[*largeError](err); ok {
		return err
	}
	at := p.dec.InputOffset()
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return &ingest.Transient{Err: fmt.Errorf("%s: its answer ends in the middle, after byte %d", place, at)}
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%s: not JSON behind byte %d of its answer: %s", place, at, e.Error())
	}
	return fmt.Errorf("%s: behind byte %d of its answer: %w", place, at, err)
}

// value reads the value at a path.
func (p *page) value(path []string) error {
	p.meter.n = 0
	for i, want := range p.layout.Texts {
		if slices.Equal(want, path) {
			if err := p.dec.Decode(&p.raw); err != nil {
				return err
			}
			p.texts[i] = Text(p.raw)
			return nil
		}
	}
	items := p.wanted(path, true)
	t, err := p.dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
		if items {
			return p.items()
		}
		return p.skip()
	case json.Delim('{'):
		if p.wanted(path, false) {
			return p.members(path)
		}
		return p.skip()
	case nil:
		p.found = p.found || items
	}
	return nil
}

// wanted says whether a path is one of the items; or, if not whole, whether
// something is below it.
func (p *page) wanted(path []string, whole bool) bool {
	if whole {
		for _, want := range p.layout.Items {
			if slices.Equal(want, path) {
				return true
			}
		}
		return false
	}
	for _, list := range [][][]string{p.layout.Items, p.layout.Texts} {
		for _, want := range list {
			if len(want) > len(path) && slices.Equal(want[:len(path)], path) {
				return true
			}
		}
	}
	return false
}

func (p *page) members(path []string) error {
	for p.dec.More() {
		t, err := p.dec.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return errors.New("a name is due")
		}
		if err := p.value(append(path[:len(path):len(path)], name)); err != nil {
			return err
		}
	}
	_, err := p.dec.Token()
	return err
}

func (p *page) items() error {
	p.found = true
	for p.dec.More() {
		p.meter.n = 0
		if err := p.dec.Decode(&p.raw); err != nil {
			return err
		}
		if err := p.item(p.raw); err != nil {
			return itemError{err}
		}
	}
	_, err := p.dec.Token()
	return err
}

// skip reads to the end of what was begun, and keeps nothing.
func (p *page) skip() error {
	for depth := 1; depth > 0; {
		t, err := p.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			if depth++; depth > maxDepth {
				return fmt.Errorf("has values more than %d deep", maxDepth)
			}
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		p.meter.n = 0
	}
	return nil
}

// Members calls fn for each member of an item; ok is false if it is no object.
// name and value are part of it.
func Members(item json.RawMessage, fn func(name, value []byte)) (ok bool) {
	i := space(item, 0)
	if i >= len(item) || item[i] != '{' {
		return false
	}
	for i = space(item, i+1); i < len(item) && item[i] != '}'; {
		end := over(item, i)
		name := item[i+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = []byte(Text(item[i:end]))
		}
		i = space(item, space(item, end)+1) // behind the colon
		end = over(item, i)
		fn(name, item[i:end])
		if i = space(item, end); i < len(item) && item[i] == ',' {
			i = space(item, i+1)
		}
	}
	return true
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// over returns where the value that begins at i ends. The decoder has seen to
// it that it is one.
func over(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			// A number or a word ends before what cannot be in it.
			if depth == 0 {
				for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
					i++
				}
				return i
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(b)
}

// Text is a value as text: of a string what it says, of null nothing; what is
// nested as JSON without blanks; a number as it is written.
func Text(value json.RawMessage) string {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return ""
	case value[0] == '"':
		if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
			return strings.ToValidUTF8(string(inner), "\ufffd")
		}
		var s string
		if json.Unmarshal(value, &s) != nil {
			return ""
		}
		return s
	case value[0] == '{' || value[0] == '[':
		var b bytes.Buffer
		if json.Compact(&b, value) != nil {
			return ""
		}
		return b.String()
	}
	return string(value)
}
