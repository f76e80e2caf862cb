package metrics

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"millrace/eventlog/o2c"
)

// The ends of a duration lie the wrong way round, or there is no measuring it.
const (
	negative   = "ending before they began"
	timeless   = "without a time"
	calendarly = "without a working calendar"
	rateless   = "without an exchange rate"
)

// A statement is the SQL of a figure being put together.
type statement struct {
	*asking
	k       *KPI
	by      []string // expressions of the dimensions, as asked
	overBy  []string // the same, of what a ratio divides by
	periods []Period // of what happened; nil: all of it
	now     moment   // whose state is looked at
	inputs  []string // of a sample: what else to read of each row, as input_0…
	answer  []Value  // once it was asked
	due     bool     // measured gets worked: the working time from 1970 until it began
	rank    int      // in a family: of its periods
	places  []int    // there: where its dimensions are among those of all
}

// text writes the SQL of k, one row a value. Its columns are period, by_0…,
// currency, n, used, open, excluded_0… and what the kind needs.
//
// Every object gets one fate: the first reason to leave it out that holds,
// else open, else used; so the counts add up to n.
func (s *statement) text() (string, error) {
	if s.k.Kind == SQLKind {
		return s.states(s.fill(s.k.SQL)), nil
	}
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	text, groups := s.summed("", s.bounds())
	if len(groups) > 0 {
		text += "\nORDER BY " + strings.Join(groups, ", ")
	}
	return s.states(rows + "\n" + text), nil
}

// summed writes the SELECT that makes the values of the rows counted, and says
// which columns tell them apart. first are columns to begin with, last to end with.
func (s *statement) summed(first string, last []string) (text string, groups []string) {
	var columns, grouped []string
	group := func(name, from string) {
		groups, grouped = append(groups, name), append(grouped, from)
		columns = append(columns, from+" AS "+name)
	}
	if len(s.periods) > 0 && !s.k.AsOf {
		group("period", "period")
	}
	for i := range s.by {
		group(fmt.Sprintf("by_%d", i), s.place(i))
	}
	if s.currencies() {
		group("currency", "currency")
	}
	columns = append(columns, "count(*) AS n", "count(*) FILTER (fate IS NULL) AS used", "count(*) FILTER (fate = '') AS open")
	if s.k.Open != "" {
		columns = append(columns, "quantile_cont(age, 0.5) FILTER (fate = '') AS open_age_p50", "quantile_cont(age, 0.9) FILTER (fate = '') AS open_age_p90")
	}
	columns = append(columns, s.aggregates()...)
	for i, reason := range s.reasons() {
		columns = append(columns, fmt.Sprintf("count(*) FILTER (fate = %s) AS excluded_%d", literal(reason), i))
	}
	columns = append(columns, last...)
	text = fmt.Sprintf("SELECT %s%s\nFROM %s", first, strings.Join(columns, ",\n       "), s.ranked("counted"))
	if len(groups) > 0 {
		text += "\nGROUP BY " + strings.Join(grouped, ", ")
	}
	return text, groups
}

// currencies says that the figure is one of each currency.
func (s *statement) currencies() bool {
	k := s.k
	return k.Currency != "" && (k.Kind == RatioKind || k.Kind == SumKind || k.Kind == StockKind && k.Value != "")
}

// rows writes the CTEs up to counted: what is looked at, each row with its fate.
func (s *statement) rows() (string, error) {
	l, err := s.lookedAt()
	if err != nil {
		return "", err
	}
	rows, err := s.measuredRows(l)
	return "WITH " + withText(s.withClock()) + rows + s.counted(), err
}

// with are the SELECTs that the definition names.
func (s *statement) with() map[string]string {
	with := map[string]string{}
	for name, text := range s.k.With {
		with[name] = strings.TrimSpace(s.fill(text))
	}
	return with
}

// withClock are those, and when sites work, for a figure in working time.
func (s *statement) withClock() map[string]string {
	with := s.with()
	if s.k.Kind == DurationKind && s.k.Clock == Business {
		with["sites(site)"], with["hours(calendar, start, until, before)"] = s.o.Calendars.tables(s.firstAt.AddDate(0, -1, 0), s.now.at.AddDate(1, 0, 0))
	}
	return with
}

func withText(with map[string]string) string {
	var b strings.Builder
	for _, name := range sortedKeys(with) {
		fmt.Fprintf(&b, "%s AS (\n\t%s\n),\n", name, with[name])
	}
	return b.String()
}

