package reports

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"millrace/eventlog"
	"millrace/metrics"
	"millrace/reports/words"
)

// A PageSpec says what a page shows: data, not code. The pages that come with
// Millrace and those that a project composes are the same format.
type PageSpec struct {
	Name   string      `yaml:"name"`  // of its address: cycle-time
	Title  string      `yaml:"title"` // text, or $key of the catalogue of words
	About  string      `yaml:"about"` // a sentence under the title; the same
	Blocks []BlockSpec `yaml:"blocks"`
}

// A BlockSpec is one block: exactly one of its fields is set.
type BlockSpec struct {
	Lead          *LeadSpec    `yaml:"lead"`           // sentences from the figures
	Tiles         *TilesSpec   `yaml:"tiles"`          // key figures with what they were
	Figures       *FiguresSpec `yaml:"figures"`        // the same as a table: now, before, a year before
	Trend         *TrendSpec   `yaml:"trend"`          // by month, with control limits
	By            *BySpec      `yaml:"by"`             // by a dimension, or by the figure's own
	Change        *ChangeSpec  `yaml:"change"`         // what a change comes of, adding up
	Segments      *ChangeSpec  `yaml:"segments"`       // parts of a whole, before and now
	Distribution  *DistSpec    `yaml:"distribution"`   // how durations are distributed
	Worst         *WorstSpec   `yaml:"worst"`          // the cases that bring most
	ServiceLevels *ListSpec    `yaml:"service_levels"` // limits, who answers, what is late
	Late          *ListSpec    `yaml:"late"`           // the worst cases of the service levels
	Controls      *ListSpec    `yaml:"controls"`       // figures of others, and whether ours agree
	Quality       *ListSpec    `yaml:"quality"`        // what a log's profile found
	Coverage      *ListSpec    `yaml:"coverage"`       // which figures can be computed
	Exclusions    *ListSpec    `yaml:"exclusions"`     // of what each figure of the report is made, and what is left out
	Sources       *ListSpec    `yaml:"sources"`        // when each was read last
	LogNotes      *ListSpec    `yaml:"log_notes"`      // ties, convergence, precision of the log
	Waits         *ListSpec    `yaml:"waits"`          // hand-overs by avoidable hours and value
	Rework        *ListSpec    `yaml:"rework"`         // activities that repeat
	Map           *ListSpec    `yaml:"map"`
	Variants      *ListSpec    `yaml:"variants"`
	Model         *ModelSpec   `yaml:"model"` // a model, and where cases leave it
	Text          string       `yaml:"text"`
}

// A Name of a key figure or a dimension, with where it stands.
type Name struct {
	Name string
	at   *token.Token
}

// UnmarshalYAML reads a name.
func (n *Name) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.StringNode); !ok {
		return &yaml.SyntaxError{Message: "want a name: of a key figure, as ct.order_to_cash, or of a dimension, as site", Token: node.GetToken()}
	}
	n.Name, n.at = node.GetToken().Value, node.GetToken()
	return nil
}

// A LeadSpec is a page in sentences, one a figure. Figures of By say what their
// change comes of.
type LeadSpec struct {
	Of []SentenceSpec `yaml:"of"`
}

// A SentenceSpec is what one sentence is about.
type SentenceSpec struct {
	What   string `yaml:"what"` // change of a figure, the default; "wait": where most can be saved; "late": what is beyond its limit
	KPI    Name   `yaml:"kpi"`
	By     Name   `yaml:"by"`     // what the change comes of
	Parts  Name   `yaml:"parts"`  // the figure whose parts add up to it, as seg.contribution
	Within string `yaml:"within"` // the dimension of the parts, as step
	Beside Name   `yaml:"beside"` // a figure that is the best possible
}

// A TilesSpec is a row of key figures. ByMonth draws a line of the months of
// each, where it is not asked for elsewhere.
type TilesSpec struct {
	KPIs    []Name `yaml:"kpis"`
	ByMonth bool   `yaml:"by_month"`
}

// A FiguresSpec is a table of figures.
type FiguresSpec struct {
	Title string `yaml:"title"`
	About string `yaml:"about"`
	KPIs  []Name `yaml:"kpis"`
}

// A TrendSpec is a figure by month.
type TrendSpec struct {
	KPI   Name   `yaml:"kpi"`
	With  []Name `yaml:"with"` // others in the same unit, without limits
	Title string `yaml:"title"`
	About string `yaml:"about"`
}

// A BySpec is a figure by a dimension. Without one it is by the figure's own,
// such as buckets of age.
type BySpec struct {
	KPI   Name   `yaml:"kpi"`
	By    Name   `yaml:"by"`
	Most  int    `yaml:"most"`  // rows; default 12
	Order string `yaml:"order"` // "n": the largest groups first, the default; "value": the worst first; "name": as buckets are
	Rest  bool   `yaml:"rest"`  // of a rate: count what is not hit, as touches by hand
	Count bool   `yaml:"count"` // show how many there are of each, and which share of all
	Title string `yaml:"title"`
	About string `yaml:"about"`
}

