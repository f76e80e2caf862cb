package interchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Begins says whether a file that begins with these bytes is one of
// interchanges.
func Begins(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n\x00")
	return begins(head) != ""
}

// begins returns ISA, UNA or UNB if an interchange begins with head.
func begins(head []byte) string {
	if len(head) < 4 {
		return ""
	}
	switch tag, next := string(head[:3]), head[3]; {
	case (tag == "ISA" || tag == "UNB") && !letter(next) && next != ' ':
		return tag
	case tag == "UNA" && !letter(next):
		return tag
	}
	return ""
}

func letter(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// A reader goes through the interchanges of a file.
type reader struct {
	scanner
	file    string
	visitor Visitor
	limits  Limits

	// Of the interchange that is open.
	x        *Interchange
	dialect  *dialect
	sep      separators
	charset  *charset
	segments int // read of it
	group    *Group
	message  *Message
	count    int      // segments of the message, with header and trailer
	bad      *Problem // why the message is not taken
	ordinal  int
	passing  bool // what follows an interchange whose header is not readable
}

// A dialect is how a standard calls its envelopes. The trailers of all have a
// count as their first element and a control number as their second.
type dialect struct {
	close              string // of an interchange
	openGroup, endGrp  string
	openMessage, endMs string
	what               string // what a message is called
	newGroup           func(*reader, *Segment) *Group
	newMessage         func(*reader, *Segment) *Message
}

// Read reads all interchanges of a file, of either standard. What is wrong
// with them are the visitor's problems; an error is one of reading, or the
// visitor's own.
func Read(r io.Reader, file string, v Visitor, l Limits) error {
	if l.Segment == 0 {
		l.Segment = 1 << 20
	}
	if l.Message == 0 {
		l.Message = 64 << 20
	}
	rd := &reader{scanner: scanner{r: bufio.NewReaderSize(r, 64<<10), limit: l.Segment}, file: file, visitor: v, limits: l}
	err := rd.run()
	if e, ok := errors.AsType[*readError](err); ok {
		return fmt.Errorf("%s: %w", file, e.err)
	}
	return err
}

func (rd *reader) run() error {
	for {
		head, err := rd.skip()
		if err != nil {
			return &readError{err}
		}
		if len(head) == 0 {
			return rd.abandon("the file ends before it does")
		}
		switch tag := begins(head); {
		case tag != "":
			if err = rd.abandon("another interchange begins before it ends"); err == nil {
				err = rd.open(tag)
			}
		case rd.x == nil:
			err = rd.strange()
		default:
			err = rd.next()
		}
		if err != nil {
			return err
		}
	}
}

// strange passes text outside of any interchange.
func (rd *reader) strange() error {
	var first []byte
	n := 0
	for {
		head, err := rd.r.Peek(4)
		if len(head) == 0 && !errors.Is(err, io.EOF) {
			return &readError{err}
		}
		if len(head) == 0 || n > 0 && !letter(first[len(first)-1]) && begins(head) != "" {
			if rd.passing {
				return nil
			}
			rd.visitor.Problem(Problem{rd.file, fmt.Sprintf("%d bytes outside of any interchange: %s", n, quoteShort(string(first[:min(len(first), 41)]))), true})
			return nil
		}
		if len(first) > 60 {
			first[60] = head[0] // the beginning, and the last byte
			first = first[:61]
		} else {
			first = append(first, head[0])
		}
		n++
		if _, err := rd.r.Discard(1); err != nil {
			return &readError{err}
		}
	}
}

// open begins an interchange.
func (rd *reader) open(tag string) error {
	rd.x = &Interchange{File: rd.file}
	rd.segments, rd.group, rd.message, rd.bad, rd.charset, rd.passing = 1, nil, nil, nil, undeclared, false
	var err error
	if tag == "ISA" {
		err = rd.openX12()
	} else {
		err = rd.openEDIFACT(tag)
	}
	if _, ok := errors.AsType[*readError](err); err == nil || ok {
		return err
	}
	element := 0
	if e, ok := errors.AsType[*elementError](err); ok {
		element = e.element
	}
	if tag == "UNA" {
		tag = "UNB"
	}
	rd.problem(1, tag, element, err.Error()+"; the interchange is not taken", true)
	rd.x, rd.passing = nil, true
	return nil
}

// next reads a segment of the open interchange.
func (rd *reader) next() error {
	raw, err := rd.raw(rd.sep)
	if _, ok := errors.AsType[*readError](err); ok {
		return err
	}
	rd.segments++
	if err != nil && !errors.Is(err, errCut) {
		rd.count++
		rd.spoil(rd.segments, "", 0, err.Error())
		return nil
	}
	if len(raw) == 0 {
		rd.segments-- // two terminators in a row
		return nil
	}
	s, wrong := rd.sep.split(raw, rd.segments, rd.charset)
	if errors.Is(err, errCut) && (wrong != nil || s.Tag != rd.dialect.close) {
		return nil // abandon says the rest
	}
	return rd.take(s, len(raw), wrong)
}

// take gives a segment its place.
func (rd *reader) take(s *Segment, size int, wrong error) error {
	d := rd.dialect
	rd.count++
	switch s.Tag {
	case d.openMessage:
		rd.cut(s, "another begins before it ends")
		rd.ordinal++
		rd.count = 1
		rd.x.Messages++
		rd.message = d.newMessage(rd, s)
		rd.message.Ordinal = rd.ordinal
		if rd.group != nil {
			rd.group.messages++
		} else if d.openGroup == "GS" {
			rd.spoil(s.Number, s.Tag, 0, "it is in no functional group")
		}
		rd.spoilWrong(s, wrong)
		return nil
	case d.endMs:
		rd.spoilWrong(s, wrong)
		return rd.closeMessage(s)
	case d.openGroup:
		rd.cut(s, "a group begins before it ends")
		if rd.group != nil {
			rd.problem(s.Number, s.Tag, 0, fmt.Sprintf("group %s is not ended", rd.group.Control), false)
		}
		rd.x.Groups++
		rd.group = d.newGroup(rd, s)
		return nil
	case d.endGrp:
		rd.cut(s, "the group ends before it does")
		rd.closeGroup(s)
		return nil
	case d.close:
		rd.cut(s, "the interchange ends before it does")
		return rd.closeInterchange(s)
	}
	switch {
	case rd.message != nil && wrong != nil:
		rd.spoilWrong(s, wrong)
	case rd.message != nil:
		rd.add(s, size)
	case s.Tag == "TA1" && rd.x.Standard == X12:
		rd.ordinal++
		return rd.visitor.Message(&Message{Interchange: rd.x, Type: "TA1", Version: rd.x.Version, Ordinal: rd.ordinal, Segments: []Segment{*s}})
	default:
		rd.problem(s.Number, s.Tag, 0, "a segment outside of any "+d.what+" is not read", false)
	}
	return nil
}

// add keeps a segment of the open message, as long as it is to be taken.
func (rd *reader) add(s *Segment, size int) {
	if rd.bad != nil {
		return
	}
	rd.message.size += size + 1
	if rd.message.size > rd.limits.Message {
		rd.spoil(s.Number, s.Tag, 0, fmt.Sprintf("longer than %d bytes, the limit of a %s", rd.limits.Message, rd.dialect.what))
		rd.message.Segments = nil
		return
	}
	rd.message.Segments = append(rd.message.Segments, *s)
}

func (rd *reader) spoilWrong(s *Segment, wrong error) {
	if wrong == nil {
		return
	}
	element := 0
	if e, ok := errors.AsType[*elementError](wrong); ok {
		element = e.element
	}
	rd.spoil(s.Number, s.Tag, element, wrong.Error())
}

// spoil says why the open message will not be taken; the first reason counts.
func (rd *reader) spoil(segment int, tag string, element int, reason string) {
	if rd.message == nil {
		rd.problem(segment, tag, element, reason, false)
		return
	}
	if rd.bad == nil {
		rd.bad = &Problem{place(rd.x, segment, tag, element), fmt.Sprintf("%s; %s %s (%s) is not taken", reason, rd.dialect.what, rd.message.Control, rd.message.Type), true}
	}
}

// cut ends a message that has no trailer.
func (rd *reader) cut(s *Segment, how string) {
	if rd.message != nil {
		rd.spoil(s.Number, s.Tag, 0, how)
		rd.refuse()
	}
}

func (rd *reader) refuse() {
	rd.visitor.Problem(*rd.bad)
	rd.message, rd.bad = nil, nil
}

// closeMessage checks SE or UNT and hands the message over.
func (rd *reader) closeMessage(s *Segment) error {
	if rd.message == nil {
		rd.problem(s.Number, s.Tag, 0, "ends a "+rd.dialect.what+" that has not begun", false)
		return nil
	}
	if element, reason := checkTrailer(s, rd.count, "segments", rd.message.Control); reason != "" {
		rd.spoil(s.Number, s.Tag, element, reason)
	}
	if rd.bad != nil {
		rd.refuse()
		return nil
	}
	m := rd.message
	rd.message = nil
	return rd.visitor.Message(m)
}

func (rd *reader) closeGroup(s *Segment) {
	if rd.group == nil {
		rd.problem(s.Number, s.Tag, 0, "ends a group that has not begun", false)
		return
	}
	if element, reason := checkTrailer(s, rd.group.messages, rd.dialect.what+"s", rd.group.Control); reason != "" {
		rd.problem(s.Number, s.Tag, element, reason, false)
	}
	rd.group = nil
}

func (rd *reader) closeInterchange(s *Segment) error {
	if rd.group != nil {
		rd.problem(s.Number, s.Tag, 0, fmt.Sprintf("group %s is not ended", rd.group.Control), false)
	}
	n, what := rd.x.Groups, "groups"
	if n == 0 && rd.x.Standard == EDIFACT {
		n, what = rd.x.Messages, "messages"
	}
	if element, reason := checkTrailer(s, n, what, rd.x.Control); reason != "" {
		rd.problem(s.Number, s.Tag, element, reason, false)
	}
	rd.x.Complete = true
	return rd.end()
}

// abandon ends an interchange that has no trailer.
func (rd *reader) abandon(how string) error {
	if rd.x == nil {
		return nil
	}
	if rd.message != nil {
		rd.spoil(rd.segments, "", 0, how)
		rd.refuse()
	}
	rd.problem(rd.segments, "", 0, "the interchange has no "+rd.dialect.close+": "+how, false)
	return rd.end()
}

func (rd *reader) end() error {
	x := rd.x
	rd.x, rd.group = nil, nil
	return rd.visitor.Interchange(x)
}

func (rd *reader) problem(segment int, tag string, element int, reason string, lost bool) {
	rd.visitor.Problem(Problem{place(rd.x, segment, tag, element), reason, lost})
}

// checkTrailer compares count and control number of a trailer with what was
// read. Leading zeros make no difference.
func checkTrailer(s *Segment, n int, what, control string) (element int, reason string) {
	if says, err := strconv.Atoi(s.Text(1, 1)); err != nil {
		return 1, fmt.Sprintf("%s is no number of %s", quoteShort(s.Text(1, 1)), what)
	} else if says != n {
		return 1, fmt.Sprintf("says %d %s, there are %d", says, what, n)
	}
	if says := s.Text(2, 1); says != control && (control == "" || strings.TrimLeft(says, "0") != strings.TrimLeft(control, "0")) {
		return 2, fmt.Sprintf("says control number %s, the header %s", quoteShort(says), quoteShort(control))
	}
	return 0, ""
}