// measuredRows are the CTEs up to measured, of what is looked at.
func (s *statement) measuredRows(l looking) (string, error) {
	text := l.text()
	if s.k.Over != nil {
		o := *s
		o.k, o.by = s.k.over(), s.overBy
		over, err := o.lookedAt()
		if err != nil {
			return "", err
		}
		text += "\n\tUNION ALL BY NAME\n\t" + over.text()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "looked_at AS (\n\t%s\n)", text)
	s.measured(&b)
	return b.String(), nil
}

// A looking is a SELECT of what a figure looks at: expressions and their names,
// and what they are read from.
type looking struct {
	columns []selected
	from    string
}

// A selected is an expression of a SELECT and its name.
type selected struct{ expression, name string }

func (l looking) text() string {
	list := make([]string, len(l.columns))
	for i, c := range l.columns {
		list[i] = c.expression + " AS " + c.name
	}
	return "SELECT " + strings.Join(list, ",\n\t       ") + "\n\tFROM " + l.from
}

// lookedAt is what is looked at, each row with its fate.
func (s *statement) lookedAt() (l looking, err error) {
	k := s.k
	s.tellDays(k.At, s.since(), k.From, k.To)
	types := s.types[k.View]
	add := func(name, expression string) { l.columns = append(l.columns, selected{expression, name}) }
	for i, e := range s.by {
		add(fmt.Sprintf("by_%d", i), fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), '')", s.fill(e)))
	}
	add("key", first(k.Key, s.first(k.View)))
	for _, x := range []struct{ name, expression string }{{"happened", k.At}, {"since", s.since()}} {
		text := "NULL::BIGINT"
		if x.expression != "" {
			if text, err = s.instant(x.expression); err != nil {
				return l, err
			}
		}
		add(x.name, text)
	}
	if k.Kind == DurationKind {
		if err := s.ends(add); err != nil {
			return l, err
		}
	}
	if k.Kind == RateKind {
		add("hit", fmt.Sprintf("coalesce(%s, FALSE)", s.fill(k.Hit)))
		add("unsure", fmt.Sprintf("coalesce(%s, FALSE)", s.fill(first(k.Unsure, "FALSE"))))
	}
	if k.Currency != "" {
		add("document_currency", fmt.Sprintf("coalesce(%s, '')", s.fill(k.Currency)))
	}
	number := func(name, expression string) {
		if expression != "" {
			add(name, s.number(expression))
		}
	}
	number("numerator", first(k.Numerator, k.Value))
	denominator := k.Denominator
	if k.Over != nil {
		denominator = "0"
	}
	number("denominator", denominator)
	number("amount", k.Amount)
	add("fate", s.fate())
	for i, e := range s.inputs {
		add(fmt.Sprintf("input_%d", i), e)
	}

	l.from = fmt.Sprintf("o2c.%s AS v", quoted(k.View))
	if k.Join != "" {
		l.from += "\n\t" + strings.TrimSpace(s.fill(k.Join))
	}
	for i, c := range s.conditions(types) {
		l.from += map[bool]string{true: "\n\tWHERE ", false: "\n\t  AND "}[i == 0] + c
	}
	return l, nil
}

// number writes an expression as what is added up without error, whatever its
// rows' order: whole numbers and decimals as they are, others as decimals.
func (s *statement) number(expression string) string {
	if _, err := strconv.ParseInt(expression, 10, 64); err == nil {
		return expression + "::BIGINT"
	}
	t := s.types[s.k.View][strings.TrimPrefix(expression, "v.")]
	if t == "BIGINT" || strings.HasPrefix(t, "DECIMAL(18,") {
		return expression
	}
	return "CAST(" + s.fill(expression) + " AS DECIMAL(38,6))"
}

// since is when an object began to be open, where that matters.
func (s *statement) since() string {
	if s.k.Open == "" && len(s.periods) == 0 {
		return ""
	}
	return first(s.k.Since, o2c.Born(s.k.View))
}

// conditions are what a row must fulfil to be looked at.
func (s *statement) conditions(types map[string]string) []string {
	var list []string
	if s.k.Scope != "" {
		list = append(list, "("+s.fill(s.k.Scope)+")")
	}
	for _, l := range s.o.Only {
		e, err := s.k.dimension(l.Dimension, types)
		if err != nil {
			continue // ask has said so
		}
		list = append(list, fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), '') = %s", s.fill(e), literal(l.Value)))
	}
	return list
}

