package pagetest

import (
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/reports"
)

// Profile is the input of a page about the data of a distributor with three
// systems, with findings of every severity. Its figures are invented.
func Profile() reports.ProfileInput {
	at := func(text string) *time.Time {
		t, err := time.Parse("2006-01-02 15:04:05", text)
		if err != nil {
			panic(err)
		}
		return &t
	}
	check := func(code, title string, severity eventlog.Severity, count, of int64, unit string) eventlog.Check {
		c := eventlog.Check{Code: code, Title: title, Severity: severity, Count: count, Of: of, Unit: unit,
			Means: "What this means for results stands here, in a sentence.", Do: "What to do about it stands here.", How: "How it was found stands here, with the limits that were applied."}
		if of > 0 {
			c.Share = float64(count) / float64(of)
		}
		return c
	}
	duplicates := check("duplicates", "Events that are there twice", eventlog.Defect, 412, 181_204, "events")
	duplicates.Parts = []eventlog.CheckPart{
		{What: "Create Invoice", Count: 308, Of: 11_206, Share: .0275, Text: "12 of them in several sources"},
		{What: "Post Goods Issue", Count: 104, Of: 11_933, Share: .0087}}
	duplicates.Examples = []eventlog.CheckExample{
		{ID: "90004711", Type: "Invoice", Activity: "Create Invoice", Time: at("2026-02-03 08:11:12"), Source: "finance", Place: "invoices 90004711"},
		{ID: "80001234", Type: "Delivery", Activity: "Post Goods Issue", Time: at("2026-03-01 14:20:00"), Source: "wms", Place: "shipments.csv:1184"}}
	skew := check("clock-skew", "Clocks of two systems that disagree", eventlog.Defect, 1, 9, "pairs")
	skew.Parts = []eventlog.CheckPart{{Source: "erp", What: "Release Delivery", To: "wms: Pick", Count: 9_811, Of: 10_004, Share: .9807,
		Text: "median -58 min, reversed 98.1 % (by the model) by 58 min at the median, 97.2 % within five minutes of -1 h: a time zone, confidence high"}}
	skew.Examples = []eventlog.CheckExample{{ID: "4711", Type: "SalesOrder", Text: "Pick of wms 59 min before Release Delivery of erp"}}
	dangling := check("dangling-references", "References to objects that nobody describes", eventlog.Defect, 188, 402_118, "relations")
	dangling.Parts = []eventlog.CheckPart{{Source: "erp", What: "SalesOrder sold to Customer", Count: 188, Text: "14 different objects"}}
	dangling.Examples = []eventlog.CheckExample{{ID: "C-1009", Type: "Customer", Source: "erp"}}
	ties := check("ties", "Order that nothing decides", eventlog.Look, 2_355, 190_118, "events")
	ties.Parts = []eventlog.CheckPart{{What: "Check Credit", With: "Confirm Sales Order", Count: 1_402}, {What: "Pick", With: "Pack", Count: 953}}
	ties.More = 11
	gaps := check("gaps", "Spells without events", eventlog.Look, 1, 0, "spells")
	gaps.Parts = []eventlog.CheckPart{{Source: "wms", Count: 1, Text: "nothing between 2026-03-01 and 2026-03-12, 11 days; usual are 3 at most"}}
	coverage := check("coverage", "Attributes that are not always filled", eventlog.Remark, 3, 61, "attributes")
	coverage.Parts = []eventlog.CheckPart{{Source: "erp", What: "SalesOrder.requested_date", Count: 12_118, Of: 25_004, Share: .4846, Text: "have none"}}
	p := &eventlog.Profile{Log: "order-to-cash", Events: 181_204, Sound: 180_992, Objects: 231_007, Cases: 25_004, First: at("2025-01-02 06:00:00"), Last: at("2026-06-30 17:41:09"),
		Sources: []eventlog.ProfiledSource{
			{Source: "erp", Events: 90_118, First: at("2025-01-02 06:00:00"), Last: at("2026-06-30 17:41:09"), Read: 412_000, Rejected: 14},
			{Source: "finance", Events: 31_086, First: at("2025-01-03 06:00:00"), Last: at("2026-06-30 12:41:09"), Read: 80_000},
			{Source: "wms", Events: 60_000, First: at("2025-01-02 07:00:00"), Last: at("2026-06-30 16:41:09"), Read: 102_000}},
		Checks:  []eventlog.Check{skew, duplicates, dangling, ties, gaps, coverage},
		Passed:  []eventlog.PassedCheck{{Code: "early-times", Title: "Times before 1990"}, {Code: "mass-times", Title: "Many events at one instant"}},
		Skipped: []eventlog.SkippedCheck{{Code: "changing-clocks", Why: "the reader's zone, UTC, does not change its offset in this period"}},
		Notes:   []eventlog.Note{{Code: "empty-attributes", Text: "Attributes that a source declares and never fills: 12."}}}
	return reports.ProfileInput{Source: "millrace.duckdb, log order-to-cash", Maker: "millrace 0.1.0", Profile: p}
}

// HostileProfile is the same with words that a careless page would run, or
// break on.
func HostileProfile() reports.ProfileInput {
	in := Profile()
	in.Title, in.Source = `<script>window.PWN=6</script> & Sons`, `"><img src=x onerror=window.PWN=7> `+strings.Repeat("endless", 60)
	words := []string{`</script><script>window.PWN=1</script>`, `<img src=x onerror="window.PWN=2">`, "تسجيل خروج البضاعة من المستودع", strings.Repeat("W", 400),
		"a\u202egnissecorp esrever\u0000\u0007 \ufeff]]>&amp;", "\xff\xfe not UTF-8", "   "}
	n := 0
	word := func() string { n++; return words[n%len(words)] }
	for i := range in.Profile.Sources {
		in.Profile.Sources[i].Source = word()
	}
	for i := range in.Profile.Checks {
		c := &in.Profile.Checks[i]
		for j := range c.Parts {
			c.Parts[j].Source, c.Parts[j].What, c.Parts[j].Text = word(), word(), word()
		}
		for j := range c.Examples {
			c.Examples[j].ID, c.Examples[j].Activity, c.Examples[j].Place, c.Examples[j].Text = word(), word(), word(), word()
		}
	}
	in.Profile.Notes[0].Text = `<b onmouseover="window.PWN=8">note</b>`
	return in
}
