package xesfile

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"millrace/eventlog"
	"millrace/ingest"
)

// readText reads a log as File.Read does, from memory and through a window of
// the given size.
func readText(text []byte, o ingest.Options, window int) (*transcript, error) {
	text = bytes.TrimPrefix(text, []byte(bomUTF8))
	scan := func() *document {
		s := newScanner(bytes.NewReader(text), "log.xes", "byte")
		s.buf = make([]byte, window)
		return newDocument(s)
	}
	s := newSurvey()
	if err := s.run(scan(), o); err != nil {
		return nil, err
	}
	roles, _, _, err := s.roles("log.xes", o)
	if err != nil {
		return nil, err
	}
	t := &transcript{}
	r := &reader{doc: scan(), roles: roles, clock: clock{zone: time.UTC}, all: o.Attributes, emit: t.emit}
	r.event.activity = make([]string, len(roles.classifier))
	if err := r.run(); err != nil {
		return nil, err
	}
	t.rejects = r.rejected
	t.notes = r.notes()
	return t, nil
}

// A transcript is all batches of a log, value by value.
type transcript struct {
	cases   []row
	events  []row
	batches int
	rejects int64
	notes   []eventlog.Note
}

type row struct {
	ids       [5]string // case, activity, resource, lifecycle, instance
	times     [2]int64
	day       bool
	place     int64
	plain     map[string]any
	nested    map[string]string
	batchSize int
}

func at[T any](s []T, i int) (v T) {
	if s != nil {
		v = s[i]
	}
	return v
}

func timeAt(s []int64, i int) int64 {
	if s == nil {
		return noTime
	}
	return s[i]
}

// emit copies a batch; a batch that is not in shape is an error.
func (t *transcript) emit(b *eventlog.Batch) error {
	n := b.Len()
	for _, c := range []int{len(b.Activity), len(b.Time), len(b.Place), cmp(b.Start, n), cmp(b.Day, n), cmp(b.Resource, n), cmp(b.Lifecycle, n), cmp(b.Instance, n)} {
		if c != n {
			return fmt.Errorf("columns of %d and %d rows", n, c)
		}
	}
	t.batches++
	for i := range n {
		r := row{
			ids:   [5]string{b.Case[i], b.Activity[i], at(b.Resource, i), at(b.Lifecycle, i), at(b.Instance, i)},
			times: [2]int64{timeAt(b.Time, i), timeAt(b.Start, i)},
			day:   at(b.Day, i), place: b.Place[i], batchSize: n,
		}
		r.take(b.Attributes, i)
		t.events = append(t.events, r)
	}
	for i, id := range b.CaseIDs {
		r := row{ids: [5]string{id}}
		r.take(b.CaseAttributes, i)
		t.cases = append(t.cases, r)
	}
	return nil
}

// cmp is the length of a column that may be missing.
func cmp[T any](s []T, n int) int {
	if s == nil {
		return n
	}
	return len(s)
}

func (r *row) take(columns []eventlog.Column, i int) {
	r.plain, r.nested = map[string]any{}, map[string]string{}
	for _, c := range columns {
		if at(c.Null, i) {
			continue
		}
		switch c.Type {
		case eventlog.Text:
			r.plain[c.Name] = c.Text[i]
		case eventlog.Nested:
			r.nested[c.Name] = c.Text[i]
		case eventlog.Float:
			r.plain[c.Name] = c.Float[i]
		case eventlog.Time:
			r.plain[c.Name] = time.UnixMicro(c.Int[i])
		case eventlog.Bool:
			r.plain[c.Name] = c.Int[i] == 1
		default:
			r.plain[c.Name] = c.Int[i]
		}
	}
}

// disagree says where a transcript and the judge differ, nil if nowhere.
func disagree(t *transcript, j *judgement) error {
	if len(t.events) != len(j.events) || len(t.cases) != len(j.cases) || t.rejects != j.rejects {
		return fmt.Errorf("%d events in %d cases and %d rejects; the judge has %d in %d and %d",
			len(t.events), len(t.cases), t.rejects, len(j.events), len(j.cases), j.rejects)
	}
	widened := slices.ContainsFunc(t.notes, func(n eventlog.Note) bool {
		return n.Code == "unreadable-values" || n.Code == "mixed-types"
	})
	for i, e := range j.events {
		r := t.events[i]
		if ids := [5]string{e.caseID, e.activity, e.resource, e.lifecycle, e.instance}; ids != r.ids {
			return fmt.Errorf("event %d is %q; the judge has %q", i, r.ids, ids)
		}
		if times := [2]int64{e.time, e.start}; times != r.times || e.day != r.day {
			return fmt.Errorf("event %d has times %v, day %v; the judge %v, %v", i, r.times, r.day, times, e.day)
		}
		if err := differ(r, e.attrs, widened); err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
	}
	for i, c := range j.cases {
		if t.cases[i].ids[0] != c.id {
			return fmt.Errorf("case %d is %q; the judge has %q", i, t.cases[i].ids[0], c.id)
		}
		if err := differ(t.cases[i], c.attrs, widened); err != nil {
			return fmt.Errorf("case %d: %w", i, err)
		}
	}
	return nil
}

func differ(r row, attrs map[string]judgedValue, widened bool) error {
	plain, nested := map[string]any{}, map[string]string{}
	for key, v := range attrs {
		if v.valued {
			plain[key] = v.text
			if _, isText := r.plain[key].(string); !isText || !widened {
				plain[key] = typed(v)
			}
		}
		if v.nested != nil {
			nested[key] = v.nested.String()
		}
		if v.rest != "" {
			nested[key] = v.rest
		}
	}
	for _, m := range []map[string]any{plain, r.plain} {
		for k, v := range m {
			if f, ok := v.(float64); ok && math.IsNaN(f) {
				m[k] = "NaN" // which is not equal to itself
			}
		}
	}
	if !reflect.DeepEqual(plain, r.plain) {
		return fmt.Errorf("attributes %v; the judge has %v", r.plain, plain)
	}
	if !reflect.DeepEqual(nested, r.nested) {
		return fmt.Errorf("nested attributes %v; the judge has %v", r.nested, nested)
	}
	return nil
}

// typed reads a value as its declared type.
func typed(v judgedValue) any {
	text := string(bytes.Trim([]byte(v.text), " \t\r\n"))
	switch v.kind {
	case "int":
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	case "float":
		f, _ := strconv.ParseFloat(text, 64)
		return f
	case "boolean":
		return slices.Contains([]string{"1", "true", "TRUE", "True"}, text)
	case "date":
		micros, _, _ := judgedTime(v)
		return time.UnixMicro(micros)
	}
	return v.text
}

// agree reads text with windows of several sizes and compares with the judge,
// if the judge takes it.
func agree(text []byte) error {
	o := ingest.Options{Attributes: true}
	j, judged := judge(text)
	for _, window := range []int{1, 7, 64, windowSize} {
		t, err := readText(text, o, window)
		if judged != nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("window %d: the judge takes it, but: %w", window, err)
		}
		if err := disagree(t, j); err != nil {
			return fmt.Errorf("window %d: %w", window, err)
		}
	}
	return nil
}