// A ChangeSpec is what a change from the period before comes of.
type ChangeSpec struct {
	KPI    Name   `yaml:"kpi"`
	Of     Name   `yaml:"of"` // the figure that the parts add up to
	By     Name   `yaml:"by"`
	Within string `yaml:"within"`
	Most   int    `yaml:"most"` // rows; default 10; the others are one row
	Title  string `yaml:"title"`
	About  string `yaml:"about"`
}

// A DistSpec is a histogram.
type DistSpec struct {
	KPI   Name    `yaml:"kpi"`
	Width float64 `yaml:"width"` // of a bar, in the figure's unit; default a round one
	Bars  int     `yaml:"bars"`  // default 24
	Title string  `yaml:"title"`
	About string  `yaml:"about"`
}

// A WorstSpec is a table of the cases that bring most to a figure.
type WorstSpec struct {
	KPI   Name   `yaml:"kpi"`
	Most  int    `yaml:"most"` // default 10
	Title string `yaml:"title"`
	About string `yaml:"about"`
}

// A ListSpec is a block that needs nothing said.
type ListSpec struct {
	Most  int    `yaml:"most"`
	Title string `yaml:"title"`
	About string `yaml:"about"`
}

// kind is the name of the field that is set, and how many are.
func (b *BlockSpec) kind() (name string, n int) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"lead", b.Lead != nil}, {"tiles", b.Tiles != nil}, {"figures", b.Figures != nil}, {"trend", b.Trend != nil}, {"by", b.By != nil},
		{"change", b.Change != nil}, {"segments", b.Segments != nil}, {"distribution", b.Distribution != nil}, {"worst", b.Worst != nil},
		{"service_levels", b.ServiceLevels != nil}, {"late", b.Late != nil}, {"controls", b.Controls != nil}, {"quality", b.Quality != nil},
		{"coverage", b.Coverage != nil}, {"exclusions", b.Exclusions != nil}, {"sources", b.Sources != nil}, {"log_notes", b.LogNotes != nil}, {"waits", b.Waits != nil}, {"rework", b.Rework != nil}, {"map", b.Map != nil},
		{"variants", b.Variants != nil}, {"model", b.Model != nil}, {"text", b.Text != ""},
	} {
		if f.set {
			name, n = f.name, n+1
		}
	}
	return name, n
}

// names are the key figures that the block asks for, with their places.
func (b *BlockSpec) names() []Name {
	var list []Name
	add := func(names ...Name) {
		for _, n := range names {
			if n.Name != "" {
				list = append(list, n)
			}
		}
	}
	if b.Tiles != nil {
		add(b.Tiles.KPIs...)
	}
	if b.Lead != nil {
		for _, s := range b.Lead.Of {
			add(s.KPI, s.Parts, s.Beside)
		}
	}
	if b.Figures != nil {
		add(b.Figures.KPIs...)
	}
	if b.Trend != nil {
		add(b.Trend.KPI)
		add(b.Trend.With...)
	}
	if b.By != nil {
		add(b.By.KPI)
	}
	for _, c := range []*ChangeSpec{b.Change, b.Segments} {
		if c != nil {
			add(c.KPI, c.Of)
		}
	}
	if b.Distribution != nil {
		add(b.Distribution.KPI)
	}
	if b.Worst != nil {
		add(b.Worst.KPI)
	}
	return list
}

//go:embed pages/*.yaml
var pageFiles embed.FS

// Pages are those that come with Millrace, in the order of a report.
func Pages() []*PageSpec {
	files, err := fs.Glob(pageFiles, "pages/*.yaml") // in order of their names
	if err != nil {
		panic(err) // embedded
	}
	var list []*PageSpec
	for _, f := range files {
		text, err := fs.ReadFile(pageFiles, f)
		if err == nil {
			var pages []*PageSpec
			pages, err = ParsePages(text)
			list = append(list, pages...)
		}
		if err != nil {
			panic(fmt.Sprintf("%s: %v", f, err)) // a test reads them all
		}
	}
	return list
}

