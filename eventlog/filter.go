package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Filter narrows a log. Filters are values with one text form, shared by the
// command line, addresses and the project file: see [ParseFilter].
type Filter struct {
	Name  string // of the flag, without dashes: "contains"
	Value string // as written
	apply func(context.Context, *Log) (*Log, error)
	keep  []string // activities of Keep
}

// String returns the text form, as on the command line.
func (f Filter) String() string { return "--" + f.Name + " " + strconv.Quote(f.Value) }

// A FilterKind is one way to narrow a log.
type FilterKind struct {
	Name  string
	parse func(value string) (func(context.Context, *Log) (*Log, error), error)
}

// FilterKinds lists every filter, in the order help shows them. Period is
// apart, because it takes three values: see [Period].
var FilterKinds = []FilterKind{
	{"where", parseWhere},
	{"event-where", parseEventWhere},
	{"contains", parseOccurs(true)},
	{"without", parseOccurs(false)},
	{"starts", parseEdge(func(path []uint16) uint16 { return path[0] })},
	{"ends", parseEdge(func(path []uint16) uint16 { return path[len(path)-1] })},
	{"follows", parseFollows},
	{"duration", parseDurationFilter},
	{"variants", parseVariants},
	{"keep", nil}, // Keep: neighbours add up
	{"drop", parseDrop},
}

// ParseFilter reads a filter from its text form.
func ParseFilter(name, value string) (Filter, error) {
	if name == "keep" {
		return Keep(value), nil
	}
	for _, k := range FilterKinds {
		if k.Name == name {
			apply, err := k.parse(value)
			if err != nil {
				return Filter{}, fmt.Errorf("--%s: %w", name, err)
			}
			return Filter{Name: name, Value: value, apply: apply}, nil
		}
	}
	return Filter{}, fmt.Errorf("there is no filter --%s", name)
}

// Where narrows l by the filters, from left to right: each sees what the ones
// before it left. It takes O(events) time a filter.
func (l *Log) Where(ctx context.Context, filters ...Filter) (*Log, error) {
	for i := 0; i < len(filters); i++ {
		f := filters[i]
		for i+1 < len(filters) && f.keep != nil && filters[i+1].keep != nil { // neighbours add up, else the second would find nothing
			i++
			f = Keep(slices.Concat(f.keep, filters[i].keep)...)
		}
		before, _ := l.Size()
		out, err := f.apply(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", f.Name, err)
		}
		after, _ := out.Size()
		out.notes = append(slices.Clone(l.notes), Note{"filtered", fmt.Sprintf("%s left %d of %d cases.", f, after, before)})
		l = out
	}
	return l, nil
}

// span returns when case i begins and ends; NoTime if it has no times.
func (c *Cases) span(i int) (first, last int64) {
	if c.Start == nil && c.First[i] != NoTime {
		return c.First[i], c.Last[i]
	}
	first, last = NoTime, NoTime
	starts := c.Starts()
	for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
		if t := starts[e]; t != NoTime && (first == NoTime || t < first) {
			first = t
		}
		last = max(last, c.Time[e])
	}
	return first, last
}

// code finds the code of an activity.
func (l *Log) code(activity string) (uint16, error) {
	if i := slices.Index(l.labels, activity); i >= 0 {
		return uint16(i), nil
	}
	return 0, fmt.Errorf("the log has no activity %q%s", activity, DidYouMean(activity, l.labels))
}

func parseWhere(condition string) (func(context.Context, *Log) (*Log, error), error) {
	return func(ctx context.Context, l *Log) (*Log, error) {
		numbers, err := l.matching(ctx, "cases", condition)
		if err != nil {
			return nil, err
		}
		return l.pick(ctx, func(n, i int) bool {
			_, ok := slices.BinarySearch(numbers, l.batches[n].Case[i])
			return ok
		})
	}, nil
}

func parseEventWhere(condition string) (func(context.Context, *Log) (*Log, error), error) {
	return func(ctx context.Context, l *Log) (*Log, error) {
		if l.table != nil {
			if k, err := l.codes(ctx, condition); k != nil || err != nil {
				if err != nil {
					return nil, err
				}
				return l.dropEvents(ctx, k.of)
			}
		}
		numbers, err := l.matching(ctx, "events", condition)
		if err != nil {
			return nil, err
		}
		return l.dropEvents(ctx, func(c *Cases, e int) bool {
			_, ok := slices.BinarySearch(numbers, c.Event[e])
			return ok
		})
	}, nil
}

func (l *Log) matching(ctx context.Context, of, condition string) ([]int64, error) {
	if l.table == nil {
		return nil, fmt.Errorf("the attributes of this log were not kept")
	}
	return l.table.numbers(ctx, of, condition)
}

