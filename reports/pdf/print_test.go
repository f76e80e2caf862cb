package pdf

import (
	"strings"
	"testing"
)

// Of two files whose nodes are numbered from other numbers, one is the other,
// and their tree of names is in order; a text that looks like a node stays.
func TestRenumbered(t *testing.T) {
	const file = "/ID (node00000372)>>\n/ID (node00000380)>>\n/Headers [(node00000372) (node00000380)]\n/Names [(node00000372) 1 0 R (node00000380) 2 0 R]\n/Title (a \\(node00000001\\))"
	later := strings.NewReplacer("372", "973", "380", "989").Replace(file)
	want := strings.NewReplacer("372", "001", "380", "002").Replace(file)
	for _, pdf := range []string{file, later} {
		if got := string(renumbered([]byte(pdf))); got != want {
			t.Errorf("%s\nbecame\n%s", pdf, got)
		}
	}
}
