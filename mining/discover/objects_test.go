package discover

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining"
)

// flows makes the flow of each type of its log, in which each event has one
// object of the type; but so many have any as together says of "type.activity".
// Events of an activity are those of the type that has most.
func flows(logs map[string]*eventlog.Summary, together map[string]int64) (types []eventlog.TypeFlow, activities []eventlog.FlowActivity) {
	most := map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		t := eventlog.TypeFlow(mining.CaseOCDFG(logs[name], name, -1).Types[0])
		for i := range t.Activities {
			a := &t.Activities[i]
			if events, ok := together[name+"."+a.Activity]; ok {
				a.Events = events
			}
			most[a.Activity] = max(most[a.Activity], a.Events)
		}
		types = append(types, t)
	}
	for name, events := range most {
		activities = append(activities, eventlog.FlowActivity{Activity: name, FlowCount: eventlog.FlowCount{Events: events}})
	}
	return types, activities
}

func TestObjects(t *testing.T) {
	datadriven.RunTest(t, "testdata/objects", func(t *testing.T, d *datadriven.TestData) string {
		logs := map[string]*eventlog.Summary{}
		for _, part := range strings.Split(d.Input, "type ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			s, err := eventlog.ParseSummary(text)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			logs[name] = s
		}
		together := map[string]int64{} // by arguments type.activity=events
		for _, arg := range d.CmdArgs {
			var events int64
			d.ScanArgs(t, arg.Key, &events)
			together[arg.Key] = events
		}
		types, activities := flows(logs, together)
		n, err := Objects(t.Context(), types, activities, InductiveOptions{})
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if d.Cmd == "dot" {
			var b strings.Builder
			if err := n.WriteDOT(&b); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		return n.String()
	})
}

// What the net says of one type is the net of that type.
func TestObjectNetsProject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logs := map[string]*eventlog.Summary{}
		for _, name := range []string{"item", "order", "invoice"} {
			var text strings.Builder
			for range rapid.IntRange(1, 4).Draw(t, "variants") {
				path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 1, 5).Draw(t, "path")
				fmt.Fprintf(&text, "%d: %s\n", rapid.IntRange(1, 9).Draw(t, "objects"), strings.Join(path, " "))
			}
			s, err := eventlog.ParseSummary(text.String())
			if err != nil {
				t.Fatal(err)
			}
			logs[name] = s
		}
		types, activities := flows(logs, nil)
		n, err := Objects(t.Context(), types, activities, InductiveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range logs {
			tree, err := Inductive(t.Context(), s, InductiveOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, want := strings.Split(n.Project(name).String(), "\n"), strings.Split(tree.Net().String(), "\n")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s:\n%s\nnot\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}
