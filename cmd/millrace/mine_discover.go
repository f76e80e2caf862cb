package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/mining/discover"
	"millrace/mining/petri"
	"millrace/mining/tree"
	"millrace/reports/layout"
)

// mineDiscoverCmd is millrace mine discover.
type mineDiscoverCmd struct {
	logFlags
	jsonFlag
	Algorithm  string  `enum:"inductive,powl,split,heuristics,flexible,alpha,alpha+" default:"inductive" placeholder:"NAME" help:"How to find the model: ${enum}. inductive gives a process tree, whose net is sound; powl one in which activities may be in a partial order, if that is more exact, sound too; split a diagram with gateways, flexible a causal net, which says what comes together how often, the others a net; these may not be sound."`
	Variant    string  `enum:",im,imf,imd" default:"" placeholder:"NAME" help:"Of inductive: im keeps every case, imf leaves out what is rarer than --noise, imd looks at the directly-follows graph alone. Default: im, or imf if there is noise."`
	Noise      float64 `placeholder:"SHARE" help:"Of imf and powl: a step is left out if it is no more frequent than this share of the most frequent step from the same activity, and of powl an order of two activities if it is no more frequent than this share of the other order; 0 to 1, such as 0.2."`
	Threshold  float64 `name:"dependency" placeholder:"SHARE" help:"Of heuristics and flexible: how surely an activity must depend on another, 0 to 1; default: 0.5, of flexible 0.9."`
	Near       float64 `name:"relative-to-best" placeholder:"SHARE" help:"Of flexible: keep a step too if its dependency is less than this below that of the best step from or to an activity; --relative-to-best=-1 keeps none. Default: 0.05."`
	Distance   float64 `name:"long-distance" placeholder:"SHARE" help:"Of flexible: an activity may depend on one that it does not follow directly, if it does so at least so surely, such as 0.9. Default: none does."`
	Loose      bool    `help:"Of flexible: keep only what is sure. Else the best steps from and to each activity are kept, so that all are connected."`
	Concurrent float64 `name:"concurrency" placeholder:"SHARE" help:"Of split: two activities are concurrent if how often they follow each other in one order and in the other differs by less than this share; default: 0.1."`
	Filter     float64 `name:"filter" placeholder:"SHARE" help:"Of split: keep steps that are at least as frequent as this share of the best steps from and to activities, 0 to 1, beside those without which an activity would be cut off; --filter=-1 keeps all. Default: 0.4."`
	Format     string  `enum:",tree,net,json,pnml,ptml,bpmn,svg" default:"" placeholder:"tree|net|json|pnml|ptml|bpmn|svg" help:"What to write: the process tree in one line, the net with a transition a line, JSON, a file for other tools, or a picture. Default: by the name of --out, else tree, or net if there is no tree."`
	Out        string  `short:"o" placeholder:"FILE" help:"Write here instead of standard output."`
}

func (c *mineDiscoverCmd) Help() string {
	return `Examples:
  millrace mine discover orders.csv
  millrace mine discover orders.xes --noise 0.2 --out orders.bpmn
  millrace mine discover order-to-cash --variant imd --format json
  millrace mine discover orders.csv --algorithm powl
  millrace mine discover orders.csv --algorithm split --out orders.bpmn
  millrace mine discover orders.csv --noise 0.2 --out model.svg
  millrace mine discover orders.csv --algorithm heuristics --dependency 0.9
  millrace mine discover orders.csv --algorithm flexible --long-distance 0.9 --json`
}

// modelExtensions say the format of a model by the end of a file's name.
var modelExtensions = []string{".bpmn", ".json", ".pnml", ".ptml", ".svg"}

// ofTrees are the formats that only a process tree can be written in.
var ofTrees = []string{"tree", "ptml"}

// A discovered is a model and what it was discovered from.
type discovered struct {
	algorithm string
	variant   discover.Variant
	noise     float64
	summary   *eventlog.Summary
	tree      *tree.Tree          // of inductive and powl; nil of a net
	diagram   *bpmn.Diagram       // of Split only
	causal    *discover.CausalNet // of Flexible only
	net       *petri.Net
	sound     petri.Verdict
	fitting   *int64 // cases in the language of the model; nil if not known
	notes     []eventlog.Note
}

