package bench

import (
	"context"
	"fmt"
	"io"
	"os"

	"millrace/eventlog"
	"millrace/ingest"
	"millrace/ingest/xesfile"
	"millrace/mining/conform"
	"millrace/mining/discover"
	"millrace/mining/petri"
)

// models are discovery and conformance, from a log in memory: reading the files
// is in no figure, counting the variants in all. PM4Py is not given the logs of
// threads, which take it hours.
func models() []step {
	list := []step{
		{question: "Generate models", way: "Millrace: mine discover --noise 0.2, a 40th of the events as XES and the net", makes: "model", fewer: 40,
			in: "model", commands: [][]string{
				{"millrace", "bench", "generate", "--events", "{events}", "--out", "log.xes"},
				{"millrace", "mine", "discover", "log.xes", "--noise", "0.2", "--out", "log.pnml"}}},
		{question: "Generate models", way: "four threads with rework and noise as XES, and two nets", in: "threads", makes: "threads",
			commands: one("inside", "threads", "{variants}", "log.xes", "folds.pnml", "searched.pnml")},
	}
	const easy = "a 40th of the events"
	add := func(folder, question string, s ...step) {
		for i := range s {
			s[i].question, s[i].in, s[i].part = question, folder, &measures
			if s[i].apart = folder == "threads"; !s[i].apart {
				s[i].fewer = 40
			}
		}
		list = append(list, s...)
	}
	add("model", "Process tree, IM, "+easy,
		step{way: "Millrace: Summarize, discover.Inductive", commands: one("inside", "model", "im", "log.xes")},
		step{way: "PM4Py: discover_process_tree_inductive", commands: one("python", "with_pm4py_models.py", "im", "log.xes"), most: 1e7, rival: true})
	add("model", "Process tree, IMf with noise 0.2, "+easy,
		step{way: "Millrace: Summarize, discover.Inductive", commands: one("inside", "model", "imf", "log.xes")},
		step{way: "PM4Py: discover_process_tree_inductive", commands: one("python", "with_pm4py_models.py", "imf", "log.xes"), most: 1e7, rival: true})
	add("model", "Partially ordered workflow model, "+easy,
		step{way: "Millrace: Summarize, discover.POWL", commands: one("inside", "model", "powl", "log.xes")},
		step{way: "PM4Py: discover_powl", commands: one("python", "with_pm4py_models.py", "powl", "log.xes"), most: 1e7, rival: true})
	add("model", "Token replay, "+easy+", the net of IMf",
		step{way: "Millrace: Summarize, conform.ReplayTokens", commands: one("inside", "model", "replay", "log.xes", "log.pnml")},
		step{way: "PM4Py: conformance_diagnostics_token_based_replay", commands: one("python", "with_pm4py_models.py", "replay", "log.xes", "log.pnml"), most: 1e7, rival: true})
	add("model", "Alignments, "+easy+", the net of IMf",
		step{way: "Millrace: Summarize, conform.Align", commands: one("inside", "model", "align", "log.xes", "log.pnml")},
		step{way: "process_mining (Rust): align_log", commands: one("rust", "with_process_mining", "align", "log.xes", "log.pnml"), rival: true},
		step{way: "PM4Py: conformance_diagnostics_alignments", commands: one("python", "with_pm4py_models.py", "align", "log.xes", "log.pnml"), most: 1e7, rival: true})
	add("threads", "Alignments, four threads with rework and noise, 4,366 variants in ten million events",
		step{way: "Millrace: Summarize, conform.Align", commands: one("inside", "model", "align", "log.xes", "folds.pnml")},
		step{way: "process_mining (Rust): align_log", commands: one("rust", "with_process_mining", "align", "log.xes", "folds.pnml"), rival: true})
	add("threads", "The same with a net whose threads share activities, which is searched",
		step{way: "Millrace: Summarize, conform.Align", commands: one("inside", "model", "align", "log.xes", "searched.pnml")},
		step{way: "process_mining (Rust): align_log", commands: one("rust", "with_process_mining", "align", "log.xes", "searched.pnml"), rival: true})
	return list
}

// readXES reads a log into memory, every event an event, as the rivals do.
func readXES(ctx context.Context, path string) (*eventlog.Log, error) {
	f, err := xesfile.Format.Open(ctx, path, ingest.Options{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := eventlog.NewBuilder(eventlog.BuilderOptions{Name: logName, Lifecycle: eventlog.All})
	defer b.Close()
	if err := f.Read(ctx, b.Add); err != nil {
		return nil, err
	}
	return b.Log()
}

// model finds a model of a log or compares one with it: model HOW LOG [NET].
func model(ctx context.Context, out io.Writer, args []string) error {
	l, err := readXES(ctx, args[1])
	if err != nil {
		return err
	}
	defer l.Close()
	var net *petri.Net
	if len(args) > 2 {
		f, err := os.Open(args[2])
		if err != nil {
			return err
		}
		defer f.Close()
		if net, err = petri.ReadPNML(f); err != nil {
			return err
		}
	}
	var s *eventlog.Summary
	found := map[string]any{}
	do := map[string]func() error{
		"im": func() error {
			t, err := discover.Inductive(ctx, s, discover.InductiveOptions{Variant: discover.IM})
			if err == nil {
				found["tree"] = t.String()
			}
			return err
		},
		"imf": func() error {
			t, err := discover.Inductive(ctx, s, discover.InductiveOptions{Variant: discover.IMf, Noise: .2})
			if err == nil {
				found["tree"] = t.String()
			}
			return err
		},
		"powl": func() error {
			t, err := discover.POWL(ctx, s, discover.POWLOptions{})
			if err == nil {
				found["tree"] = t.String()
			}
			return err
		},
		"replay": func() error {
			r, err := conform.ReplayTokens(ctx, s, net, nil)
			if err == nil {
				found["measures"] = map[string]float64{"replayed": r.Fitness().AverageTrace}
			}
			return err
		},
		"align": func() error {
			a, err := conform.Align(ctx, s, net, conform.Options{})
			if err == nil {
				found["measures"] = map[string]float64{"fitness": a.Fitness().AverageTrace, "cost": float64(a.Cost()), "unsolved": unsolved(a)}
			}
			return err
		},
	}[args[0]]
	if do == nil {
		return fmt.Errorf("%w: model %s", errNotThere, args[0])
	}
	runs, err := repeat(func() (err error) {
		if s, err = eventlog.Summarize(ctx, l, eventlog.SummaryOptions{WithoutWaits: true, WithoutVariants: true}); err != nil {
			return err
		}
		return do()
	})
	if err != nil {
		return err
	}
	cases, events := l.Size()
	return say(out, runs, map[string]int64{"cases": cases, "events": events, "distinct": int64(len(s.Variants))}, found)
}

// unsolved counts variants whose alignment is not known to be optimal.
func unsolved(a *conform.Alignments) (n float64) {
	for i := range a.Variants {
		if !a.Variants[i].Optimal() {
			n++
		}
	}
	return n
}
