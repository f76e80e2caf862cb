package statement

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Kinds of statements.
const (
	Final        = "statement"    // camt.053, MT940, BAI2 of a day that is over
	Interim      = "report"       // camt.052, MT942, BAI2 of a day that goes on
	Notification = "notification" // camt.054
)

// A Statement is what a bank says of one account: a page of it, where the bank
// counts pages. It is complete when the reader hands it over, after its lines.
type Statement struct {
	File     string
	Format   string // "camt.053.001.08", "BAI2", "MT940", "MT942"
	Kind     string
	Account  string
	Currency string
	ID       string // the bank's, with its page
	Created  Moment
	From, To string // days "2006-01-02"
	Opening, Closing,
	Entries *Money // Entries: their sum as the bank says it, where it does
	Lines int   // entries that are booked
	Sum   Money // of them
}

// A Moment is a point in time as a bank writes it: "2006-01-02",
// "2006-01-02T15:04:05" or with an offset "2006-01-02T15:04:05+01:00".
type Moment string

// A Line is an entry of a statement, or one of the transactions of an entry
// that the bank books as one.
type Line struct {
	Statement *Statement
	Entry     int // counts the entries of the statement from 1
	Detail    int // counts the transactions of an entry that has several; 0: the entry itself
	// Details is how many transactions the entry has if there are several,
	// and Split their sum, nil if one does not tell its amount.
	Details int
	Split   *Money

	Amount   Money // positive: it came in
	Known    bool  // a transaction of an entry may not tell its amount
	Currency string
	Booked   Moment
	Value    string // day
	Status   string // BOOK, PDNG, INFO, FUTR; empty is booked
	Reversal bool   // takes an earlier entry back
	Code     string // "PMNT/RCDT/ESCT", "NTRF", of BAI2 the type: "142"
	Charges  *Money
	BankRef, EntryRef, EndToEnd,
	Mandate, Party, PartyAccount, Remittance string
	References []Reference
	Place      string // "may.xml: statement 17, entry 3"
}

// A Reference is a document that the payer names in a field of its own.
type Reference struct {
	Type   string // CINV, CREN, SCOR, …
	Number string
	Amount *Money // remitted for it, if told
}

// A Problem is something wrong in a file.
type Problem struct {
	Place, Reason string
	Lost          bool // what it is about was not taken
}

// A Visitor is called while a file is read. The first error that a function
// returns ends it. Transactions of an entry come before the entry.
type Visitor struct {
	Line      func(*Line) error
	Statement func(*Statement) error
	Problem   func(Problem)
}

// The formats that Detect knows.
const (
	CAMT  = "camt"
	BAI2  = "BAI2"
	MT940 = "MT940"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// Detect says of which format a file that begins with head is, "" if of none.
func Detect(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("<")) && (bytes.Contains(head, []byte("camt.05")) || bytes.Contains(head, []byte("BkToCstmr"))):
		return CAMT
	case bytes.HasPrefix(head, []byte("01,")):
		return BAI2
	case bytes.HasPrefix(head, []byte(":20:")), bytes.HasPrefix(head, []byte("{1:F01")),
		bytes.HasPrefix(head, []byte(":940:")), bytes.Contains(head, []byte("\n:20:")) && bytes.Contains(head, []byte("\n:25:")):
		return MT940
	}
	return ""
}

// Read reads a file of a format. What is wrong in it are the visitor's
// problems; an error is one of reading, or the visitor's own.
func Read(r io.Reader, file, format string, v Visitor) error {
	switch format {
	case CAMT:
		return readCAMT(r, file, v)
	case BAI2:
		return readBAI2(r, file, v)
	case MT940:
		return readMT940(r, file, v)
	}
	return fmt.Errorf("%s: no format %q", file, format)
}

// close checks the balances of a statement and hands it over. Of intraday
// reports and notifications nothing has to add up.
func (s *Statement) close(v Visitor) error {
	if s.Opening != nil && s.Closing != nil && s.Kind == Final {
		if end := *s.Opening + s.Sum; end != *s.Closing {
			v.Problem(Problem{s.place(), fmt.Sprintf("opening balance %s and %d entries of %s make %s, the closing balance says %s", *s.Opening, s.Lines, s.Sum, end, *s.Closing), false})
		}
	}
	if s.Entries != nil && *s.Entries != s.Sum {
		v.Problem(Problem{s.place(), fmt.Sprintf("%d entries make %s, the bank's own sum says %s", s.Lines, s.Sum, *s.Entries), false})
	}
	return v.Statement(s)
}

func (s *Statement) place() string {
	id := s.ID
	if id == "" {
		id = "?"
	}
	return fmt.Sprintf("%s: statement %s", s.File, id)
}

// add counts a line that is an entry.
func (s *Statement) add(l *Line) {
	if l.Detail == 0 && (l.Status == "" || l.Status == "BOOK") {
		s.Lines++
		s.Sum += l.Amount
	}
}

// maxLine is how many bytes a line of BAI2 or MT940 may have.
const maxLine = 64 << 10

// lines calls fn with every line of a text, as UTF-8, without what ends it.
func lines(r io.Reader, file string, fn func(n int, line string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	n := 0
	for s.Scan() {
		n++
		text := s.Bytes()
		if n == 1 {
			text = bytes.TrimPrefix(text, byteOrderMark)
		}
		line := string(text)
		if !utf8.Valid(text) {
			decoded, err := charmap.Windows1252.NewDecoder().Bytes(text)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", file, n, err)
			}
			line = string(decoded)
		}
		if err := fn(n, strings.TrimRight(line, " \t\r\x00\x1a")); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w (a line has at most %d bytes)", file, n+1, err, maxLine)
	}
	return nil
}
