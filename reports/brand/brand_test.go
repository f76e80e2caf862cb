package brand

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestContrast compares with pairs that WCAG's own tools give.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#0000ff", "#ffffff", 8.59}, {"#abcdef", "#abcdef", 1}} {
		if got := contrast(must(c.a), must(c.b)); math.Abs(got-c.want) > .01 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// TestLoad: what passes is kept, what does not says its contrast and what would
// do, and that does.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>`,
		"page.svg": `<html xmlns="http://www.w3.org/1999/xhtml"/>`, "cut.svg": `<svg xmlns="http://www.w3.org/2000/svg">`, "cut.png": "\x89PNG\r\n", "x.gif": "GIF89a",
		"large.svg": `<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat(" ", MaxLogo) + `</svg>`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ logo, accent, dark, lead, want string }{
		{"", "", "", "", ""},
		{"good.svg", "#0a5", "", "", "report: colours: accent: #00aa55 has a contrast of 2.6 to 1 as text on #efede7 where 4.5 is the least (WCAG 2.2 AA); #007c3e would do"},
		{"", "", "#0f5c7a", "", "report: colours: accent_dark: #0f5c7a has a contrast of 1.7 to 1 as text on #24313c"},
		{"", "", "", "#ff8800", "report: colours: lead: #ff8800 has a contrast of 1.5 to 1 under links of #a8d4e6"},
		{"", "#+12345", "", "", `"#+12345" is no colour`},
		{"", "red", "", "", `report: colours: accent: "red" is no colour such as #0f5c7a`},
		{"", "#12345g", "", "", `"#12345g" is no colour`},
		{"page.svg", "", "", "", `page.svg is no picture: its root is "http://www.w3.org/1999/xhtml html"`},
		{"cut.svg", "", "", "", "cut.svg is no picture: XML syntax error"},
		{"cut.png", "", "", "", "cut.png is no picture: "},
		{"x.gif", "", "", "", "x.gif is neither .svg nor .png"},
		{"large.svg", "", "", "", "large.svg has 64 kB, more than 64"},
		{"none.png", "", "", "", "none.png"},
		{"good.svg", "#7a0f3c", "", "#2a1020", ""},
	} {
		var config Config
		config.Logo, config.Colours.Accent, config.Colours.AccentDark, config.Colours.Lead = c.logo, c.accent, c.dark, c.lead
		b, err := config.Load(func(name string) string { return filepath.Join(dir, name) })
		if c.want == "" {
			if err != nil || b.Accent != c.accent || b.Lead != c.lead || (b.AccentDark == "") != (c.accent == "") || (b.Logo == "") != (c.logo == "") {
				t.Errorf("%+v: %+v, %v", c, b, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// What is said to do does, for any colour.
func TestReadable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := colour{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), rapid.Byte().Draw(t, "blue")}
		for ground, towards := range map[string]string{lightGround: "#000000", darkGround: "#ffffff", leadLinks: "#000000"} {
			if got := readable(c, must(ground), must(towards)); contrast(got, must(ground)) < least {
				t.Fatalf("%s on %s: %s is not readable", c, ground, got)
			}
		}
	})
}
