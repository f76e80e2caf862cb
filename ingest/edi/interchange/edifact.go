package interchange

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var edifact = dialect{
	close: "UNZ", openGroup: "UNG", endGrp: "UNE", openMessage: "UNH", endMs: "UNT",
	what: "message", newGroup: newGroupEDIFACT, newMessage: newMessageEDIFACT,
}

// defaults separate an interchange without a UNA, and levelB one of UNOB that
// is written with the separators of its level.
var (
	defaults = separators{element: '+', component: ':', release: '?', terminator: '\''}
	levelB   = separators{element: 0x1d, component: 0x1f, terminator: 0x1c}
)

// openEDIFACT reads UNA, if there is one, and UNB.
func (rd *reader) openEDIFACT(tag string) error {
	rd.dialect = &edifact
	sep, repetition := defaults, byte('*')
	if tag == "UNA" {
		text, err := rd.fixed(9)
		if errors.Is(err, errCut) {
			return errors.New("the file ends within its UNA")
		}
		if err != nil {
			return err
		}
		// the decimal mark, text[5], may be either in numbers
		sep = separators{component: text[3], element: text[4], release: blank(text[6]), terminator: text[8]}
		repetition = blank(text[7])
		if _, err := rd.skip(); err != nil {
			return &readError{err}
		}
	} else if head, err := rd.r.Peek(4); err == nil && head[3] == levelB.element {
		sep = levelB
	}
	if !sep.distinct() || letter(sep.element) || letter(sep.component) || letter(sep.terminator) {
		return fmt.Errorf("UNA: component separator %q, element separator %q, release character %q and terminator %q are not four separators",
			sep.component, sep.element, sep.release, sep.terminator)
	}
	raw, err := rd.raw(sep)
	if err != nil {
		return err
	}
	s, err := sep.split(raw, 1, undeclared)
	if err != nil {
		return err
	}
	if s.Tag != "UNB" {
		return fmt.Errorf("after UNA stands %s, not UNB", s.Tag)
	}
	level, syntax := s.Text(1, 1), s.Text(1, 2)
	if rd.charset = charsetNamed(level); rd.charset == nil {
		return &elementError{1, fmt.Errorf("character set %s is not known: want UNOA to UNOL, UNOW or UNOY", quoteShort(level))}
	}
	switch syntax {
	case "1", "2", "3":
	case "4":
		// Before version 4 an asterisk is a letter like others.
		if sep.repetition = repetition; !sep.distinct() {
			return fmt.Errorf("UNA: repetition separator %q separates something else too", repetition)
		}
	default:
		return &elementError{1, fmt.Errorf("syntax version %s is not known: want 1 to 4", quoteShort(syntax))}
	}
	if s, err = sep.split(raw, 1, rd.charset); err != nil {
		return err
	}
	rd.sep = sep
	rd.header(s, level+":"+syntax)
	return nil
}

// blank makes a blank, which UNA writes for what is not used, none.
func blank(b byte) byte {
	if b == ' ' {
		return 0
	}
	return b
}

func (rd *reader) header(s *Segment, version string) {
	x := rd.x
	x.Standard, x.Version, x.Control = EDIFACT, version, s.Text(5, 1)
	x.Sender, x.SenderQualifier = s.Text(2, 1), s.Text(2, 2)
	x.Receiver, x.ReceiverQualifier = s.Text(3, 1), s.Text(3, 2)
	x.Test = s.Text(11, 1) == "1"
	var err error
	if x.Prepared, err = dateTimeEDIFACT(s.Text(4, 1), s.Text(4, 2)); err != nil {
		rd.problem(1, "UNB", 4, err.Error(), false)
	}
}

// dateTimeEDIFACT reads S004: YYMMDD or CCYYMMDD, and HHMM.
func dateTimeEDIFACT(date, clock string) (time.Time, error) {
	layout := "0601021504"
	if len(date) == 8 {
		layout = "200601021504"
	}
	t, err := time.Parse(layout, date+clock)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no date YYMMDD and time HHMM", quoteShort(date+":"+clock))
	}
	return t, nil
}

func newGroupEDIFACT(rd *reader, s *Segment) *Group {
	g := &Group{Function: s.Text(1, 1), Sender: s.Text(2, 1), Receiver: s.Text(3, 1), Control: s.Text(5, 1)}
	g.Version = joined(s, 7, 1)
	if s.Text(4, 1) != "" {
		var err error
		if g.Prepared, err = dateTimeEDIFACT(s.Text(4, 1), s.Text(4, 2)); err != nil {
			rd.problem(s.Number, s.Tag, 4, err.Error(), false)
		}
	}
	return g
}

func newMessageEDIFACT(rd *reader, s *Segment) *Message {
	return &Message{Interchange: rd.x, Group: rd.group, Type: s.Text(2, 1), Control: s.Text(1, 1), Version: joined(s, 2, 2)}
}

// joined writes the components of an element from one on: "D.96A.UN.EAN008".
func joined(s *Segment, element, from int) string {
	var parts []string
	for c := from; c <= from+3; c++ {
		if t := s.Text(element, c); t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, ".")
}
