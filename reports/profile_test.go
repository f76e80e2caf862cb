package reports_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/reports"
	"millrace/reports/pagetest"
)

// TestProfile reads testdata/profile: the page about an invented distributor's
// data, and about data without findings, as text.
func TestProfile(t *testing.T) {
	datadriven.RunTest(t, "testdata/profile", func(t *testing.T, d *datadriven.TestData) string {
		switch in := pagetest.Profile(); d.Cmd {
		case "sample":
			return reports.Profile(in).String()
		case "sound":
			in.Profile.Checks, in.Profile.Sound = nil, in.Profile.Events
			in.Profile.Sources = in.Profile.Sources[1:2]
			return reports.Profile(in).String()
		case "empty":
			in.Profile = &eventlog.Profile{Log: "orders"}
			return reports.Profile(in).String()
		}
		return "no such input\n"
	})
}
