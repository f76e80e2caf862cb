package html

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"millrace/reports"
	"millrace/reports/brand"
	"millrace/reports/layout"
	"millrace/reports/words"
)

//go:embed page.html.tmpl report.html.tmpl map.html.tmpl variants.html.tmpl model.html.tmpl mail.html.tmpl
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
	style, script := faces()+layout.CSS()+reportCSS+flowCSS+heads(p.Blocks)+paper(p.Foot())+colours(p.Brand), bare(reportJS+replayJS)
	var out bytes.Buffer
	err := inLanguage(p.Language).Execute(&out, struct {
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

// policy is the page's content security policy: its own style and scripts,
// known by their hashes, and nothing else.
func policy(style string, scripts ...string) string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	known := ""
	for _, s := range scripts {
		known += hash(s)
	}
	return "default-src 'none'; script-src" + known + "; style-src" + hash(style) +
		"; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
}

//go:embed pages.css
var pagesCSS string

// RenderReport writes r as one file, with a tab for each page. The same report
// gives the same bytes. Its charts are pictures; ECharts, which tells what is
// under the pointer, is in it as well, unless it would be larger than MaxSize
// then.
func RenderReport(w io.Writer, r *reports.Report) error {
	var out bytes.Buffer
	for _, live := range []bool{hasCharts(r), false} {
		out.Reset()
		if err := renderReport(&out, r, live); err != nil {
			return fmt.Errorf("report %q: %w", r.Title, err)
		}
		if out.Len() <= MaxSize {
			_, err := out.WriteTo(w)
			return err
		}
	}
	return fmt.Errorf("report %q: %d bytes, more than %d; write fewer pages, by name, or fewer levels of detail", r.Title, out.Len(), MaxSize)
}

func renderReport(out *bytes.Buffer, r *reports.Report, live bool) error {
	var blocks [][]reports.Block
	for _, p := range r.Pages {
		blocks = append(blocks, p.Blocks)
	}
	style, script := faces()+layout.CSS()+reportCSS+flowCSS+pagesCSS+tabs(r)+heads(blocks...)+paper(r.Foot())+colours(r.Brand), bare(reportJS+replayJS)
	known, echarts := inLanguage(r.Language), template.JS("")
	scripts := []string{script}
	if live {
		script += bare(chartJS)
		scripts = []string{script, echartsCode()}
		known.Funcs(template.FuncMap{"chart": func(b reports.Block) (template.JS, error) { return chartIsland(cmp.Or(r.Language, words.English()), b) }})
		echarts = echartsIsland()
	}
	return known.ExecuteTemplate(out, "report", struct {
		*reports.Report
		CSP     string
		Style   template.CSS
		Script  template.JS
		ECharts template.JS // "": charts are pictures only
	}{r, policy(style, scripts...), template.CSS(style), template.JS(script), echarts})
}

// bare is a script without its remarks, those for the reader of a page apart, and
// without what stands before a line. None of ours has a text of several lines.
func bare(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		if line = strings.TrimLeft(line, " "); line != "\n" && !strings.HasPrefix(line, "//") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// tabs is the style that shows the page whose address is chosen, and marks its
// tab: the names of pages are letters, digits and hyphens.
func tabs(r *reports.Report) string {
	var b bytes.Buffer
	for i, p := range r.Pages {
		chosen := fmt.Sprintf("body:has(#%s:target,#%s :target) .tabs a[href=\"#%s\"]", p.Name, p.Name, p.Name)
		if i == 0 {
			chosen += fmt.Sprintf(",body:not(:has(.sheet:target,.sheet :target)) .tabs a[href=\"#%s\"]", p.Name)
		}
		fmt.Fprintf(&b, "%s{background:var(--acc);border-color:var(--acc);color:var(--card)}\n", chosen)
	}
	return b.String()
}

// heads is the style that names the cells of tables where a screen is too narrow
// for columns: in each cell of each row the names were a thirtieth of a report.
func heads(pages ...[]reports.Block) string {
	var b strings.Builder
	for _, blocks := range pages {
		for _, block := range blocks {
			t, ok := block.(*reports.Table)
			if !ok {
				continue
			}
			for i, c := range t.Columns {
				if i > 0 { // the first names the row
					fmt.Fprintf(&b, "[aria-labelledby=%s] td:nth-child(%d)::before{content:%s}\n", quoted(t.ID), i+1, quoted(c.Head))
				}
			}
		}
	}
	return "@media screen and (max-width:760px){\n" + b.String() + "}\n"
}

// paper is the style of the margin of a sheet.
func paper(foot string) string { return "@page{@bottom-left{content:" + quoted(foot) + "}}\n" }

// quoted is a text as a string of CSS: all but letters and digits is written as
// code points, so that it ends neither the string nor the style.
func quoted(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') {
			fmt.Fprintf(&b, "\\%x ", r)
		} else {
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// colours is the style that puts a brand's colours in the place of ours.
func colours(b *brand.Brand) string {
	var css string
	if b == nil {
		return css
	}
	if b.Accent != "" {
		css += ":root{--acc:" + b.Accent + "}\n"
	}
	if b.AccentDark != "" {
		css += "@media screen and (prefers-color-scheme:dark){:root{--acc:" + b.AccentDark + "}}\n"
	}
	if b.Lead != "" {
		css += ".lead{background:" + b.Lead + "}\n"
	}
	return css
}

// mailColour is a brand's colour in a mail, or ours.
func mailColour(b *brand.Brand, what string) template.CSS {
	switch {
	case what == "lead" && b != nil && b.Lead != "":
		return template.CSS(b.Lead)
	case what == "lead":
		return "#16212e"
	case b != nil && b.Accent != "":
		return template.CSS(b.Accent)
	}
	return "#0f5c7a"
}

// tmpl is never executed itself, since what was cannot be cloned. It is read when
// a page is made: 32 ms that no other command has to wait for.
var tmpl = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page.html.tmpl").Funcs(funcs(words.English())).ParseFS(templates, "*.tmpl"))
})

// inLanguage is the templates with the words of a language; nil is English.
func inLanguage(l *words.Language) *template.Template {
	return template.Must(tmpl().Clone()).Funcs(funcs(cmp.Or(l, words.English())))
}

// funcs are what templates call, in a language.
func funcs(l *words.Language) template.FuncMap {
	return template.FuncMap{
		"word":        l.Word,
		"cases":       func(key string, n words.Noun) string { return l.Say(key, words.Args{"cases": n}) },
		"tag":         func() string { return l.Tag },
		"percentSign": func() string { return l.Percent },
		"count":       l.Count,
		"share":       l.Share,
		"trend":       trend,
		"stack":       stack,
		"columns": func(h *reports.Columns, width, height int, class string) template.HTML {
			return columns(l, h, width, height, class)
		},
		"histogram": func(h *reports.Histogram, width, height int, class string) template.HTML {
			return histogram(l, h, width, height, class)
		},
		"spark":      spark,
		"tone":       tone,
		"percent":    func(x float64) string { return fmt.Sprintf("%.1f%%", 100*min(max(x, 0), 1)) }, // of an attribute
		"pictures":   func(m *reports.Map) ([]*picture, error) { return pictures(l, m) },
		"keys":       func(m *reports.Map) []key { return keys(l, m) },
		"island":     island,
		"chart":      func(reports.Block) template.JS { return "" }, // see renderReport
		"plan":       plan,
		"threes":     threes,
		"mailColour": mailColour,
		// A logo is read by package brand: a picture, in base64.
		"logo": func(b *brand.Brand) template.URL {
			if b == nil {
				return ""
			}
			return template.URL(b.Logo)
		},
	}
}
