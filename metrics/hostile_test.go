package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/metrics"
)

// closedStore is a store with the business views and no rows, shut off as the
// program has it where SQL may be a user's.
func closedStore(t *testing.T) *eventlog.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "millrace.duckdb")
	s, err := eventlog.Open(t.Context(), path, eventlog.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Derive(t.Context(), o2c.Refresh())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s, err = eventlog.Open(t.Context(), path, eventlog.OpenOptions{Closed: true, Memory: eventlog.LeastMemory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// withField is a share of orders with one field of it replaced.
func withField(t *testing.T, field, text string) *metrics.KPI {
	t.Helper()
	k := metrics.KPI{Name: "r", Title: "R", Unit: metrics.Share, Kind: metrics.RateKind, Of: "orders", One: "order", Doc: "R.", View: "orders", Hit: "is_return", Version: 1}
	switch field {
	case "hit":
		k.Hit = text
	case "leave_out":
		k.LeaveOut = []metrics.LeaveOut{{Reason: "so", When: text}}
	case "split":
		k.Split = map[string]string{"what": text}
	case "join":
		k.Join = text
	case "with":
		k.With = map[string]string{"x": text}
	case "sql":
		k.Kind, k.SQL, k.View = metrics.SQLKind, text, ""
	default:
		t.Fatalf("no field %q", field)
	}
	return &k
}

// DuckDB says how much memory there was; that is the machine's affair.
var sizes = regexp.MustCompile(`\(Out of Memory Error.*\)`)

// TestHostile reads testdata/hostile: definitions that want more than to read
// the views, and what becomes of them.
func TestHostile(t *testing.T) {
	s := closedStore(t)
	datadriven.RunTest(t, "testdata/hostile/definitions", func(t *testing.T, d *datadriven.TestData) string {
		o := metrics.Options{Timeout: 20 * time.Second}
		if d.HasArg("timeout") {
			var text string
			d.ScanArgs(t, "timeout", &text)
			limit, err := time.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			o.Timeout = limit
		}
		values, err := metrics.Evaluate(t.Context(), s.Query, []*metrics.KPI{withField(t, d.Cmd, d.Input)}, o)
		if err != nil {
			return "error: " + sizes.ReplaceAllString(err.Error(), "(…)") + "\n"
		}
		if len(values) != 1 {
			return fmt.Sprintf("%d values\n", len(values))
		}
		return values[0].String() + "\n"
	})
}

// TestEveryExpressionIsGuarded: whatever field of text a definition has, it is
// words, or it is guarded. A field that is new has to be either.
func TestEveryExpressionIsGuarded(t *testing.T) {
	const hostile = "1) AS x FROM o2c.orders; SELECT 2 --"
	words := []string{"Name", "Title", "Family", "Unit", "Better", "Kind", "Of", "One", "Doc", "Owner", "Sources", "View", "Needs", "Links.Source", "Links.Qualifier", "Links.Target",
		"Clock", "Method", "LeaveOut.Reason", "Over.View", "Over.LeaveOut.Reason"}
	s := closedStore(t)
	guarded := 0
	for _, path := range textFields(reflect.TypeFor[metrics.KPI](), "") {
		if strings.HasPrefix(path, "Examples.") {
			continue
		}
		k := withField(t, "hit", "is_return")
		if path == "SQL" {
			k = withField(t, "sql", "SELECT 1.0 AS value")
		}
		k.Clock = metrics.Business // so that Site is used
		setField(reflect.ValueOf(k).Elem(), strings.Split(path, "."), hostile)
		_, err := metrics.SQL(t.Context(), s.Query, k, metrics.Options{})
		var f metrics.FieldError
		isGuarded := errors.As(err, &f)
		if isGuarded {
			guarded++
		}
		isWord := false
		for _, w := range words {
			isWord = isWord || w == path
		}
		if isWord == isGuarded {
			t.Errorf("%s: listed as words %v, guarded %v (%v)", path, isWord, isGuarded, err)
		}
	}
	if guarded < 18 {
		t.Errorf("only %d fields are guarded", guarded)
	}
}

// The catalogue's own SQL is not parsed again each time: here it is, and what
// differs from it in one letter is not taken for it.
func TestCatalogueIsGuarded(t *testing.T) {
	s := closedStore(t)
	hostile := 0
	for _, k := range metrics.Catalogue() {
		if err := metrics.Guard(t.Context(), s.Query, metrics.Unproven(k)); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
		for _, field := range []*string{&k.Hit, &k.Value, &k.Numerator, &k.Scope, &k.Join, &k.SQL, &k.From, &k.Open} {
			if *field == "" {
				continue
			}
			was := *field
			*field += ";"
			var f metrics.FieldError
			if err := metrics.Guard(t.Context(), s.Query, k); !errors.As(err, &f) {
				t.Errorf("%s: %q is not guarded: %v", k.Name, *field, err)
			}
			*field = was
			hostile++
		}
	}
	if hostile < 165 {
		t.Errorf("only %d changes were tried", hostile)
	}
}

// textFields lists the fields that hold text, by their paths.
func textFields(t reflect.Type, at string) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return textFields(t.Elem(), at)
	case reflect.String:
		return []string{at}
	case reflect.Struct:
		var list []string
		for i := range t.NumField() {
			if !t.Field(i).IsExported() {
				continue // no definition can say it
			}
			name := t.Field(i).Name
			if at != "" {
				name = at + "." + name
			}
			list = append(list, textFields(t.Field(i).Type, name)...)
		}
		return list
	}
	return nil
}

// setField sets a field of text, making what lies on the way to it.
func setField(v reflect.Value, path []string, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		setField(v.Elem(), path, text)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		setField(v.Index(0), path, text)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf(text))
	case reflect.Struct:
		setField(v.FieldByName(path[0]), path[1:], text)
	default:
		v.SetString(text)
	}
}

