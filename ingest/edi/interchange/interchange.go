package interchange

import (
	"fmt"
	"time"
)

// The standards, as Interchange.Standard says them.
const (
	X12     = "X12"
	EDIFACT = "EDIFACT"
)

// An Interchange is what one sender put into one envelope: ISA to IEA, UNB to
// UNZ. Groups and Messages grow while it is read.
type Interchange struct {
	File     string
	Standard string
	Version  string // ISA12; of EDIFACT the charset and the syntax: "UNOC:3"
	Control  string // control number: ISA13, UNB 0020
	Sender, SenderQualifier,
	Receiver, ReceiverQualifier string
	// Prepared is when the sender says it was made, on a clock whose zone no
	// interchange tells; zero if it is not readable.
	Prepared time.Time
	Test     bool
	Groups   int
	Messages int // all of them, those that were not taken too
	Complete bool
}

// A Group is a functional group: GS to GE, UNG to UNE.
type Group struct {
	Function, Sender, Receiver, Control, Version string
	Prepared                                     time.Time // zero if it says nothing
	messages                                     int
}

// A Message is a transaction set of X12 or a message of EDIFACT. A TA1 of X12
// is a message of its own, without a group and a control number.
type Message struct {
	Interchange *Interchange
	Group       *Group // nil: it is in none
	Type        string // "850", "ORDERS", "TA1"
	Version     string // GS08, or ST03 if it is there; "D.96A.UN.EAN008"
	Control     string
	// Ordinal counts the messages of the file, from 1.
	Ordinal int
	// Segments are those between the header and the trailer.
	Segments []Segment

	size int // bytes
}

// Place says where a segment stands, or an element of it unless that is 0.
func (m *Message) Place(s *Segment, element int) string {
	return place(m.Interchange, s.Number, s.Tag, element)
}

func place(x *Interchange, segment int, tag string, element int) string {
	text := fmt.Sprintf("%s: interchange %s, segment %d", x.File, orUnknown(x.Control), segment)
	if isTag(tag) {
		text += fmt.Sprintf(" (%s)", tag)
	}
	if element > 0 {
		text += fmt.Sprintf(", element %d", element)
	}
	return text
}

func orUnknown(control string) string {
	if control == "" {
		return "?"
	}
	return control
}

// A Problem is something wrong with an interchange.
type Problem struct {
	Place  string // "orders.edi: interchange 000000905, segment 12 (PO1), element 2"
	Reason string
	// Lost says that a message or a whole interchange was not taken. Else all
	// that could be read was.
	Lost bool
}

// A Visitor is called while a file is read. The first error that a function
// returns ends it.
type Visitor struct {
	Message     func(*Message) error
	Interchange func(*Interchange) error // after its last message
	Problem     func(Problem)
}

// Limits bound what is kept in memory.
type Limits struct {
	Segment int // bytes; default 1 MiB
	Message int // bytes; default 64 MiB
}
