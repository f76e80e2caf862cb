package main

import (
	"fmt"

	"millrace/eventlog"
	"millrace/mining/discover"
)

// A causalNet is what JSON says of a causal net; ▶ is the start of every case
// and ■ the end.
type causalNet struct {
	Edges    []causalEdge    `json:"edges"`
	Bindings []causalBinding `json:"bindings"`
}

type causalEdge struct {
	From       string            `json:"from"`
	To         string            `json:"to"`
	Kind       discover.EdgeKind `json:"kind"`
	Count      int64             `json:"count"` // how often an event of the one obliges to one of the other
	Dependency float64           `json:"dependency"`
}

// A causalBinding is what obliges an activity together, or what it obliges to.
type causalBinding struct {
	Activity string   `json:"activity"`
	Side     string   `json:"side"` // in or out
	With     []string `json:"with"`
	Count    int64    `json:"count"` // events
}

func causalOf(c *discover.CausalNet) *causalNet {
	if c == nil {
		return nil
	}
	out := &causalNet{[]causalEdge{}, []causalBinding{}}
	for _, e := range c.Edges {
		out.Edges = append(out.Edges, causalEdge{c.Name(e.From), c.Name(e.To), e.Kind, e.Count, e.Value})
	}
	for a := range c.Inputs {
		for _, side := range []struct {
			name string
			of   []discover.Binding
		}{{"in", c.Inputs[a]}, {"out", c.Outputs[a]}} {
			for _, b := range side.of {
				with := []string{}
				for _, x := range b.Nodes {
					with = append(with, c.Name(x))
				}
				out.Bindings = append(out.Bindings, causalBinding{c.Name(a), side.name, with, b.Count})
			}
		}
	}
	return out
}

// flexible finds a causal net, and its net.
func (m *discovered) flexible(c *mineDiscoverCmd) (err error) {
	o := discover.FlexibleOptions{Dependency: c.Threshold, RelativeToBest: c.Near, LongDistance: c.Distance, Loose: c.Loose}
	if m.causal, err = discover.Flexible(m.summary, o); err != nil {
		return err
	}
	m.net = m.causal.Net()
	m.fitting = &m.causal.Explained
	m.notes = append(m.notes, eventlog.Note{Code: "fitting-cases", Text: fmt.Sprintf(
		"%s of %s cases are runs of the model, at least.", count(m.causal.Explained), count(m.summary.Cases))})
	if before, after := m.causal.Unexplained(); before+after > 0 {
		m.notes = append(m.notes, eventlog.Note{Code: "unexplained-events", Text: fmt.Sprintf(
			"Nothing that is sure enough leads to %s events, nor from %s.", count(before), count(after))})
	}
	return nil
}
