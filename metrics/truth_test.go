package metrics_test

import (
	"slices"
	"strings"
	"testing"

	"millrace/metrics"
)

// TestTruth: on the simulated company, every figure is what the simulator's
// own decisions come to, in three periods at least and by site; those that are
// not compared so are listed with the reason.
func TestTruth(t *testing.T) {
	ran := 0
	families := []struct {
		name    string
		compare func(*company)
	}{
		{"times", (*company).times}, {"steps", (*company).steps}, {"hands", (*company).hands}, {"blocks", (*company).blocks}, {"exceptions", (*company).exceptions},
		{"delivery", (*company).delivery}, {"backlog", (*company).backlog}, {"unbilled", (*company).unbilled}, {"match", (*company).match},
		{"money", (*company).money}, {"integration", (*company).integration},
	}
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			ran++
			f.compare(simulated(t))
		})
	}
	if ran == len(families) {
		simulated(t).allCovered()
	}
}

// otherwise says why a figure is not compared in three periods by site; the
// part of the name before a * is enough.
var otherwise = map[string]string{
	"ct.cash_apply*":             "receipts have no site; by month",
	"cash.*":                     "receipts and applications have no site; in four months, and by customer",
	"bad_debt_rate":              "a write-off has no site; in four months, and by customer",
	"ar.net":                     "an entry of several orders, or of a credit memo, has no site; in three months, and by customer",
	"inv.credit_rebill":          "a credit memo is of several orders, which may be at several sites; in four months, and by customer",
	"ar.rollforward":             "it cannot be asked by dimensions; at all month ends, movement by movement",
	"perfect_order.product":      "it cannot be asked by dimensions; the product of its parts, which are",
	"match.overbilled.*":         "nothing of the kind is planted: the truth and the figure have none",
	"match.underbilled.quantity": "nothing of the kind is planted: the truth and the figure have none",
	"disp.silent":                "few residual entries in 2,000 orders; in six months",
	"int.*":                      "a message is about no order, or about several; by month and kind of message",
}

// allCovered holds that every figure was compared, or is known not to be.
func (c *company) allCovered() {
	used := map[string]bool{}
	for _, k := range metrics.Catalogue() {
		x := c.covered[k.Name]
		full := x != nil && len(x.periods) >= 3 && x.sites() >= 2
		reason := ""
		for name := range otherwise {
			if prefix, ok := strings.CutSuffix(name, "*"); name == k.Name || ok && strings.HasPrefix(k.Name, prefix) {
				reason, used[name] = name, true
			}
		}
		if x == nil {
			c.t.Errorf("%s is not compared with the truth", k.Name)
			continue
		}
		switch {
		case full && reason != "":
			c.t.Errorf("%s is compared in full: %q is no reason any more", k.Name, reason)
		case !full && reason == "":
			c.t.Errorf("%s is compared with the truth in %d periods and at %d sites", k.Name, len(x.list()), x.sites())
		}
	}
	for name := range otherwise {
		if !used[name] {
			c.t.Errorf("there is no figure %s", name)
		}
	}
}

// list is in which periods a figure was compared.
func (x *coverage) list() (periods []string) {
	if x != nil {
		for p := range x.periods {
			periods = append(periods, p)
		}
	}
	slices.Sort(periods)
	return periods
}
