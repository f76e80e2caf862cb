// Package pagetest fills the results that a page is built from, for tests of
// pages and pictures. It counts in the slow, obvious way.
package pagetest

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace/eventlog"
	"millrace/mining"
)

//go:embed o2c.txt
var o2c string

// A Log is a list of cases.
type Log struct {
	Cases       []Case
	First, Last int64 // µs UTC
}

// A Case is one way through the process.
type Case struct {
	Activities []string
	Times      []int64 // µs UTC
	Value      int64   // ten-thousandths of EUR
}

// O2C is an order-to-cash log of one quarter.
func O2C() *Log { return Parse(o2c) }

// Parse reads the notation of o2c.txt. It panics on a mistake: the text is a test's.
func Parse(text string) *Log {
	l := &Log{First: math.MaxInt64}
	begin := time.Date(2026, 2, 2, 6, 0, 0, 0, time.UTC).UnixMicro()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		head, path, ok := strings.Cut(line, ": ")
		var n, value int64
		if _, err := fmt.Sscan(head, &n, &value); err != nil || !ok {
			panic(fmt.Sprintf("want %q, got %q", "CASES VALUE: activity >WAIT activity", line))
		}
		var activities []string
		var waits []float64
		for i, step := range strings.Split(path, " >") {
			if i > 0 {
				wait, name, _ := strings.Cut(step, " ")
				d, err := time.ParseDuration(wait)
				if err != nil {
					panic(err)
				}
				waits, step = append(waits, float64(d.Microseconds())), name
			}
			activities = append(activities, step)
		}
		for range n {
			i := uint64(len(l.Cases))
			c := Case{Activities: activities, Value: int64(float64(value*1e4) * scatter(i*977+1, .7))}
			t := begin + int64(uniform(i*131+7)*150*24*3600e6)
			c.Times = append(c.Times, t)
			for k, w := range waits {
				t += int64(w * scatter(i*61+uint64(k)*7919+13, .5))
				c.Times = append(c.Times, t)
			}
			l.Cases = append(l.Cases, c)
			l.First, l.Last = min(l.First, c.Times[0]), max(l.Last, t)
		}
	}
	return l
}

// uniform returns a number between 0 and 1 that depends on n alone (splitmix64).
func uniform(n uint64) float64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return float64((n^n>>31)>>11) / (1 << 53)
}

// scatter returns a factor with median 1.
func scatter(n uint64, sigma float64) float64 {
	return math.Exp(sigma * math.Sqrt2 * math.Erfinv(2*uniform(n)-1) * .999)
}

// Rename returns l with its activities renamed.
func (l *Log) Rename(names map[string]string) *Log {
	out := *l
	out.Cases = slices.Clone(l.Cases)
	for i, c := range out.Cases {
		out.Cases[i].Activities = slices.Clone(c.Activities)
		for k, a := range c.Activities {
			if name, ok := names[a]; ok {
				out.Cases[i].Activities[k] = name
			}
		}
	}
	return &out
}

// Keep returns l with only its n most frequent activities.
func (l *Log) Keep(n int) *Log {
	count := map[string]int{}
	for _, c := range l.Cases {
		for _, a := range c.Activities {
			count[a]++
		}
	}
	names := make([]string, 0, len(count))
	for a := range count {
		names = append(names, a)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	keep := map[string]bool{}
	for _, a := range names[:min(n, len(names))] {
		keep[a] = true
	}
	out := &Log{First: l.First, Last: l.Last}
	for _, c := range l.Cases {
		kept := Case{Value: c.Value}
		for i, a := range c.Activities {
			if keep[a] {
				kept.Activities, kept.Times = append(kept.Activities, a), append(kept.Times, c.Times[i])
			}
		}
		out.Cases = append(out.Cases, kept)
	}
	return out
}

// Graph returns the directly-follows graph with its most frequent paths.
func (l *Log) Graph(paths int) *mining.Graph {
	g := &mining.Graph{Cases: int64(len(l.Cases))}
	activities, edges := map[string]*mining.Activity{}, map[[2]string]*mining.Edge{}
	starts, ends := map[string]int64{}, map[string]int64{}
	for _, c := range l.Cases {
		times := map[string]int{}
		seen := map[[2]string]bool{}
		for i, a := range c.Activities {
			g.Events++
			if activities[a] == nil {
				activities[a] = &mining.Activity{Name: a}
			}
			activities[a].Events++
			if times[a]++; times[a] == 1 {
				activities[a].Cases++
			} else if times[a] == 2 {
				activities[a].Rework++
			}
			if i == 0 {
				starts[a]++
				continue
			}
			k := [2]string{c.Activities[i-1], a}
			if edges[k] == nil {
				edges[k] = &mining.Edge{From: k[0], To: k[1], Wait: &eventlog.Durations{}}
			}
			e := edges[k]
			e.Count++
			if !seen[k] {
				seen[k] = true
				e.Cases++
			}
			e.Wait.Add(c.Times[i] - c.Times[i-1])
		}
		if n := len(c.Activities); n > 0 {
			ends[c.Activities[n-1]]++
		}
	}
	for _, a := range activities {
		g.Activities = append(g.Activities, *a)
	}
	slices.SortFunc(g.Activities, func(a, b mining.Activity) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range edges {
		g.Edges = append(g.Edges, *e)
	}
	slices.SortFunc(g.Edges, func(a, b mining.Edge) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	g.Edges = g.Edges[:min(paths, len(g.Edges))]
	g.Start, g.End = terminals(starts), terminals(ends)
	return g
}

func terminals(count map[string]int64) []mining.Terminal {
	var list []mining.Terminal
	for a, n := range count {
		list = append(list, mining.Terminal{Activity: a, Cases: n})
	}
	slices.SortFunc(list, func(a, b mining.Terminal) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.Activity, b.Activity))
	})
	return list
}

