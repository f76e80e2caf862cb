package interchange

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var x12 = dialect{
	close: "IEA", openGroup: "GS", endGrp: "GE", openMessage: "ST", endMs: "SE",
	what: "transaction set", newGroup: newGroupX12, newMessage: newMessageX12,
}

// isaWidths are how many characters each element of an ISA has.
var isaWidths = [...]int{2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

// openX12 reads an ISA: its 106 characters say what separates the rest.
func (rd *reader) openX12() error {
	text, err := rd.fixed(105)
	if errors.Is(err, errCut) {
		return fmt.Errorf("has %d characters in place of 106", len(text))
	}
	if err != nil {
		return err
	}
	separator := text[3]
	var element [len(isaWidths)]string
	at := 3
	for i, width := range isaWidths {
		if text[at] != separator {
			return &elementError{i, fmt.Errorf("wants %d characters: position %d of the segment is %q, not %q", isaWidths[i-1], at+1, text[at], separator)} // the first one is, by definition
		}
		value, err := undeclared.decode(text[at+1 : at+1+width])
		if err != nil {
			return &elementError{i + 1, err}
		}
		element[i] = strings.TrimSpace(value)
		at += 1 + width
	}
	sep := separators{element: separator, component: text[104]}
	if sep.terminator, err = rd.r.ReadByte(); err != nil {
		return errors.New("ends without a terminator")
	}
	// From 00402 on ISA11 is the separator of repetitions, before that the word U.
	if r := text[82]; !letter(r) && r != ' ' {
		sep.repetition = r
	}
	if !sep.distinct() || letter(sep.element) || letter(sep.component) || letter(sep.terminator) {
		return fmt.Errorf("element separator %q, component separator %q, repetition separator %q and terminator %q are not four separators",
			sep.element, sep.component, sep.repetition, sep.terminator)
	}
	rd.sep, rd.dialect = sep, &x12
	x := rd.x
	x.Standard, x.Version, x.Control = X12, element[11], element[12]
	x.SenderQualifier, x.Sender, x.ReceiverQualifier, x.Receiver = element[4], element[5], element[6], element[7]
	x.Test = element[14] == "T"
	if x.Prepared, err = time.Parse("0601021504", element[8]+element[9]); err != nil {
		rd.problem(1, "ISA", 9, fmt.Sprintf("%s is no date YYMMDD and time HHMM", quoteShort(element[8]+" "+element[9])), false)
	}
	return nil
}

func newGroupX12(rd *reader, s *Segment) *Group {
	g := &Group{Function: s.Text(1, 1), Sender: s.Text(2, 1), Receiver: s.Text(3, 1), Control: s.Text(6, 1), Version: s.Text(8, 1)}
	date, clock := s.Text(4, 1), s.Text(5, 1)
	layout := "20060102"
	if len(date) == 6 {
		layout = "060102"
	}
	digits := min(len(clock), 6) // HHMM, HHMMSS, then hundredths
	t, err := time.Parse(layout+"150405"[:digits&^1], date+clock[:digits&^1])
	if err != nil {
		rd.problem(s.Number, s.Tag, 4, fmt.Sprintf("%s is no date and time", quoteShort(date+" "+clock)), false)
	} else if digits >= 4 {
		g.Prepared = t
	}
	return g
}

func newMessageX12(rd *reader, s *Segment) *Message {
	m := &Message{Interchange: rd.x, Group: rd.group, Type: s.Text(1, 1), Control: s.Text(2, 1), Version: s.Text(3, 1)}
	if m.Version == "" && rd.group != nil {
		m.Version = rd.group.Version
	}
	return m
}
