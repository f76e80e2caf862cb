package metrics

import (
	"fmt"
	"regexp"
	"strings"

	"millrace/eventlog"
)

var (
	noColumn   = regexp.MustCompile(`Referenced column "([^"]+)" (?:was )?not found`)
	noColumnOf = regexp.MustCompile(`Table "[^"]+" does not have a column named "([^"]+)"`)
)

// blame says which expression of a rule it is that the database did not take,
// and of a column that is not there, which one is meant. Without one that it
// does not take by itself, err is what there is to say.
func (s *statement) blame(r *Rule, err error) error {
	if s.ctx.Err() != nil {
		return err
	}
	type part struct{ name, text string }
	parts := []part{{"with and join", ""}, {"key", r.Key}, {"scope", r.Scope}, {"from", r.From}, {"to", r.To}, {"broken", r.Broken}, {"at", r.At}, {"detail", r.Detail}, {"owner_by", r.OwnerBy}, {"amount", r.Amount}, {"currency", r.Currency}}
	if s.k.Clock == Business {
		parts = append(parts, part{"site", s.k.Site})
	}
	for _, l := range r.LeaveOut {
		parts = append(parts, part{fmt.Sprintf("leave_out: %s", l.Reason), l.When})
	}
	with := ""
	for i, name := range sortedKeys(r.With) {
		with += map[bool]string{true: "WITH ", false: ", "}[i == 0] + name + " AS (" + s.fill(r.With[name]) + ")"
	}
	for _, p := range parts {
		text := fmt.Sprintf("%s SELECT (%s) FROM o2c.%s AS v %s LIMIT 0", with, s.fill(first(p.text, "NULL")), quoted(r.View), s.fill(r.Join))
		if e := s.each(text, func(func(...any) error) error { return nil }); e != nil {
			return fmt.Errorf("%s: %s", p.name, s.wrong(e))
		}
	}
	return err
}

// wrong is what the database says, in one line and in our words where it is
// about a column.
func (s *statement) wrong(err error) string {
	for _, m := range [][]string{noColumn.FindStringSubmatch(err.Error()), noColumnOf.FindStringSubmatch(err.Error())} {
		if m != nil {
			return fmt.Sprintf("view %s has no column %q%s", s.k.View, m[1], eventlog.DidYouMean(m[1], s.order[s.k.View]))
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
