package rest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

func TestLink(t *testing.T) {
	datadriven.RunTest(t, "testdata/link", func(t *testing.T, d *datadriven.TestData) string {
		var b strings.Builder
		for line := range strings.Lines(d.Input) {
			next := nextLink([]string{strings.TrimSuffix(line, "\n")})
			if next == "" {
				next = "none"
			}
			fmt.Fprintln(&b, next)
		}
		return b.String()
	})
}

func FuzzLink(f *testing.F) {
	f.Add(`<a>; rel="next", <b>`, "c")
	f.Add(`<a>; x="\`, "b")
	f.Fuzz(func(t *testing.T, header, page string) {
		if target := nextLink([]string{header}); target != "" && !strings.Contains(header, target) {
			t.Errorf("%q is not in %q", target, header)
		}
		// A link that is well formed is found, whatever other headers say that have no next.
		if page = strings.TrimSpace(page); page == "" || strings.ContainsAny(page, "<>") || nextLink([]string{header}) != "" {
			return
		}
		if got := nextLink([]string{header, "<" + page + `>; title="a, b"; rel="x next"`}); got != page {
			t.Errorf("%q, want %q", got, page)
		}
	})
}
