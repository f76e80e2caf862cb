package metrics

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A FieldError is what is wrong with one field of a definition.
type FieldError struct {
	Field string // hit, leave_out[1].when, with.paid
	Err   error
}

func (e FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e FieldError) Unwrap() error { return e.Err }

// A role is what a piece of SQL stands for in the engine's statement.
type role int

const (
	expressionRole role = iota // one value of a row
	queryRole                  // one SELECT
	joinRole                   // what follows "FROM view AS v"
)

// A piece is SQL that a definition brings.
type piece struct {
	field, text string
	role        role
}

// pieces lists the SQL of k, in the order of its fields.
func (k *KPI) pieces() []piece {
	var list []piece
	add := func(field, text string, r role) {
		if text != "" {
			list = append(list, piece{field, text, r})
		}
	}
	for _, name := range sortedKeys(k.With) {
		add("with."+name, k.With[name], queryRole)
	}
	add("join", k.Join, joinRole)
	for _, x := range []struct{ field, text string }{
		{"key", k.Key}, {"scope", k.Scope}, {"from", k.From}, {"to", k.To}, {"site", k.Site}, {"day_precision", k.DayPrecision}, {"hit", k.Hit}, {"unsure", k.Unsure},
		{"numerator", k.Numerator}, {"denominator", k.Denominator}, {"value", k.Value}, {"currency", k.Currency}, {"amount", k.Amount},
		{"attributed_to", k.At}, {"since", k.Since}, {"open", k.Open},
	} {
		if x.field == "site" && k.Clock != Business {
			continue // a default that nothing uses
		}
		add(x.field, x.text, expressionRole)
	}
	for i, l := range k.LeaveOut {
		add(fmt.Sprintf("leave_out[%d].when", i), l.When, expressionRole)
	}
	for _, name := range sortedKeys(k.Split) {
		add("split."+name, k.Split[name], expressionRole)
	}
	for _, name := range sortedKeys(k.Dimensions) {
		add("dimensions."+name, k.Dimensions[name], expressionRole)
	}
	if k.Kind == SQLKind {
		add("sql", k.SQL, queryRole)
	}
	return list
}

// sqlText is all that the guard looks at, as one text.
func (k *KPI) sqlText() string {
	var b strings.Builder
	b.WriteString(k.View)
	for _, p := range k.pieces() {
		fmt.Fprintf(&b, "\x00%s\x00%s", p.field, p.text)
	}
	if k.Over != nil {
		b.WriteString("\x00over\x00" + k.over().sqlText())
	}
	return b.String()
}

// longestSQL is how long a piece of SQL may be, in bytes.
const longestSQL = 64 << 10

// withName is the name of a SELECT that expressions join.
var withName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// ownNames are those that statements give to what they read.
var ownNames = []string{"looked_at", "sites", "hours", "placed", "rates", "measured", "periods", "counted", "lived", "at_risk", "survived"}

// guard says what SQL of k may not run: more than one SELECT or expression in
// a field, or one that reads anything but the business views. DuckDB's own
// parser reads each piece alone, and once more in brackets, so that nothing in
// it, a bracket, comment or semicolon, reaches what is written around it. The
// store is shut off besides, see eventlog.OpenOptions.Closed.
//
// The texts of the catalogue as it comes with Millrace are not parsed again each
// time: a test has guarded them. A definition that differs in one letter is.
func (a *asking) guard(k *KPI) error {
	if k.proven != "" && k.proven == k.sqlText() {
		return nil
	}
	names := map[string]bool{}
	for name := range k.With {
		if !withName.MatchString(name) {
			return FieldError{"with", fmt.Errorf("%q: a name is lower case letters, digits and underscores", name)}
		}
		if slices.Contains(ownNames, name) || strings.HasPrefix(name, "state_") || strings.HasPrefix(name, sharedName) {
			return FieldError{"with", fmt.Errorf("%q is a name that the engine's own statement has; take another", name)}
		}
		names[name] = true
	}
	s := &statement{asking: a, k: k, now: a.end}
	pieces := k.pieces()
	var texts []string
	for _, p := range pieces {
		if len(p.text) > longestSQL {
			return FieldError{p.field, fmt.Errorf("is longer than %d KiB", longestSQL>>10)}
		}
		alone, bracketed := p.role.place(s.fill(p.text), k.View)
		texts = append(texts, alone, bracketed)
	}
	trees, err := a.parse(texts)
	if err != nil {
		return err
	}
	for i, p := range pieces {
		if err := p.check(trees[2*i], trees[2*i+1], names); err != nil {
			return FieldError{p.field, err}
		}
	}
	if k.Over != nil {
		return overFault(a.guard(k.over()))
	}
	return nil
}

