package schedule

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A name is what the obvious expression says.
func TestNames(t *testing.T) {
	obvious := regexp.MustCompile(`^[\pL\pN][\pL\pN._-]{0,99}$`)
	names := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aÉ受٣½Ⅷ._-\n \u0301\uFFFD"))), rapid.StringMatching(`[a.]{98,102}`), rapid.StringMatching(`[é_]{98,102}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 4), func(b []byte) string { return "a" + string(b) }))
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		if got, want := isName(name), obvious.MatchString(name); got != want {
			t.Fatalf("%q is a name: %v, want %v", name, got, want)
		} else if got {
			taken++
		}
	})
	for name, want := range map[string]bool{"": false, "a": true, strings.Repeat("é", 100): true, strings.Repeat("a", 101): false, "a\n": false, "-a": false, "a\xff": false} {
		if isName(name) != want {
			t.Errorf("%q is a name: %v", name, !want)
		}
	}
	if taken == 0 {
		t.Error("no name was drawn")
	}
}
