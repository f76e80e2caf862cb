package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A step is one way to answer a question, in a process of its own.
type step struct {
	question string // steps of one question stand together, ours first
	way      string // who answers it, and how
	// commands are run one after the other, and count together. {name} is one
	// of files, {events} how many events there are for the step, {variants} how
	// many variants where it has a log of its own.
	commands [][]string
	makes    string  // file or folder; how much it grew is printed
	in       string  // folder to work in; "": where the files are
	part     *part   // what it must answer; nil: it only has to succeed
	within   float64 // of its durations, as a part of their value; 0: exact
	fewer    int64   // events are divided by this
	most     int64   // larger logs it is not given; 0: none
	apart    bool    // its events are those of a log of its own
	narrows  bool    // its answer is about some of the events
	rival    bool    // not ours
}

const (
	storeName = "millrace.duckdb" // where there is no project file
	logName   = "log"
	buckets   = 0.008 // what quantiles of ours are good for, without --exact
)

// files are in the folder of a run. A step runs if those it names and does not
// make are there; a file goes when no later step names it.
var files = map[string]string{
	"parquet": "log.parquet", "csv": "log.csv", "xes": "log.xes", "ocel": "log.csvocel",
	"shuffled": "shuffled.parquet",
	"parts":    "parts", // a folder, as those below
	"store":    "store", "external": "external", "grown": "grown", "objects": "objects", "model": "model", "threads": "threads", "table": "table.duckdb",
}

// one is a single command: millrace, a task inside this program, a file of
// bench/rivals for python, or rust for the program in bench/rivals.
func one(words ...string) [][]string { return [][]string{words} }

// steps lists everything that is measured, in its order.
func steps() []step {
	return slices.Concat(generating(), fromFile("parquet"), fromFile("csv"), readingXES(), importing(), folding(), filtering(), growing(), objects(), models(), reading())
}

// generating makes the files: tables in order of time, so that cases
// interleave, XES case by case.
func generating() []step {
	list := []step{
		{way: "Parquet", makes: "parquet"},
		{way: "Parquet, rows in no order, with their sequence", makes: "shuffled"},
		{way: "CSV", makes: "csv"},
		{way: "XES of a tenth of the events", makes: "xes", fewer: 10},
		{way: "object-centric (OCEL in CSV) of a tenth of the events", makes: "ocel", fewer: 10},
	}
	for i := range list {
		s := &list[i]
		s.question, s.way = "Generate", "Millrace: bench generate, "+s.way
		s.commands = one("millrace", "bench", "generate", "--events", "{events}", "--out", "{"+s.makes+"}")
	}
	list[1].commands[0] = append(list[1].commands[0], "--order", "shuffled")
	return list
}

// fromFile is from a file to the answer, cold. Rivals do not have our summary:
// they are asked for the graph and for the variants, each alone, and for both.
func fromFile(file string) []step {
	f := "{" + file + "}"
	name := map[string]string{"parquet": "Parquet", "csv": "CSV"}[file]
	var list []step
	add := func(s step) { list = append(list, s) }

	q := "Graph with p50 and p95 of waits, starts and ends, from " + name
	add(step{question: q, way: "Millrace: mine dfg FILE", commands: one("millrace", "mine", "dfg", f, "--json"), part: &dfg, within: buckets})
	add(step{question: q, way: "DuckDB: SQL", commands: one("inside", "sql", "dfg", f), part: &dfg, rival: true})
	add(step{question: q, way: "polars", commands: one("python", "with_polars.py", "dfg", f), part: &dfg, rival: true})
	if file == "parquet" {
		add(step{question: q, way: "PM4Py: without p95", commands: one("python", "with_pm4py.py", "dfg", f), part: &part{graph: true, median: true}, most: 1e7, rival: true})
	}
	q = "Variants with the median of their durations, from " + name
	add(step{question: q, way: "Millrace: mine variants FILE", commands: one("millrace", "mine", "variants", f, "--json"), part: &variants, within: buckets})
	add(step{question: q, way: "DuckDB: SQL", commands: one("inside", "sql", "variants", f), part: &variants, rival: true})
	add(step{question: q, way: "polars", commands: one("python", "with_polars.py", "variants", f), part: &variants, rival: true})
	counts := variants.counts()
	add(step{question: q, way: "polars: counts only", commands: one("python", "with_polars.py", "counts", f), part: &counts, rival: true})
	if file == "parquet" {
		add(step{question: q, way: "PM4Py: counts only", commands: one("python", "with_pm4py.py", "variants", f), part: &counts, most: 1e7, rival: true})
	}
	q = "Graph and variants, from " + name
	add(step{question: q, way: "Millrace: mine dfg FILE, then mine variants FILE", commands: [][]string{
		{"millrace", "mine", "dfg", f, "--json"}, {"millrace", "mine", "variants", f, "--json"}}, part: &both, within: buckets})
	add(step{question: q, way: "DuckDB: SQL, one process", commands: one("inside", "sql", "both", f), part: &both, rival: true})
	add(step{question: q, way: "polars, one process", commands: one("python", "with_polars.py", "both", f), part: &both, rival: true})
	add(step{question: q, way: "PM4Py, one process: without p95, variants without durations", commands: one("python", "with_pm4py.py", "both", f),
		part: &part{graph: true, variants: true}, most: 1e7, rival: true})
	return list
}

