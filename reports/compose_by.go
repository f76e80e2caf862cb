package reports

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"millrace/metrics"
	"millrace/reports/figure"
	"millrace/reports/words"
)

func (c *composer) buildBy(s *BySpec) Block {
	k := c.kpi(s.KPI.Name)
	values := slices.Clone(c.Of(k.Name, c.Grain, s.By.Name, c.Now.Label))
	t := &Table{ID: c.id(), Title: cmp.Or(c.worded(s.Title), c.Word("by.title", "figure", c.titled(k), "by", c.dimensionWord(s.By.Name)))}
	values = slices.DeleteFunc(values, func(v metrics.Value) bool { return len(v.By) == 0 })
	if len(values) == 0 {
		why := c.Word("why.none")
		if list := c.Values[Question{k.Name, c.Grain, s.By.Name}]; len(list) > 0 && len(list[0].Notes) > 0 {
			why = c.noted(list[0].Notes[0]).Text
		}
		return &Prose{Paragraphs: []string{c.Word("by.none", "title", t.Title, "why", why)}}
	}
	var currencies, labels []string
	n := map[string]int64{}
	of := map[[2]string]metrics.Value{}
	for _, v := range values {
		l, cur := c.labelsText(v.By), currencyOf(v)
		if !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
		if !slices.Contains(currencies, cur) {
			currencies = append(currencies, cur)
		}
		n[l] += v.Used
		of[[2]string{l, cur}] = v
	}
	main := c.mainCurrency(k.Name)
	slices.SortFunc(currencies, func(a, b string) int { return cmp.Or(boolOrder(a == main, b == main), cmp.Compare(a, b)) })
	size := func(l string) float64 {
		v, ok := of[[2]string{l, currencies[0]}]
		if !ok || few(v) || math.IsNaN(v.V) {
			return -1
		}
		return c.measure(s, v)
	}
	slices.SortStableFunc(labels, func(a, b string) int {
		switch s.Order {
		case "name":
			return cmp.Or(cmp.Compare(ageOf(a), ageOf(b)), cmp.Compare(a, b))
		case "value":
			if k.Better == metrics.Higher && !s.Rest {
				return cmp.Or(boolOrder(size(a) >= 0, size(b) >= 0), cmp.Compare(size(a), size(b)), cmp.Compare(a, b))
			}
			return cmp.Or(cmp.Compare(size(b), size(a)), cmp.Compare(a, b))
		}
		return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b))
	})
	most := cmp.Or(s.Most, 12)
	about := c.worded(s.About)
	if len(labels) > most {
		about = strings.TrimSpace(about + " " + c.Word("by.more", "shown", c.Count(int64(most)), "all", c.Count(int64(len(labels)))))
		labels = labels[:most]
	}
	t.About = about
	by := s.By.Name
	if by == "" { // the figure's own
		for _, l := range values[0].By {
			if l.Dimension != "currency" {
				by = l.Dimension
			}
		}
	}
	t.Columns = []Column{{Head: words.Title(c.dimensionWord(by)), Words: true}}
	single := len(currencies) == 1
	head := c.Word("head.value")
	second := c.Word("head.n")
	switch {
	case s.Rest:
		head = c.Word("head.rest")
	case s.Count:
		head, second = words.Title(c.nouns(k).Many), c.Word("head.share")
	}
	all := int64(0)
	for _, v := range values {
		all += v.Used
	}
	top := map[string]float64{}
	for _, cur := range currencies {
		h := head
		if cur != "" {
			h = cur
		}
		t.Columns = append(t.Columns, Column{Head: h, Bar: true, Note: c.note(k)}, Column{Head: second})
		for _, l := range labels {
			if v, ok := of[[2]string{l, cur}]; ok && v.Known() {
				top[cur] = max(top[cur], math.Abs(c.measure(s, v)))
			}
		}
	}
	compare := single && c.Before.Label != "" && !s.Rest && !s.Count
	if compare {
		t.Columns = append(t.Columns, Column{Head: c.periodName(c.Before)}, Column{Head: c.Word("head.change")}, Column{Head: c.Word("head.verdict"), Words: true})
	}
	for _, l := range labels {
		row := Row{{Text: l}}
		for _, cur := range currencies {
			v, ok := of[[2]string{l, cur}]
			if !ok {
				row = append(row, Cell{Text: figure.None}, Cell{Text: "0"})
				continue
			}
			cell := c.valueCell(v)
			beside := Cell{Text: c.Count(v.Used), Ref: refOf(v, UsedPart, float64(v.Used))}
			switch {
			case s.Rest:
				cell = Cell{Text: c.Count(int64(c.measure(s, v)))}
			case s.Count:
				cell, beside = beside, Cell{Text: c.Share(float64(v.Used) / float64(max(all, 1)))}
			}
			if v.Known() && top[cur] > 0 && cell.Text != figure.None && (s.Rest || s.Count || !few(v)) {
				cell.Bar = math.Abs(c.measure(s, v)) / top[cur]
			}
			row = append(row, cell, beside)
			if compare {
				was := c.like(v, s.By.Name, c.Before)
				x := metrics.Compare(was, v)
				row = append(row, c.valueCell(was), c.deltaCell(v, was, x.Delta, DeltaPart), c.verdictCell(was, v, x))
			}
		}
		if compare && len(row) == 3 {
			row = append(row, Cell{Text: figure.None}, Cell{Text: figure.None}, Cell{})
		}
		t.Rows = append(t.Rows, row)
	}
	t.dropEmpty()
	return t
}

// measure is what a row of a block by a dimension is as long as.
func (c *composer) measure(s *BySpec, v metrics.Value) float64 {
	switch {
	case s.Rest:
		return v.Denominator - v.Numerator
	case s.Count:
		return float64(v.Used)
	}
	return v.V
}

// ageOf is where a bucket of age begins: not due, 1-30, …, >120, 15+ days.
func ageOf(label string) float64 {
	digits := strings.TrimLeft(label, ">< ")
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(digits[:end])
	if err != nil {
		return -1
	}
	if strings.HasPrefix(label, ">") {
		return float64(n) + .5
	}
	return float64(n)
}

func (s speech) dimensionWord(by string) string {
	var said []string
	for d := range strings.SplitSeq(by, ",") {
		if w := s.Value("dimension." + d); w != "" {
			said = append(said, w)
		} else if d != "" {
			said = append(said, strings.ReplaceAll(d, "_", " "))
		}
	}
	return cmp.Or(s.List(said), s.Word("dimension.own"))
}
