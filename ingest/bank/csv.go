package bank

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"millrace/ingest"
	"millrace/ingest/bank/statement"
	"millrace/ingest/csvfile"
)

// layoutFile says what the columns of CSV files beside it are.
const layoutFile = "bank.yaml"

// csvFormat is the format of statements that come as CSV.
const csvFormat = "CSV"

// A csvLayout says what the columns of some files are: an entry of bank.yaml,
// which sample.yaml explains.
type csvLayout struct {
	Files    string // pattern of names
	Account  string
	Currency string
	Date     string // such as DD.MM.YYYY; YYYY-MM-DD if it says nothing
	Decimal  string // "." if it says nothing
	Columns  struct {
		Account, Currency, Booked, Value, Amount, Credit, Debit,
		Reference, BankReference, Party, PartyAccount, Code string
		Remittance names
	}

	layout string // of Go
}

// names are one or several names of columns.
type names []string

func (n *names) UnmarshalYAML(text []byte) error {
	var one string
	if yaml.Unmarshal(text, &one) == nil {
		*n = names{one}
		return nil
	}
	var list []string
	err := yaml.Unmarshal(text, &list)
	*n = list
	return err
}

func readLayouts(file string) ([]*csvLayout, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var f struct{ CSV []*csvLayout }
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&f); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, l := range f.CSV {
		if err := l.check(); err != nil {
			return nil, fmt.Errorf("%s: csv %d: %w", file, i+1, err)
		}
	}
	return f.CSV, nil
}

func (l *csvLayout) check() error {
	if l == nil || l.Files == "" {
		return fmt.Errorf("files: want a pattern such as \"umsaetze*.csv\"")
	}
	if _, err := path.Match(l.Files, ""); err != nil {
		return fmt.Errorf("files: %q: %w", l.Files, err)
	}
	c := &l.Columns
	switch {
	case c.Booked == "" && c.Value == "":
		return fmt.Errorf("columns: want booked or value")
	case c.Amount == "" && (c.Credit == "" || c.Debit == ""):
		return fmt.Errorf("columns: want amount, or credit and debit")
	case l.Account == "" && c.Account == "":
		return fmt.Errorf("want account, or a column account")
	case l.Currency == "" && c.Currency == "":
		return fmt.Errorf("want currency, or a column currency")
	case l.Decimal != "" && l.Decimal != "." && l.Decimal != ",":
		return fmt.Errorf("decimal: %q is neither \".\" nor \",\"", l.Decimal)
	}
	if l.Date == "" {
		l.Date = "YYYY-MM-DD"
	}
	l.layout = strings.NewReplacer("YYYY", "2006", "YY", "06", "MM", "01", "DD", "02", "M", "1", "D", "2").Replace(l.Date)
	probe := time.Date(2023, 11, 22, 0, 0, 0, 0, time.UTC)
	if t, err := time.Parse(l.layout, probe.Format(l.layout)); err != nil || !t.Equal(probe) {
		return fmt.Errorf("date: %q is no form of a date such as DD.MM.YYYY", l.Date)
	}
	return nil
}

// layoutFor returns the first whose pattern a file's name fits, nil if none.
func layoutFor(list []*csvLayout, name string) *csvLayout {
	for _, l := range list {
		if ok, _ := path.Match(l.Files, path.Base(name)); ok {
			return l
		}
	}
	return nil
}

// open opens a file that has the columns; at says where each is, from 1.
func (l *csvLayout) open(ctx context.Context, file, name string) (table *csvfile.Table, at map[string]int, err error) {
	if table, err = csvfile.OpenTable(ctx, file, ingest.Options{}); err != nil {
		return nil, nil, err
	}
	at = map[string]int{}
	for i, c := range table.Columns() {
		at[c] = i + 1
	}
	for _, c := range slices.Concat(names{l.Columns.Account, l.Columns.Currency, l.Columns.Booked, l.Columns.Value, l.Columns.Amount, l.Columns.Credit, l.Columns.Debit,
		l.Columns.Reference, l.Columns.BankReference, l.Columns.Party, l.Columns.PartyAccount, l.Columns.Code}, l.Columns.Remittance) {
		if c != "" && at[c] == 0 {
			return nil, nil, errors.Join(fmt.Errorf("%s: no column %q, which %s names; there are %q", name, c, layoutFile, table.Columns()), table.Close())
		}
	}
	return table, at, nil
}

