package eventlog

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogs(t *testing.T) {
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	mustImport(t, s, ImportOptions{Log: "orders.csv"}, generated(10, 10))
	o2c := LogDefinition{Name: "order-to-cash", CaseType: "SalesOrder", Follow: []string{"Delivery", "Invoice"}, Items: []string{"Parcel"}}
	for range 2 {
		if err := s.DefineLog(ctx, o2c); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Logs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]LogDefinition{o2c, {Name: "orders.csv", CaseType: "orders.csv"}}, got); d != "" {
		t.Error(d)
	}
	o2c.Follow = nil
	if err := s.DefineLog(ctx, o2c); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Logs(ctx); err != nil || len(got) != 2 || got[0].Follow != nil {
		t.Errorf("redefined: %v, %v", got, err)
	}
	for _, wrong := range []LogDefinition{{}, {Name: "l"}, {Name: "l", CaseType: "c", Follow: []string{"c"}}} {
		if err := s.DefineLog(ctx, wrong); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}