// mine finds the model.
func (m *discovered) mine(e *env, c *mineDiscoverCmd, o discover.InductiveOptions) (err error) {
	switch m.algorithm {
	case "split":
		if m.diagram, err = discover.Split(e, m.summary, discover.SplitOptions{Concurrency: c.Concurrent, Filter: c.Filter}); err == nil {
			if m.net, err = m.diagram.Net(); err == nil {
				err = m.replay(e)
			}
		}
	case "alpha", "alpha+":
		m.net, err = discover.Alpha(e, m.summary, discover.AlphaOptions{Plus: m.algorithm == "alpha+"})
	case "heuristics":
		var h *discover.HeuristicsNet
		if h, err = discover.Heuristics(m.summary, discover.HeuristicsOptions{Dependency: c.Threshold}); err == nil {
			m.net, err = h.Net(e)
		}
	case "flexible":
		err = m.flexible(c)
	case "powl":
		m.noise = c.Noise
		if m.tree, err = discover.POWL(e, m.summary, discover.POWLOptions{Noise: c.Noise}); err == nil {
			m.net, m.sound = m.tree.Net(), petri.Holds
			m.fit()
		}
		return err
	default:
		m.variant, m.noise = o.Variant, o.Noise
		if m.tree, err = discover.Inductive(e, m.summary, o); err == nil {
			m.net, m.sound = m.tree.Net(), petri.Holds
			m.fit()
		}
		return err
	}
	if err != nil {
		return err
	}
	return m.check(e)
}

// check says whether the net is a workflow net, and sound.
func (m *discovered) check(e *env) error {
	missing := slices.DeleteFunc(slices.Clone(m.summary.Activities), func(a string) bool { return slices.Contains(m.net.Labels(), a) })
	if len(missing) > 0 {
		m.notes = append(m.notes, eventlog.Note{Code: "missing-activities",
			Text: "Not in the model, because nothing sure enough leads to or from them: " + strings.Join(missing, ", ") + "."})
	}
	for _, reason := range m.net.WorkflowNet() {
		m.notes = append(m.notes, eventlog.Note{Code: "no-workflow-net", Text: "The model is no workflow net: " + reason + "."})
	}
	s, err := m.net.CheckSoundness(e, 0)
	if err != nil {
		return err
	}
	m.sound = s.Sound
	for _, reason := range s.Reasons {
		m.notes = append(m.notes, eventlog.Note{Code: "soundness", Text: reason})
	}
	return nil
}

func (c *mineDiscoverCmd) Run(e *env) (err error) {
	format, err := c.format()
	if err != nil {
		return err
	}
	options, err := c.inductive()
	if err != nil {
		return err
	}
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	m := &discovered{algorithm: c.Algorithm, summary: s, notes: slices.Clone(s.Notes)}
	if err := m.mine(e, c, options); err != nil {
		return err
	}
	if format == "svg" {
		m.notes = append(m.notes, (&model{m.net, m.tree, m.diagram, nil}).picture().notes...)
	}
	write := func(w io.Writer) error { return m.write(w, format) }
	return writeModel(e, c.Out, c.Format, format, write, m.notes)
}

// format is what to write.
func (c *mineDiscoverCmd) format() (string, error) {
	switch {
	case c.JSON && c.Format != "" && c.Format != "json":
		return "", usageError{fmt.Errorf("--json and --format %s do not go together", c.Format)}
	case !c.findsTree() && (slices.Contains(ofTrees, c.Format) || c.Format == "" && slices.Contains(ofTrees, strings.ToLower(strings.TrimPrefix(filepath.Ext(c.Out), ".")))):
		return "", usageError{fmt.Errorf("--algorithm %s finds a net, which is no process tree; write net, pnml, bpmn or json", c.Algorithm)}
	case c.JSON:
		return "json", nil
	case c.Format != "":
		return c.Format, nil
	}
	if err := outIs(c.Out, "that is no format of models, or say which by --format", modelExtensions...); err != nil {
		return "", err
	}
	if ext := strings.ToLower(filepath.Ext(c.Out)); ext != "" {
		return ext[1:], nil
	}
	if !c.findsTree() {
		return "net", nil
	}
	return "tree", nil
}