// read hands over the rows of a file as entries. An entry is named by what it
// says, and the how many'th equal one of its file it is: so it is the same in
// exports that overlap.
func (l *csvLayout) read(ctx context.Context, file, name string, v statement.Visitor) (err error) {
	table, at, err := l.open(ctx, file, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	seen := map[[16]byte]int{}
	n := 0
	err = ingest.TextRows(ctx, table, func(row int64, fields []string) error {
		n++
		field := func(column string) string {
			if i := at[column]; column != "" && i > 0 && i <= len(fields) {
				return strings.TrimSpace(fields[i-1])
			}
			return ""
		}
		x, err := l.line(field)
		if err != nil {
			v.Problem(statement.Problem{Place: fmt.Sprintf("%s:%d", name, row), Reason: err.Error() + "; it is not taken", Lost: true})
			return nil
		}
		x.Entry, x.Place = n, fmt.Sprintf("%s:%d", name, row)
		sum := sha256.Sum256([]byte(strings.Join([]string{x.Statement.Account, x.Currency, string(x.Booked), x.Value, x.Amount.String(), x.BankRef, x.EndToEnd, x.Party, x.PartyAccount, x.Remittance}, "\x00")))
		key := [16]byte(sum[:16])
		seen[key]++
		x.EntryRef = fmt.Sprintf("%s/csv:%s/%d", x.Statement.Account, hex.EncodeToString(key[:8]), seen[key])
		return v.Line(x)
	})
	if first, total := table.Rejects(); err == nil && total > 0 {
		for _, r := range first {
			v.Problem(statement.Problem{Place: r.Place, Reason: r.Reason, Lost: true})
		}
	}
	return err
}

// line makes an entry of a row.
func (l *csvLayout) line(field func(column string) string) (*statement.Line, error) {
	c := &l.Columns
	s := &statement.Statement{Format: csvFormat, Kind: statement.Final, Account: l.Account, Currency: l.Currency, ID: "csv"}
	if c.Account != "" {
		s.Account = strings.ReplaceAll(field(c.Account), " ", "")
	}
	x := &statement.Line{
		Statement: s, Known: true, Currency: l.Currency, Code: field(c.Code), BankRef: field(c.BankReference), EndToEnd: field(c.Reference),
		Party: field(c.Party), PartyAccount: field(c.PartyAccount),
	}
	if c.Currency != "" {
		x.Currency = field(c.Currency)
	}
	var texts []string
	for _, r := range c.Remittance {
		if text := field(r); text != "" {
			texts = append(texts, text)
		}
	}
	x.Remittance = strings.Join(texts, " ")
	booked, err := l.date(field(c.Booked))
	if err != nil {
		return nil, err
	}
	if x.Booked = statement.Moment(booked); s.Account == "" {
		return nil, fmt.Errorf("it names no account")
	}
	if x.Value, err = l.date(field(c.Value)); err != nil {
		return nil, err
	}
	x.Amount, err = l.amount(field(c.Amount), field(c.Credit), field(c.Debit))
	return x, err
}

func (l *csvLayout) date(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	t, err := time.Parse(l.layout, text)
	if err != nil {
		return "", fmt.Errorf("%q is no date %s", text, l.Date)
	}
	return t.Format("2006-01-02"), nil
}

// amount reads the amount, else credit less debit, whatever the debit's sign.
func (l *csvLayout) amount(amount, credit, debit string) (statement.Money, error) {
	decimal := byte('.')
	if l.Decimal != "" {
		decimal = l.Decimal[0]
	}
	switch {
	case amount != "":
		return statement.ParseMoney(amount, decimal)
	case credit != "" && strings.Trim(credit, "0,. ") != "":
		return statement.ParseMoney(credit, decimal)
	case debit != "":
		m, err := statement.ParseMoney(debit, decimal)
		if m > 0 {
			m = -m
		}
		return m, err
	}
	return 0, fmt.Errorf("it has no amount")
}
