package statement

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// An mt940Reader goes through a file of MT940 and MT942 statements.
type mt940Reader struct {
	file    string
	v       Visitor
	tag     string // of the field that is open
	field   []string
	started int // line where it began

	s       *Statement
	line    *Line // its :86: may follow
	entries int
}

var (
	swiftTag   = regexp.MustCompile(`^:([0-9]{2}[A-Z]?):`)
	swiftBlock = regexp.MustCompile(`^\{[1-5]:|^-\}?$|^-$`)
)

func readMT940(r io.Reader, file string, v Visitor) error {
	m := &mt940Reader{file: file, v: v}
	err := lines(r, file, func(n int, line string) error {
		if i := strings.Index(line, "{4:"); i >= 0 {
			line = line[i+len("{4:"):] // what is before are headers of SWIFT
		}
		switch tag := swiftTag.FindStringSubmatch(line); {
		case tag != nil:
			if err := m.flush(); err != nil {
				return err
			}
			m.tag, m.field, m.started = tag[1], append(m.field[:0], line[len(tag[0]):]), n
		case swiftBlock.MatchString(line):
			return m.flush()
		case m.tag != "" && len(m.field) < 200:
			m.field = append(m.field, line)
		}
		return nil
	})
	if err == nil {
		err = m.flush()
	}
	if err == nil {
		err = m.end()
	}
	return err
}

func (m *mt940Reader) problem(reason string, lost bool) {
	m.v.Problem(Problem{fmt.Sprintf("%s:%d", m.file, m.started), fmt.Sprintf(":%s: %s", m.tag, reason), lost})
}

// flush reads the field that is complete now.
func (m *mt940Reader) flush() error {
	if m.tag == "" {
		return nil
	}
	defer func() { m.tag = "" }()
	first := strings.TrimSpace(m.field[0])
	if m.tag != "86" {
		if err := m.flushLine(); err != nil {
			return err
		}
	}
	switch m.tag {
	case "20":
		if err := m.end(); err != nil {
			return err
		}
		m.s, m.entries = &Statement{File: m.file, Format: "MT940", Kind: Final, ID: first}, 0
		return nil
	case "61", "86", "25", "25P", "28", "28C", "60F", "60M", "62F", "62M", "13", "13D", "34F":
		if m.s == nil {
			m.problem("stands outside of any statement", m.tag == "61")
			return nil
		}
	}
	switch m.tag {
	case "25", "25P":
		m.s.Account = strings.ReplaceAll(first, " ", "")
	case "28", "28C":
		m.s.ID = first
	case "60F", "60M":
		date, b := m.balance(first)
		m.s.Opening = b
		if m.s.From = date; date != "" {
			m.s.ID += "-" + date // numbers start over every year
		}
	case "62F", "62M":
		m.s.To, m.s.Closing = m.balance(first)
	case "34F":
		m.s.Format, m.s.Kind = "MT942", Interim
		if len(first) >= 3 && m.s.Currency == "" {
			m.s.Currency = first[:3]
		}
	case "13", "13D":
		m.s.Created = momentSWIFT(first)
		if m.s.From == "" && m.s.Kind == Interim {
			m.s.ID += "-" + string(m.s.Created)
		}
	case "61":
		m.entry()
	case "86":
		if m.line != nil {
			details(m.line, m.field)
			return m.flushLine()
		}
	}
	return nil
}

// flushLine hands the line over, with or without details.
func (m *mt940Reader) flushLine() error {
	l := m.line
	if m.line = nil; l == nil {
		return nil
	}
	m.s.add(l)
	return m.v.Line(l)
}

func (m *mt940Reader) end() error {
	if err := m.flushLine(); err != nil {
		return err
	}
	s := m.s
	if m.s = nil; s == nil {
		return nil
	}
	if s.Closing == nil && s.Kind == Final {
		m.v.Problem(Problem{s.place(), "it has no closing balance :62F:", false})
	}
	return s.close(m.v)
}

// balance reads D or C, YYMMDD, currency, amount.
func (m *mt940Reader) balance(text string) (string, *Money) {
	if len(text) < 11 || text[0] != 'C' && text[0] != 'D' {
		m.problem(fmt.Sprintf("%q is no balance", short(text)), false)
		return "", nil
	}
	date, err := day(text[1:7])
	if err != nil {
		m.problem(err.Error(), false)
	}
	amount, err := parseMoney(text[10:], ',')
	if err != nil {
		m.problem(err.Error(), false)
		return date, nil
	}
	if text[0] == 'D' {
		amount = -amount
	}
	m.s.Currency = text[7:10]
	return date, &amount
}

// Value date, day of entry, mark (R takes an entry back), third letter of the
// currency, amount, type, references.
var swiftEntry = regexp.MustCompile(`^([0-9]{6})([0-9]{4})?(R?[CD]|E[CD])([A-Z])?([0-9]+(?:,[0-9]*)?)([A-Z][A-Z0-9]{3})(.*)$`)

func (m *mt940Reader) entry() {
	m.entries++
	f := swiftEntry.FindStringSubmatch(m.field[0])
	if f == nil {
		m.problem(fmt.Sprintf("%q is no entry; it is not taken", short(m.field[0])), true)
		return
	}
	value, err := day(f[1])
	if err != nil {
		m.problem(err.Error()+"; it is not taken", true)
		return
	}
	amount, err := parseMoney(f[5], ',')
	if err != nil {
		m.problem(err.Error()+"; it is not taken", true)
		return
	}
	l := &Line{Statement: m.s, Entry: m.entries, Known: true, Amount: amount, Currency: m.s.Currency, Value: value, Booked: Moment(bookedOn(value, f[2])), Code: f[6],
		Reversal: f[3][0] == 'R' || strings.HasSuffix(f[6], "RTI"), Place: fmt.Sprintf("%s:%d", m.file, m.started)}
	// a debit, or a credit taken back
	if f[3] == "D" || f[3] == "RC" || f[3] == "ED" {
		l.Amount = -amount
	}
	if f[3][0] == 'E' {
		l.Status = "PDNG" // expected
	}
	ours, banks, _ := strings.Cut(f[7], "//")
	if l.EndToEnd = strings.TrimSpace(ours); l.EndToEnd == "NONREF" {
		l.EndToEnd = ""
	}
	if l.BankRef = strings.TrimSpace(banks); l.BankRef == "NONREF" {
		l.BankRef = ""
	}
	if len(m.field) > 1 {
		l.Remittance = strings.TrimSpace(m.field[1]) // unless :86: says more
	}
	m.line = l
}

// bookedOn is the day of the year around the value date that MMDD names.
func bookedOn(value, monthDay string) string {
	if monthDay == "" {
		return value
	}
	v, err := time.Parse("2006-01-02", value)
	if err != nil {
		return value
	}
	best := value
	distance := 400 * 24 * time.Hour
	for year := v.Year() - 1; year <= v.Year()+1; year++ {
		t, err := time.Parse("20060102", fmt.Sprintf("%04d%s", year, monthDay))
		if d := t.Sub(v).Abs(); err == nil && d < distance {
			best, distance = t.Format("2006-01-02"), d
		}
	}
	return best
}

// momentSWIFT reads :13D:, YYMMDDHHMM and an offset such as +0100, and :13:.
func momentSWIFT(text string) Moment {
	if len(text) < 10 {
		return ""
	}
	at := moment(text[:6], text[6:10])
	if offset := text[10:]; len(offset) == 5 && len(at) == 19 && (offset[0] == '+' || offset[0] == '-') {
		at += Moment(offset[:3] + ":" + offset[3:])
	}
	return at
}
