package distributor

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadme holds that people are told the shares and causes that the code has.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shares {
		if row := fmt.Sprintf("| `%s` | %d.%02d %% | %s |\n", s.name, s.stated/100, s.stated%100, s.doc); !strings.Contains(string(text), row) {
			t.Errorf("README.md lacks %s", row)
		}
	}
	for _, c := range causes[1:] {
		if !strings.Contains(string(text), "| `"+c.name+"` |") {
			t.Errorf("README.md lacks the cause %s", c.name)
		}
	}
	for _, c := range causes[1:] {
		for _, d := range []date{c.from, c.to} {
			if d != firstDay && d != lastDay && !strings.Contains(string(text), dateText(d)) {
				t.Errorf("README.md does not say %s of %s", dateText(d), c.name)
			}
		}
	}
}
