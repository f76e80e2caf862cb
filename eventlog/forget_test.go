package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// brief writes a receipt on one line.
func (r ForgetReceipt) brief() string {
	var landed []string
	for _, t := range r.Landing {
		landed = append(landed, fmt.Sprintf("%s −%d ∅%d", t.Table, t.Removed, t.Blanked))
	}
	return fmt.Sprintf("users %d customers %d; %s; events %d relations %d changes %d values %d rejects %d",
		r.Users, r.Customers, strings.Join(landed, ", "), r.Events, r.Relations, r.Changes, r.Values, r.Rejects)
}

// officeStore has loaded the office, and columns of a log of it.
func officeStore(t testing.TB, names Names) *Store {
	t.Helper()
	ctx := context.Background()
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	if _, err := mergeAs(s, office(), ExtractOptions{Names: names}, officeRows()...); err != nil {
		t.Fatal(err)
	}
	if err := s.DefineLog(ctx, LogDefinition{Name: "l", CaseType: "Order"}); err != nil {
		t.Fatal(err)
	}
	if err := s.BuildColumns(ctx, "l", LogOptions{Model: office().Model}); err != nil {
		t.Fatal(err)
	}
	return s
}

// A user who is forgotten is in no column and in no byte of the files, events
// and orders stay, and loading the same extract again brings nobody back.
func TestForgetUser(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		what  string
		names Names
		key   string
		want  string
		left  string // resource of the events
	}{
		{"kept", Names{Keep: true, Key: testNames.Key}, "zwilla.berg", "users 1 customers 0; changes −0 ∅2, orders −0 ∅2, staff −1 ∅0; events 3 relations 2 changes 1 values 0 rejects 0", "unknown~forgotten"},
		{"hashed", testNames, "zwilla.berg", "users 1 customers 0; changes −0 ∅2, orders −0 ∅2, staff −1 ∅0; events 3 relations 2 changes 1 values 0 rejects 0", "unknown~forgotten"},
		{"by pseudonym", testNames, "unknown~" + testNames.hash("zwilla.berg"), "users 1 customers 0; changes −0 ∅2, orders −0 ∅2, staff −1 ∅0; events 3 relations 2 changes 1 values 0 rejects 0", "unknown~forgotten"},
		{"a machine's kind stays", testNames, "edi_in", "users 1 customers 0; orders −0 ∅1, staff −1 ∅0; events 1 relations 1 changes 0 values 0 rejects 0", "interface~forgotten"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := officeStore(t, c.names)
			dir := filepath.Dir(s.Path())
			spool := filepath.Join(dir, spoolPrefix+"office")
			if err := os.WriteFile(spool, []byte("zwilla.berg"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := s.dump(t)
			o := ForgetOptions{Names: c.names, DryRun: true}
			dry, err := s.Forget(ctx, c.key, o)
			if err != nil {
				t.Fatal(err)
			}
			if after := s.dump(t); after != before {
				t.Error("a dry run changed", firstDifference(after, before))
			}
			o.DryRun = false
			r, err := s.Forget(ctx, c.key, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.brief() != c.want || dry.brief() != c.want {
				t.Errorf("got %s\ndry %s\nwant %s", r.brief(), dry.brief(), c.want)
			}
			if strings.Join(r.Logs, " ") != "l" {
				t.Errorf("logs %v", r.Logs)
			}
			gone := []string{c.names.hash(c.key), "Zwilla Bergmann"}
			if m := pseudonym.FindStringSubmatch(c.key); m != nil {
				gone[0] = m[2]
			} else {
				gone = append(gone, c.key)
			}
			absent := func(when string) {
				t.Helper()
				for _, text := range gone {
					for _, at := range found(t, s, text) {
						if at != "main.forgotten.hash" && at != filepath.Base(s.Path()) || text == c.key {
							t.Errorf("%s: %q is in %s", when, text, at)
						}
					}
				}
			}
			if c.key != "edi_in" {
				absent("forgotten")
			}
			if n := count(t, s, "SELECT count(*) FROM event WHERE resource = '"+c.left+"'"); n != r.Events {
				t.Errorf("%d events of %s, want %d", n, c.left, r.Events)
			}
			if n := count(t, s, "SELECT count(*) FROM event"); n != 7 {
				t.Errorf("%d events are left, want all 7", n)
			}
			if n := count(t, s, "SELECT count(*) FROM object WHERE type = 'Order'"); n != 4 {
				t.Errorf("%d orders are left, want all 4", n)
			}
			again, err := mergeAs(s, office(), ExtractOptions{Names: c.names}, officeRows()...)
			if err != nil || again.Load != 0 {
				t.Errorf("loaded again: %s %v", again.brief(), err)
			}
			if err := s.BuildColumns(ctx, "l", LogOptions{Model: office().Model}); err != nil {
				t.Fatal(err)
			}
			if c.key != "edi_in" {
				absent("loaded again")
			}
			// A mapping that is run again says the same.
			sys := office()
			sys.Timezone = "Europe/Berlin"
			if _, err := mergeAs(s, sys, ExtractOptions{Names: c.names}, officeRows()...); err != nil {
				t.Fatal(err)
			}
			if c.key != "edi_in" {
				absent("mapped again")
			}
			if n := count(t, s, "SELECT count(*) FROM event WHERE resource = '"+c.left+"'"); n != r.Events {
				t.Errorf("mapped again: %d events of %s, want %d", n, c.left, r.Events)
			}
			if _, err := s.Forget(ctx, c.key, o); !errors.Is(err, ErrNobody) {
				t.Errorf("forgotten twice: %v", err)
			}
		})
	}
}

func count(t testing.TB, s *Store, text string) (n int64) {
	t.Helper()
	err := s.session(context.Background(), func(c *storeConn) (err error) {
		n, err = c.int(context.Background(), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A customer goes by number; the orders stay, without the reference. Another
// customer, whose key in the source is that number, is not touched.
func TestForgetCustomer(t *testing.T) {
	ctx := context.Background()
	names := Names{Keep: true, Key: testNames.Key}
	s := officeStore(t, names)
	r, err := s.Forget(ctx, "7", ForgetOptions{Names: names})
	want := "users 0 customers 1; client −1 ∅0, orders −0 ∅3; events 0 relations 2 changes 1 values 2 rejects 0"
	if err != nil || r.brief() != want {
		t.Errorf("got %s %v\nwant %s", r.brief(), err, want)
	}
	for range 2 {
		if at := found(t, s, "Plumquist"); len(at) > 0 {
			t.Errorf("the name is in %v", at)
		}
		if n := count(t, s, "SELECT count(*) FROM landing_office.orders WHERE client = 7"); n != 2 {
			t.Errorf("%d orders of the other customer, want 2", n)
		}
		if n := count(t, s, "SELECT count(*) FROM landing_office.orders WHERE client = 1"); n != 0 {
			t.Errorf("%d orders refer to the customer", n)
		}
		if n := count(t, s, "SELECT count(*) FROM object WHERE type = 'Order'"); n != 4 {
			t.Errorf("%d orders are left, want all 4", n)
		}
		if n := count(t, s, "SELECT count(*) FROM object WHERE type = 'Customer'"); n != 1 {
			t.Errorf("%d customers, want the other one", n)
		}
		if r, err := mergeAs(s, office(), ExtractOptions{Names: names}, officeRows()...); err != nil || r.Load != 0 {
			t.Errorf("loaded again: %s %v", r.brief(), err)
		}
	}
	// Who cannot know who was forgotten must not load.
	if _, err := mergeAs(s, office(), ExtractOptions{Names: Names{Keep: true}}, officeRows()...); err == nil || !strings.Contains(err.Error(), "people were forgotten by the key "+NameKeyID(names.Key)) {
		t.Errorf("without the key: %v", err)
	}
	if _, err := s.Forget(ctx, "nobody of this name", ForgetOptions{Names: names}); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := s.Forget(ctx, "7", ForgetOptions{}); err == nil || !strings.Contains(err.Error(), "names: key_from") {
		t.Errorf("no key: %v", err)
	}
}
