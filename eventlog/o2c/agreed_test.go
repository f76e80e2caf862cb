package o2c

import (
	"fmt"
	"slices"
	"testing"
)

func TestAgreedWait(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
		why      string
	}{
		{"Post Invoice", "Receive Payment", true, "the customer's days"},
		{"Send Invoice", "Apply Cash", true, "a source that knows no receipts"},
		{"Change Invoice", "Clear Receivable", true, "changed after it was posted"},
		{"Proof of Delivery", "Invoice Paid", true, "billed before the goods arrived"},
		{"Invoice Paid", "Apply Cash", true, "the next bill of the order"},
		{"Receive Payment", "Apply Cash", false, "the money is there, the work is ours"},
		{"Apply Cash", "Clear Receivable", false, "ours"},
		{"Create Invoice", "Post Invoice", false, "ours"},
		{"Create Invoice", "Receive Payment", false, "not billed yet: another bill's payment"},
		{"Dun", "Receive Payment", false, "overdue"},
		{"Close Dispute", "Receive Payment", false, "disputed"},
		{"Receive Payment", "Post Invoice", false, "the other way round"},
		{"Clear Invoice", "Receive Payment", false, "no activity of the model"},
	} {
		if got := AgreedWait(c.from, c.to); got != c.want {
			t.Errorf("%s → %s: %v; %s", c.from, c.to, got, c.why)
		}
	}
}

func TestValidateAgreed(t *testing.T) {
	var got []string
	validateAgreed([]agreedWait{
		{From: []string{"Bill"}, To: []string{"Pay", "Pai"}, Doc: "terms"},
		{From: []string{"Bill"}, To: []string{"Pay"}},
	}, map[string]bool{"Bill": true, "Pay": true}, func(format string, a ...any) { got = append(got, fmt.Sprintf(format, a...)) })
	want := []string{`agreed wait 1: "Pai" is no activity`, "agreed wait 2: want from, to and doc", `agreed wait "Bill" → "Pay" twice`}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