// Variants counts the ways through the process.
func (l *Log) Variants() *mining.Variants {
	v := &mining.Variants{Cases: int64(len(l.Cases)), CaseDuration: &eventlog.Durations{}}
	at := map[string]int{}
	for _, c := range l.Cases {
		key := strings.Join(c.Activities, "\x00")
		i, ok := at[key]
		if !ok {
			i = len(v.Variants)
			at[key] = i
			v.Variants = append(v.Variants, mining.Variant{Activities: c.Activities, Duration: &eventlog.Durations{}})
		}
		v.Variants[i].Cases++
		v.Events += int64(len(c.Activities))
		if n := len(c.Times); n > 0 {
			v.Variants[i].Duration.Add(c.Times[n-1] - c.Times[0])
			v.CaseDuration.Add(c.Times[n-1] - c.Times[0])
		}
	}
	slices.SortFunc(v.Variants, func(a, b mining.Variant) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), slices.Compare(a.Activities, b.Activities))
	})
	cumulative := int64(0)
	for i := range v.Variants {
		w := &v.Variants[i]
		cumulative += w.Cases
		w.Share, w.Cumulative = float64(w.Cases)/float64(v.Cases), float64(cumulative)/float64(v.Cases)
	}
	return v
}

// Bottlenecks ranks the waits by the value that stands there.
func (l *Log) Bottlenecks() *mining.Bottlenecks {
	standing := map[[2]string]float64{}
	for _, c := range l.Cases {
		for i := 1; i < len(c.Activities); i++ {
			standing[[2]string{c.Activities[i-1], c.Activities[i]}] += float64(c.Value) * float64(c.Times[i]-c.Times[i-1]) / float64(l.Last-l.First)
		}
	}
	b := &mining.Bottlenecks{}
	total := 0.0
	edges := l.Graph(math.MaxInt).Edges
	for _, e := range edges {
		total += e.Wait.Total()
	}
	for _, e := range edges {
		b.Waits = append(b.Waits, mining.Wait{From: e.From, To: e.To, Cases: e.Cases, Count: e.Count, Wait: e.Wait, Share: e.Wait.Total() / total,
			Value: []mining.Money{{Currency: "EUR", Amount: int64(standing[[2]string{e.From, e.To}])}}})
	}
	slices.SortFunc(b.Waits, func(a, b mining.Wait) int {
		return cmp.Or(cmp.Compare(b.Value[0].Amount, a.Value[0].Amount), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return b
}

// Spine is the most frequent way.
func (l *Log) Spine() []string { return l.Variants().Variants[0].Activities }

// Backward are the pairs of which the first comes after the second, first
// occurrences, in most cases that have both.
func (l *Log) Backward() map[[2]string]bool {
	before := map[[2]string]int{}
	for _, c := range l.Cases {
		var seen []string
		for _, a := range c.Activities {
			if slices.Contains(seen, a) {
				continue
			}
			for _, s := range seen {
				before[[2]string{s, a}]++
			}
			seen = append(seen, a)
		}
	}
	back := map[[2]string]bool{}
	for turned, n := range before {
		if pair := [2]string{turned[1], turned[0]}; n > before[pair] {
			back[pair] = true
		}
	}
	return back
}

// Numbered returns names that are long, and differ only in their numbers.
func Numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}