func parseOccurs(want bool) func(string) (func(context.Context, *Log) (*Log, error), error) {
	return func(activity string) (func(context.Context, *Log) (*Log, error), error) {
		return func(ctx context.Context, l *Log) (*Log, error) {
			code, err := l.code(activity)
			if err != nil {
				return nil, err
			}
			return l.pickPaths(ctx, func(path []uint16) bool { return slices.Contains(path, code) == want })
		}, nil
	}
}

func parseEdge(end func([]uint16) uint16) func(string) (func(context.Context, *Log) (*Log, error), error) {
	return func(activity string) (func(context.Context, *Log) (*Log, error), error) {
		return func(ctx context.Context, l *Log) (*Log, error) {
			code, err := l.code(activity)
			if err != nil {
				return nil, err
			}
			return l.pickPaths(ctx, func(path []uint16) bool { return len(path) > 0 && end(path) == code })
		}, nil
	}
}

func parseDrop(activity string) (func(context.Context, *Log) (*Log, error), error) {
	return func(ctx context.Context, l *Log) (*Log, error) {
		code, err := l.code(activity)
		if err != nil {
			return nil, err
		}
		keep := make([]bool, len(l.labels))
		for c := range keep {
			keep[c] = c != int(code)
		}
		return l.project(ctx, keep)
	}, nil
}

// Keep is the projection on some activities: all other events are left out,
// and what remains follows one another directly.
func Keep(activities ...string) Filter {
	return Filter{Name: "keep", Value: strings.Join(activities, ", "), keep: activities, apply: func(ctx context.Context, l *Log) (*Log, error) {
		keep := make([]bool, len(l.labels))
		for _, a := range activities {
			code, err := l.code(a)
			if err != nil {
				return nil, err
			}
			keep[code] = true
		}
		return l.project(ctx, keep)
	}}
}

func parseDurationFilter(text string) (func(context.Context, *Log) (*Log, error), error) {
	op := ""
	for _, o := range []string{">=", "<=", ">", "<"} {
		if strings.HasPrefix(text, o) {
			op = o
			break
		}
	}
	if op == "" {
		return nil, fmt.Errorf("%q must begin with <, <=, > or >=, as in \">30d\"", text)
	}
	limit, err := ParseDuration(text[len(op):])
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, l *Log) (*Log, error) {
		return l.pickCases(ctx, func(c *Cases, i int) bool {
			first, last := c.Ends(i)
			if first == NoTime {
				return false
			}
			d := last - first
			switch op {
			case ">":
				return d > limit
			case ">=":
				return d >= limit
			case "<":
				return d < limit
			}
			return d <= limit
		})
	}, nil
}

