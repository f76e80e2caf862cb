package main

import (
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"
)

// cli is the whole command line on one screen.
type cli struct {
	Project string           `short:"p" default:"millrace.yaml" placeholder:"FILE" help:"Project file."`
	Wait    time.Duration    `default:"60s" help:"How long to wait for a store that another process holds; 0s does not wait."`
	Memory  string           `placeholder:"SIZE" help:"How much memory to take, such as 2GB; default: half of the machine's. What does not fit is put on the disk beside the store."`
	Version kong.VersionFlag `help:"Print the version and exit."`

	Demo     demoCmd     `cmd:"" help:"Load sample data, mine it, write a report, and say where it is."`
	Init     initCmd     `cmd:"" help:"Write a commented millrace.yaml."`
	Ingest   ingestCmd   `cmd:"" help:"Load the project's sources into its store."`
	Links    linksCmd    `cmd:"" help:"Say how the systems' references to one another meet, and list those that do not."`
	Coverage coverageCmd `cmd:"" help:"Say which key figures can be computed from what is loaded, and what is missing."`
	Import   importCmd   `cmd:"" help:"Load files, or a folder of exported tables, into the project's store."`
	Log      struct {
		List    logListCmd    `cmd:"" help:"List the logs of the project's store."`
		Show    logShowCmd    `cmd:"" help:"Show what a log holds."`
		Profile logProfileCmd `cmd:"" help:"Say how far a log's data can be trusted: what is wrong, what to look at, what to know."`
	} `cmd:"" help:"See what is there."`
	Trace traceCmd `cmd:"" help:"Tell the story of one object or case: every event, object and amount, and the source rows behind them."`
	Mine  struct {
		Variants    mineVariantsCmd    `cmd:"" help:"The distinct sequences of activities, most frequent first."`
		DFG         mineDFGCmd         `cmd:"" name:"dfg" help:"The directly-follows graph: who follows whom, how often, after how long."`
		Map         mineMapCmd         `cmd:"" help:"The process map as a picture, at a level of detail."`
		Discover    mineDiscoverCmd    `cmd:"" help:"A process model: a process tree, or the Petri net that does the same."`
		Conform     mineConformCmd     `cmd:"" help:"How well a log and a model agree, and where cases deviate from it."`
		Bottlenecks mineBottlenecksCmd `cmd:"" help:"Waits, the longest in total first, with the value that waits."`
		Rework      mineReworkCmd      `cmd:"" help:"Activities that are repeated within a case."`
		Rules       mineRulesCmd       `cmd:"" help:"What holds between activities: rules of DECLARE, log skeleton, footprints, who follows whom, and after how long."`
		OCDFG       mineOCDFGCmd       `cmd:"" name:"ocdfg" help:"The object-centric directly-follows graph: what objects of each type go through."`
		OCPN        mineOCPNCmd        `cmd:"" name:"ocpn" help:"An object-centric Petri net: in which order objects of each type go through activities, and which they go through together."`
		Objects     mineObjectsCmd     `cmd:"" help:"How objects of all types relate by their events: who meets whom, who begins with whom."`
	} `cmd:"" help:"Find out how work flows."`
	KPI struct {
		Values   kpiCmd         `cmd:"" default:"withargs" help:"Key figures with what they rest on; the default, so that millrace kpi dso is enough."`
		Show     kpiShowCmd     `cmd:"" help:"Show a definition: what it says, needs and runs, and who accepted it."`
		Check    kpiCheckCmd    `cmd:"" help:"Check the project's definitions of figures and service levels: their form, their SQL, their examples."`
		Sample   kpiSampleCmd   `cmd:"" help:"Draw cases of a figure with all it reads of them, to be looked up in the source."`
		Accept   kpiAcceptCmd   `cmd:"" help:"Write down who stands behind a definition, into accepted.yaml."`
		Restate  kpiRestateCmd  `cmd:"" help:"Compute a figure by the definition as it is and as it was accepted before."`
		Controls kpiControlsCmd `cmd:"" help:"Hold figures against those of the general ledger, or of anybody else."`
		Semantic kpiSemanticCmd `cmd:"" help:"Write the definitions as a semantic layer for dbt (MetricFlow)."`
	} `cmd:"" name:"kpi" help:"Key figures of order-to-cash: times, touchless rates, delivery, billing, cash."`
	SLA    slaCmd    `cmd:"" name:"sla" help:"Service levels: what is late now, whose it is, and what it is worth."`
	Report reportCmd `cmd:"" help:"Write a page to read, print and pass on."`
	Export struct {
		Log  exportCmd     `cmd:"" default:"withargs" help:"A log's events, or its variants and graph, or all of it as XES or OCEL. What export means without another word."`
		KPI  exportKPICmd  `cmd:"" name:"kpi" help:"Key figures, with definitions, what was left out, and a manifest."`
		Star exportStarCmd `cmd:"" help:"Facts and dimensions with stable names, for Power BI and other tools."`
	} `cmd:"" help:"Write results for other tools."`
	Bench struct {
		Generate benchGenerateCmd `cmd:"" help:"Make an order-to-cash log of any size, case-centric or object-centric, to measure with."`
	} `cmd:"" help:"Measure on this machine."`
	Schedule struct {
		Run  scheduleRunCmd  `cmd:"" help:"Run the project's schedules as they become due, each once for its period, until it is stopped; or what is due now, with --once."`
		Next scheduleNextCmd `cmd:"" help:"Say when schedules are due."`
		List scheduleListCmd `cmd:"" help:"List the schedules, what became of the last run of each, and when the next is due."`
	} `cmd:"" help:"Load, report and export by cron expressions, each in its time zone."`
	Forget forgetCmd `cmd:"" help:"Remove a person from the store, and leave the person out of later loads."`
	Doctor doctorCmd `cmd:"" help:"Check that everything needed is here, and say what to do if not."`
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "development, commit " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "development"
}