var pageName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// ParsePages reads pages: one, or a list of them. What is wrong is told with
// its line.
func ParsePages(text []byte) ([]*PageSpec, error) {
	var list []*PageSpec
	dec := func(into any) error {
		return yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(into)
	}
	said := bytes.TrimSpace(stripComments(text))
	if len(said) == 0 {
		return nil, errors.New("there is no page in it; a page has name, title and blocks")
	}
	if said[0] == '-' {
		if err := dec(&list); err != nil {
			return nil, err
		}
	} else {
		var one PageSpec
		if err := dec(&one); err != nil {
			return nil, err
		}
		list = []*PageSpec{&one}
	}
	for _, p := range list {
		if p == nil {
			return nil, errors.New("a page says nothing")
		}
		if !pageName.MatchString(p.Name) {
			return nil, fmt.Errorf("page name %q: want lower-case letters, digits and hyphens, as cycle-time", p.Name)
		}
		if p.Title == "" || len(p.Blocks) == 0 {
			return nil, fmt.Errorf("page %s: title and blocks are missing", p.Name)
		}
		for i := range p.Blocks {
			if err := p.Blocks[i].check(p.Name, i); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

func stripComments(text []byte) []byte {
	var out [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if t := bytes.TrimSpace(line); len(t) > 0 && t[0] != '#' && !bytes.Equal(t, []byte("---")) {
			out = append(out, line)
		}
	}
	return bytes.Join(out, []byte("\n"))
}

func (b *BlockSpec) check(page string, i int) error {
	where := fmt.Sprintf("page %s, block %d", page, i+1)
	kind, n := b.kind()
	if n != 1 {
		return fmt.Errorf("%s: a block is one of lead, tiles, figures, trend, by, change, segments, distribution, worst, service_levels, late, controls, quality, coverage, exclusions, sources, log_notes, waits, rework, map, variants, model, text; this has %d", where, n)
	}
	if b.By != nil && !slices.Contains([]string{"", "n", "value", "name"}, b.By.Order) {
		return fmt.Errorf("%s: by: order %q is none of n, value, name", where, b.By.Order)
	}
	for _, c := range []*ChangeSpec{b.Change, b.Segments} {
		if c != nil && c.By.Name == "" && c.Within == "" {
			return fmt.Errorf("%s: %s: by is missing: by which dimension does the change come about?", where, kind)
		}
	}
	if b.Lead != nil {
		for _, s := range b.Lead.Of {
			if !slices.Contains([]string{"", "change", "wait", "late"}, s.What) {
				return fmt.Errorf("%s: lead: what %q is none of change, wait, late", where, s.What)
			}
			if (s.KPI.Name == "") != (s.What == "wait" || s.What == "late") {
				return fmt.Errorf("%s: lead: a sentence is about a kpi, or has what: wait or what: late", where)
			}
		}
	}
	switch kind {
	case "tiles", "figures", "trend", "by", "change", "segments", "distribution", "worst":
		if len(b.names()) == 0 {
			return fmt.Errorf("%s: %s: of which key figure?", where, kind)
		}
	}
	return nil
}

// CheckPages says what pages ask for that there is not. The error has the place.
func CheckPages(pages []*PageSpec, kpis []*metrics.KPI) error {
	var known []string
	of := map[string]*metrics.KPI{}
	for _, k := range kpis {
		known = append(known, k.Name)
		of[k.Name] = k
	}
	seen := map[string]bool{}
	for _, p := range pages {
		if seen[p.Name] {
			return fmt.Errorf("there are two pages %q", p.Name)
		}
		seen[p.Name] = true
		for i := range p.Blocks {
			b := &p.Blocks[i]
			for _, n := range b.names() {
				if of[n.Name] == nil {
					return &yaml.SyntaxError{Message: fmt.Sprintf("page %s: there is no key figure %q%s", p.Name, n.Name, eventlog.DidYouMean(n.Name, known)), Token: n.at}
				}
			}
			if d := b.Distribution; d != nil && of[d.KPI.Name].Kind != metrics.DurationKind {
				return &yaml.SyntaxError{Message: fmt.Sprintf("page %s: %s is no duration, so that it has no distribution", p.Name, d.KPI.Name), Token: d.KPI.at}
			}
			for key, text := range map[string]string{"title": p.Title, "about": p.About} {
				if strings.HasPrefix(text, "$") && !words.English().Has(text[1:]) {
					return fmt.Errorf("page %s: %s: there are no words %q in the catalogue", p.Name, key, text)
				}
			}
		}
	}
	return nil
}

// CheckDimensions says where pages ask for a figure by a dimension that it does
// not have, which only a store can tell: see [metrics.Seen.CanAsk]. The error has
// the place. The pages were checked before.
func CheckDimensions(pages []*PageSpec, kpi func(name string) *metrics.KPI, can func(k *metrics.KPI, dimension string) error) error {
	check := func(page string, name, by Name) error {
		if by.Name == "" {
			return nil
		}
		if err := can(kpi(name.Name), by.Name); err != nil {
			return &yaml.SyntaxError{Message: fmt.Sprintf("page %s: %v", page, err), Token: by.at}
		}
		return nil
	}
	for _, p := range pages {
		for _, b := range p.Blocks {
			var err error
			switch {
			case b.By != nil:
				err = check(p.Name, b.By.KPI, b.By.By)
			case b.Change != nil:
				err = check(p.Name, b.Change.KPI, b.Change.By)
			case b.Segments != nil:
				err = check(p.Name, b.Segments.KPI, b.Segments.By)
			case b.Lead != nil:
				for _, s := range b.Lead.Of {
					kpi := s.KPI
					if s.Parts.Name != "" {
						kpi = s.Parts
					}
					err = cmp.Or(err, check(p.Name, kpi, s.By))
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
