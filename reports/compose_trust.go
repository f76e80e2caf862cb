package reports

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"millrace/metrics"
	"millrace/reports/figure"
)

// mostUnmatched is how many items of a control that do not match a page lists.
const mostUnmatched = 10

// trustText says whether a figure agrees with a control, and who accepted its
// definition.
func (s speech) trustText(v metrics.Value) string {
	var said []string
	if v.Reconciled != nil {
		said = append(said, s.Word(map[bool]string{true: "trust.reconciled", false: "trust.unreconciled"}[*v.Reconciled]))
	}
	if v.Accepted != nil {
		said = append(said, s.acceptanceText(v))
	}
	return strings.Join(said, "; ")
}

// acceptanceText says who accepted which version.
func (s speech) acceptanceText(v metrics.Value) string {
	a, key := v.Accepted, "trust.accepted"
	if a.Changed(v.KPI) {
		key = "trust.changed"
	}
	return s.Word(key, "version", strconv.Itoa(a.Version), "by", figure.Isolated(figure.Fit(a.By, 30)), "on", s.day(a.On))
}

// trust ends a page that shows figures: how they compare with those of others,
// or that nobody has compared them, and who stands behind their definitions.
func (c *composer) trust(spec *PageSpec) []Block {
	var kpis []*metrics.KPI
	own := false // the page has a list of controls
	for i := range spec.Blocks {
		own = own || spec.Blocks[i].Controls != nil
		for _, n := range spec.Blocks[i].names() {
			if k := c.kpi(n.Name); k != nil && !slices.Contains(kpis, k) {
				kpis = append(kpis, k)
			}
		}
	}
	if len(kpis) == 0 {
		return nil
	}
	var about []metrics.Reconciliation
	for _, r := range c.Controls {
		if slices.ContainsFunc(kpis, func(k *metrics.KPI) bool { return k.Name == r.Control.KPI }) {
			about = append(about, r)
		}
	}
	said := &Prose{ID: c.id(), Title: c.Word("trust.title")}
	if len(about) == 0 {
		said.Paragraphs = append(said.Paragraphs, c.Word("trust.uncontrolled"))
	}
	said.Paragraphs = append(said.Paragraphs, c.acceptedText(kpis))
	blocks := []Block{said}
	if own {
		return blocks
	}
	return append(blocks, c.controlTables(c.Word("controls.title"), about)...)
}

// acceptedText says which definitions somebody stands behind.
func (c *composer) acceptedText(kpis []*metrics.KPI) string {
	var names []string
	for _, k := range kpis {
		v := c.whole(k.Name, c.Now)
		if a := v.Accepted; a != nil {
			names = append(names, c.Word("trust.definition", "figure", c.titled(k), "how", c.acceptanceText(v)))
		}
	}
	if len(names) == 0 {
		return c.Word("trust.unaccepted")
	}
	return c.Word("trust.definitions", "n", strconv.Itoa(len(names)), "of", strconv.Itoa(len(kpis)), "list", c.List(names))
}

func (c *composer) buildControls(s *ListSpec) []Block {
	title := cmp.Or(c.worded(s.Title), c.Word("controls.title"))
	if len(c.Controls) == 0 {
		return []Block{&Prose{Paragraphs: []string{c.Word("by.none", "title", title, "why", c.Word("controls.none"))}}}
	}
	return c.controlTables(title, c.Controls)
}

// controlTables are controls, and the items that make their differences.
func (c *composer) controlTables(title string, controls []metrics.Reconciliation) []Block {
	if len(controls) == 0 {
		return nil
	}
	t := &Table{ID: c.id() + "-controls", Title: title, About: c.Word("controls.about"), Columns: []Column{{Head: c.Word("head.control"), Words: true}, {Head: c.Word("head.figure"), Words: true},
		{Head: c.Word("head.day"), Words: true}, {Head: c.Word("head.ours")}, {Head: c.Word("head.theirs")}, {Head: c.Word("head.difference")}, {Head: c.Word("head.state"), Words: true}}}
	items := &Table{ID: c.id() + "-items", Title: c.Word("items.title"), Columns: []Column{{Head: c.Word("head.control"), Words: true}, {Head: c.Word("head.item"), Words: true},
		{Head: c.Word("head.ours")}, {Head: c.Word("head.theirs")}, {Head: c.Word("head.difference")}}}
	unmatched := 0
	for _, r := range controls {
		state := Cell{Text: c.Word("trust.nobody")}
		if r.Reconciled != nil {
			state = Cell{Text: c.Word("trust.reconciled"), State: Good}
			if !*r.Reconciled {
				state = Cell{Text: c.Word("trust.unreconciled"), State: Bad}
			}
		}
		name := r.Control.KPI
		if k := c.kpi(name); k != nil {
			name = c.titled(k)
		}
		t.Rows = append(t.Rows, Row{named(r.Control.Name), {Text: name}, {Text: c.day(r.AsOf)}, {Text: c.amountText(r.Ours)}, {Text: c.amountText(*r.Control.Value)}, {Text: c.amountText(r.Difference)}, state})
		list := unmatchedOf(r.Items)
		unmatched += len(list)
		for _, d := range list[:min(len(list), mostUnmatched)] {
			items.Rows = append(items.Rows, Row{named(r.Control.Name), named(d.Key), {Text: c.amountText(d.Ours)}, {Text: c.amountText(d.Theirs)}, {Text: c.amountText(d.Difference)}})
		}
	}
	if len(items.Rows) == 0 {
		return []Block{t}
	}
	items.About = c.Word("items.about", "shown", strconv.Itoa(len(items.Rows)), "n", c.Count(int64(unmatched)))
	return []Block{t, items}
}

// unmatchedOf lists the items that make a difference, the largest first; what
// only one side has is NaN on the other.
func unmatchedOf(u *metrics.Unmatched) []metrics.Difference {
	if u == nil {
		return nil
	}
	nan := math.NaN()
	items := slices.Clone(u.Differing)
	for _, i := range u.OnlyOurs {
		items = append(items, metrics.Difference{Key: i.Key, Ours: i.Amount, Theirs: nan, Difference: i.Amount})
	}
	for _, i := range u.OnlyTheirs {
		items = append(items, metrics.Difference{Key: i.Key, Ours: nan, Theirs: i.Amount, Difference: -i.Amount})
	}
	slices.SortStableFunc(items, func(a, b metrics.Difference) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Difference), math.Abs(a.Difference)), cmp.Compare(a.Key, b.Key))
	})
	return items
}

func (s speech) amountText(x float64) string {
	if math.IsNaN(x) {
		return figure.None
	}
	return s.Number(x, 2)
}
