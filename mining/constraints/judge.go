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

// A ruling says of a case whether a rule for a and b holds.
type ruling func(c *looked, a, b eventlog.Activity) verdict

// judge returns the ruling of a template: rules are many, and names are slow to tell apart. The
// negative templates are the opposite of the positive ones, as in the oracle: see DESIGN.md.
func (t Template) judge() ruling {
	switch t {
	case Existence:
		return ofOne(func(as []int) bool { return len(as) > 0 })
	case Absence:
		return ofOne(func(as []int) bool { return len(as) == 0 })
	case ExactlyOne:
		return ofOne(func(as []int) bool { return len(as) == 1 })
	case Init:
		return ofOne(func(as []int) bool { return len(as) > 0 && as[0] == 0 })
	case RespondedExistence:
		return respondedExistence
	case Response:
		return func(c *looked, a, b eventlog.Activity) verdict { return activated(c.at(a), response(c.at(a), c.at(b))) }
	case AltResponse:
		return func(c *looked, a, b eventlog.Activity) verdict { return activated(c.at(a), between(c.at(a), c.at(b))) }
	case ChainResponse:
		return func(c *looked, a, b eventlog.Activity) verdict { return activated(c.at(a), c.followed(c.at(a), b)) }
	case Precedence:
		return func(c *looked, a, b eventlog.Activity) verdict {
			return activated(c.at(b), precedence(c.at(a), c.at(b)))
		}
	case AltPrecedence:
		return func(c *looked, a, b eventlog.Activity) verdict { return activated(c.at(b), before(c.at(a), c.at(b))) }
	case ChainPrecedence:
		return func(c *looked, a, b eventlog.Activity) verdict { return activated(c.at(b), c.led(c.at(b), a)) }
	case Succession:
		return both(Response, Precedence)
	case AltSuccession:
		return both(AltResponse, AltPrecedence)
	case ChainSuccession:
		return both(ChainResponse, ChainPrecedence)
	case Coexistence:
		return func(c *looked, a, b eventlog.Activity) verdict {
			return min(respondedExistence(c, a, b), respondedExistence(c, b, a))
		}
	case NonCoexistence:
		return opposite(Coexistence)
	case NonSuccession:
		return opposite(Succession)
	case NonChainSuccession:
		return opposite(ChainSuccession)
	}
	panic("no template " + t)
}

func ofOne(holds func(as []int) bool) ruling {
	return func(c *looked, a, _ eventlog.Activity) verdict { return is(holds(c.at(a))) }
}

func both(t, u Template) ruling {
	x, y := t.judge(), u.judge()
	return func(c *looked, a, b eventlog.Activity) verdict { return min(x(c, a, b), y(c, a, b)) }
}

func opposite(t Template) ruling {
	x := t.judge()
	return func(c *looked, a, b eventlog.Activity) verdict { return -x(c, a, b) }
}

// activated is the verdict on a rule that occurrences activate.
func activated(by []int, holds bool) verdict {
	if len(by) == 0 {
		return 0
	}
	return is(holds)
}

func respondedExistence(c *looked, a, b eventlog.Activity) verdict {
	return activated(c.at(a), len(c.at(b)) > 0)
}

// response says whether after the last of as there is one of bs.
func response(as, bs []int) bool {
	return len(as) > 0 && len(bs) > 0 && as[len(as)-1] < bs[len(bs)-1]
}

// precedence says whether before the first of bs there is one of as.
func precedence(as, bs []int) bool { return len(as) > 0 && len(bs) > 0 && as[0] < bs[0] }

// followed says whether b is right behind each of as.
func (c *looked) followed(as []int, b eventlog.Activity) bool {
	return all(as, func(j int) bool { return c.next(j, 1, b) })
}

// led says whether a is right before each of bs.
func (c *looked) led(bs []int, a eventlog.Activity) bool {
	return all(bs, func(j int) bool { return c.next(j, -1, a) })
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
