package calendar

// A Stretch is a stretch of time in which a site works, in µs UTC.
type Stretch struct{ Start, End int64 }

// Open lists when the site works between two instants in µs UTC, oldest first;
// the first and last are cut off there. Both must lie in the years 1900 to
// 2299. O(stretches).
func (c *Calendar) Open(from, to int64) []Stretch {
	if from >= to {
		return nil
	}
	c.far(from)
	c.far(to)
	t := c.table.Load()
	var list []Stretch
	for i := t.find(from); t.spans[i].start < to; i++ {
		s := t.spans[i]
		if start, end := max(s.start, from), min(s.end, to); start < end {
			list = append(list, Stretch{start, end})
		}
	}
	return list
}