// overFault says of an error of the denominator's half where it stands.
func overFault(err error) error {
	var f FieldError
	if errors.As(err, &f) {
		return FieldError{"over." + f.Field, f.Err}
	}
	return err
}

// place writes a piece alone where it stands, and in brackets there. A
// comment that would run on over what follows leaves a bracket open.
func (r role) place(text, view string) (alone, bracketed string) {
	switch r {
	case queryRole:
		return text, "SELECT 1 FROM (\n" + text + "\n)"
	case joinRole:
		from := "SELECT 1 FROM %so2c." + quoted(view) + " AS v " + strings.ReplaceAll(text, "%", "%%") + "%s"
		return fmt.Sprintf(from, "", ""), fmt.Sprintf(from, "(", ")")
	}
	return "SELECT " + text, "SELECT (" + text + ")"
}

// A syntax is what DuckDB's parser says of a text.
type syntax struct {
	Error      bool   `json:"error"`
	Message    string `json:"error_message"`
	Type       string `json:"error_type"`
	Statements []struct {
		Node map[string]any `json:"node"`
	} `json:"statements"`
}

// parse reads texts by DuckDB's parser; nothing of them runs.
func (a *asking) parse(texts []string) ([]syntax, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	rows := make([]string, len(texts))
	for i, t := range texts {
		rows[i] = fmt.Sprintf("(%d, %s)", i, literal(t))
	}
	var trees []syntax
	err := a.each("SELECT CAST(json_serialize_sql(text) AS VARCHAR) FROM (VALUES "+strings.Join(rows, ",\n")+") AS t(i, text) ORDER BY i", func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var tree syntax
		err := json.Unmarshal([]byte(text), &tree)
		trees = append(trees, tree)
		return err
	})
	return trees, err
}

func (p piece) check(alone, bracketed syntax, names map[string]bool) error {
	what := map[role]string{expressionRole: "one expression", queryRole: "one SELECT", joinRole: "one JOIN … ON …"}[p.role]
	switch {
	case alone.Error && alone.Type == "not implemented" && p.role != queryRole:
		return fmt.Errorf("want %s, and no statement after it", what)
	case alone.Error && alone.Type == "not implemented":
		word, _, _ := strings.Cut(strings.TrimSpace(p.text), " ")
		return fmt.Errorf("want %s, not %s: a figure reads and does nothing else", what, strings.ToUpper(strings.Trim(word, "; \t\r\n")))
	case alone.Error:
		return fmt.Errorf("%s", cmp.Or(alone.Message, "cannot be parsed"))
	case len(alone.Statements) != 1:
		return fmt.Errorf("want %s, not %d statements", what, len(alone.Statements))
	case bracketed.Error || len(bracketed.Statements) != 1:
		return fmt.Errorf("want %s: a bracket, comment (--) or semicolon in it reaches beyond its end", what)
	}
	node := alone.Statements[0].Node
	if p.role != queryRole && !bare(node, p.role) {
		return fmt.Errorf("want %s, and no more", what)
	}
	collectNames(node, names)
	return forbidden(node, names)
}

// bare says that a SELECT is of one expression, or from joined tables, and of
// nothing else.
func bare(node map[string]any, r role) bool {
	if node["type"] != "SELECT_NODE" {
		return false
	}
	for _, clause := range []string{"where_clause", "having", "qualify", "sample"} {
		if node[clause] != nil {
			return false
		}
	}
	for _, clause := range []string{"modifiers", "group_expressions", "group_sets"} {
		if list, _ := node[clause].([]any); len(list) > 0 {
			return false
		}
	}
	with, _ := node["cte_map"].(map[string]any)
	if list, _ := with["map"].([]any); len(list) > 0 {
		return false
	}
	columns, _ := node["select_list"].([]any)
	from, _ := node["from_table"].(map[string]any)
	if len(columns) != 1 {
		return false
	}
	column, _ := columns[0].(map[string]any)
	if r == joinRole {
		return column["class"] == "CONSTANT" && from["type"] == "JOIN"
	}
	return column["alias"] == "" && column["class"] != "STAR" && from["type"] == "EMPTY"
}