// ends adds the two ends of a duration. What is known to the day only is
// measured in whole days.
func (s *statement) ends(add func(name, expression string)) error {
	k := s.k
	from, to := s.fill(k.From), s.fill(k.To)
	fromDay, err := s.isDay(k.From)
	if err != nil {
		return err
	}
	toDay, err := s.isDay(k.To)
	if err != nil {
		return err
	}
	midnight := func(e string, isDay bool) string {
		if !isDay {
			e = s.localDay(e)
		}
		return fmt.Sprintf("epoch_us((%s)::TIMESTAMP)", e) // days are all of one length
	}
	began, ended := midnight(from, fromDay), midnight(to, toDay)
	still := fmt.Sprintf("epoch_us(%s::TIMESTAMP)", s.now.date()) // where it has not ended
	if !fromDay && !toDay {
		b, e := fmt.Sprintf("epoch_us(%s)", from), fmt.Sprintf("epoch_us(%s)", to)
		if k.DayPrecision != "" {
			b = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", s.fill(k.DayPrecision), began, b)
			e = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", s.fill(k.DayPrecision), ended, e)
		}
		n := fmt.Sprint(s.now.at.UnixMicro())
		if k.DayPrecision != "" {
			n = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", s.fill(k.DayPrecision), still, n)
		}
		began, ended, still = b, e, n
	}
	add("began", began)
	if k.Open != "" {
		ended = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", s.fill(k.Open), still, ended)
	}
	add("ended", ended)
	if k.Clock == Business {
		add("site", s.fill(k.Site))
	}
	return nil
}

// fate writes the reason to leave a row out; open is the empty one.
func (s *statement) fate() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, l := range s.k.LeaveOut {
		fmt.Fprintf(&b, "\n\t            WHEN %s THEN %s", s.fill(l.When), literal(l.Reason))
	}
	if s.k.Open != "" {
		fmt.Fprintf(&b, "\n\t            WHEN %s THEN ''", s.fill(s.k.Open))
	}
	if b.String() == "CASE" {
		return "NULL::VARCHAR"
	}
	return b.String() + " END"
}

// measured writes how long a duration took, by its clock, and what amounts are
// in the reporting currency.
func (s *statement) measured(b *strings.Builder) {
	k := s.k
	replaced, added, joins, reasons := []string{}, []string{}, "", ""
	backwards := "l.ended < l.began"
	if k.early {
		backwards = "FALSE"
	}
	switch {
	case k.Kind == DurationKind && k.Clock == Business:
		b.WriteString(",\nplaced AS (\n\tSELECT l.*, coalesce(a.site, c.site, '') AS calendar FROM looked_at l LEFT JOIN sites a ON a.site = l.site LEFT JOIN sites c ON c.site = lower(l.site)\n)")
		worked := func(h, instant string) string { // since 1970
			return fmt.Sprintf("(%s.before + least(%s, %s.until) - %s.start)", h, instant, h, h)
		}
		added = append(added, worked("he", "l.ended")+" - "+worked("hb", "l.began")+" AS measure")
		if s.due {
			added = append(added, worked("hb", "l.began")+" AS worked")
		}
		joins = "\n\tASOF LEFT JOIN hours hb ON hb.calendar = l.calendar AND l.began >= hb.start\n\tASOF LEFT JOIN hours he ON he.calendar = l.calendar AND l.ended >= he.start"
		reasons = fmt.Sprintf("\n\t            WHEN l.began IS NULL OR l.ended IS NULL THEN %s WHEN %s THEN %s WHEN hb.start IS NULL OR he.start IS NULL THEN %s",
			literal(timeless), backwards, literal(negative), literal(calendarly))
	case k.Kind == DurationKind:
		added = append(added, "l.ended - l.began AS measure")
		reasons = fmt.Sprintf("\n\t            WHEN l.began IS NULL OR l.ended IS NULL THEN %s WHEN %s THEN %s", literal(timeless), backwards, literal(negative))
	}
	if k.Currency != "" && s.o.Currency == "" {
		added = append(added, "l.document_currency AS currency")
	}
	if k.Currency != "" && s.o.Currency != "" {
		rates := s.o.Rates
		join := fmt.Sprintf("\n\tASOF LEFT JOIN rates fx ON fx.currency = l.document_currency AND coalesce(%s, %s) >= fx.day", s.localDay("make_timestamptz(l.happened)"), s.now.date())
		if k.AsOf { // one rate for all
			rates, join = rates.at(s.now.day), "\n\tLEFT JOIN rates fx ON fx.currency = l.document_currency"
		}
		fmt.Fprintf(b, ",\nrates(currency, day, rate) AS (VALUES\n\t%s\n)", rates.rows(s.o.Currency))
		joins += join
		added = append(added, literal(s.o.Currency)+" AS currency")
		for _, c := range []struct{ name, text string }{{"numerator", first(k.Numerator, k.Value)}, {"denominator", first(k.Denominator, k.overValue())}} {
			if c.text != "" {
				replaced = append(replaced, fmt.Sprintf("CAST(l.%[1]s * fx.rate AS DECIMAL(38,6)) AS %[1]s", c.name))
			}
		}
		reasons += fmt.Sprintf("\n\t            WHEN fx.rate IS NULL THEN %s", literal(rateless))
	}
	from := "looked_at"
	if k.Clock == Business && k.Kind == DurationKind {
		from = "placed"
	}
	if reasons != "" {
		replaced = append(replaced, fmt.Sprintf("CASE WHEN l.fate IS NOT NULL THEN l.fate%s END AS fate", reasons))
	}
	star := "l.*"
	if len(replaced) > 0 {
		star += " REPLACE (" + strings.Join(replaced, ",\n\t       ") + ")"
	}
	fmt.Fprintf(b, ",\nmeasured AS (\n\tSELECT %s\n\tFROM %s l%s\n)", strings.Join(append([]string{star}, added...), ",\n\t       "), from, joins)
}

