package reports

import "millrace/reports/figure"

// Foot is what stands at the foot of each sheet of paper beside its number.
func (r *Report) Foot() string { return foot(r.Title, r.AsOf) }

// Foot is what stands at the foot of each sheet of paper beside its number.
func (p *Page) Foot() string { return foot(p.Title, p.AsOf) }

func foot(title, day string) string {
	title = figure.Isolated(figure.Fit(title, 60))
	if day == "" {
		return title
	}
	return word("frame.foot", "title", title, "day", day)
}
