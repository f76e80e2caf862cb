package calendar

// An Opening is a stretch of time in which a site works, in µs UTC.
type Opening struct{ Start, End int64 }

// Open lists when the site works between two instants in µs UTC, oldest first;
// the first and last are cut off there. Both must lie in the years 1900 to
// 2299. O(stretches).
func (c *Calendar) Open(from, to int64) []Opening {
	if from >= to {
		return nil
	}
	c.far(from)
	c.far(to)
	t := c.table.Load()
	var list []Opening
	for i := t.find(from); t.spans[i].start < to; i++ {
		s := t.spans[i]
		if start, end := max(s.start, from), min(s.end, to); start < end {
			list = append(list, Opening{start, end})
		}
	}
	return list
}

// Day is how long a working day is on average, in µs: the working time of a
// year divided by the days that have any. O(stretches of a year).
func (c *Calendar) Day() int64 {
	const year = 2025 // one without a day that comes every four years
	from, to := int64(dateOf(year, 1, 1))*day, int64(dateOf(year+1, 1, 1))*day
	days, last := int64(0), int64(-1)
	for _, s := range c.Open(from, to) {
		if d := (s.Start - from) / day; d != last {
			days, last = days+1, d
		}
	}
	if days == 0 {
		return 0
	}
	return c.Between(from, to) / days
}
