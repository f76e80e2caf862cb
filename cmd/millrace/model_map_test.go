package main

import (
	"testing"

	"millrace/mining/petri"
)

// A label means the activity that differs from it in nothing that files of models
// keep, if it is one only and no activity is called so.
func TestRespell(t *testing.T) {
	activities := []string{"take\norder", "bell\x07", "pay", "pay ", "file  it", "file it ", ""}
	for label, want := range map[string]string{
		"take order":  "take\norder",
		" take order": "take\norder",
		"bell\uFFFD":  "bell\x07",
		"pay":         "pay",
		"pay ":        "pay ",
		"file it":     "file it", // which of the two is not known
		"Take order":  "Take order",
		"ship\nit ":   "ship it",
		" ":           " ",
	} {
		n := &petri.Net{}
		n.AddTransition(label, []int{n.AddPlace("p")}, []int{n.AddPlace("q")})
		n.AddTransition("", []int{0}, []int{1})
		respell(n, activities)
		if got := n.Transitions[0].Label; got != want {
			t.Errorf("%q means %q, want %q", label, got, want)
		}
		if !n.Transitions[1].Silent() {
			t.Errorf("a silent transition is %q", n.Transitions[1].Label)
		}
	}
}
