package distributor

// An instant is milliseconds since 1970 UTC; 0 is never.
type instant int64

const (
	second  instant = 1000
	minute          = 60 * second
	hour            = 60 * minute
	fullDay         = 24 * hour
)

// A date is days since 1970-01-01.
type date int32

// dateOf returns the date of a year, month and day of the Gregorian calendar.
func dateOf(y, m, d int) date {
	if m <= 2 {
		y--
		m += 12
	}
	return date(365*y + y/4 - y/100 + y/400 + (153*m-457)/5 + d - 306 - 719163)
}

// civil returns the year, month and day of a date.
func (d date) civil() (y, m, day int) {
	z := int(d) + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, day
}

// weekday returns 0 for Sunday to 6 for Saturday.
func (d date) weekday() int { return (int(d) + 4) % 7 }

// The data's span: [first, last], and its end, which nothing passes.
var (
	firstDay = dateOf(2024, 7, 1)
	lastDay  = dateOf(2025, 12, 31)
	begin    = instant(firstDay) * fullDay
	cut      = instant(lastDay)*fullDay + 23*hour
)

// A zone is one of the three the company lives in.
type zone int8

const (
	utc zone = iota
	london
	berlin // Vienna's too
)

// summers are the instants between which Europe's clocks are an hour ahead.
var summers = [...][2]instant{
	{instant(dateOf(2024, 3, 31))*fullDay + hour, instant(dateOf(2024, 10, 27))*fullDay + hour},
	{instant(dateOf(2025, 3, 30))*fullDay + hour, instant(dateOf(2025, 10, 26))*fullDay + hour},
	{instant(dateOf(2026, 3, 29))*fullDay + hour, instant(dateOf(2026, 10, 25))*fullDay + hour},
}

// offset returns what z's clocks are ahead of UTC at t.
func (z zone) offset(t instant) instant {
	if z == utc {
		return 0
	}
	var o instant
	if z == berlin {
		o = hour
	}
	for i := range summers {
		if t >= summers[i][0] && t < summers[i][1] {
			return o + hour
		}
	}
	return o
}

// day returns the local date of t.
func (z zone) day(t instant) date { return date((t + z.offset(t)) / fullDay) }

// clock returns the local time of day of t.
func (z zone) clock(t instant) instant { return (t + z.offset(t)) % fullDay }

// at returns the instant of a local date and time of day. Nobody works in the
// hour that a change of clocks doubles or leaves out.
func (z zone) at(d date, clock instant) instant {
	local := instant(d)*fullDay + clock
	t := local - z.offset(local)
	return local - z.offset(t)
}

// A calendar says when people work.
type calendar struct {
	zone        zone
	open, close instant // local time of day
	holidays    map[date]bool
}

func (c *calendar) works(d date) bool {
	w := d.weekday()
	return w != 0 && w != 6 && !c.holidays[d]
}

// next returns the first working day after d.
func (c *calendar) next(d date) date {
	for d++; !c.works(d); d++ {
	}
	return d
}

// plus returns the n-th working day after d.
func (c *calendar) plus(d date, n int) date {
	for ; n > 0; n-- {
		d = c.next(d)
	}
	return d
}

// minus returns the n-th working day before d.
func (c *calendar) minus(d date, n int) date {
	for ; n > 0; n-- {
		for d--; !c.works(d); d-- {
		}
	}
	return d
}

// after returns when work of that length is done that may begin at t.
func (c *calendar) after(t, work instant) instant {
	for {
		d := c.zone.day(t)
		if !c.works(d) {
			t = c.zone.at(c.next(d), c.open)
			continue
		}
		if from := c.zone.at(d, c.open); t < from {
			t = from
		}
		to := c.zone.at(d, c.close)
		if to-t > work {
			return t + work
		}
		if t < to {
			work -= to - t
		}
		t = c.zone.at(c.next(d), c.open)
	}
}

// slot returns the first of the local times of day, on a working day, at or after t.
func (c *calendar) slot(t instant, clocks ...instant) instant {
	for d := c.zone.day(t); ; d = c.next(d) {
		if !c.works(d) {
			continue
		}
		for _, k := range clocks {
			if s := c.zone.at(d, k); s >= t {
				return s
			}
		}
	}
}

func holidays(days ...[3]int) map[date]bool {
	m := map[date]bool{}
	for _, d := range days {
		m[dateOf(d[0], d[1], d[2])] = true
	}
	return m
}

var (
	german = holidays([3]int{2024, 10, 3}, [3]int{2024, 10, 31}, [3]int{2024, 12, 25}, [3]int{2024, 12, 26}, [3]int{2025, 1, 1},
		[3]int{2025, 4, 18}, [3]int{2025, 4, 21}, [3]int{2025, 5, 1}, [3]int{2025, 5, 29}, [3]int{2025, 6, 9}, [3]int{2025, 10, 3},
		[3]int{2025, 10, 31}, [3]int{2025, 12, 25}, [3]int{2025, 12, 26}, [3]int{2026, 1, 1})
	austrian = holidays([3]int{2024, 8, 15}, [3]int{2024, 11, 1}, [3]int{2024, 12, 25}, [3]int{2024, 12, 26}, [3]int{2025, 1, 1},
		[3]int{2025, 1, 6}, [3]int{2025, 4, 21}, [3]int{2025, 5, 1}, [3]int{2025, 5, 29}, [3]int{2025, 6, 9}, [3]int{2025, 6, 19},
		[3]int{2025, 8, 15}, [3]int{2025, 12, 8}, [3]int{2025, 12, 25}, [3]int{2025, 12, 26}, [3]int{2026, 1, 1}, [3]int{2026, 1, 6})
	british = holidays([3]int{2024, 8, 26}, [3]int{2024, 12, 25}, [3]int{2024, 12, 26}, [3]int{2025, 1, 1}, [3]int{2025, 4, 18},
		[3]int{2025, 4, 21}, [3]int{2025, 5, 5}, [3]int{2025, 5, 26}, [3]int{2025, 8, 25}, [3]int{2025, 12, 25}, [3]int{2025, 12, 26}, [3]int{2026, 1, 1})
)
