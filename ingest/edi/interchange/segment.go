package interchange

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Segment is one segment of an interchange.
type Segment struct {
	Number int // within its interchange: its header, ISA or UNB, is 1
	Tag    string
	Values []Value // those that are not empty, in order
}

// A Value is a component of an element. All three are counted from 1.
type Value struct {
	Element, Repetition, Component int
	Text                           string
}

// Text returns a component of the first repetition of an element, "" if it is
// empty or not there.
func (s *Segment) Text(element, component int) string {
	for i := range s.Values {
		if v := &s.Values[i]; v.Element == element && v.Component == component && v.Repetition == 1 {
			return v.Text
		}
	}
	return ""
}

// Elements returns the number of the last element that is not empty.
func (s *Segment) Elements() int {
	if len(s.Values) == 0 {
		return 0
	}
	return s.Values[len(s.Values)-1].Element
}

// separators divide a text into segments, elements, repetitions and components.
// 0 is none.
type separators struct {
	element, component, repetition, release, terminator byte
}

// distinct says that no two separators are the same.
func (s separators) distinct() bool {
	list := []byte{s.element, s.component, s.repetition, s.release, s.terminator}
	for i, a := range list {
		if a != 0 && bytes.IndexByte(list[:i], a) >= 0 {
			return false
		}
	}
	return true
}

// split makes a segment of its raw bytes, without the terminator.
func (s separators) split(raw []byte, number int, c *charset) (*Segment, error) {
	seg := &Segment{Number: number}
	whole := ""
	if plain(raw) {
		whole = string(raw) // the values share it
	}
	element, repetition, component := 0, 1, 1
	add := func(from, to int, released bool) error {
		if from == to {
			return nil
		}
		text := ""
		switch {
		case whole != "" && !released:
			text = whole[from:to]
		default:
			part := raw[from:to]
			if released {
				part = s.unrelease(part)
			}
			var err error
			if text, err = c.decode(part); err != nil {
				return &elementError{element, err}
			}
		}
		if element == 0 {
			if component == 1 && repetition == 1 {
				seg.Tag = text // other components say how deep it is nested
			}
			return nil
		}
		seg.Values = append(seg.Values, Value{element, repetition, component, text})
		return nil
	}
	from, released := 0, false
	for i := 0; i <= len(raw); i++ {
		end := i == len(raw)
		if !end {
			b := raw[i]
			if s.release != 0 && b == s.release {
				if released = true; i+1 < len(raw) {
					i++
				}
				continue
			}
			if b != s.element && b != s.component && (s.repetition == 0 || b != s.repetition) {
				continue
			}
		}
		if err := add(from, i, released); err != nil {
			return seg, err
		}
		if end {
			break
		}
		switch raw[i] {
		case s.element:
			element, repetition, component = element+1, 1, 1
		case s.repetition:
			repetition, component = repetition+1, 1
		default:
			component++
		}
		from, released = i+1, false
	}
	if !isTag(seg.Tag) {
		return seg, fmt.Errorf("%s is no tag of a segment", quoteShort(seg.Tag))
	}
	return seg, nil
}

// unrelease takes the release characters out.
func (s separators) unrelease(part []byte) []byte {
	out := make([]byte, 0, len(part))
	for i := 0; i < len(part); i++ {
		if part[i] == s.release && i+1 < len(part) {
			i++
		} else if part[i] == s.release {
			break // at the very end it releases nothing
		}
		out = append(out, part[i])
	}
	return out
}

// plain says that the bytes are text without any charset.
func plain(raw []byte) bool {
	for _, b := range raw {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isTag says whether a text can be the tag of a segment.
func isTag(tag string) bool {
	if len(tag) < 2 || len(tag) > 3 {
		return false
	}
	return strings.Trim(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" && tag[0] >= 'A'
}

// quoteShort quotes the beginning of a text.
func quoteShort(text string) string {
	if len(text) > 40 {
		return fmt.Sprintf("%q…", text[:40])
	}
	return fmt.Sprintf("%q", text)
}

// An elementError says which element of a segment is wrong.
type elementError struct {
	element int
	err     error
}

func (e *elementError) Error() string { return e.err.Error() }

// String writes a segment for people: PO1 1=1 2=10 7.2=A 7[2]=B.
func (s *Segment) String() string {
	var b strings.Builder
	b.WriteString(s.Tag)
	for _, v := range s.Values {
		fmt.Fprintf(&b, " %d", v.Element)
		if v.Repetition > 1 {
			fmt.Fprintf(&b, "[%d]", v.Repetition)
		}
		if v.Component > 1 {
			fmt.Fprintf(&b, ".%d", v.Component)
		}
		b.WriteString("=" + v.Text)
	}
	return b.String()
}