// collectNames finds the SELECTs that a statement names.
func collectNames(tree any, names map[string]bool) {
	switch x := tree.(type) {
	case map[string]any:
		if with, ok := x["cte_map"].(map[string]any); ok {
			list, _ := with["map"].([]any)
			for _, e := range list {
				if entry, ok := e.(map[string]any); ok {
					names[fmt.Sprint(entry["key"])] = true
				}
			}
		}
		for _, v := range x {
			collectNames(v, names)
		}
	case []any:
		for _, v := range x {
			collectNames(v, names)
		}
	}
}

// tableFunctions are those that a figure may call: they make rows of their
// arguments. All others read files, the network, settings, or run text as SQL.
var tableFunctions = []string{"unnest", "range", "generate_series", "json_each", "json_tree"}

// unfit are functions whose result is not a matter of the data, or that do
// something.
var unfit = []string{
	"current_date", "current_time", "current_timestamp", "get_current_time", "get_current_timestamp", "localtime", "localtimestamp", "now", "today", "transaction_timestamp",
	"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "nextval", "currval",
	"getenv", "current_setting", "getvariable", "current_query", "current_query_id", "current_connection_id", "current_transaction_id", "current_user", "txid_current",
	"write_log", "sleep_ms", "json_execute_serialized_sql", "stats",
}

// forbidden walks a statement as the parser gives it. Keys are taken in order,
// so that of two faults always the same one is named.
func forbidden(tree any, names map[string]bool) error {
	switch x := tree.(type) {
	case map[string]any:
		if err := forbiddenNode(x, names); err != nil {
			return err
		}
		for _, key := range sortedKeys(x) {
			if err := forbidden(x[key], names); err != nil {
				return err
			}
		}
	case []any:
		for _, v := range x {
			if err := forbidden(v, names); err != nil {
				return err
			}
		}
	}
	return nil
}

func forbiddenNode(x map[string]any, names map[string]bool) error {
	text := func(key string) string { s, _ := x[key].(string); return s }
	const only = "a figure reads the views of schema o2c and nothing else"
	switch kind := first(text("class"), text("type")); {
	case x["sample"] != nil:
		return fmt.Errorf("TABLESAMPLE gives another figure each time")
	case kind == "TABLE_FUNCTION":
		f, _ := x["function"].(map[string]any)
		if name, _ := f["function_name"].(string); !slices.Contains(tableFunctions, strings.ToLower(name)) {
			return fmt.Errorf("reads %s(): %s", name, only)
		}
	case kind == "BASE_TABLE":
		table, schema := text("table_name"), text("schema_name")
		if text("catalog_name") != "" || schema != "o2c" && (schema != "" || !names[table]) {
			return fmt.Errorf("reads %q: %s", strings.TrimLeft(schema+"."+table, "."), only)
		}
	case kind == "SHOW_REF":
		return fmt.Errorf("want SELECT, not DESCRIBE, SHOW or SUMMARIZE")
	case kind == "PARAMETER":
		return fmt.Errorf("has a parameter (? or $1), which nothing fills; {as_of}, {at}, {start} and {end} are filled")
	case kind == "FUNCTION" && slices.Contains(unfit, strings.ToLower(text("function_name"))):
		return unfitError(text("function_name") + "()")
	case kind == "COLUMN_REF":
		if list, _ := x["column_names"].([]any); len(list) == 1 && slices.Contains(unfit[:10], strings.ToLower(fmt.Sprint(list[0]))) {
			return unfitError(fmt.Sprint(list[0]))
		}
	}
	return nil
}

func unfitError(name string) error {
	return fmt.Errorf("%s says something else on another day or machine; a figure is of the data: {at} and {as_of} are the moment it is taken", name)
}
