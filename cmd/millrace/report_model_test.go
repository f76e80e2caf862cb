package main

import (
	"slices"
	"strings"
	"testing"

	"millrace/reports/figure"
)

// readModelBlock reads the picture of the model on the page about the flow, and its
// table, with the whole names of what is shortened.
const readModelBlock = `(() => {
	const section = document.querySelector("#flow .modelsection"), svg = section.querySelector("svg.model");
	const text = (e, s) => { const x = e.querySelector(s); return x ? x.textContent.trim() : ""; };
	return {
		About: section.querySelector(".about").textContent,
		Rows: [...section.querySelectorAll("details tbody tr")].map(r => [...r.children].map((c, i) => (i === 0 && c.querySelector("[title]") ? c.querySelector("[title]").title : c.textContent).trim())),
		Tasks: [...svg.querySelectorAll(".task")].map(g => [text(g, "title").split(":")[0], text(g, ".sub"), text(g, ".skipped")]),
		Behind: [...svg.querySelectorAll(".behind")].map(g => [text(g, "title"), text(g, "text")]),
		Aside: [...svg.querySelectorAll(".aside")].map(g => [text(g, "title").split(":")[0], text(g, ".sub")]),
		Note: document.querySelector(section.querySelector(".fn a").getAttribute("href")).textContent,
	};
})()`

// checkModel compares every number of the picture of the reference model, and of
// its table, with what millrace mine conform says.
func checkModel(t *testing.T, project, file string) {
	t.Helper()
	var page struct {
		About, Note                string
		Rows, Tasks, Behind, Aside [][]string
	}
	readPage(t, file+"#flow", readModelBlock, &page)
	var mine struct {
		Cases   int64
		Fitness struct {
			Fitting int64 `json:"fitting_cases"`
		}
		Tasks []struct {
			Task, Activity string
			Done, Skipped  int64
			Behind         []struct{ Moves int64 }
		}
		Before     []struct{ Moves int64 } `json:"before_tasks"`
		Deviations []struct {
			Kind, Activity string
			Cases, Moves   int64
		}
	}
	decode(t, millrace(t, "mine", "conform", "order-to-cash", "--model", "o2c", "--json", "--project", project), &mine)
	count := func(n int64) string { return figure.English.Count(n) }
	same := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page has %q, mine says %q", what, got, want)
		}
	}
	if want := "(" + count(mine.Fitness.Fitting) + " of " + count(mine.Cases) + ")"; !strings.Contains(page.About, want) {
		t.Errorf("the page says %q, want %s", page.About, want)
	}
	if !strings.Contains(page.Note, "optimal alignment") {
		t.Errorf("the footnote is %q", page.Note)
	}

	of := map[[2]string][2]int64{} // moves and cases
	beside := 0
	for _, d := range mine.Deviations {
		of[[2]string{d.Kind, d.Activity}] = [2]int64{d.Moves, d.Cases}
		if d.Kind == "log" {
			beside++
		}
	}
	rows, tasks := map[string][]string{}, map[string][]string{}
	var behind []string
	for _, x := range mine.Tasks {
		skipped := ""
		if x.Skipped > 0 {
			skipped = count(x.Skipped) + " skipped"
		}
		tasks[x.Task] = []string{count(x.Done), skipped}
		rows[x.Activity] = []string{count(x.Done)}
		if n := of[[2]string{"model", x.Activity}][0]; n != x.Skipped {
			t.Errorf("%s is skipped %d times by tasks, and %d by deviations", x.Task, x.Skipped, n)
		}
		var n int64
		for _, b := range x.Behind {
			n += b.Moves
		}
		if n > 0 {
			behind = append(behind, x.Task+" +"+count(n))
		}
	}
	var first int64
	for _, b := range mine.Before {
		first += b.Moves
	}
	if first > 0 {
		behind = append(behind, "first +"+count(first))
	}
	seen := 0
	for _, r := range page.Rows {
		want := rows[r[0]]
		if want == nil {
			want = []string{figure.None}
		}
		for _, kind := range []string{"model", "log"} {
			d := of[[2]string{kind, r[0]}]
			want = append(want, count(d[0]), count(d[1]))
			if kind == "log" && d[0] > 0 {
				seen++
			}
		}
		same("row "+r[0], r[1:], want)
	}
	if len(page.Rows) < len(mine.Tasks) || seen != beside || beside < 10 {
		t.Errorf("the table has %d rows, %d of %d activities beside the model", len(page.Rows), seen, beside)
	}
	for _, x := range page.Tasks {
		same("box "+x[0], x[1:], tasks[x[0]])
	}
	if len(page.Tasks) != len(mine.Tasks) || len(mine.Tasks) < 20 {
		t.Errorf("the picture has %d tasks of %d", len(page.Tasks), len(mine.Tasks))
	}
	var marks []string
	for _, x := range page.Behind {
		where := "first"
		if _, after, ok := strings.Cut(x[0], "behind "); ok {
			where, _, _ = strings.Cut(after, ":")
		}
		marks = append(marks, where+" "+x[1])
	}
	slices.Sort(marks)
	slices.Sort(behind)
	same("marks behind tasks", marks, behind)
	for _, x := range page.Aside[:len(page.Aside)-1] { // the last are the others
		number, _, _ := strings.Cut(x[1], " ")
		if want := count(of[[2]string{"log", x[0]}][0]); number != want {
			t.Errorf("beside the model: %s %s, mine says %s", x[0], number, want)
		}
	}
}