// counted writes which rows count in which period. What ended in a period, or
// was left out then, counts there; what was open at its end is open.
func (s *statement) counted() string {
	name := s.ranked("counted")
	if len(s.periods) == 0 || s.k.AsOf {
		age := fmt.Sprintf("%d - since", s.now.at.UnixMicro())
		if s.k.Kind == DurationKind {
			age = "measure"
		}
		return fmt.Sprintf(",\n%s AS (\n\tSELECT *, CASE WHEN fate = '' THEN greatest(0, %s) END AS age FROM measured\n)", name, age)
	}
	var b strings.Builder
	periods, at := s.ranked("periods"), "coalesce(m.happened, m.since)"
	fmt.Fprintf(&b, `,
%s(number, period, until) AS (VALUES %s),
%s AS (
	SELECT m.*, p.period, NULL::BIGINT AS age
	FROM measured m JOIN %s p ON p.number = %s
	WHERE %s >= %d AND m.fate IS DISTINCT FROM ''`, periods, s.periodRows(), name, periods, s.over(at), at, s.periods[0].Start.UnixMicro())
	if s.k.Open != "" {
		begun, done := s.over("m.since"), s.over(fmt.Sprintf("coalesce(m.happened, %d)", s.now.at.UnixMicro()))
		fmt.Fprintf(&b, `
	UNION ALL BY NAME
	SELECT o.* EXCLUDE (number) REPLACE ('' AS fate), p.period, greatest(0, p.until - o.since) AS age
	FROM (
		SELECT m.*, unnest(range(%[1]s, %[2]s)) AS number FROM measured m
		WHERE (m.fate = '' OR m.fate IS NULL) AND %[1]s < %[2]s
	) o JOIN %[3]s p USING (number)`, begun, done, periods)
	}
	b.WriteString("\n)")
	return b.String()
}

// periodRows are the rows of (number, period, until). Periods follow each other;
// the last ends with what is looked at.
func (s *statement) periodRows() string {
	rows := make([]string, len(s.periods))
	for i, p := range s.periods {
		rows[i] = fmt.Sprintf("(%d, %s, %d)", i, literal(p.Label), s.until(p))
	}
	return strings.Join(rows, ", ")
}

func (s *statement) until(p Period) int64 { return min(p.End.UnixMicro(), s.now.at.UnixMicro()) }

// over writes how many of the periods are over at a moment: the number of the one
// that it lies in. To compare one by one is what a database does fastest: joining
// by two inequalities takes three times as long.
func (s *statement) over(moment string) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i, p := range s.periods {
		fmt.Fprintf(&b, " WHEN %s < %d THEN %d", moment, s.until(p), i)
	}
	fmt.Fprintf(&b, " ELSE %d END", len(s.periods))
	return b.String()
}

