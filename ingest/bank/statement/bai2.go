package statement

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A bai2Reader goes through a file of BAI2: file 01, groups 02, accounts 03,
// transactions 16, continuations 88, trailers 49, 98 and 99.
type bai2Reader struct {
	file  string
	v     Visitor
	width int // of a physical record, 0 if it varies

	record  []string // physical lines of the record that is open
	started int      // line where it began
	closed  bool     // its last line ended with a slash
	bytes   int      // of its continuations

	created  Moment
	fileID   string
	group    bai2Group
	s        *Statement
	entries  int
	account  bai2Total // what the account's trailer should say
	inGroup  bai2Total
	inFile   bai2Total
	currency string
}

type bai2Group struct {
	status, date, clock, currency, modifier string
	skipped                                 bool
}

// A bai2Total is what a trailer counts.
type bai2Total struct {
	sum     int64 // of the digits, whatever the currency
	members int   // accounts of a group, groups of a file
	records int
}

func readBAI2(r io.Reader, file string, v Visitor) error {
	b := &bai2Reader{file: file, v: v}
	err := lines(r, file, func(n int, line string) error {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		if strings.HasPrefix(line, "88,") {
			return b.continued(n, strings.TrimPrefix(line, "88,"))
		}
		if err := b.flush(); err != nil {
			return err
		}
		b.record, b.started, b.bytes, b.closed = append(b.record[:0], strings.TrimSuffix(line, "/")), n, 0, strings.HasSuffix(line, "/")
		return nil
	})
	if err == nil {
		err = b.flush()
	}
	if err == nil && b.s != nil {
		b.problem("the file ends within the account: it has no record 49", false)
		err = b.endAccount()
	}
	return err
}

// maxRecord is how many bytes a record and its continuations may have.
const maxRecord = 1 << 20

// continued adds a continuation: behind a slash another field begins, else the
// text goes on.
func (b *bai2Reader) continued(n int, line string) error {
	if len(b.record) == 0 {
		b.v.Problem(Problem{fmt.Sprintf("%s:%d", b.file, n), "a record 88 that continues nothing is not read", false})
		return nil
	}
	if b.bytes += len(line); b.bytes > maxRecord {
		return fmt.Errorf("%s:%d: a record with its continuations is longer than %d bytes", b.file, n, maxRecord)
	}
	separator := ","
	if !b.closed {
		separator = " "
		if last := b.record[len(b.record)-1]; b.width > 0 && len(last)+3 >= b.width {
			separator = ""
		}
	}
	b.closed = strings.HasSuffix(line, "/")
	b.record = append(b.record, separator+strings.TrimSuffix(line, "/"))
	return nil
}

func (b *bai2Reader) place() string { return fmt.Sprintf("%s:%d", b.file, b.started) }

func (b *bai2Reader) problem(reason string, lost bool) {
	b.v.Problem(Problem{b.place(), reason, lost})
}

