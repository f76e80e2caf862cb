package reports_test

import (
	"slices"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/metrics"
	"millrace/reports"
	"millrace/reports/layout"
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
		if d.HasArg("plain") { // a log without a store
			in.Ways, in.Sample = reports.Ways{}, nil
			for i := range in.Levels {
				in.Levels[i].Facts = layout.Facts{}
			}
		}
		if d.HasArg("open") {
			in.Ways.Open = func(way []string) (known, open int64) {
				for _, v := range in.Variants.Variants {
					if slices.Equal(v.Activities, way) {
						return v.Cases, v.Cases
					}
				}
				return 0, 0
			}
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

// TestFlowOfNothing: a page of no results has no claims, and says that there
// is nothing.
func TestFlowOfNothing(t *testing.T) {
	p := reports.Flow(reports.FlowInput{})
	for _, b := range p.Blocks {
		switch b := b.(type) {
		case *reports.Lead, *reports.Table, *reports.Histogram:
			t.Errorf("a page of nothing has a block %s:\n%s", b.Kind(), p)
		case *reports.Map:
			if b.Empty != "There are no cases in this period." || len(b.Levels) > 0 {
				t.Errorf("the map of nothing says %q and has %d levels", b.Empty, len(b.Levels))
			}
		case *reports.Variants:
			if b.Empty != "There are no cases in this period." || len(b.Rankings) > 0 {
				t.Errorf("the variants of nothing say %q and have %d rankings", b.Empty, len(b.Rankings))
			}
		}
	}
}
