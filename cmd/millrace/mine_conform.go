package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"millrace/eventlog"
	"millrace/eventlog/o2c"
	"millrace/mining/bpmn"
	"millrace/mining/conform"
	"millrace/mining/petri"
	"millrace/mining/tree"
)

// mineConformCmd is millrace mine conform.
type mineConformCmd struct {
	logFlags
	jsonFlag
	Model     string        `required:"" placeholder:"FILE" help:"The model: a Petri net (.pnml), a process tree (.ptml) or a diagram (.bpmn), from mine discover or another tool; or o2c, the reference model of order-to-cash that comes with Millrace."`
	Map       []string      `sep:"none" placeholder:"LABEL=ACTIVITY|FILE" help:"Which activity of the log a task of the model is; LABEL= is none, as it is not recorded. Several times, or a YAML file of \"LABEL: ACTIVITY\"."`
	Method    string        `enum:"alignments,replay" default:"alignments" placeholder:"NAME" help:"How to compare: ${enum}. alignments finds for each case what it takes at least to make it a run of the model; replay plays tokens, fast, and is a heuristic."`
	TimeLimit time.Duration `placeholder:"DURATION" help:"Of alignments: stop looking after this time, such as 30s, and say how far off the rest may be. Precision and footprints get a quarter of it each at most. Which cases that leaves depends on the machine."`
	Prefix    bool          `help:"Of alignments: cases may still go on. Each is compared with the beginning of a run of the model, so what has not happened yet is no deviation."`
	By        string        `enum:"cases,delay,value" default:"cases" placeholder:"NAME" help:"Of alignments: which departures from the model come first: ${enum}. delay: those whose cases take longer than the others, for sure."`
	Departure string        `placeholder:"WHAT" help:"Of alignments: list the cases that depart so, such as \"skipped Pack\"."`
	Format    string        `enum:",json,svg" default:"" placeholder:"json|svg" help:"Of alignments: svg draws the model, with how often each task is done and skipped, and what is done beside the model. Default: by the name of --out, else text."`
	Out       string        `short:"o" placeholder:"FILE" help:"Write here instead of standard output."`
	Top       int           `default:"20" help:"How many deviations to print; 0 prints all. JSON has all of them."`
}

func (c *mineConformCmd) Help() string {
	return `Examples:
  millrace mine discover orders.csv --noise 0.2 --out model.pnml
  millrace mine conform orders.csv --model model.pnml
  millrace mine conform order-to-cash --model model.ptml --method replay --json
  millrace mine conform order-to-cash --model o2c --by value
  millrace mine conform open-orders.csv --model model.pnml --prefix
  millrace mine conform order-to-cash --model o2c --out model.svg
  millrace mine conform order-to-cash --model company.bpmn --map "Check credit=Release Credit Block" --map "File order="
  millrace mine conform order-to-cash --model o2c --departure "skipped Send Invoice"`
}

// A conformance is what JSON says of how a log and a model agree.
type conformance struct {
	Method         string             `json:"method"`
	Prefix         bool               `json:"prefix"` // cases may still go on
	Cases          int64              `json:"cases"`
	Fitness        conformanceFitness `json:"fitness"`
	Precision      *float64           `json:"precision"`
	Aligned        *float64           `json:"precision_aligned,omitempty"`
	Generalization float64            `json:"generalization"`
	Simplicity     float64            `json:"simplicity"`
	Cost           *int64             `json:"cost"`          // null of replay, which does not know it
	Optimal        *int64             `json:"optimal_cases"` // null of replay
	Within         *int64             `json:"cost_within"`   // how much too high the cost of another case is at most
	Tokens         *conformanceTokens `json:"tokens,omitempty"`
	Footprints     *footprints        `json:"footprints"` // null if what the model can do is not known
	Deviations     []deviation        `json:"deviations"`
	Tasks          *[]taskUse         `json:"tasks,omitempty"`        // of alignments: what cases make of each task of the model
	Before         *[]insertedUse     `json:"before_tasks,omitempty"` // and what is beside the model before any
	Departures     *[]departure       `json:"departures,omitempty"`   // of alignments: deviations and what comes before, by --by
	Behind         *[]string          `json:"departure_cases,omitempty"`
	Notes          []eventlog.Note    `json:"notes"`
}

type conformanceFitness struct {
	AverageTrace float64 `json:"average_trace"`
	Log          float64 `json:"log"`
	FittingCases int64   `json:"fitting_cases"`
}

type conformanceTokens struct {
	Produced  int64 `json:"produced"`
	Consumed  int64 `json:"consumed"`
	Missing   int64 `json:"missing"`
	Remaining int64 `json:"remaining"`
}

