package sheet

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
)

// A Kind is what a list is of.
type Kind struct {
	Name   string // as a project says it
	Doc    string // one line
	Fields []Field

	table    string // that its rows land in
	mapping  string
	sample   string
	payments []Field // of a second list
	words    *words
}

// A Field is a fact that a list may have.
type Field struct {
	Name   string
	Kind   string // see fields.yaml
	Needed bool
	Doc    string
	Names  []string // headings that mean it
}

// words are what programs write into columns that have words of their own.
type words struct {
	types   map[string]string // as key(word) → invoice, credit_memo, payment
	yes, no []string
}

//go:embed fields.yaml
var fieldsYAML []byte

//go:embed receivables.sql
var receivablesSQL string

//go:embed orders.sql
var ordersSQL string

//go:embed sample_receivables.yaml
var receivablesSample string

//go:embed sample_orders.yaml
var ordersSample string

// Kinds lists what a list may be of, in the order help shows them.
func Kinds() []Kind {
	var f struct {
		Receivables, Payments, Orders []Field
		Types                         map[string][]string
		Yes, No                       []string
	}
	if err := yaml.NewDecoder(bytes.NewReader(fieldsYAML), yaml.Strict()).Decode(&f); err != nil {
		panic(fmt.Sprintf("sheet: fields.yaml: %v", err)) // our own embedded file; TestFields reads it
	}
	w := &words{types: map[string]string{}, yes: f.Yes, no: f.No}
	for meaning, list := range f.Types {
		for _, word := range list {
			w.types[key(word)] = meaning
		}
	}
	return []Kind{
		{Name: "receivables", Doc: "a list of invoices, what was paid of them, and when", Fields: f.Receivables, table: "receivable",
			mapping: receivablesSQL, sample: receivablesSample, payments: f.Payments, words: w},
		{Name: "orders", Doc: "a list of orders, and when they passed their milestones", Fields: f.Orders, table: "order_row",
			mapping: ordersSQL, sample: ordersSample, words: w},
	}
}

// KindOf returns the kind of a name.
func KindOf(name string) (*Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return &k, true
		}
	}
	return nil, false
}

// Sample is a commented configuration of the source.
func (k *Kind) Sample() string { return k.sample }

// System returns what is known of a list of this kind. Whoever reads one gives
// it its Name, Origin and Timezone.
func (k *Kind) System() *eventlog.System {
	sys := &eventlog.System{Name: k.Name, Kind: k.Name, Timezone: "UTC", Mapping: k.mapping, Model: o2c.Model()}
	sys.Tables = append(sys.Tables, landed(k.table, k.Fields))
	if k.payments != nil {
		payment := landed(paymentTable, k.payments)
		payment.Optional = true
		sys.Tables = append(sys.Tables, payment)
	}
	return sys
}

const paymentTable = "payment"

// landed is the table that rows with these fields make. Its id is the number
// of the document, of a payment one that is made of what it says. days lists
// the fields of kind time that are known to the day.
func landed(name string, fields []Field) eventlog.Table {
	t := eventlog.Table{Name: name, Key: []string{"id"}, Columns: []eventlog.TableColumn{{Name: "id", SQL: "VARCHAR"}}, Required: []string{"id"}}
	for _, f := range fields {
		t.Columns = append(t.Columns, eventlog.TableColumn{Name: f.Name, SQL: f.sql()})
		switch f.Name {
		case "customer":
			t.Customer = []string{f.Name}
		case "customer_name":
			t.Texts = []string{f.Name}
		case "remaining":
			t.Columns = append(t.Columns, eventlog.TableColumn{Name: "as_of", SQL: "DATE"})
		case "disputed":
			t.Columns = append(t.Columns, eventlog.TableColumn{Name: "disputed_on", SQL: "DATE"})
		}
	}
	if slices.ContainsFunc(fields, func(f Field) bool { return f.Kind == "time" }) {
		t.Columns = append(t.Columns, eventlog.TableColumn{Name: "days", SQL: "VARCHAR"})
	}
	return t
}

func (f *Field) sql() string {
	switch f.Kind {
	case "day":
		return "DATE"
	case "time":
		return "TIMESTAMPTZ"
	case "amount":
		return "DECIMAL(18,4)"
	case "days":
		return "BIGINT"
	case "flag or day":
		return "BOOLEAN"
	}
	return "VARCHAR"
}

// key is a heading as headings are compared: letters and digits, without case.
func key(heading string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