// flush reads the record that is complete now.
func (b *bai2Reader) flush() error {
	if len(b.record) == 0 {
		return nil
	}
	physical := len(b.record)
	fields := strings.Split(strings.Join(b.record, ""), ",")
	b.record = b.record[:0]
	f := func(i int) string {
		if i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	switch f(0) {
	case "01":
		b.created, b.fileID = moment(f(3), f(4)), f(5)
		b.width, _ = strconv.Atoi(f(6))
		b.inFile = bai2Total{records: physical}
		return nil
	case "02":
		return b.openGroup(f, physical)
	case "03":
		return b.openAccount(fields, f, physical)
	case "16":
		b.account.records += physical
		return b.transaction(fields, f)
	case "49":
		b.account.records += physical
		if b.s == nil {
			b.problem("a record 49 that ends no account", false)
			return nil
		}
		b.check("account", f(1), b.account.sum, "", 0, f(2), b.account.records)
		return b.endAccount()
	case "98":
		b.inGroup.records += physical
		b.check("group", f(1), b.inGroup.sum, f(2), b.inGroup.members, f(3), b.inGroup.records)
		b.inFile.sum += b.inGroup.sum
		b.inFile.members++
		b.inFile.records += b.inGroup.records
	case "99":
		b.inFile.records += physical
		b.check("file", f(1), b.inFile.sum, f(2), b.inFile.members, f(3), b.inFile.records)
	default:
		b.problem(fmt.Sprintf("%q is no record of BAI2", short(f(0))), true)
	}
	return nil
}

// check compares a trailer with what was read.
func (b *bai2Reader) check(what, total string, sum int64, members string, n int, records string, count int) {
	if says, err := strconv.ParseInt(total, 10, 64); err != nil {
		b.problem(fmt.Sprintf("control total of the %s: %q is no number", what, short(total)), false)
	} else if says != sum {
		b.problem(fmt.Sprintf("control total of the %s says %d, its amounts make %d", what, says, sum), false)
	}
	if says, err := strconv.Atoi(members); err == nil && says != n {
		b.problem(fmt.Sprintf("the %s says it has %d members, there are %d", what, says, n), false)
	}
	if says, err := strconv.Atoi(records); err == nil && says != count {
		b.problem(fmt.Sprintf("the %s says it has %d records, there are %d", what, says, count), false)
	}
}

func (b *bai2Reader) openGroup(f func(int) string, physical int) error {
	b.group = bai2Group{status: f(3), date: f(4), clock: f(5), currency: f(6), modifier: f(7)}
	b.inGroup = bai2Total{records: physical}
	if b.group.currency == "" {
		b.group.currency = "USD"
	}
	b.currency = b.group.currency
	switch b.group.status {
	case "2", "4":
		b.group.skipped = true
		b.problem(map[string]string{"2": "a group that deletes what was sent is not read", "4": "a group that is a test is not read"}[b.group.status], false)
	}
	return nil
}

// openAccount reads record 03: balances and sums of the account.
func (b *bai2Reader) openAccount(fields []string, f func(int) string, physical int) error {
	if b.s != nil {
		b.problem("another account begins: the one before has no record 49", false)
		if err := b.endAccount(); err != nil {
			return err
		}
	}
	b.account, b.entries = bai2Total{records: physical}, 0
	if b.currency = f(2); b.currency == "" {
		b.currency = b.group.currency
	}
	kind := Final
	if b.group.modifier == "1" || b.group.modifier == "3" {
		kind = Interim
	}
	asOf, err := day(b.group.date)
	if err != nil {
		b.problem("date of the group: "+err.Error(), false)
	}
	b.s = &Statement{
		File: b.file, Format: "BAI2", Kind: kind, Account: f(1), Currency: b.currency, Created: b.created, From: asOf, To: asOf,
		ID: strings.Trim(strings.Join([]string{b.group.date, b.group.clock, b.fileID}, "-"), "-"),
	}
	for i := 3; i < len(fields); {
		code, amount := f(i), f(i+1)
		i += 3 // type, amount, count of items
		i = b.funds(f, i)
		if amount == "" {
			continue
		}
		m, err := parseMinor(amount, b.currency)
		if err != nil {
			b.problem(fmt.Sprintf("type %s: %s", short(code), err), false)
			continue
		}
		b.account.sum += digits(amount)
		switch code {
		case "010":
			b.s.Opening = &m
		case "015":
			b.s.Closing = &m
		}
	}
	return nil
}

// funds passes a type of funds and what belongs to it, and returns where the
// next field is.
func (b *bai2Reader) funds(f func(int) string, i int) int {
	switch strings.ToUpper(f(i)) {
	case "S": // immediate, one day, two and more days
		return i + 4
	case "V": // date and time of value
		return i + 3
	case "D": // pairs of days and amount
		n, _ := strconv.Atoi(f(i + 1))
		return i + 2 + 2*max(0, min(n, 99))
	}
	return i + 1
}

// bai2Returned are types of debits that take a credit back.
var bai2Returned = map[string]bool{"555": true, "557": true, "558": true}

// transaction reads record 16.
func (b *bai2Reader) transaction(fields []string, f func(int) string) error {
	if b.s == nil {
		b.problem("a transaction outside of any account is not taken", true)
		return nil
	}
	b.entries++
	code := f(1)
	n, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 {
		b.problem(fmt.Sprintf("%q is no type of a transaction; it is not taken", short(code)), true)
		return nil
	}
	if f(2) == "" && n >= 890 && n <= 899 {
		return nil // no money moves
	}
	m, err := parseMinor(f(2), b.currency)
	if err != nil {
		b.problem(err.Error()+"; it is not taken", true)
		return nil
	}
	b.account.sum += digits(f(2))
	switch {
	case n >= 100 && n <= 399, n >= 920 && n <= 959:
	case n >= 400 && n <= 699, n >= 960 && n <= 999:
		m = -m
	default:
		b.problem(fmt.Sprintf("type %s is neither a credit nor a debit; it is not taken", code), true)
		return nil
	}
	l := &Line{Statement: b.s, Entry: b.entries, Amount: m, Known: true, Currency: b.currency, Code: code, Reversal: bai2Returned[code],
		Booked: Moment(b.s.To), Value: b.s.To, Place: b.place()}
	if strings.ToUpper(f(3)) == "V" {
		if v, err := day(f(4)); err == nil {
			l.Value = v
		}
	}
	i := b.funds(f, 3)
	l.BankRef, l.EndToEnd = f(i), f(i+1)
	if i+2 < len(fields) {
		l.Remittance = strings.Join(strings.Fields(strings.Join(fields[i+2:], ",")), " ")
	}
	if b.group.skipped {
		return nil
	}
	b.s.add(l)
	return b.v.Line(l)
}

func (b *bai2Reader) endAccount() error {
	s := b.s
	b.s = nil
	b.inGroup.sum += b.account.sum
	b.inGroup.members++
	b.inGroup.records += b.account.records
	if b.group.skipped {
		return nil
	}
	return s.close(b.v)
}

// moment reads YYMMDD and HHMM; 2400 and 9999 are the end of the day.
func moment(date, clock string) Moment {
	d, err := day(date)
	if err != nil {
		return ""
	}
	if clock == "2400" || clock == "9999" {
		return Moment(d + "T23:59:59")
	}
	if t, err := time.Parse("1504", clock); err == nil {
		return Moment(d + t.Format("T15:04:05"))
	}
	return Moment(d)
}

// digits reads an amount as a control total counts it.
func digits(amount string) int64 {
	n, _ := strconv.ParseInt(amount, 10, 64) // the amount was read before
	return n
}

// short cuts a foreign text for an error.
func short(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}