type footprints struct {
	Fitness float64         `json:"fitness"`
	Steps   []footprintStep `json:"steps"` // directly-follows steps that the model cannot do
	Start   []string        `json:"start"`
	End     []string        `json:"end"`
}

type footprintStep struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

type deviation struct {
	Kind     conform.DeviationKind `json:"kind"`
	Activity string                `json:"activity,omitempty"`
	Place    string                `json:"place,omitempty"`
	Cases    int64                 `json:"cases"`
	Moves    int64                 `json:"moves"`
}

func (c *mineConformCmd) Run(e *env) (err error) {
	if c.TimeLimit < 0 || c.TimeLimit > 0 && c.Method != "alignments" {
		return usageError{errors.New("--time-limit is a time such as 30s, and of --method alignments")}
	}
	if c.Method != "alignments" && c.Prefix {
		return usageError{errors.New("--prefix is of --method alignments")}
	}
	if c.Method != "alignments" && (c.By != "cases" || c.Departure != "") {
		return usageError{errors.New("--by and --departure are of --method alignments")}
	}
	labels, err := readModelMap(c.Map)
	if err != nil {
		return err
	}
	format, err := c.format()
	if err != nil {
		return err
	}
	m, err := readModel(c.Model)
	if err != nil {
		return err
	}
	own, net, notes := transitionLabels(m.net), m.net, m.notes
	var picture *modelPicture
	if format == "svg" {
		picture = m.picture() // by the model's own names
	}
	if err := labels.apply(net); err != nil {
		return err
	}
	l, s, err := c.summarize(e, nil, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	respell(net, s.Activities)
	x := &conformance{Method: c.Method, Prefix: c.Prefix, Cases: s.Cases, Simplicity: conform.Simplicity(net)}
	x.Notes = append([]eventlog.Note{}, slices.Concat(s.Notes, notes, strangers(s, net))...)
	if picture != nil {
		return c.draw(e, s, net, picture, x)
	}
	// What precision and footprints leave of the time is that of alignments: half
	// of it at least.
	began := time.Now()
	p, err := inTime(e, (c.TimeLimit+3)/4, func(ctx context.Context) (conform.Precision, error) {
		return conform.FindPrecision(ctx, s, net)
	})
	switch {
	case errors.Is(err, errLate):
		x.Notes = append(x.Notes, eventlog.Note{Code: "precision-unknown", Text: "Precision is not known: a quarter of --time-limit was not enough."})
	case err != nil:
		return err
	case p.Known:
		x.Precision = &p.Value
	default:
		x.Notes = append(x.Notes, eventlog.Note{Code: "precision-unknown",
			Text: "Precision is not known: silent transitions, or tokens that pile up, lead to too many markings."})
	}
	f, err := inTime(e, (c.TimeLimit+3)/4, func(ctx context.Context) (*conform.Footprints, error) {
		return conform.FindFootprints(ctx, s, net, conform.FootprintsOptions{Prefix: c.Prefix})
	})
	if err != nil && !errors.Is(err, errLate) {
		return err
	}
	known := err == nil && f.Known
	a, err := c.compare(e, s, net, x, began)
	if err != nil {
		return err
	}
	if a != nil {
		if err := c.aligned(e, a, x, began); err != nil {
			return err
		}
		x.uses(own, a)
		if err := c.departures(e, l, s, a, x); err != nil {
			return err
		}
	}
	if known {
		x.Footprints = &footprints{f.Fitness, []footprintStep{}, append([]string{}, f.Start...), append([]string{}, f.End...)}
		for _, y := range f.Steps {
			x.Footprints.Steps = append(x.Footprints.Steps, footprintStep{y.From, y.To, y.Count})
		}
	}
	if format == "json" {
		return writeModel(e, c.Out, "json", "json", func(w io.Writer) error { return printJSON(w, x) }, nil)
	}
	return c.print(e, x)
}

// aligned finds the precision of alignments, if time is left of the limit.
func (c *mineConformCmd) aligned(e *env, a *conform.Alignments, x *conformance, began time.Time) error {
	limit := c.TimeLimit
	if limit > 0 {
		limit = max(1, time.Until(began.Add(limit)))
	}
	p, err := inTime(e, limit, func(ctx context.Context) (conform.Precision, error) {
		return conform.FindPrecision(ctx, a.Aligned(), a.Net)
	})
	switch {
	case errors.Is(err, errLate):
		x.Notes = append(x.Notes, eventlog.Note{Code: "precision-unknown", Text: "Precision of alignments is not known: --time-limit was not enough."})
	case err != nil:
		return err
	case p.Known:
		x.Aligned = &p.Value
	}
	return nil
}

// errLate says that a limit of time ended something that is not needed.
var errLate = errors.New("not in time")

// inTime does what may take long for a limit of time; 0 is none.
func inTime[T any](ctx context.Context, limit time.Duration, do func(context.Context) (T, error)) (T, error) {
	if limit == 0 {
		return do(ctx)
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, errLate)
	defer cancel()
	x, err := do(limited)
	if err != nil && errors.Is(context.Cause(limited), errLate) {
		err = errLate
	}
	return x, err
}

// compare fills in what the method finds, in the time limit from began on, and
// returns the alignments if it makes some.
func (c *mineConformCmd) compare(e *env, s *eventlog.Summary, net *petri.Net, x *conformance, began time.Time) (a *conform.Alignments, err error) {
	var done atomic.Int64
	bar := startProgress(e.Stderr, "comparing with "+filepath.Base(c.Model), func() (int64, int64) { return done.Load(), s.Cases }, nil)
	defer bar.done()
	progress := func(cases, _ int64) { done.Store(cases) }
	var fitness conform.Fitness
	var deviations []conform.Deviation
	if c.Method == "replay" {
		r, err := conform.ReplayTokens(e, s, net, progress)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Model, err)
		}
		t := r.Tokens()
		x.Tokens = &conformanceTokens{t.Produced, t.Consumed, t.Missing, t.Remaining}
		fitness, deviations, x.Generalization = r.Fitness(), r.Deviations(), r.Generalization()
		if fitness.FittingCases < s.Cases && choices(net) {
			x.Notes = append(x.Notes, eventlog.Note{Code: "at-least",
				Text: "At least so many cases fit: replay chooses among silent steps, and steps of one name, by the next event, and may choose wrongly for those behind. --method alignments knows."})
		}
	} else {
		o := conform.Options{Progress: progress, Prefix: c.Prefix}
		if c.TimeLimit > 0 {
			// The last quarter is for guesses at what is left then.
			until, cancel := context.WithDeadline(e, began.Add(c.TimeLimit/4*3))
			defer cancel()
			all, cancel := context.WithDeadline(e, began.Add(c.TimeLimit))
			defer cancel()
			o.Until, o.Guess = until, all
		}
		if a, err = conform.Align(e, s, net, o); errors.Is(err, conform.ErrNoRun) {
			return nil, fmt.Errorf("%s: %w; --method replay needs none", c.Model, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Model, err)
		}
		cost, sure := a.Cost(), a.Certainty()
		x.Cost, x.Optimal, x.Within = &cost, &sure.Optimal, &sure.Within
		fitness, deviations, x.Generalization = a.Fitness(), a.Deviations(), a.Generalization()
		if sure.Optimal < s.Cases {
			x.Notes = append(x.Notes, notOptimal(sure, s.Cases))
		}
	}
	x.Fitness = conformanceFitness{fitness.AverageTrace, fitness.Log, fitness.FittingCases}
	x.Deviations = []deviation{}
	for _, d := range deviations {
		y := deviation{Kind: d.Kind, Activity: d.Name, Cases: d.Cases, Moves: d.Moves}
		if d.Kind == conform.Left {
			y.Activity, y.Place = "", d.Name
		}
		x.Deviations = append(x.Deviations, y)
	}
	return a, nil
}

