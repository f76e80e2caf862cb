package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/mining"
)

// flows makes the flow of each type of its log, and activities of which so
// many events have objects of any type: those of the type that has most.
func flows(logs map[string]*eventlog.Summary) (types []eventlog.TypeFlow, activities []eventlog.FlowActivity) {
	var names []string
	for name := range logs {
		names = append(names, name)
	}
	slices.Sort(names)
	most := map[string]int64{}
	for _, name := range names {
		g := mining.CaseOCDFG(logs[name], name, -1)
		types = append(types, eventlog.TypeFlow(g.Types[0]))
		for _, a := range g.Activities {
			most[a.Activity] = max(most[a.Activity], a.Events)
		}
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
		types, activities := flows(logs)
		for i := range types { // an argument type.activity: an event of it has two objects
			for k := range types[i].Activities {
				if a := &types[i].Activities[k]; d.HasArg(types[i].Type + "." + a.Activity) {
					a.Events--
				}
			}
		}
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
		types, activities := flows(logs)
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
