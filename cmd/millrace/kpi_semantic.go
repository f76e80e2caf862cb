package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"millrace/metrics"
)

// kpiSemanticCmd is millrace kpi semantic.
type kpiSemanticCmd struct {
	chosenFlags
	Out string `required:"" placeholder:"DIR" help:"Folder to write to, within models/ of a dbt project."`
	jsonFlag
}

func (c *kpiSemanticCmd) Help() string {
	return "Writes semantic_models.yml, metrics.yml, a dbt model for each view and its source, and README.md: what became of what, and what has no counterpart. " +
		"The project needs no store.\n\nExample: millrace kpi semantic --out dbt/models/millrace"
}

func (c *kpiSemanticCmd) Run(e *env) (err error) {
	kpis, err := c.chosen(e)
	if err != nil {
		return err
	}
	bench, err := metrics.OpenBench(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	layer, err := bench.Semantic(e, kpis, e.Project.zone())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	files, err := semanticFiles(layer, e.Project.zone().String())
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(c.Out, f.name), func(w io.Writer) error { _, err := io.WriteString(w, f.text); return err }); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(e.Stdout, struct {
			Out      string             `json:"out"`
			Models   int                `json:"semantic_models"`
			Metrics  int                `json:"metrics"`
			Unmapped []metrics.Unmapped `json:"unmapped"`
		}{c.Out, len(layer.Models), len(layer.Metrics), list(layer.Unmapped)})
	}
	fmt.Fprintf(e.Stdout, "wrote %s: %s, %s\n", c.Out, plural(len(layer.Models), "semantic model", "semantic models"), plural(len(layer.Metrics), "metric", "metrics"))
	for _, u := range layer.Unmapped {
		fmt.Fprintf(e.Stdout, "not in it: %s: %s\n", u.Name, printable(u.Reason))
	}
	return nil
}

// A semanticFile is one of the files of a semantic layer.
type semanticFile struct{ name, text string }

func semanticFiles(l *metrics.SemanticLayer, zone string) ([]semanticFile, error) {
	head := "# Written by millrace kpi semantic; changes belong into the definitions of key figures.\n"
	models, err := yaml.Marshal(map[string]any{"semantic_models": list(l.Models)})
	if err != nil {
		return nil, err
	}
	figures, err := yaml.Marshal(map[string]any{"metrics": list(l.Metrics)})
	if err != nil {
		return nil, err
	}
	var tables, unmapped strings.Builder
	files := []semanticFile{{"semantic_models.yml", head + string(models)}, {"metrics.yml", head + string(figures)}}
	for _, m := range l.Models {
		fmt.Fprintf(&tables, "      - name: %s\n", m.View)
		files = append(files, semanticFile{"o2c_" + m.View + ".sql", "select * from {{ source('o2c', '" + m.View + "') }}\n"})
	}
	sources := head + "version: 2\nsources:\n  - name: o2c\n    schema: o2c\n    tables:\n" + tables.String()
	if len(l.Models) == 0 {
		sources = head + "version: 2\nsources: []\n"
	}
	files = append(files, semanticFile{"sources.yml", sources})
	for _, u := range l.Unmapped {
		fmt.Fprintf(&unmapped, "| `%s` | %s |\n", u.Name, strings.ReplaceAll(u.Reason, "|", "\\|"))
	}
	none := unmapped.String()
	if none == "" {
		none = "| none | |\n"
	}
	return append(files, semanticFile{"README.md", fmt.Sprintf(semanticReadme, zone, none)}), nil
}

const semanticReadme = `# Key figures as a semantic layer

Written by millrace kpi semantic, for MetricFlow as dbt 1.6 to 1.11 have it (semantic_models with measures); for dbt 1.12 and Fusion,
dbt-autofix turns it into the specification without measures. The SQL is DuckDB's, as the views of schema o2c are: use dbt-duckdb on a
copy of the store. Days begin in %s. MetricFlow wants a time spine in the project besides.

| Millrace | here |
|---|---|
| view | a semantic model over a dbt model of its own, o2c_VIEW.sql |
| key of the view, other …_id | primary entity, foreign entities |
| columns of text and truth | categorical dimensions |
| times and days | time dimensions, by day |
| count, sum | a measure (count, sum) and a simple metric |
| rate | two measures, two simple metrics, a ratio metric |
| ratio | the same; in percent, a derived metric of the ratio, times 100 |
| duration | measures percentile and average: NAME (the median), NAME_p90, NAME_mean |
| attributed_to | agg_time_dimension |
| scope, leave_out, open | CASE WHEN … THEN NULL in the measure |
| split | a categorical dimension NAME_SPLIT; nobody has to ask by it |

What is lost: how many are left out and why, open objects, intervals, the least number of objects, links between systems that were not
found, states as of an earlier day, exchange rates. Money is one figure a currency: ask by it.

No counterpart:

| figure | why |
|---|---|
%s`
