package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// A table that a service does not have is told once, with the reason, and so is
// one of which nobody said where it is.
func TestMissingTableOnce(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/orders" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `[{"shop_order_no": "WEB-9", "customer_no": "200", "po_number": "", "order_no": "", "status": "placed", "payment_method": "card", "cancelled_by_kind": "", "currency": "EUR",
			"prepaid": true, "gross_value": "119.00", "cart_created_at": "2026-02-04T20:00:00Z", "placed_at": "2026-02-04T20:30:00Z", "cancelled_at": null}]`)
	}))
	defer service.Close()
	t.Chdir(t.TempDir())
	project := `names: keep
sources:
  web:
    shop:
      rest:
        url: ` + service.URL + `
        allow_http: true
        tables:
          shop_order: {path: orders, key: [shop_order_no]}
          shop_payment: {path: payments, key: [payment_no]}
`
	if err := os.WriteFile("millrace.yaml", []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ingest", "--dry-run"}, {"ingest"}, {"ingest", "--json", "--full"}, {"doctor"}} {
		code, out, errs := try(t, args...)
		if code != done {
			t.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
		}
		for _, want := range []string{"404 Not Found", "shop_payment: /payments: 404", "add tables: shop_return: path"} {
			if n := strings.Count(out, want); n != 1 {
				t.Errorf("%v says %q %d times:\n%s", args, want, n, out)
			}
		}
		if strings.Contains(out, "the extract lacks") {
			t.Errorf("%v says again what is missing:\n%s", args, out)
		}
	}
}