// choices says whether an event may be replayed in several ways.
func choices(net *petri.Net) bool {
	labels := map[string]bool{}
	for i := range net.Transitions {
		t := &net.Transitions[i]
		if t.Silent() || labels[t.Label] {
			return true
		}
		labels[t.Label] = true
	}
	return false
}

// notOptimal says how far off costs may be.
func notOptimal(sure conform.Certainty, cases int64) eventlog.Note {
	return eventlog.Note{Code: "not-optimal", Text: fmt.Sprintf(
		"Alignments are optimal for %s of cases, and within %s moves for the rest: fitness may be higher, not lower.",
		percent(float64(sure.Optimal)/float64(cases)), count(sure.Within))}
}

// referenceModel names the model that comes with Millrace.
const referenceModel = "o2c"

// A model is a net, and what it was read from.
type model struct {
	net     *petri.Net
	tree    *tree.Tree    // nil: it was none
	diagram *bpmn.Diagram // nil: it was none
	notes   []eventlog.Note
}

// readModel reads a net, or the net of a tree or a diagram, by the end of the
// file's name.
func readModel(path string) (m *model, err error) {
	m = &model{}
	diagram := func(r io.Reader) error {
		if m.diagram, err = bpmn.Read(r); err == nil {
			m.net, err = m.diagram.Net()
		}
		return err
	}
	if path == referenceModel {
		return m, diagram(strings.NewReader(o2c.ReferenceModel))
	}
	read := func(r io.Reader) error {
		m.net, err = petri.ReadPNML(r)
		return err
	}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".pnml":
	case ".bpmn":
		read = diagram
	case ".ptml":
		read = func(r io.Reader) error {
			if m.tree, err = tree.ReadPTML(r); err == nil {
				m.net = m.tree.Net()
			}
			return err
		}
	case ".json", ".yaml", ".yml":
		return nil, usageError{fmt.Errorf("--model %s: rules are checked by millrace mine rules LOG --check %s", path, path)}
	default:
		return nil, usageError{fmt.Errorf("--model %s: that is no format of models that is read; give a Petri net in .pnml, a process tree in .ptml, a diagram in .bpmn, or o2c, the reference model", path)}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := read(f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	assumed, err := m.net.AssumeMarkings()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, text := range assumed {
		m.notes = append(m.notes, eventlog.Note{Code: "assumed-marking", Text: text})
	}
	return m, nil
}

// strangers are notes about activities that only the log or only the model has.
func strangers(s *eventlog.Summary, net *petri.Net) (notes []eventlog.Note) {
	labels := net.Labels()
	without := func(some, others []string) []string {
		return slices.DeleteFunc(slices.Clone(some), func(a string) bool { return slices.Contains(others, a) })
	}
	if only := without(s.Activities, labels); len(only) > 0 {
		notes = append(notes, eventlog.Note{Code: "only-in-log", Text: "In the log, but not in the model: " + strings.Join(only, ", ") + "."})
	}
	if only := without(labels, s.Activities); len(only) > 0 {
		own := without(s.Activities, labels) // one that the model has is not meant again
		guessed := false
		for i, label := range only {
			if guess := nearest(label, own); guess != "" {
				only[i], guessed = fmt.Sprintf("%s (perhaps %s)", label, guess), true
			}
		}
		text := "In the model, but not in the log: " + strings.Join(only, ", ") + "."
		if guessed {
			text += " Say what is meant by --map LABEL=ACTIVITY."
		}
		notes = append(notes, eventlog.Note{Code: "only-in-model", Text: text})
	}
	return notes
}

// deviationWords say what a deviation is to a reader.
var deviationWords = map[conform.DeviationKind]string{
	conform.Forced:     "done before the model allows it:",
	conform.Unknown:    "done, but unknown to the model:",
	conform.Left:       "tokens left on place",
	conform.Unfinished: "ended before the model did",
}

// exact writes a share so that 100 % is all.
func exact(share float64) string {
	if share < 1 && share > .9999 {
		return "> 99.99 %"
	}
	return percent(share)
}

func (c *mineConformCmd) print(e *env, x *conformance) error {
	if x.Behind != nil {
		return c.printBehind(e, x)
	}
	verb := "fit the model"
	if x.Prefix {
		verb = "begin as the model does"
	}
	fmt.Fprintf(e.Stdout, "%s of %s cases %s.\n\n", count(x.Fitness.FittingCases), count(x.Cases), verb)
	t := newTable("measure", " value", "")
	t.add("fitness", exact(x.Fitness.AverageTrace), "of cases, on average")
	t.add("", exact(x.Fitness.Log), "of the log, where long cases count more")
	if x.Footprints != nil {
		t.add("", exact(x.Footprints.Fitness), "of steps, two activities at a time (footprints)")
	}
	if x.Precision != nil {
		t.add("precision", exact(*x.Precision), "of what the model allows next is done next by some case")
		if x.Aligned != nil {
			t.add("", exact(*x.Aligned), "the same, where cases that leave the model go on as they are aligned")
		}
	}
	t.add("generalization", exact(x.Generalization), "by how often each part of the model is used")
	t.add("simplicity", exact(x.Simplicity), "by arcs at a node")
	if x.Cost != nil {
		t.add("cost", count(*x.Cost), "moves in the log or in the model alone")
	}
	if x.Tokens != nil {
		t.add("tokens", count(x.Tokens.Missing), "missing of "+count(x.Tokens.Consumed)+" consumed")
		t.add("", count(x.Tokens.Remaining), "remaining of "+count(x.Tokens.Produced)+" produced")
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if x.Departures != nil {
		if err := c.printDepartures(e, x); err != nil {
			return err
		}
	} else if len(x.Deviations) > 0 {
		fmt.Fprintln(e.Stdout)
		t := newTable(" cases", " share", " moves", "deviation")
		for i, d := range x.Deviations {
			if c.Top > 0 && i == c.Top {
				break
			}
			what := strings.TrimSpace(deviationWords[d.Kind] + " " + d.Activity + d.Place)
			t.add(count(d.Cases), percent(float64(d.Cases)/float64(x.Cases)), count(d.Moves), printable(what))
		}
		if err := t.write(e.Stdout); err != nil {
			return err
		}
		if c.Top > 0 && len(x.Deviations) > c.Top {
			fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(len(x.Deviations)-c.Top)))
		}
	}
	printNotes(e.Stdout, x.Notes)
	return nil
}
