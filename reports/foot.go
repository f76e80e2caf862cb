package reports

import (
	"millrace/metrics"
	"millrace/reports/figure"
)

// Foot is what stands at the foot of each sheet of paper beside its number.
func (r *Report) Foot() string { return speaking(r.Language).foot(r.Title, r.AsOf) }

// Foot is what stands at the foot of each sheet of paper beside its number.
func (p *Page) Foot() string { return speaking(p.Language).foot(p.Title, p.AsOf) }

func (s speech) foot(title, day string) string {
	title = figure.Isolated(figure.Fit(title, 60))
	if day == "" {
		return title
	}
	return s.Word("frame.foot", "title", title, "day", s.day(metrics.Day(day)))
}
