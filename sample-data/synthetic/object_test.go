package synthetic

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// objects gathers an object-centric log whole.
func objects(t *testing.T, l *Log) (whole eventlog.ObjectBatch, meta eventlog.ObjectMeta) {
	t.Helper()
	meta, err := l.ReadObjects(func(b *eventlog.ObjectBatch) error {
		w := &whole
		w.Events.ID = append(w.Events.ID, b.Events.ID...)
		w.Events.Activity = append(w.Events.Activity, b.Events.Activity...)
		w.Events.Time = append(w.Events.Time, b.Events.Time...)
		w.EventObject.Event = append(w.EventObject.Event, b.EventObject.Event...)
		w.EventObject.Type = append(w.EventObject.Type, b.EventObject.Type...)
		w.EventObject.Object = append(w.EventObject.Object, b.EventObject.Object...)
		w.Objects.ID = append(w.Objects.ID, b.Objects.ID...)
		w.Objects.Type = append(w.Objects.Type, b.Objects.Type...)
		w.ObjectObject.Source = append(w.ObjectObject.Source, b.ObjectObject.Source...)
		w.ObjectObject.Target = append(w.ObjectObject.Target, b.ObjectObject.Target...)
		w.Values.Object = append(w.Values.Object, b.Values.Object...)
		w.Values.Attribute = append(w.Values.Attribute, b.Values.Attribute...)
		w.Values.Value = append(w.Values.Value, b.Values.Value...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, meta
}

// TestObjects holds that the object-centric log has the same events, that what
// is related exists and what exists is related, and how many relations there
// are.
func TestObjects(t *testing.T) {
	const n = 30_000
	l := log(t, Options{Events: n, Activities: 60, Long: .05})
	whole, meta := objects(t, l)
	if len(whole.Events.ID) != n {
		t.Fatalf("%d events, want %d", len(whole.Events.ID), n)
	}
	i := 0
	err := l.Read(func(b *eventlog.Batch) error {
		for j := range b.Case {
			if whole.Events.Activity[i] != b.Activity[j] || whole.Events.Time[i] != b.Time[j] {
				t.Fatalf("event %d is %s, case-centric %s", i, whole.Events.Activity[i], b.Activity[j])
			}
			i++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if per := float64(len(whole.EventObject.Event)) / n; per < 2.8 || per > 3.2 {
		t.Errorf("%.2f relations an event, want about three", per)
	}
	typeOf := map[string]string{}
	for i, id := range whole.Objects.ID {
		if typeOf[id] != "" {
			t.Fatalf("object %s occurs twice", id)
		}
		typeOf[id] = whole.Objects.Type[i]
	}
	touched := map[string]bool{}
	twice := map[[2]string]bool{}
	for i, id := range whole.EventObject.Object {
		if typeOf[id] != whole.EventObject.Type[i] {
			t.Fatalf("event %s touches %s %s, which is a %q", whole.EventObject.Event[i], whole.EventObject.Type[i], id, typeOf[id])
		}
		touched[id] = true
		key := [2]string{whole.EventObject.Event[i], id}
		if twice[key] {
			t.Fatalf("event %s touches %s twice", key[0], id)
		}
		twice[key] = true
	}
	if len(touched) != len(typeOf) {
		t.Errorf("%d objects, of which events touch %d", len(typeOf), len(touched))
	}
	events := map[string]bool{}
	for _, id := range whole.EventObject.Event {
		events[id] = true
	}
	if len(events) != n {
		t.Errorf("%d events touch an object, want all %d", len(events), n)
	}
	for i, id := range whole.ObjectObject.Source {
		if typeOf[id] == "" || typeOf[whole.ObjectObject.Target[i]] == "" {
			t.Fatalf("%s is related to %s; one is missing", id, whole.ObjectObject.Target[i])
		}
	}
	for i, id := range whole.Values.Object {
		d := meta.ObjectTypes[slices.Index(objectTypes, typeOf[id])]
		if !slices.ContainsFunc(d.Attributes, func(a eventlog.DeclaredAttribute) bool { return a.Name == whole.Values.Attribute[i] }) {
			t.Fatalf("%s %s has %s, which is not declared", d.Name, id, whole.Values.Attribute[i])
		}
	}
	if len(meta.EventTypes) != 60 {
		t.Errorf("%d types of events, want 60", len(meta.EventTypes))
	}
}

// TestObjectCSV compares the table with the batches, on one core and four.
func TestObjectCSV(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	l := log(t, Options{Events: 20_000, Long: .05})
	whole, _ := objects(t, l)
	want := map[string][]string{}
	for i, e := range whole.EventObject.Event {
		want[e] = append(want[e], whole.EventObject.Type[i]+" "+whole.EventObject.Object[i])
	}
	first := ""
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		var text bytes.Buffer
		if err := l.WriteObjectCSV(&text); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = text.String()
		}
		if first != text.String() {
			t.Fatal("other bytes on four cores")
		}
	}
	rows, err := csv.NewReader(strings.NewReader(first)).ReadAll()
	if err != nil || len(rows) != 20_001 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows[1:] {
		if r[0] != whole.Events.ID[i] || r[1] != whole.Events.Activity[i] {
			t.Fatalf("row %d is %v, want event %s %s", i, r, whole.Events.ID[i], whole.Events.Activity[i])
		}
		var got []string
		for kind, typ := range objectTypes {
			for _, id := range strings.FieldsFunc(r[5+kind], func(c rune) bool { return strings.ContainsRune("[]', ", c) }) {
				got = append(got, typ+" "+id)
			}
		}
		slices.Sort(got)
		slices.Sort(want[r[0]])
		if !slices.Equal(got, want[r[0]]) {
			t.Fatalf("event %s touches %v, want %v", r[0], got, want[r[0]])
		}
	}
}

// TestAttributesAgree holds that the three forms of a log say the same
// attributes: batches, CSV, and XES.
func TestAttributesAgree(t *testing.T) {
	l := log(t, Options{Events: 1000, Attributes: true})
	var text, xes bytes.Buffer
	if err := l.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteXES(&xes); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if head := strings.Join(rows[0], " "); head != "case_id activity timestamp resource amount line_items automated case:customer case:country case:channel case:order_value case:site" {
		t.Errorf("columns %s", head)
	}
	i, cases := 0, map[string]string{}
	of := func(columns []eventlog.Column, row int) (values []string) {
		for _, c := range columns {
			switch {
			case c.Null != nil && c.Null[row]:
				values = append(values, "")
			case c.Type == eventlog.Float:
				values = append(values, fmt.Sprintf("%.2f", c.Float[row]))
			default:
				values = append(values, c.ValueText(row))
			}
		}
		return values
	}
	err = l.Read(func(b *eventlog.Batch) error {
		for j, id := range b.CaseIDs {
			cases[id] = strings.Join(of(b.CaseAttributes, j), ",")
		}
		for j := range b.Case {
			i++
			want := strings.Join(of(b.Attributes, j), ",") + "," + cases[b.Case[j]]
			if got := strings.Join(rows[i][4:], ","); got != want {
				t.Fatalf("row %d of the CSV has %s, the batch %s", i, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// XES, by the number of each value.
	count := func(column int) map[string]int {
		n := map[string]int{}
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			if column < 7 || !seen[r[0]] {
				n[r[column]]++
			}
			seen[r[0]] = true
		}
		return n
	}
	for column, key := range map[int]string{4: "amount", 5: "line_items", 6: "automated", 7: "customer", 10: "order_value", 11: "site"} {
		for value, n := range count(column) {
			if got := strings.Count(xes.String(), fmt.Sprintf("key=%q value=\"%s\"/>", key, value)); value != "" && got != n {
				t.Errorf("XES has %s %s %d times, want %d", key, value, got, n)
			}
		}
	}
}