// findsTree says whether the model is a tree, which may have partial orders.
func (c *mineDiscoverCmd) findsTree() bool {
	return c.Algorithm == "inductive" || c.Algorithm == "powl"
}

// inductive are the options of the inductive miner.
func (c *mineDiscoverCmd) inductive() (o discover.InductiveOptions, err error) {
	o = discover.InductiveOptions{Variant: discover.Variant(c.Variant), Noise: c.Noise}
	switch {
	case c.Algorithm == "powl" && c.Variant != "":
		return o, usageError{errors.New("--variant is of --algorithm inductive, not of powl")}
	case !c.findsTree() && (c.Noise != 0 || c.Variant != ""):
		return o, usageError{fmt.Errorf("--noise is of --algorithm inductive or powl and --variant of inductive, not of %s", c.Algorithm)}
	case c.Algorithm != "heuristics" && c.Algorithm != "flexible" && c.Threshold != 0:
		return o, usageError{fmt.Errorf("--dependency is of --algorithm heuristics or flexible, not of %s", c.Algorithm)}
	case c.Algorithm != "flexible" && (c.Near != 0 || c.Distance != 0 || c.Loose):
		return o, usageError{fmt.Errorf("--relative-to-best, --long-distance and --loose are of --algorithm flexible, not of %s", c.Algorithm)}
	case !(c.Near <= 1):
		return o, usageError{fmt.Errorf("--relative-to-best is a share between 0 and 1 (0.05 is 5 %%), not %v", c.Near)}
	case !(c.Distance >= 0 && c.Distance <= 1):
		return o, usageError{fmt.Errorf("--long-distance is a share between 0 and 1 (0.9 is 90 %%), not %v", c.Distance)}
	case !(c.Threshold >= 0 && c.Threshold <= 1):
		return o, usageError{fmt.Errorf("--dependency is a share between 0 and 1 (0.9 is 90 %%), not %v", c.Threshold)}
	case c.Algorithm != "split" && (c.Concurrent != 0 || c.Filter != 0):
		return o, usageError{fmt.Errorf("--concurrency and --filter are of --algorithm split, not of %s", c.Algorithm)}
	case !(c.Concurrent <= 1):
		return o, usageError{fmt.Errorf("--concurrency is a share between 0 and 1 (0.1 is 10 %%), not %v", c.Concurrent)}
	case !(c.Filter <= 1):
		return o, usageError{fmt.Errorf("--filter is a share between 0 and 1 (0.4 is 40 %%), not %v", c.Filter)}
	case !(c.Noise >= 0 && c.Noise <= 1):
		return o, usageError{fmt.Errorf("--noise is a share between 0 and 1 (0.2 is 20 %%), not %v", c.Noise)}
	case c.Noise > 0 && o.Variant != "" && o.Variant != discover.IMf:
		return o, usageError{fmt.Errorf("--noise is for --variant imf; %s leaves nothing out", o.Variant)}
	case o.Variant != "":
	case c.Noise > 0:
		o.Variant = discover.IMf
	default:
		o.Variant = discover.IM
	}
	return o, nil
}

// replay counts the cases that a diagram can do, by replay: it fires transitions
// that are enabled, so a case that it finds to fit does.
func (m *discovered) replay(e *env) error {
	r, err := conform.ReplayTokens(e, m.summary, m.net, nil)
	if err != nil {
		return err
	}
	f := r.Fitness()
	m.fitting = &f.FittingCases
	m.notes = append(m.notes, eventlog.Note{Code: "replay-fitness", Text: fmt.Sprintf(
		"%s of %s cases replay on the model; its fitness, by tokens, is %s.", count(f.FittingCases), count(m.summary.Cases), percent(f.AverageTrace))})
	return nil
}