// bounds are the columns of the interval of a quantile. It is between two of the
// sorted values: Conover, Practical Nonparametric Statistics (3rd ed., 1999),
// section 3.2.
func (s *statement) bounds() []string {
	if s.k.Kind != DurationKind {
		return nil
	}
	bound := func(name string, sign int) string {
		n := "count(*) FILTER (fate IS NULL)"
		q := s.k.Quantile
		return fmt.Sprintf("list_sort(list(measure) FILTER (fate IS NULL))[greatest(1, least(%s, ceil(%s * %g + (%d) * %g * sqrt(%s * %g))))::BIGINT] AS %s", n, n, q, sign, z, n, q*(1-q), name)
	}
	return []string{bound("low", -1), bound("high", +1)}
}

// aggregates are the columns that the kind makes its figure of.
func (s *statement) aggregates() []string {
	const used = " FILTER (fate IS NULL)"
	switch k := s.k; k.Kind {
	case DurationKind:
		return []string{
			fmt.Sprintf("quantile_cont(measure, %g)%s AS quantile", k.Quantile, used), "quantile_cont(measure, 0.5)" + used + " AS p50", "quantile_cont(measure, 0.9)" + used + " AS p90",
			"avg(measure)" + used + " AS mean",
		}
	case RateKind:
		return []string{"count(*) FILTER (fate IS NULL AND hit) AS hits", "count(*) FILTER (fate IS NULL AND unsure) AS unsure"}
	case RatioKind:
		return []string{"sum(numerator)" + used + "::DOUBLE AS numerator", "sum(denominator)" + used + "::DOUBLE AS denominator",
			"sum(CAST(numerator::DOUBLE * numerator::DOUBLE AS DECIMAL(38,4)))" + used + "::DOUBLE AS nn",
			"sum(CAST(numerator::DOUBLE * denominator::DOUBLE AS DECIMAL(38,4)))" + used + "::DOUBLE AS nd",
			"sum(CAST(denominator::DOUBLE * denominator::DOUBLE AS DECIMAL(38,4)))" + used + "::DOUBLE AS dd"}
	case SumKind, StockKind:
		if k.Value != "" {
			return []string{"coalesce(sum(numerator)" + used + ", 0)::DOUBLE AS total"}
		}
	}
	return nil
}

// reasons lists why objects may be left out, in the order in which they are asked.
func (s *statement) reasons() []string {
	var list []string
	add := func(reason string) {
		if !slices.Contains(list, reason) {
			list = append(list, reason)
		}
	}
	for _, l := range s.k.LeaveOut {
		add(l.Reason)
	}
	if s.k.Over != nil {
		for _, l := range s.k.Over.LeaveOut {
			add(l.Reason)
		}
	}
	if s.k.Kind == DurationKind {
		add(timeless)
		add(negative)
		if s.k.Clock == Business {
			add(calendarly)
		}
	}
	if s.k.Currency != "" && s.o.Currency != "" {
		add(rateless)
	}
	return list
}

var viewName = regexp.MustCompile(`\bo2c\.("?)([a-z_]+)("?)`)

// states puts the state of each view at the statement's moment in place of the
// view, where that is earlier than the end of the data.
func (s *statement) states(text string) string {
	if !s.now.past {
		return text
	}
	used := map[string]string{}
	text = viewName.ReplaceAllStringFunc(text, func(m string) string {
		view := viewName.FindStringSubmatch(m)[2]
		state, ok := o2c.StateOf(view, s.types[view], string(s.now.day), s.now.at)
		if !ok {
			return m
		}
		used[view] = state
		return "state_" + view
	})
	var b strings.Builder
	for _, view := range sortedKeys(used) {
		fmt.Fprintf(&b, "state_%s AS (\n%s\n),\n", view, used[view])
	}
	if b.Len() == 0 {
		return text
	}
	comment := ""
	for strings.HasPrefix(text, "--") {
		line, rest, _ := strings.Cut(text, "\n")
		comment, text = comment+line+"\n", strings.TrimLeft(rest, " \t\r\n")
	}
	if rest, ok := strings.CutPrefix(text, "WITH"); ok {
		return comment + "WITH " + b.String() + rest
	}
	return comment + "WITH " + strings.TrimSuffix(b.String(), ",\n") + "\n" + text
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quoted(s string) string  { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
