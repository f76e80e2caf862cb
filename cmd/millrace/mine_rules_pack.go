package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"millrace/eventlog"
	"millrace/metrics"
)

// conductJSON is how a rule of conduct is kept, as the command line's stable JSON.
type conductJSON struct {
	Name     string              `json:"name"`
	Title    string              `json:"title"`
	Doc      string              `json:"doc"`
	Owner    string              `json:"owner"`
	Severity string              `json:"severity"`
	Of       string              `json:"of"`
	Checked  int64               `json:"checked"`
	Violated int64               `json:"violated"`
	Share    *float64            `json:"share"` // null of nothing
	Open     int64               `json:"open"`
	Excluded map[string]int64    `json:"excluded"`
	Value    []metrics.Amount    `json:"value"`
	Cases    []metrics.Violation `json:"cases"`
	SQL      string              `json:"sql,omitempty"`
	Notes    []eventlog.Note     `json:"notes"`
}

// pack says how rules of conduct are kept.
func (c *mineRulesCmd) pack(e *env) (err error) {
	sheet, from, err := c.readPack(e)
	if err != nil {
		return err
	}
	all := sheet.Rules
	if c.Rule != "" {
		var names []string
		for _, r := range all {
			names = append(names, r.Name)
		}
		if !slices.Contains(names, c.Rule) {
			return usageError{fmt.Errorf("--rule: no rule is called %q%s; there are %s", c.Rule, eventlog.DidYouMean(c.Rule, names), strings.Join(names, ", "))}
		}
		all = slices.DeleteFunc(slices.Clone(all), func(r *metrics.Rule) bool { return r.Name != c.Rule })
	}
	o, err := (&kpiFlags{}).options(e)
	if err != nil {
		return err
	}
	s, err := e.openClosed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	cases := 3
	if c.Rule != "" {
		cases = -1
	}
	list, failed, err := metrics.Conducts(e, s.Query, all, cases, o)
	if failed >= 0 && err != nil {
		sheet.Fault(slices.Index(sheet.Rules, all[failed]), all[failed].Name, err)
		return sheetError(from, sheet)
	}
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		err = c.printConductsJSON(e, list)
	case c.SQL:
		for _, v := range list {
			if v.SQL == "" {
				v.SQL = fmt.Sprintf("-- %s: %s\n", v.Rule.Name, v.Notes[0].Text)
			}
			fmt.Fprintln(e.Stdout, v.SQL)
		}
	case c.Rule != "":
		err = c.printConduct(e, &list[0])
	default:
		err = printConducts(e, list)
	}
	if err == nil && c.Fail && slices.ContainsFunc(list, func(v metrics.Conduct) bool { return v.Violated > 0 }) {
		return limitsError{errors.New("rules are violated")}
	}
	return err
}

// readPack reads the pack of that name, or else the file.
func (c *mineRulesCmd) readPack(e *env) (sheet *metrics.Sheet, from string, err error) {
	levels, err := e.Project.rules()
	if err != nil {
		return nil, "", err
	}
	var text []byte
	from = c.Pack
	if slices.Contains(metrics.Packs(), c.Pack) {
		text, err = metrics.PackText(c.Pack)
	} else if text, err = os.ReadFile(c.Pack); errors.Is(err, os.ErrNotExist) {
		return nil, "", usageError{fmt.Errorf("--pack %s: there is no such file, and no pack of that name; there is %s", c.Pack, strings.Join(metrics.Packs(), ", "))}
	}
	if err != nil {
		return nil, "", err
	}
	sheet = metrics.ReadPack(text, levels)
	if len(sheet.Problems) > 0 {
		return nil, "", sheetError(from, sheet)
	}
	if len(sheet.Rules) == 0 {
		return nil, "", usageError{fmt.Errorf("%s: has no rule", from)}
	}
	return sheet, from, nil
}

// sheetError says the first thing that is wrong with a file, with its place.
func sheetError(from string, sheet *metrics.Sheet) error {
	p := sheet.Problems[0]
	text := fmt.Sprintf("%s:%d:%d: %s", from, p.Line, p.Column, p.Text)
	if p.Line == 0 {
		text = fmt.Sprintf("%s: %s", from, p.Text)
	}
	if p.Excerpt != "" {
		text += "\n" + strings.TrimRight(p.Excerpt, "\n")
	}
	return usageError{errors.New(text)}
}

