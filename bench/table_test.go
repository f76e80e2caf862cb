package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A report is everything a run of the benchmark says.
type report struct {
	Command  string            `json:"command"`
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Events   int64             `json:"events"`
	Results  []result          `json:"results"`
	// Growth has the results of our own steps at smaller sizes, the smallest first.
	Growth [][]result `json:"growth,omitempty"`
}

// busy is how many cores others may have kept busy for a figure to count as
// taken on a quiet machine.
const busy = 0.5

// markdown writes the report as a page to read, and to copy from.
func (r *report) markdown(w io.Writer) {
	fmt.Fprintf(w, "%s events; %s; %d cores, %s; %s.\n", thousands(r.Events), r.Machine.CPU, r.Machine.Cores, gigabytes(r.Machine.Memory), r.Machine.OS)
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+strings.TrimPrefix(r.Versions[name], "v"))
	}
	fmt.Fprintf(w, "Beside it: %s. Command: `%s`.\n\n", strings.Join(versions, ", "), r.Command)
	fmt.Fprint(w, "Each step is a process of its own; its files are in the page cache. CPU is user and system time of all threads, × is how much\n"+
		"more a rival takes than Millrace. Memory is at its peak: the process's own, and files it maps, its program too. Others is how many cores\n"+
		"all else on the machine kept busy meanwhile; where that is over 0.5 (!), wall time is not what an idle machine takes: compare CPU. Load is\n"+
		"the machine's before. \"Inside\" leaves out what a process needs to begin: the best run, of a filter the first.\n")
	for i := 0; i < len(r.Results); {
		n := 1
		for i+n < len(r.Results) && r.Results[i+n].Question == r.Results[i].Question {
			n++
		}
		question(w, r.Results[i:i+n])
		i += n
	}
	if len(r.Growth) > 0 {
		r.growth(w)
	}
}

// question writes the table of one question.
func question(w io.Writer, list []result) {
	fmt.Fprintf(w, "\n**%s**\n\n", list[0].Question)
	t := table{{"way", "CPU s", "wall s", "× CPU", "× wall", "own MB", "mapped MB", "disk MB", "others", "load", "said"}}
	for _, x := range list {
		if x.Status != measured {
			t = append(t, []string{x.Way, "–", "–", "–", "–", "–", "–", "–", "–", "–", "**" + x.Status + "**: " + firstLine(x.Said)})
			continue
		}
		said := x.Said
		if len(x.Inside) > 0 {
			if said != "" {
				said += "; "
			}
			said += "inside: CPU"
			for _, run := range x.Inside {
				said += " " + seconds(run.CPU)
			}
			said += ", process " + seconds(x.Process.CPU)
		}
		cpu, wall := "–", "–"
		if ours := against(list, &x); ours != nil {
			cpu = strconv.FormatFloat(x.cpu/ours.cpu, 'f', 1, 64) + "×"
			wall = strconv.FormatFloat(x.wall/ours.wall, 'f', 1, 64) + "×"
		}
		others := strconv.FormatFloat(x.Process.Others, 'f', 1, 64)
		if x.Process.Others > busy {
			others += " !"
		}
		load, _, _ := strings.Cut(x.Process.Load, " ")
		t = append(t, []string{x.Way, seconds(x.cpu), seconds(x.wall), cpu, wall,
			megabytes(x.Process.Anonymous), megabytes(x.Process.FileBacked), megabytes(x.Grew), others, load, said})
	}
	t.write(w)
}

// against is the result of ours that a rival's is compared with: the first that
// answers as much, else the first; nil if there is none.
func against(list []result, x *result) (ours *result) {
	if !x.Rival {
		return nil
	}
	for i := range list {
		if y := &list[i]; y.Status == measured && !y.Rival && y.Events == x.Events && y.cpu > 0 && y.wall > 0 {
			if y.part == x.part {
				return y
			}
			if ours == nil {
				ours = y
			}
		}
	}
	return ours
}

// growth writes what an event costs at each size, and how that relates to the
// smallest.
func (r *report) growth(w io.Writer) {
	all := append(slices.Clone(r.Growth), r.Results)
	fmt.Fprint(w, "\n**Growth**: CPU in microseconds an event; × is relative to the smallest size, and over 1 where cost grows faster than the log\n\n")
	t := table{{"step"}}
	for _, results := range all {
		t[0] = append(t[0], thousands(results[0].Events))
	}
	for _, x := range r.Results {
		if x.Rival || x.Status != measured {
			continue
		}
		row := []string{x.Question + ": " + x.Way}
		var least float64
		for _, results := range all {
			i := slices.IndexFunc(results, func(y result) bool { return y.Question == x.Question && y.Way == x.Way })
			if i < 0 || results[i].Status != measured {
				row = append(row, "–")
				continue
			}
			each := results[i].cpu / float64(results[i].Events) * 1e6
			if least == 0 {
				least = each
			}
			row = append(row, fmt.Sprintf("%.3f (%.2f×)", each, each/least))
		}
		t = append(t, row)
	}
	t.write(w)
}

// writeJSON writes the report for programs.
func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// A table is written as Markdown whose columns stand below each other: numbers
// to the right.
type table [][]string

func (t table) write(w io.Writer) {
	left := func(column int) bool { return column == 0 || t[0][column] == "said" }
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if left(i) {
				cell += pad
			} else {
				cell = pad + cell
			}
			fmt.Fprintf(w, "| %s ", cell)
		}
		fmt.Fprintln(w, "|")
	}
	line(t[0])
	rule := make([]string, len(widths))
	for i, n := range widths {
		rule[i] = strings.Repeat("-", n)
		if !left(i) {
			rule[i] = rule[i][1:] + ":"
		}
	}
	line(rule)
	for _, row := range t[1:] {
		line(row)
	}
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text
}

func seconds(s float64) string {
	if s < 1 {
		return strconv.FormatFloat(s, 'f', 3, 64)
	}
	return strconv.FormatFloat(s, 'f', 2, 64)
}

func megabytes(n int64) string {
	if n < 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(n)/1e6, 'f', 0, 64)
}

func gigabytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1e9, 'f', 0, 64) + " GB of memory"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