// TestHostileValues: values, labels and reasons with quotes, markup and
// statements in them are data.
func TestHostileValues(t *testing.T) {
	b, err := metrics.OpenBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sites := []string{`'; DROP TABLE o2c.orders; --`, `" OR 1=1`, `<script>alert(1)</script>`, `{as_of}`, `local(x`, `%s%d`, `=cmd|'/c calc'!A0`}
	rows := "order_id | created_at | site\n"
	for i, s := range sites {
		rows += fmt.Sprintf("o%d | 2024-01-0%d | %s\n", i, i+1, strings.ReplaceAll(s, "|", "/"))
	}
	k := withField(t, "leave_out", "order_id = 'o0'")
	k.LeaveOut[0].Reason = `it's "so"; DROP TABLE x; -- <b>`
	k.Hit = "order_id <> 'o1'"
	err = b.With(t.Context(), map[string]string{"orders": rows}, func(ctx context.Context, q metrics.Querier) error {
		values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{By: []string{"site"}})
		if err != nil {
			return err
		}
		if len(values) != len(sites) {
			t.Errorf("%d values, want one of each of %d sites", len(values), len(sites))
		}
		for _, site := range sites {
			site = strings.ReplaceAll(site, "|", "/")
			values, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{Only: []metrics.Label{{Dimension: "site", Value: site}}})
			if err != nil {
				return fmt.Errorf("only site %s: %w", site, err)
			}
			if values[0].N != 1 {
				t.Errorf("only site %s: n %d, want 1", site, values[0].N)
			}
		}
		if _, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{By: []string{"site; DROP TABLE x"}}); err == nil {
			t.Error("a dimension that nobody has is no error")
		}
		all, err := metrics.Evaluate(ctx, q, []*metrics.KPI{k}, metrics.Options{})
		if err == nil && (len(all[0].Excluded) != 1 || all[0].Excluded[0].Reason != k.LeaveOut[0].Reason || all[0].N != int64(len(sites))) {
			t.Errorf("left out are %v of %d", all[0].Excluded, all[0].N)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
