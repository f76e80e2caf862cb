// Package brand makes a report look like its owner's: a logo and colours, held
// to what can be read.
//
// It does not know what a page has; of colours it knows which grounds ours have.
package brand

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Config is what a project file says.
type Config struct {
	// Logo is an SVG or PNG, of at most [MaxLogo] bytes.
	Logo    string `yaml:"logo"`
	Colours struct {
		// Accent is of links and of what is chosen, as #0f5c7a; AccentDark the
		// same on a dark screen, default made of Accent by lightening it.
		Accent     string `yaml:"accent"`
		AccentDark string `yaml:"accent_dark"`
		// Lead is the ground of the message, under light text.
		Lead string `yaml:"lead"`
	} `yaml:"colours"`
}

// A Brand is what a page wears. Charts keep their colours, which those who are
// colour-blind can tell apart.
type Brand struct {
	Logo                     string // a data: address for an img; "" is none
	Accent, AccentDark, Lead string // #rrggbb; "" is ours
}

// MaxLogo is how large the file of a logo may be, in bytes: it is in every page.
const MaxLogo = 64 << 10

// The least contrasts of our pages are with these: links on a note that was
// jumped to, light and dark; links in the message.
const (
	lightGround = "#efede7"
	darkGround  = "#24313c"
	leadLinks   = "#a8d4e6"
)

// Load checks a configuration and reads its logo; path finds files of the
// project. A configuration of nothing is a Brand of nothing.
func (c Config) Load(path func(string) string) (*Brand, error) {
	b := &Brand{}
	for _, x := range []struct {
		key, text, with, what, towards string
		into                           *string
	}{
		{"accent", c.Colours.Accent, lightGround, "as text on " + lightGround, "#000000", &b.Accent},
		{"accent_dark", c.Colours.AccentDark, darkGround, "as text on " + darkGround + ", of a dark screen,", "#ffffff", &b.AccentDark},
		{"lead", c.Colours.Lead, leadLinks, "under links of " + leadLinks, "#000000", &b.Lead},
	} {
		if x.text == "" {
			continue
		}
		own, err := parse(x.text)
		if err != nil {
			return nil, fmt.Errorf("report: colours: %s: %w", x.key, err)
		}
		with, towards := must(x.with), must(x.towards)
		if r := contrast(own, with); r < least {
			return nil, fmt.Errorf("report: colours: %s: %s has a contrast of %.1f to 1 %s where %.1f is the least (WCAG 2.2 AA); %s would do",
				x.key, own, down(r), x.what, least, readable(own, with, towards))
		}
		*x.into = own.String()
	}
	if b.Accent != "" && b.AccentDark == "" {
		b.AccentDark = readable(must(b.Accent), must(darkGround), must("#ffffff")).String()
	}
	if c.Logo == "" {
		return b, nil
	}
	var err error
	if b.Logo, err = logo(path(c.Logo)); err != nil {
		return nil, fmt.Errorf("report: logo: %w", err)
	}
	return b, nil
}

// logo reads a picture as the address of an img: there, an SVG runs no script
// and asks for nothing.
func logo(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(text) > MaxLogo {
		return "", fmt.Errorf("%s has %d kB, more than %d: it is in every page", path, len(text)>>10, MaxLogo>>10)
	}
	media := ""
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png":
		media = "image/png"
		_, err = png.Decode(bytes.NewReader(text))
	case ".svg":
		media = "image/svg+xml"
		err = isSVG(text)
	default:
		return "", fmt.Errorf("%s is neither .svg nor .png", path)
	}
	if err != nil {
		return "", fmt.Errorf("%s is no picture: %w", path, err)
	}
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(text), nil
}

// isSVG holds that a browser can read a text as a picture.
func isSVG(text []byte) error {
	root := ""
	for dec := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok && root == "" {
			root = e.Name.Space + " " + e.Name.Local
		}
	}
	if root != "http://www.w3.org/2000/svg svg" {
		return fmt.Errorf("its root is %q, not svg with xmlns=%q", strings.TrimSpace(root), "http://www.w3.org/2000/svg")
	}
	return nil
}
