package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// A list is one list: its rows as they stand in its files, and how they are understood.
type list struct {
	kind    string
	table   eventlog.Table
	rows    eventlog.TableRows
	fields  []Field
	reading Reading
	words   *words
	zone    *time.Location

	at      []int  // of fields: their column, -1 for none
	found   []int  // fields whose column was found by its heading
	decimal byte   // sign
	money   string // currency of all amounts, "" if rows say it
	dates   []*dateColumn
	flags   bool // disputed is yes or no
	// flip says that the rows of a type have the other sign than the ledger:
	// credits that are positive, payments that are negative.
	flip    map[string]bool
	invoice map[string]bool // documents that are no payments, by number
	paidBy  map[string]bool // invoices that payments of this list name

	rejects ingest.RejectList
	counts  counts
}

// counts are what notes tell of the rows.
type counts struct {
	zero, credits, undated, noDue, noCurrency, flagged int64
	other                                              map[string]int64 // rows of types that are not known
}

// place says where a row stands.
func (l *list) place(line int64) string {
	if l.rows.Place != nil {
		return l.rows.Place(line)
	}
	return fmt.Sprintf("%s:%d", l.rows.File, line)
}

// understand finds the columns, and reads all rows once to find out how dates
// and amounts are written.
func (l *list) understand() error {
	if err := l.findColumns(); err != nil {
		return err
	}
	return l.survey()
}

// findColumns finds out which column has which field.
func (l *list) findColumns() (err error) {
	told := map[string]string{}
	for name, column := range l.reading.Columns {
		told[name] = column
	}
	if c := l.reading.Currency; c != "" {
		switch column := slices.IndexFunc(l.rows.Columns, func(h string) bool { return key(h) == key(c) }); {
		case column >= 0:
			told["currency"] = l.rows.Columns[column]
		case code.MatchString(c):
			l.money, told["currency"] = c, ""
		default:
			return fmt.Errorf("%s: currency: %q is neither a code such as EUR nor a column; the file has %s", l.rows.File, c, quoted(l.rows.Columns))
		}
	}
	l.at, l.found, err = columnsOf(l.rows.File, l.fields, l.rows.Columns, told)
	return err
}

// column is the heading of a field's column.
func (l *list) column(field int) string { return l.rows.Columns[l.at[field]] }

// index is a field's place in fields.
func (l *list) index(name string) int {
	return slices.IndexFunc(l.fields, func(f Field) bool { return f.Name == name })
}

// value is what a row says of a field, without blanks around it.
func (l *list) value(row []string, field int) string {
	if field < 0 || l.at[field] < 0 || l.at[field] >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[l.at[field]])
}