// ParseDuration reads a duration such as "30d", "1d12h", "90m" or "2w", in
// microseconds. A day is 24 hours.
func ParseDuration(text string) (int64, error) {
	rest, total := strings.ReplaceAll(text, " ", ""), 0.0
	for rest != "" {
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n <= 0 {
			return 0, fmt.Errorf("%q is not a duration such as 30d, 12h or 1d12h", text)
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		unit := strings.TrimLeft(rest[n:], "")
		u := 0.0
		for _, x := range []struct {
			name string
			us   float64
		}{{"ms", 1e3}, {"us", 1}, {"w", 7 * 86400e6}, {"d", 86400e6}, {"h", 3600e6}, {"m", 60e6}, {"s", 1e6}} {
			if strings.HasPrefix(unit, x.name) {
				u, rest = x.us, unit[len(x.name):]
				break
			}
		}
		if err != nil || u == 0 {
			return 0, fmt.Errorf("%q is not a duration such as 30d, 12h or 1d12h", text)
		}
		total += v * u
	}
	if text == "" || total >= 1<<62 {
		return 0, fmt.Errorf("%q is not a duration such as 30d, 12h or 1d12h", text)
	}
	return int64(total), nil
}

// A PeriodMode says which cases belong to a period.
type PeriodMode string

const (
	Contained    PeriodMode = "contained"    // begin and end in it
	Intersecting PeriodMode = "intersecting" // are under way at some time in it
	Started      PeriodMode = "started"      // begin in it
	Completed    PeriodMode = "completed"    // end in it
)

// PeriodModes lists the modes, the default first.
var PeriodModes = []PeriodMode{Contained, Intersecting, Started, Completed}

// Period keeps cases by time: from (included) up to to (excluded); the zero
// time is no limit.
func Period(from, to time.Time, mode PeriodMode) Filter {
	if mode == "" {
		mode = Contained
	}
	lo, hi := int64(NoTime), int64(1)<<62
	text := string(mode)
	if !from.IsZero() {
		lo = from.UnixMicro()
		text += " from " + FormatTime(lo)
	}
	if !to.IsZero() {
		hi = to.UnixMicro()
		text += " to " + FormatTime(hi)
	}
	return Filter{Name: "time", Value: text, apply: func(ctx context.Context, l *Log) (*Log, error) {
		return l.pickCases(ctx, func(c *Cases, i int) bool {
			first, last := c.span(i)
			if first == NoTime || last == NoTime {
				return false
			}
			switch mode {
			case Intersecting:
				return first < hi && last >= lo
			case Started:
				return first >= lo && first < hi
			case Completed:
				return last >= lo && last < hi
			}
			return first >= lo && last < hi
		})
	}}
}

func parseVariants(text string) (func(context.Context, *Log) (*Log, error), error) {
	kind, number, _ := strings.Cut(text, ":")
	percent := strings.HasSuffix(number, "%")
	n, err := strconv.ParseFloat(strings.TrimSuffix(number, "%"), 64)
	switch {
	case err == nil && kind == "top" && !percent && n >= 1 && n == float64(int64(n)):
	case err == nil && kind == "cover" && percent && n > 0 && n <= 100:
	default:
		return nil, fmt.Errorf("%q must be top:N or cover:P%%, as in \"top:10\" or \"cover:80%%\"", text)
	}
	return func(ctx context.Context, l *Log) (*Log, error) {
		t, err := l.countCases(ctx, false)
		if err != nil {
			return nil, err
		}
		keep, seen := make([]bool, len(t.variant)), int64(0)
		for i, v := range t.ranked(l.seenPaths().canonical(l.labels)) {
			if kind == "top" && float64(i) >= n || kind == "cover" && float64(seen) >= n/100*float64(t.cases) {
				break
			}
			seen += t.variant[v]
			keep[v] = true
		}
		return l.pickVariants(ctx, keep)
	}, nil
}

func parseFollows(text string) (func(context.Context, *Log) (*Log, error), error) {
	p := followsPattern{limit: -1}
	rest, err := p.activity(text, &p.from)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(rest, "->"):
		p.direct = true
	case strings.HasPrefix(rest, "~>"):
	default:
		return nil, fmt.Errorf("%q must be \"A -> B\" (directly) or \"A ~> B within 3d\" (eventually)", text)
	}
	if rest, err = p.activity(rest[2:], &p.to); err != nil {
		return nil, err
	}
	if within, ok := strings.CutPrefix(strings.TrimSpace(rest), "within "); ok {
		if p.limit, err = ParseDuration(within); err != nil {
			return nil, err
		}
	} else if strings.TrimSpace(rest) != "" {
		return nil, fmt.Errorf("%q: %q is not \"within DURATION\"", text, strings.TrimSpace(rest))
	}
	if p.from == "" || p.to == "" {
		return nil, fmt.Errorf("%q must name two activities", text)
	}
	return p.apply, nil
}

type followsPattern struct {
	from, to string
	direct   bool
	limit    int64 // µs; -1: none
}

// activity reads one name, quoted or up to an operator, and returns the rest.
func (p *followsPattern) activity(text string, name *string) (rest string, err error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err == nil {
			*name, err = strconv.Unquote(quoted)
		}
		if err != nil {
			return "", fmt.Errorf("%s: the quotation does not end", text)
		}
		return strings.TrimSpace(text[len(quoted):]), nil
	}
	end := len(text)
	for _, op := range []string{"->", "~>", " within "} {
		if i := strings.Index(text, op); i >= 0 && i < end {
			end = i
		}
	}
	*name = strings.TrimSpace(text[:end])
	return strings.TrimLeft(text[end:], " "), nil
}

func (p *followsPattern) apply(ctx context.Context, l *Log) (*Log, error) {
	from, err := l.code(p.from)
	if err != nil {
		return nil, err
	}
	to, err := l.code(p.to)
	if err != nil {
		return nil, err
	}
	if p.limit < 0 { // the path tells
		return l.pickPaths(ctx, func(path []uint16) bool {
			before := -1
			for e, a := range path {
				if a == to && before >= 0 && (!p.direct || before == e-1) {
					return true
				}
				if a == from {
					before = e
				}
			}
			return false
		})
	}
	return l.pickCases(ctx, func(c *Cases, i int) bool {
		lo, hi := int(c.Offsets[i]), int(c.Offsets[i+1])
		starts := c.Starts()
		last, end := -1, int64(NoTime) // the latest event of from so far, and the latest end of one
		for e := lo; e < hi; e++ {
			if c.Activity[e] == to && last >= 0 && (!p.direct || last == e-1) {
				if p.direct {
					end = c.Time[last]
				}
				if end != NoTime && starts[e] != NoTime && starts[e]-end <= p.limit {
					return true
				}
			}
			if c.Activity[e] == from {
				last, end = e, max(end, c.Time[e])
			}
		}
		return false
	})
}
