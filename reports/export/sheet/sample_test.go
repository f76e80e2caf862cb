package sheet

import (
	"bytes"
	"context"
	"time"

	"pgregory.net/rapid"

	"millrace/eventlog"
)

func zone(t interface{ Fatal(...any) }) *time.Location {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return berlin
}

// sample is a workbook with every type, and texts that mean harm.
func sample(t interface{ Fatal(...any) }) *Workbook {
	return &Workbook{
		Title: "Order to cash, October 2026",
		About: []Line{{"Period", "2026-10"}, {"As of", "2026-11-01T06:00:00+01:00"}},
		Notes: []eventlog.Note{{Code: "few", Text: "Two customers have fewer than 30 orders."}},
		Sheets: []*Sheet{{
			Name: "overdue", Title: "Overdue invoices", Notes: []eventlog.Note{{Code: "open", Text: "3 invoices are disputed."}},
			Columns: []Column{
				{Name: "customer", Title: "Customer", Type: TextType, Doc: "Who pays."},
				{Name: "invoice", Title: "Invoice", Type: LinkType},
				{Name: "amount", Title: "Open amount", Type: DecimalType, Unit: "EUR", Scale: 2},
				{Name: "weight", Title: "Weight", Type: DecimalType, Unit: "kg", Scale: 3},
				{Name: "items", Title: "Items", Type: IntegerType},
				{Name: "share", Title: "Share of all", Type: ShareType},
				{Name: "late_days", Title: "Late", Type: DaysType},
				{Name: "touch_hours", Title: "Touch time", Type: HoursType},
				{Name: "due", Title: "Due", Type: DateType},
				{Name: "dunned", Title: "Dunned", Type: TimestampType, Zone: zone(t)},
			},
			Rows: [][]Value{
				{Text("Müller & Söhne, Köln"), Link("9000001", "https://erp.example/inv/9000001?a=1&b=2"), Decimal(123456789), Decimal(12500), Integer(12345), Share(.4217), Days(12.25), Hours(.5), Date(2026, 9, 30), Timestamp(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC))},
				{Text("=HYPERLINK(\"http://evil.example\",\"pay\")"), Link("9000002", ""), Decimal(-5), Decimal(0), Integer(-7), Share(0), Days(-1), Hours(1e-7), Date(2024, 2, 29), Timestamp(time.Date(2026, 10, 25, 1, 30, 0, 123456000, time.UTC))},
				{Text("'@x"), {}, {}, {}, {}, {}, {}, {}, {}, {}},
				{Text("two\r\nlines \"quoted\"; more"), {}, Decimal(100), {}, Integer(0), Share(1), {}, {}, {}, {}},
				{Text(""), Link("", "mailto:ar@example.com"), {}, {}, {}, {}, {}, {}, {}, {}},
				make([]Value, 10),
			},
		}},
		Definitions: []Definition{{"overdue", "Overdue invoices", "EUR", "What is open on invoices whose due date is before the as-of date, by the receivable's own currency, without what a customer disputes.", "SELECT customer, sum(open)\nFROM o2c.receivables\nGROUP BY ALL"}},
		Exclusions:  []Exclusion{{"overdue", "2026-10", "disputed", 3}},
	}
}

// workbooks draws any workbook.
func workbooks(t *rapid.T) *Workbook {
	b := &Workbook{Title: rapid.String().Draw(t, "title")}
	texts := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("=+-@'\t\r\n,;\"a ＝é\U0001F600"))))
	for i := range rapid.IntRange(1, 3).Draw(t, "sheets") {
		s := &Sheet{Name: string(rune('a' + i)), Title: texts.Draw(t, "title")}
		for j := range rapid.IntRange(1, 5).Draw(t, "columns") {
			c := Column{Name: string(rune('p' + j)), Title: texts.Draw(t, "heading"), Type: rapid.SampledFrom(types).Draw(t, "type")}
			if c.Type == DecimalType {
				c.Scale = rapid.IntRange(0, 18).Draw(t, "scale")
			}
			if c.Type == TimestampType && rapid.Bool().Draw(t, "zoned") {
				c.Zone = zone(t)
			}
			s.Columns = append(s.Columns, c)
		}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			var row []Value
			for _, c := range s.Columns {
				row = append(row, draw(t, c.Type, texts))
			}
			s.Rows = append(s.Rows, row)
		}
		b.Sheets = append(b.Sheets, s)
	}
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	return b
}

var types = []Type{TextType, IntegerType, DecimalType, ShareType, DaysType, HoursType, DateType, TimestampType, LinkType}

func draw(t *rapid.T, typ Type, texts *rapid.Generator[string]) Value {
	if rapid.IntRange(0, 4).Draw(t, "none") == 0 {
		return Value{}
	}
	switch typ {
	case IntegerType:
		return Integer(rapid.Int64().Draw(t, "n"))
	case DecimalType:
		return Decimal(rapid.Int64Range(1-maxDecimal, maxDecimal-1).Draw(t, "n"))
	case ShareType:
		return Share(rapid.Float64Range(0, 1).Draw(t, "f"))
	case DaysType:
		return Days(rapid.Float64().Draw(t, "f"))
	case HoursType:
		return Hours(rapid.Float64Range(-1e6, 1e6).Draw(t, "f"))
	case DateType:
		return Value{kind: DateType, n: rapid.Int64Range(firstDay, lastDay).Draw(t, "day")}
	case TimestampType:
		return Value{kind: TimestampType, n: rapid.Int64Range(firstDay*microDay, (lastDay+1)*microDay-1).Draw(t, "us")}
	case LinkType:
		return Link(texts.Draw(t, "text"), rapid.SampledFrom([]string{"", "https://a.example/?q=%22&x=<y>", "mailto:a@example.com"}).Draw(t, "url"))
	}
	return Text(texts.Draw(t, "text"))
}

// written returns the files of a workbook in a format, written twice.
func written(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, format string, b *Workbook) [][]byte {
	t.Helper()
	f, err := FormatOf("x." + format)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for again := range 2 {
		files, err := f.Files(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range files {
			var out bytes.Buffer
			if _, err := file.Write(context.Background(), &out); err != nil {
				t.Fatal(err)
			}
			if again == 1 && !bytes.Equal(out.Bytes(), all[i]) {
				t.Fatalf("%s: file %d has other bytes the second time", format, i)
			}
			if again == 0 {
				all = append(all, out.Bytes())
			}
		}
	}
	return all
}

// flat is a sheet as its rows of texts, nil for no value.
func flat(s *Sheet) [][]any {
	rows := [][]any{}
	for _, row := range s.Rows {
		var line []any
		for _, f := range s.fields() {
			v := f.flat(row)
			if v.Known() {
				line = append(line, v.Text(s.Columns[f.column]))
			} else {
				line = append(line, nil)
			}
		}
		rows = append(rows, line)
	}
	return rows
}