func (l *list) survey() error {
	l.dates = make([]*dateColumn, len(l.fields))
	var columns []*dateColumn
	disputed, cleared := l.index("disputed"), l.index("cleared")
	for i, f := range l.fields {
		if l.at[i] >= 0 && (f.Kind == "day" || f.Kind == "time" || f.Kind == "flag or day") {
			l.dates[i] = &dateColumn{name: l.column(i), zone: l.zone, line: map[string]int64{}}
			if i != disputed {
				columns = append(columns, l.dates[i])
			}
		}
	}
	votes := map[byte]vote{}
	signs := map[string]int{} // of types: rows that are positive less those that are negative
	types, words := l.index("type"), 0
	l.invoice, l.paidBy = map[string]bool{}, map[string]bool{}
	err := l.rows.Rows(func(line int64, row []string) error {
		meaning := ""
		if types >= 0 {
			if meaning = l.words.types[key(l.value(row, types))]; meaning != "" {
				words++
			}
		}
		switch number := l.value(row, 0); {
		case meaning != "payment" && l.kind != paymentTable:
			l.invoice[number] = true
		case l.value(row, cleared) == "": // else it is what the clearing of the invoices says
			l.paidBy[number] = true
		}
		for i, f := range l.fields {
			text := l.value(row, i)
			if text == "" {
				continue
			}
			if l.dates[i] != nil {
				l.dates[i].see(text, line)
			}
			if f.Kind != "amount" {
				continue
			}
			if a, ok := parseAmountText(text); ok {
				if f.Name == "amount" {
					if signs[meaning]++; a.negative {
						signs[meaning] -= 2
					}
				}
				if d := a.decimal(); d != 0 || strings.ContainsAny(a.digits, ".,") {
					if _, seen := votes[d]; !seen {
						votes[d] = vote{line, l.column(i), text}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if types >= 0 && words == 0 && slices.Contains(l.found, types) { // it is called as one, and is none
		l.at[types] = -1
	}
	l.flip = map[string]bool{"credit_memo": signs["credit_memo"] > 0, "payment": signs["payment"] < 0}
	if disputed >= 0 && l.dates[disputed] != nil {
		c := l.dates[disputed]
		l.flags = !slices.ContainsFunc(c.values, func(v string) bool { _, ok := l.words.yesNo(v); return !ok })
		if !l.flags {
			c.values = slices.DeleteFunc(c.values, func(v string) bool { _, ok := l.words.yesNo(v); return ok })
			columns = append(columns, c)
		}
	}
	if err := l.settleDecimal(votes); err != nil {
		return err
	}
	return settleDates(columns, l.reading.Layout, l.place)
}

// A vote is the first amount that speaks for a decimal sign.
type vote struct {
	line         int64
	column, text string
}

// settleDecimal takes the sign that is told, or that the amounts tell.
func (l *list) settleDecimal(votes map[byte]vote) error {
	point, dotted := votes['.']
	comma, both := votes[',']
	open, undecided := votes[0]
	switch {
	case l.reading.Decimal != "":
		l.decimal = l.reading.Decimal[0]
	case dotted && both:
		return fmt.Errorf("%s: %s: %q has a decimal point, and %q a decimal comma (%s); say which is meant, decimal: \".\" or \",\", and the others are listed",
			l.place(point.line), point.column, point.text, comma.text, l.place(comma.line))
	case both:
		l.decimal = ','
	case dotted || !undecided:
		l.decimal = '.'
	default:
		return fmt.Errorf("%s: %s: %q may have a mark between thousands or a decimal sign, and no amount of the file tells which; say it: decimal: \".\" or \",\"", l.place(open.line), open.column, open.text)
	}
	return nil
}

func (w *words) yesNo(text string) (yes, ok bool) {
	if text == "" || slices.ContainsFunc(w.no, func(x string) bool { return strings.EqualFold(x, text) }) {
		return false, true
	}
	yes = slices.ContainsFunc(w.yes, func(x string) bool { return strings.EqualFold(x, text) })
	return yes, yes
}

// read makes a landed row of a row, by the names of the table's columns. A
// field that cannot be read is an error, with its column.
func (l *list) read(row []string) (out map[string]string, column string, err error) {
	out = map[string]string{}
	var days []string
	for i, f := range l.fields {
		text := l.value(row, i)
		if l.at[i] < 0 {
			continue
		}
		switch {
		case f.Kind == "amount" && text != "":
			a, ok := parseAmountText(text)
			if !ok {
				return nil, l.column(i), fmt.Errorf("%q is no amount", text)
			}
			if out[f.Name], err = a.number(l.decimal); err != nil {
				return nil, l.column(i), fmt.Errorf("%q is no amount: %w", text, err)
			}
			if a.currency != "" && out["currency"] == "" {
				out["currency"] = a.currency
			}
		case f.Kind == "days" && text != "":
			out[f.Name] = netDays(text)
		case f.Kind == "flag or day" && (l.flags || isNo(l.words, text)):
			if yes, _ := l.words.yesNo(text); text != "" {
				out[f.Name] = strconv.FormatBool(yes)
			}
		case l.dates[i] != nil:
			value, day, err := l.dates[i].read(text, f.Kind)
			if err != nil {
				return nil, l.column(i), err
			}
			if f.Kind == "flag or day" {
				out["disputed_on"] = value
				value = strconv.FormatBool(value != "")
			}
			if out[f.Name] = value; day && f.Kind == "time" && value != "" {
				days = append(days, f.Name)
			}
		case text != "":
			out[f.Name] = text
		}
		if f.Needed && out[f.Name] == "" {
			return nil, l.column(i), fmt.Errorf("there is none, and a row without it says nothing")
		}
	}
	out["days"] = strings.Join(days, ",")
	if l.money != "" {
		out["currency"] = l.money
	}
	return out, "", nil
}

func isNo(w *words, text string) bool {
	_, ok := w.yesNo(text)
	return ok
}

// netDays takes the last number of words that are terms of payment: 30, Net 30,
// 2/10 net 30, 30 Tage netto. Words without a number are no days.
func netDays(text string) string {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(fields) == 0 {
		return ""
	}
	last := fields[len(fields)-1]
	if n, err := strconv.Atoi(last); err != nil || n > 1000 {
		return ""
	}
	return last
}