func readingXES() []step {
	q := "Graph, from XES of a tenth of the events"
	return []step{
		{question: q, way: "Millrace: mine dfg FILE", commands: one("millrace", "mine", "dfg", "{xes}", "--json"), part: &dfg, within: buckets, fewer: 10},
		{question: q, way: "encoding/xml into a Millrace log, then fold", commands: one("inside", "encoding-xml", "{xes}"), part: &both, fewer: 10, rival: true},
		{question: q, way: "PM4Py: without p95", commands: one("python", "with_pm4py.py", "dfg", "{xes}"), part: &part{graph: true, median: true}, fewer: 10, most: 1e7, rival: true},
	}
}

func importing() []step {
	q := "Import into a store"
	return []step{
		{question: q, way: "Millrace: import FILE.parquet", commands: one("millrace", "import", "{parquet}", "--log", logName), in: "store", makes: "store"},
		{question: q, way: "DuckDB: integers and an enumeration, sorted, into a table", commands: one("inside", "sql-load", "{parquet}", "{table}"), makes: "table", rival: true},
		{question: "Import of rows in no order, in 2 GB", way: "Millrace: import FILE.parquet --memory 2GB", commands: one("millrace", "import", "{shuffled}", "--log", logName, "--memory", "2GB"), in: "external", makes: "external"},
		{question: "What was imported from rows in no order", way: "Millrace: mine dfg LOG", commands: one("millrace", "mine", "dfg", logName, "--json"), in: "external", part: &dfg, within: buckets},
		{question: "What was imported from rows in no order", way: "DuckDB: SQL on the file in order", commands: one("inside", "sql", "dfg", "{parquet}"), part: &dfg, rival: true},
	}
}

func folding() []step {
	list := []step{
		{way: "Millrace: open the store, map and check the log", commands: one("inside", "open"), part: &size},
		{way: "Millrace: waits as the store keeps them", commands: one("inside", "fold", "kept"), part: &part{graph: true, variants: true, p95: true}},
		{way: "Millrace: fold, with quantiles of each arc", commands: one("inside", "fold", "plain"), part: &part{graph: true, variants: true, p95: true}},
		{way: "Millrace: fold, with quantiles of each variant too", commands: one("inside", "fold", "variants"), part: &both},
		{way: "Millrace: fold, exact quantiles", commands: one("inside", "fold", "exact"), part: &both, within: 1e-9},
		{way: "Millrace: frequencies only", commands: one("inside", "fold", "frequencies"), part: &part{graph: true, variants: true}},
		{way: "Millrace: mine dfg LOG, a process", commands: one("millrace", "mine", "dfg", logName, "--json"), part: &dfg},
		{way: "DuckDB: SQL on the table of sorted integers", commands: one("inside", "sql-table", "{table}"), part: &both, rival: true},
	}
	for i := range list {
		s := &list[i]
		s.question = "Graph, variants, durations, starts and ends of a log in a store"
		if !s.rival {
			s.in = "store"
			s.within = cmp.Or(s.within, buckets)
		}
	}
	return append(list,
		step{question: "Working time", way: "Millrace: count it once", commands: one("inside", "calendar", "count"), in: "store"},
		step{question: "Working time", way: "Millrace: fold in working time, with quantiles of each arc", commands: one("inside", "calendar", "fold"), in: "store"})
}

