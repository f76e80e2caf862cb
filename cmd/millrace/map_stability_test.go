package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/mining"
	"millrace/reports"
	"millrace/reports/layout"
)

// rowsOf reads the events of a log.
func rowsOf(t *testing.T, path string, o ingest.Options) *eventlog.Batch {
	t.Helper()
	e := &env{Context: t.Context()}
	file, _, err := openFormat(e, path, "", o)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := &eventlog.Batch{}
	err = file.Read(e, func(in *eventlog.Batch) error {
		for row := range in.Len() {
			all.Case, all.Activity = append(all.Case, in.Case[row]), append(all.Activity, in.Activity[row])
			all.Time = append(all.Time, in.Time[row])
			start, life := int64(eventlog.NoTime), ""
			if in.Start != nil {
				start = in.Start[row]
			}
			if in.Lifecycle != nil {
				life = in.Lifecycle[row]
			}
			all.Start, all.Lifecycle = append(all.Start, start), append(all.Lifecycle, life)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lack returns the rows without a share of the cases, which a hash picks.
func lack(rows *eventlog.Batch, share float64, seed int) *eventlog.Batch {
	out := &eventlog.Batch{}
	for i, id := range rows.Case {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %s", seed, id)
		if float64(h.Sum64()>>11)/(1<<53) < share {
			continue
		}
		out.Case, out.Activity, out.Time = append(out.Case, id), append(out.Activity, rows.Activity[i]), append(out.Time, rows.Time[i])
		out.Start, out.Lifecycle = append(out.Start, rows.Start[i]), append(out.Lifecycle, rows.Lifecycle[i])
	}
	return out
}

// mapOf draws the map of a log at a level of detail.
func mapOf(t *testing.T, rows *eventlog.Batch, level int) (*layout.Drawing, []string) {
	t.Helper()
	e := &env{Context: t.Context()}
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: "log"})
	defer b.Close()
	if err := b.Add(rows); err != nil {
		t.Fatal(err)
	}
	log, err := b.LogContext(e)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s, err := eventlog.Summarize(e, log, eventlog.SummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := reports.Details[level]
	m, err := mapLevel(e, &openedLog{Log: log}, log, s, mining.KeepActivities(s, d.Events, d.Activities), detail{paths: d.Steps, most: d.Paths})
	if err != nil {
		t.Fatal(err)
	}
	drawing, err := layout.Lay(m.Graph, layout.Options{Spine: m.Spine, Backward: m.Backward})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range m.Graph.Activities {
		names = append(names, a.Name)
	}
	return drawing, names
}

// moved returns how far, on average, the activities that both maps draw stand
// from where they stood, by their distance from the start, as a part of the
// height of the first map.
func moved(a, b *layout.Drawing, names []string) float64 {
	sum, n := 0.0, 0
	for _, name := range names {
		xa, ya, height, drawnA := a.Place(name)
		xb, yb, _, drawnB := b.Place(name)
		if drawnA && drawnB {
			sum += math.Hypot(xa-xb, ya-yb) / height
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// TestMapKeepsItsShape: a log that lacks some of its cases has almost the same
// map, at the level that is shown first and at the one that has everything.
func TestMapKeepsItsShape(t *testing.T) {
	logs := []string{"receipt.xes.gz", "BPIC2012_O.xes.gz", "CCC19.xes", "Helpdesk.xes.gz", "repairExample.xes.gz", "reviewing.xes.gz"}
	if list := os.Getenv("MILLRACE_MAP_LOGS"); list != "" {
		logs = strings.Split(list, ",")
	}
	var byLevel [4][]float64
	for _, name := range logs {
		path := name
		if !filepath.IsAbs(name) {
			path = shared(t, "data", "logs", name)
		}
		rows := rowsOf(t, path, ingest.Options{})
		for _, level := range []int{1, 3} {
			whole, names := mapOf(t, rows, level)
			said := fmt.Sprintf("%-28s %-11s %2d activities", filepath.Base(name), reports.Details[level].Name, len(names))
			for _, share := range []float64{.01, .03, .05} {
				var part []float64
				for seed := range 3 {
					less, _ := mapOf(t, lack(rows, share, seed), level)
					part = append(part, moved(whole, less, names))
				}
				byLevel[level] = append(byLevel[level], part...)
				said += fmt.Sprintf("  -%.0f%%: %5.2f%% (worst %5.2f%%)", share*100, 100*mean(part), 100*slices.Max(part))
			}
			t.Log(said)
		}
	}
	for _, c := range []struct {
		level       int
		mean, worst float64
	}{{1, .005, .05}, {3, .12, 1.5}} { // see reports/layout/DESIGN.md
		name, all := reports.Details[c.level].Name, byLevel[c.level]
		t.Logf("%s: mean of all %.2f%%, worst %.1f%%", name, 100*mean(all), 100*slices.Max(all))
		if os.Getenv("MILLRACE_MAP_LOGS") == "" && (mean(all) > c.mean || slices.Max(all) > c.worst) {
			t.Errorf("%s: activities move by %.1f%% of the map's height on average, %.1f%% at worst; want %.1f%% and %.0f%%", name, 100*mean(all), 100*slices.Max(all), 100*c.mean, 100*c.worst)
		}
	}
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}
