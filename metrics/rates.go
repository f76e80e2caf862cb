package metrics

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Rates are exchange rates. The zero value has none: amounts of several
// currencies stay apart.
type Rates struct {
	list []rate
}

// A rate is what one unit of a currency is worth from a day on.
type rate struct {
	from, to string
	day      Day
	value    string // as written: 1.0832
}

// ReadRates reads a table of rates, with a heading: date,from,to,rate. A row
// says that one unit of from is worth so much of to from that day on, until a
// later row says otherwise.
func ReadRates(r io.Reader) (*Rates, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 4
	rows.TrimLeadingSpace = true
	head, err := rows.Read()
	if err == io.EOF {
		return nil, errors.New("rates: no rows; want date,from,to,rate and a row for each")
	}
	if err != nil {
		return nil, fmt.Errorf("rates: %w", err)
	}
	if got := strings.ToLower(strings.TrimPrefix(strings.Join(head, ","), "\ufeff")); got != "date,from,to,rate" {
		return nil, fmt.Errorf("rates: the heading is %q; want date,from,to,rate", got)
	}
	t := &Rates{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("rates: %w", err)
		}
		line, _ := rows.FieldPos(0)
		day, err := ParseDay(row[0])
		if err != nil {
			return nil, fmt.Errorf("rates: line %d: date: %w", line, err)
		}
		for _, c := range row[1:3] {
			if !isCurrency(c) {
				return nil, fmt.Errorf("rates: line %d: %q is no currency, as EUR", line, c)
			}
		}
		if v, err := strconv.ParseFloat(row[3], 64); err != nil || !(v > 0) || v > 1e12 {
			return nil, fmt.Errorf("rates: line %d: %q is no rate, as 1.0832", line, row[3])
		}
		t.list = append(t.list, rate{row[1], row[2], day, row[3]})
	}
	slices.SortStableFunc(t.list, func(a, b rate) int {
		return strings.Compare(a.from+a.to+string(a.day), b.from+b.to+string(b.day))
	})
	for i := 1; i < len(t.list); i++ {
		if a, b := t.list[i-1], t.list[i]; a.from == b.from && a.to == b.to && a.day == b.day {
			return nil, fmt.Errorf("rates: two rates from %s to %s on %s", a.from, a.to, a.day)
		}
	}
	return t, nil
}

func isCurrency(c string) bool {
	return len(c) == 3 && strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// rows writes the rates to one currency as rows of (currency, day, rate): those
// given, and one by the reciprocal where only the other direction is given.
func (t *Rates) rows(to string) string {
	lines := []string{fmt.Sprintf("(%s, DATE '0001-01-01', 1::DOUBLE)", literal(to))}
	direct := map[string]bool{}
	for _, r := range t.list {
		if r.to == to {
			direct[r.from] = true
		}
	}
	for _, r := range t.list {
		switch {
		case r.to == to && r.from != to:
			lines = append(lines, fmt.Sprintf("(%s, DATE '%s', %s::DOUBLE)", literal(r.from), r.day, literal(r.value)))
		case r.from == to && !direct[r.to]:
			lines = append(lines, fmt.Sprintf("(%s, DATE '%s', 1 / %s::DOUBLE)", literal(r.to), r.day, literal(r.value)))
		}
	}
	return strings.Join(lines, ",\n\t")
}

// at are the rates that hold on a day.
func (t *Rates) at(day Day) *Rates {
	held := &Rates{}
	for _, r := range t.list { // by currencies, then days
		n := len(held.list)
		switch {
		case r.day > day:
		case n > 0 && held.list[n-1].from == r.from && held.list[n-1].to == r.to:
			held.list[n-1] = r
		default:
			held.list = append(held.list, r)
		}
	}
	return held
}
