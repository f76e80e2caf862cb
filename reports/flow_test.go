package reports_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/pagetest"
)

// TestFlow reads testdata/flow: a small log in the notation of
// pagetest/o2c.txt, or the sample; then the page as text.
func TestFlow(t *testing.T) {
	datadriven.RunTest(t, "testdata/flow", func(t *testing.T, d *datadriven.TestData) string {
		l := pagetest.O2C()
		if d.Cmd != "sample" {
			l = pagetest.Parse(d.Input)
		}
		in := l.Flow()
		if d.Cmd != "sample" {
			in.Notes, in.LeftOut = nil, nil
		}
		if d.HasArg("kpis") {
			in.Tiles = pagetest.Values()
		}
		if d.HasArg("worthless") {
			for i := range in.Waits.Waits {
				in.Waits.Waits[i].Value = nil
			}
		}
		return reports.Flow(in).String()
	})
}

// TestFigures: the catalogue has what pages show.
func TestFigures(t *testing.T) {
	kpis := metrics.Named(reports.Figures...)
	if len(kpis) != len(reports.Figures) {
		t.Errorf("pages show %v, of which the catalogue has %d", reports.Figures, len(kpis))
	}
	shown := map[string]bool{}
	for _, v := range pagetest.Values() {
		shown[v.KPI.Name] = true
	}
	for _, k := range kpis {
		if !shown[k.Name] {
			t.Errorf("the page of the tests does not show %s", k.Name)
		}
	}
}

// TestFlowOfNothing: a page of no results has no claims.
func TestFlowOfNothing(t *testing.T) {
	p := reports.Flow(reports.FlowInput{})
	for _, b := range p.Blocks {
		switch b.(type) {
		case *reports.Lead, *reports.Map, *reports.Table, *reports.Variants, *reports.Histogram:
			t.Errorf("a page of nothing has a block %s:\n%s", b.Kind(), p)
		}
	}
}
