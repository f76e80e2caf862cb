package constraints

import (
	"slices"

	"millrace/eventlog"
)

// A verdict of a rule on a case: 1 it holds, -1 it does not, 0 not activated.
type verdict int

func is(holds bool) verdict {
	if holds {
		return 1
	}
	return -1
}

// nowhere is an activity that the log does not have.
const nowhere eventlog.Activity = -1

// looked is a case with the places of each activity in it.
type looked struct {
	path   []eventlog.Activity
	places [][]int
	here   []eventlog.Activity // that occur, by their first occurrence
}

func newLooked(s *eventlog.Summary) *looked { return &looked{places: make([][]int, len(s.Activities))} }

func (c *looked) look(path []eventlog.Activity) {
	for _, a := range c.here {
		c.places[a] = c.places[a][:0]
	}
	c.path, c.here = path, c.here[:0]
	for j, a := range path {
		if len(c.places[a]) == 0 {
			c.here = append(c.here, a)
		}
		c.places[a] = append(c.places[a], j)
	}
}

// at returns the places of a, ascending; none of nowhere.
func (c *looked) at(a eventlog.Activity) []int {
	if a == nowhere {
		return nil
	}
	return c.places[a]
}

// next says whether b stands as far behind place j as says.
func (c *looked) next(j, says int, b eventlog.Activity) bool {
	return j+says >= 0 && j+says < len(c.path) && c.path[j+says] == b
}

// judge says of a case whether a rule holds. The negative templates are the
// opposite of the positive ones, as in the oracle: see DESIGN.md.
func (t Template) judge(c *looked, a, b eventlog.Activity) verdict {
	as, bs := c.at(a), c.at(b)
	switch t {
	case Existence:
		return is(len(as) > 0)
	case Absence:
		return is(len(as) == 0)
	case ExactlyOne:
		return is(len(as) == 1)
	case Init:
		return is(len(as) > 0 && as[0] == 0)
	case Succession:
		return min(Response.judge(c, a, b), Precedence.judge(c, a, b))
	case AltSuccession:
		return min(AltResponse.judge(c, a, b), AltPrecedence.judge(c, a, b))
	case ChainSuccession:
		return min(ChainResponse.judge(c, a, b), ChainPrecedence.judge(c, a, b))
	case Coexistence:
		return min(RespondedExistence.judge(c, a, b), RespondedExistence.judge(c, b, a))
	case NonCoexistence:
		return -Coexistence.judge(c, a, b)
	case NonSuccession:
		return -Succession.judge(c, a, b)
	case NonChainSuccession:
		return -ChainSuccession.judge(c, a, b)
	case Precedence, AltPrecedence, ChainPrecedence:
		if len(bs) == 0 {
			return 0
		}
	default:
		if len(as) == 0 {
			return 0
		}
	}
	switch t {
	case RespondedExistence:
		return is(len(bs) > 0)
	case Response:
		return is(len(bs) > 0 && as[len(as)-1] < bs[len(bs)-1])
	case AltResponse:
		return is(between(as, bs))
	case ChainResponse:
		return is(all(as, func(j int) bool { return c.next(j, 1, b) }))
	case Precedence:
		return is(len(as) > 0 && as[0] < bs[0])
	case AltPrecedence:
		return is(before(as, bs))
	case ChainPrecedence:
		return is(all(bs, func(j int) bool { return c.next(j, -1, a) }))
	}
	panic("no template " + t)
}

func all(places []int, holds func(int) bool) bool {
	return !slices.ContainsFunc(places, func(j int) bool { return !holds(j) })
}

// between says whether after each of as, before the next, there is one of bs.
func between(as, bs []int) bool {
	for i, j := range as {
		for len(bs) > 0 && bs[0] < j {
			bs = bs[1:]
		}
		if len(bs) == 0 || i+1 < len(as) && bs[0] > as[i+1] {
			return false
		}
	}
	return true
}

// before says whether before each of bs, after the one before, there is one of as.
func before(as, bs []int) bool {
	last := -1
	for _, j := range bs {
		for len(as) > 0 && as[0] < last {
			as = as[1:]
		}
		if len(as) == 0 || as[0] > j {
			return false
		}
		last = j
	}
	return true
}