// fit counts the cases that are in the language of the tree, and says so.
func (m *discovered) fit() {
	a := tree.NewAcceptor(m.tree)
	var fitting int64
	var path []string
	for i := range m.summary.Variants {
		v := &m.summary.Variants[i]
		path = path[:0]
		for _, x := range v.Path {
			path = append(path, m.summary.Activities[x])
		}
		ok, err := a.Accepts(path)
		if err != nil {
			m.notes = append(m.notes, eventlog.Note{Code: "fit-unknown", Text: "How many cases fit the model was not counted: " + err.Error() + "."})
			return
		}
		if ok {
			fitting += v.Cases
		}
	}
	m.fitting = &fitting
	if fitting < m.summary.Cases {
		m.notes = append(m.notes, eventlog.Note{Code: "fitting-cases",
			Text: fmt.Sprintf("%s of %s cases are in the language of the model; the others deviate from it somewhere.", count(fitting), count(m.summary.Cases))})
	}
}

func (m *discovered) write(w io.Writer, format string) error {
	switch format {
	case "tree":
		_, err := fmt.Fprintln(w, m.tree)
		return err
	case "net":
		_, err := io.WriteString(w, m.net.String())
		return err
	case "pnml":
		return m.net.WritePNML(w)
	case "ptml":
		return m.tree.WritePTML(w)
	case "bpmn", "svg":
		d, err := diagramOf(m.diagram, m.tree, m.net)
		switch {
		case format == "svg":
			return layout.LayModel(layout.Model{Diagram: d}).Write(w)
		case err != nil:
			return err
		}
		return d.Write(w)
	}
	return printJSON(w, m.value())
}

// value is what JSON says of the model.
func (m *discovered) value() any {
	type place struct {
		ID      string `json:"id"`
		Initial int32  `json:"initial"`
		Final   int32  `json:"final"`
	}
	type transition struct {
		ID    string   `json:"id"`
		Label *string  `json:"label"` // null of a silent one
		In    []string `json:"in"`    // places, as often as tokens are taken
		Out   []string `json:"out"`
	}
	net := struct {
		Places      []place      `json:"places"`
		Transitions []transition `json:"transitions"`
	}{[]place{}, []transition{}}
	for i, p := range m.net.Places {
		x := place{ID: p.ID, Initial: m.net.Initial[i]}
		if m.net.Final != nil {
			x.Final = m.net.Final[i]
		}
		net.Places = append(net.Places, x)
	}
	arcs := func(of []petri.Arc) []string {
		out := []string{}
		for _, a := range of {
			for range a.Weight {
				out = append(out, m.net.Places[a.Place].ID)
			}
		}
		return out
	}
	for i := range m.net.Transitions {
		t := &m.net.Transitions[i]
		x := transition{ID: t.ID, In: arcs(t.In), Out: arcs(t.Out)}
		if !t.Silent() {
			x.Label = &t.Label
		}
		net.Transitions = append(net.Transitions, x)
	}
	var text *string
	if m.tree != nil {
		s := m.tree.String()
		text = &s
	}
	return struct {
		Algorithm  string           `json:"algorithm"`
		Variant    discover.Variant `json:"variant,omitempty"`
		Noise      float64          `json:"noise"`
		Cases      int64            `json:"cases"`
		Events     int64            `json:"events"`
		Activities []string         `json:"activities"`
		Fitting    *int64           `json:"fitting_cases"`
		Sound      string           `json:"sound"`
		Tree       *string          `json:"tree"`
		Causal     *causalNet       `json:"causal,omitempty"` // of flexible
		Net        any              `json:"net"`
		Notes      []eventlog.Note  `json:"notes"`
	}{m.algorithm, m.variant, m.noise, m.summary.Cases, m.summary.Events,
		append([]string{}, m.summary.Activities...), m.fitting, m.sound.String(), text, causalOf(m.causal), net, append([]eventlog.Note{}, m.notes...)}
}

// writeModel writes a model to a file, or to standard output, and what is to be
// known of it. A format that was asked for is alone on standard output: others
// read it; JSON has the notes.
func writeModel(e *env, out, asked, format string, write func(io.Writer) error, notes []eventlog.Note) error {
	if out != "" {
		if err := writeFile(out, write); err != nil {
			return err
		}
		fmt.Fprintln(e.Stderr, "wrote", out)
		printNotes(e.Stderr, notes)
		return nil
	}
	if err := write(e.Stdout); err != nil {
		return err
	}
	switch {
	case format == "json":
	case asked == "":
		printNotes(e.Stdout, notes)
	default:
		printNotes(e.Stderr, notes)
	}
	return nil
}
