package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"millrace/eventlog"
	"millrace/mining/discover"
)

// mineOCPNCmd is millrace mine ocpn.
type mineOCPNCmd struct {
	logFlags
	jsonFlag
	typesFlag
	Noise  float64 `placeholder:"SHARE" help:"A step is left out if it is no more frequent than this share of the most frequent step from the same activity, of objects of the same type; 0 to 1, such as 0.2. Default: every object fits."`
	Format string  `enum:",net,json,dot" default:"" placeholder:"net|json|dot" help:"What to write: a transition a line, JSON, or a graph for Graphviz. Default: by the name of --out, else net."`
	Out    string  `short:"o" placeholder:"FILE" help:"Write here instead of standard output."`
}

func (c *mineOCPNCmd) Help() string {
	return "Examples:\n  millrace mine ocpn order-to-cash --types SalesOrder,Delivery\n  millrace mine ocpn orders.jsonocel --noise 0.2 --out orders.dot"
}

func (c *mineOCPNCmd) Run(e *env) (err error) {
	format := c.Format
	switch {
	case !(c.Noise >= 0 && c.Noise <= 1):
		return usageError{fmt.Errorf("--noise is a share between 0 and 1 (0.2 is 20 %%), not %v", c.Noise)}
	case c.JSON && format != "" && format != "json":
		return usageError{fmt.Errorf("--json and --format %s do not go together", format)}
	case c.JSON:
		format = "json"
	case format == "":
		if err := outIs(c.Out, "that is no format of object-centric nets, or say which by --format", ".dot", ".json"); err != nil {
			return err
		}
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), ".")
	}
	o, err := c.openObjects(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	flow := mineOCDFGCmd{logFlags: c.logFlags, typesFlag: c.typesFlag, Paths: math.MaxInt}
	g, err := flow.graph(e, o)
	if err != nil {
		return err
	}
	var types []eventlog.TypeFlow
	for i := range g.Types {
		types = append(types, eventlog.TypeFlow(g.Types[i]))
	}
	options := discover.InductiveOptions{Noise: c.Noise}
	if c.Noise > 0 {
		options.Variant = discover.IMf
	}
	net, err := discover.Objects(e, types, g.Activities, options)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		switch format {
		case "json":
			return printJSON(w, objectNetJSON(net, g.Notes))
		case "dot":
			return net.WriteDOT(w)
		}
		_, err := io.WriteString(w, net.String())
		return err
	}
	return writeModel(e, c.Out, c.Format, format, write, g.Notes)
}

// objectNetJSON is what JSON says of an object-centric net.
func objectNetJSON(n *discover.ObjectNet, notes []eventlog.Note) any {
	type place struct {
		Type    string `json:"type"`
		ID      string `json:"id"` // among those of its type
		Initial bool   `json:"initial"`
		Final   bool   `json:"final"`
	}
	type arc struct {
		Type     string `json:"type"`
		Place    string `json:"place"`
		Variable bool   `json:"variable"` // any number of objects, not one
	}
	type transition struct {
		Label *string `json:"label"` // null of a silent one
		In    []arc   `json:"in"`
		Out   []arc   `json:"out"`
	}
	x := struct {
		Types       []string        `json:"types"`
		Places      []place         `json:"places"`
		Transitions []transition    `json:"transitions"`
		Notes       []eventlog.Note `json:"notes"`
	}{n.Types, []place{}, []transition{}, append([]eventlog.Note{}, notes...)}
	for _, p := range n.Places {
		x.Places = append(x.Places, place{p.Type, p.ID, p.Initial, p.Final})
	}
	arcs := func(of []discover.ObjectArc) []arc {
		all := []arc{}
		for _, a := range of {
			all = append(all, arc{n.Places[a.Place].Type, n.Places[a.Place].ID, a.Variable})
		}
		return all
	}
	for i := range n.Transitions {
		t := &n.Transitions[i]
		y := transition{In: arcs(t.In), Out: arcs(t.Out)}
		if t.Label != "" {
			y.Label = &t.Label
		}
		x.Transitions = append(x.Transitions, y)
	}
	return x
}
