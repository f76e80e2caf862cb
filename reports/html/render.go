package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"millrace/reports"
	"millrace/reports/figure"
	"millrace/reports/layout"
)

//go:embed page.html.tmpl map.html.tmpl variants.html.tmpl
var templates embed.FS

//go:embed report.css
var reportCSS string

//go:embed flow.css
var flowCSS string

//go:embed report.js
var reportJS string

//go:embed replay.js
var replayJS string

// MaxSize is how large a page may be, in bytes.
const MaxSize = 1_200_000

// Render writes p. The same page gives the same bytes.
func Render(w io.Writer, p *reports.Page) error {
	style, script := layout.CSS()+reportCSS+flowCSS, reportJS+replayJS
	var out bytes.Buffer
	err := tmpl.Execute(&out, struct {
		*reports.Page
		CSP    string
		Style  template.CSS
		Script template.JS
	}{p, policy(style, script), template.CSS(style), template.JS(script)})
	if err != nil {
		return fmt.Errorf("page %q: %w", p.Title, err)
	}
	if out.Len() > MaxSize {
		return fmt.Errorf("page %q: %d bytes, more than %d; show fewer activities or levels of detail", p.Title, out.Len(), MaxSize)
	}
	_, err = out.WriteTo(w)
	return err
}

// policy is the page's content security policy: its own style and script,
// known by their hashes, and nothing else.
func policy(style, script string) string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

var tmpl = template.Must(template.New("page.html.tmpl").Funcs(template.FuncMap{
	"percent":   func(x float64) string { return fmt.Sprintf("%.1f%%", 100*min(max(x, 0), 1)) },
	"share":     figure.Share,
	"histogram": histogram,
	"pictures":  pictures,
	"keys":      keys,
	"island":    island,
	"one":       func(cases string) string { return "one of the " + cases },
}).ParseFS(templates, "*.tmpl"))