func (c *mineRulesCmd) printConductsJSON(e *env, list []metrics.Conduct) error {
	out := []conductJSON{}
	for _, v := range list {
		r := v.Rule
		j := conductJSON{Name: r.Name, Title: r.Title, Doc: r.Doc, Owner: r.Owner, Severity: r.Severity, Of: r.Of, Checked: v.Checked, Violated: v.Violated, Open: v.Open,
			Excluded: map[string]int64{}, Value: orNone(v.Value), Cases: orNone(v.Cases), Notes: orNone(v.Notes)}
		if v.Checked > 0 {
			share := float64(v.Violated) / float64(v.Checked)
			j.Share = &share
		}
		for _, x := range v.Excluded {
			j.Excluded[x.Reason] += x.N
		}
		if c.SQL {
			j.SQL = v.SQL
		}
		out = append(out, j)
	}
	return printJSON(e.Stdout, struct {
		AsOf  metrics.Day     `json:"as_of"`
		Pack  string          `json:"pack"`
		Rules []conductJSON   `json:"rules"`
		Notes []eventlog.Note `json:"notes"`
	}{list[0].AsOf, c.Pack, out, []eventlog.Note{}})
}

func printConducts(e *env, list []metrics.Conduct) error {
	fmt.Fprintf(e.Stdout, "as of the end of %s\n\n", list[0].AsOf)
	t := newTable("rule", "severity", "owner", "of", " checked", " violated", " share", " value", "left out")
	for _, v := range list {
		r := v.Rule
		if len(v.Notes) > 0 {
			t.add(r.Name, r.Severity, r.Owner, r.Of, "–", "–", "–", "", v.Notes[0].Text)
			continue
		}
		t.add(r.Name, r.Severity, r.Owner, r.Of, count(v.Checked), count(v.Violated), conductShare(v), amountsText(v.Value), strings.Join(leftOut(v), ", "))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.Stdout, "\n--rule NAME lists the cases and says what the rule is; --sql prints the SQL.")
	return err
}

func conductShare(v metrics.Conduct) string {
	if v.Checked == 0 {
		return "–"
	}
	return percent(float64(v.Violated) / float64(v.Checked))
}

// leftOut says which cases were not checked, and why.
func leftOut(v metrics.Conduct) (words []string) {
	if v.Open > 0 {
		words = append(words, count(v.Open)+" still in time")
	}
	for _, x := range v.Excluded {
		words = append(words, count(x.N)+" "+x.Reason)
	}
	return words
}

func (c *mineRulesCmd) printConduct(e *env, v *metrics.Conduct) error {
	r := v.Rule
	fmt.Fprintf(e.Stdout, "%s (%s, %s)\n%s\n\n", r.Title, r.Severity, r.Owner, r.Doc)
	if len(v.Notes) > 0 {
		printNotes(e.Stdout, v.Notes)
		return nil
	}
	fmt.Fprintf(e.Stdout, "%s of %s %s violate it: %s", count(v.Violated), count(v.Checked), r.Of, conductShare(*v))
	if value := amountsText(v.Value); value != "" {
		fmt.Fprintf(e.Stdout, ", worth %s", value)
	}
	fmt.Fprintln(e.Stdout, ".")
	if left := leftOut(*v); len(left) > 0 {
		fmt.Fprintf(e.Stdout, "Not checked: %s.\n", strings.Join(left, ", "))
	}
	if len(v.Cases) == 0 {
		return nil
	}
	fmt.Fprintln(e.Stdout)
	t := &listing{table: newTable(r.One, "when", " value", ""), top: c.Top}
	for _, x := range v.Cases {
		value := ""
		if x.Amount != nil {
			value = breachAmount(metrics.Breach{Amount: x.Amount, Currency: x.Currency})
		}
		t.row(printable(x.Key), x.At, value, printable(x.Detail))
	}
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if t.more > 0 {
		fmt.Fprintf(e.Stdout, "… %s more; --top 0 prints all\n", count(int64(t.more)))
	}
	_, err := fmt.Fprintln(e.Stdout, "\nmillrace trace ID shows the source rows behind one.")
	return err
}