// filters has one of each kind; a test holds that none is missing.
var filters = []struct{ kind, value string }{
	{"where", "id LIKE '%7'"},
	{"event-where", "resource = 'User_007'"},
	{"contains", "Change Price"},
	{"without", "Change Price"},
	{"starts", "Create Sales Order"},
	{"ends", "Clear Invoice"},
	{"follows", "Create Invoice ~> Receive Payment within 30d"},
	{"duration", ">7d"},
	{"variants", "top:100"},
	{"keep", "Create Sales Order"},
	{"drop", "Check Credit Limit"},
	{"period", "contained"},
}

func filtering() []step {
	var list []step
	for _, f := range filters {
		list = append(list, step{question: "One filter, then graph and variants again", way: "Millrace: --" + f.kind + " " + f.value,
			commands: one("inside", "filter", f.kind, f.value), in: "store", part: &size, narrows: true})
	}
	return list
}

func growing() []step {
	q := "Import of the newest 1 % of the events"
	return []step{
		{question: q, way: "Millrace: bench generate --newest 1%", in: "parts", makes: "parts",
			commands: one("millrace", "bench", "generate", "--events", "{events}", "--newest", "1%", "--out", "log.parquet")},
		{question: q, way: "Millrace: import of the other 99 %", in: "grown", makes: "grown",
			commands: one("millrace", "import", "{parts}/log.parquet", "--log", logName)},
		{question: q, way: "Millrace: after the import of the newest 1 %, the columns of the whole log", in: "grown", makes: "grown",
			commands: one("inside", "increment", "{parts}/log-newest.parquet"), part: &dfg, within: buckets},
		{question: "What was imported in two parts", way: "Millrace: open the store, map and check the log, graph", in: "grown", part: &dfg, within: buckets, commands: one("inside", "grown")},
		{question: "What was imported in two parts", way: "Millrace: mine dfg LOG, then mine variants LOG", in: "grown", part: &both, within: buckets, commands: [][]string{
			{"millrace", "mine", "dfg", logName, "--json"}, {"millrace", "mine", "variants", logName, "--json"}}},
		{question: "What was imported in two parts", way: "DuckDB: SQL on the whole file", commands: one("inside", "sql", "both", "{parquet}"), part: &both, rival: true},
	}
}

func objects() []step {
	q := "Object-centric, a tenth of the events, each with three objects"
	list := []step{
		{way: "Millrace: import FILE.csvocel", commands: one("millrace", "import", "{ocel}", "--log", logName), makes: "objects"},
		{way: "Millrace: mine ocdfg LOG", commands: one("millrace", "mine", "ocdfg", logName, "--json")},
		{way: "Millrace: mine variants LOG:TYPE, each of four types"},
	}
	for _, t := range []string{"order", "item", "delivery", "invoice"} {
		list[2].commands = append(list[2].commands, []string{"millrace", "mine", "variants", logName + ":" + t, "--json"})
	}
	for i := range list {
		list[i].question, list[i].in, list[i].fewer = q, "objects", 10
	}
	return list
}

// named lists the files that a step names, those it makes too.
func (s *step) named() []string {
	var list []string
	for _, c := range s.commands {
		for _, word := range c {
			for name := range files {
				if strings.Contains(word, "{"+name+"}") {
					list = append(list, name)
				}
			}
		}
	}
	for _, name := range []string{s.in, s.makes} {
		if name != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *step) events(n int64) int64 { return max(1, n/max(1, s.fewer)) }

// check says what is wrong with a list of steps.
func check(list []step) error {
	seen := map[string]bool{}
	made := map[string]bool{}
	for i, s := range list {
		key := s.question + ": " + s.way
		if seen[key] {
			return fmt.Errorf("%s: twice", key)
		}
		seen[key] = true
		if i > 0 && s.question != list[i-1].question && slices.ContainsFunc(list[:i], func(x step) bool { return x.question == s.question }) {
			return fmt.Errorf("%s: the steps of its question do not stand together", key)
		}
		for _, name := range s.named() {
			if files[name] == "" {
				return fmt.Errorf("%s: no file is called %q", key, name)
			}
			if !made[name] && name != s.makes {
				return fmt.Errorf("%s: no step before makes %q", key, name)
			}
		}
		if s.makes != "" {
			made[s.makes] = true
		}
	}
	return nil
}
