package html_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"millrace/reports/html"
	"millrace/reports/pagetest"
)

// TestLargeLog: a log of many activities with long names still makes a page
// that is small enough, in a time a person waits for.
func TestLargeLog(t *testing.T) {
	var text strings.Builder
	name := func(i int) string {
		return fmt.Sprintf("Process step number %d of the largest company code, %s", i, strings.Repeat("with a long name, ", 40))
	}
	for v := range 400 {
		fmt.Fprintf(&text, "%d 100: ", 1+400/(v+1))
		for k := range 12 {
			if k > 0 {
				text.WriteString(" >3h ")
			}
			text.WriteString(strings.TrimSpace(name((v*k*7 + k*13 + v%5) % 300)))
		}
		text.WriteByte('\n')
	}
	in := pagetest.Parse(text.String()).Flow()
	for i := range in.Levels {
		in.Levels[i].Backward = nil // layout's own
	}
	begin := time.Now()
	page := render(t, in)
	t.Logf("%d bytes in %v", len(page), time.Since(begin))
	if len(page) > html.MaxSize {
		t.Errorf("%d bytes", len(page))
	}
}
