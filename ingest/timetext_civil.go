package ingest

import "bytes"

// A civil time is what stands in the text: wall clock and, perhaps, offset.
type civil struct {
	year, month, day      int
	hour, min, sec, micro int
	offset                int // seconds east of UTC
	zoned, dateOnly       bool
	nextDay               bool // the time of day was 24:00:00
	kanji                 bool // the time of day was 15時04分

	// how it was written, for the layout
	padded, seconds, twelve bool
	joiner                  byte // between date and time of day
	colon                   byte // between hours and minutes
	fraction                int  // digits
}

// civil reads everything but counted times and told layouts.
func (f *TimeFormat) civil(text []byte) (c civil, ok bool) {
	s := scanner{b: bytes.TrimSpace(text)}
	switch f.order {
	case yearFirst:
		ok = s.numeric(f.sep, &c.year, 4, 4, &c.month, &c.day)
	case dayFirst:
		ok = s.numericYearLast(f, &c.day, &c.month, &c.year)
	case monthFirst:
		ok = s.numericYearLast(f, &c.month, &c.day, &c.year)
	case compact:
		return s.compact()
	case named:
		ok = s.named(f.year2, &c)
	case javaDate:
		ok = s.java(&c)
		c.padded = true
		return c, ok && validDate(c.year, c.month, c.day)
	case ideographs:
		ok = s.ideographs(&c)
	}
	if !ok {
		return c, false
	}
	if f.year2 {
		c.year += 1900
		if c.year < 1969 { // as package time
			c.year += 100
		}
	}
	c.padded = !s.short
	return c, validDate(c.year, c.month, c.day) && s.timeOfDay(&c)
}

// A scanner reads a time from the left.
type scanner struct {
	b     []byte
	i     int
	short bool // a day or month was written with one digit
}

func (s *scanner) end() bool { return s.i == len(s.b) }

func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.b[s.i]
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c || c == 0 {
		return false
	}
	s.i++
	return true
}

// number reads all digits that follow, from least to most.
func (s *scanner) number(v *int, least, most int) bool {
	n, from := 0, s.i
	for !s.end() && isDigit(s.b[s.i]) {
		if s.i-from == most {
			return false
		}
		n = n*10 + int(s.b[s.i]-'0')
		s.i++
	}
	*v = n
	return s.i-from >= least
}

func (s *scanner) oneOrTwo(v *int) bool {
	from := s.i
	ok := s.number(v, 1, 2)
	s.short = s.short || s.i-from == 1
	return ok
}

func (s *scanner) numeric(sep byte, year *int, least, most int, a, b *int) bool {
	return s.number(year, least, most) && s.take(sep) && s.oneOrTwo(a) && s.take(sep) && s.oneOrTwo(b)
}

func (s *scanner) numericYearLast(f *TimeFormat, a, b, year *int) bool {
	digits := 4
	if f.year2 {
		digits = 2
	}
	return s.oneOrTwo(a) && s.take(f.sep) && s.oneOrTwo(b) && s.take(f.sep) && s.number(year, digits, digits)
}

// compact reads 20060102, 20060102150405, 20060102T1504Z and the like.
func (s *scanner) compact() (c civil, ok bool) {
	digits := func(n int) (v int, ok bool) {
		if s.i+n > len(s.b) {
			return 0, false
		}
		for range n {
			if !isDigit(s.b[s.i]) {
				return 0, false
			}
			v = v*10 + int(s.b[s.i]-'0')
			s.i++
		}
		return v, true
	}
	date, ok := digits(8)
	c.year, c.month, c.day = date/10000, date/100%100, date%100
	if !ok || !validDate(c.year, c.month, c.day) {
		return c, false
	}
	c.padded = true
	if s.end() {
		c.dateOnly = true
		return c, true
	}
	if s.peek() == 'T' || s.peek() == ' ' {
		c.joiner = s.peek()
		s.i++
	}
	hm, ok := digits(4)
	if !ok {
		return c, false
	}
	c.hour, c.min = hm/100, hm%100
	if isDigit(s.peek()) {
		if c.sec, ok = digits(2); !ok {
			return c, false
		}
		c.seconds = true
		s.fraction(&c)
	}
	return c, c.endOfDay() && s.offset(&c) && s.end()
}

// endOfDay checks the time of day, and turns 24:00:00 into the next day's
// first moment.
func (c *civil) endOfDay() bool {
	if c.hour == 24 && c.min == 0 && c.sec == 0 && c.micro == 0 {
		c.hour, c.nextDay = 0, true
	}
	return c.hour < 24 && c.min < 60 && c.sec < 60
}

// java reads what java.util.Date prints: Fri Feb 16 10:00:00 CET 2024.
func (s *scanner) java(c *civil) bool {
	if !weekday(s.word()) || !s.take(' ') {
		return false
	}
	if c.month = month(s.word()); c.month == 0 || !s.take(' ') {
		return false
	}
	s.take(' ')
	if !s.oneOrTwo(&c.day) || !s.take(' ') || !s.hours(c) || !s.take(' ') {
		return false
	}
	if name := s.word(); len(name) > 0 {
		offset, ok := zoneOffset(string(name))
		if !ok || !s.take(' ') {
			return false
		}
		c.zoned, c.offset = true, offset
	}
	return c.endOfDay() && s.number(&c.year, 4, 4) && s.end()
}

// zoneOffset returns the seconds east of UTC of an abbreviation that means one
// zone; IST and the like mean several.
func zoneOffset(name string) (int, bool) {
	const hour = 3600
	switch name {
	case "UTC", "GMT", "WET", "Z":
		return 0, true
	case "BST", "WEST", "CET", "MEZ":
		return hour, true
	case "CEST", "MESZ", "EET":
		return 2 * hour, true
	case "EEST", "MSK":
		return 3 * hour, true
	case "JST", "KST":
		return 9 * hour, true
	case "EDT":
		return -4 * hour, true
	case "EST", "CDT":
		return -5 * hour, true
	case "CST", "MDT":
		return -6 * hour, true
	case "MST", "PDT":
		return -7 * hour, true
	case "PST":
		return -8 * hour, true
	}
	return 0, false
}

// ideographs reads 2006年1月2日, and the time of day also as 15時04分05秒.
func (s *scanner) ideographs(c *civil) bool {
	if !s.number(&c.year, 4, 4) || !s.takes("年") || !s.oneOrTwo(&c.month) || !s.takes("月") || !s.oneOrTwo(&c.day) || !s.takes("日") {
		return false
	}
	for s.take(' ') {
	}
	if s.end() {
		return true
	}
	from := s.i
	var hour, min, sec int
	if s.number(&hour, 1, 2) && s.takes("時") && s.number(&min, 1, 2) && s.takes("分") {
		c.seconds = s.number(&sec, 1, 2) && s.takes("秒")
		if c.seconds || s.end() {
			c.hour, c.min, c.sec = hour, min, sec
			c.joiner, c.colon, c.kanji = ' ', ':', true
			return s.end()
		}
	}
	s.i = from - 1 // timeOfDay wants a blank before
	return s.b[s.i] == ' '
}

func (s *scanner) takes(text string) bool {
	if !bytes.HasPrefix(s.b[s.i:], []byte(text)) {
		return false
	}
	s.i += len(text)
	return true
}

// named reads 02-Jan-2006, 2. Januar 2006, Jan 2, 2006, Mon, 02 Jan 2006.
func (s *scanner) named(year2 bool, c *civil) bool {
	digits := 4
	if year2 {
		digits = 2
	}
	if word := s.word(); len(word) > 0 {
		if c.month = month(word); c.month != 0 { // Jan 2, 2006
			s.separators()
			ok := s.oneOrTwo(&c.day)
			s.separators()
			return ok && s.number(&c.year, digits, digits)
		}
		if !weekday(word) || !s.separators() {
			return false
		}
	}
	if !s.oneOrTwo(&c.day) {
		return false
	}
	s.separators()
	if c.month = month(s.word()); c.month == 0 {
		return false
	}
	s.separators()
	return s.number(&c.year, digits, digits)
}

// separators skips at most three of what stands between words of a date.
func (s *scanner) separators() bool {
	from := s.i
	for s.i-from < 3 {
		switch s.peek() {
		case ' ', '-', '.', ',', '/':
			s.i++
			continue
		}
		break
	}
	return s.i > from
}

func (s *scanner) word() []byte {
	from := s.i
	for !s.end() && (s.b[s.i]|0x20 >= 'a' && s.b[s.i]|0x20 <= 'z' || s.b[s.i] >= 0x80) {
		s.i++
	}
	return s.b[from:s.i]
}

// timeOfDay reads what may follow a date, to the end.
func (s *scanner) timeOfDay(c *civil) bool {
	if s.end() {
		c.dateOnly = !c.kanji
		return !c.kanji || c.endOfDay()
	}
	switch c.joiner = s.peek(); c.joiner {
	case 'T', 't', ' ', ':': // 30-12-2010:11.02 is in the book
		s.i++
	case ',': // Jan 2, 2006, 3:04 PM
		s.i++
		if !s.take(' ') {
			return false
		}
	default:
		return false
	}
	for s.take(' ') {
	}
	return s.hours(c) && s.halfDay(c) && c.endOfDay() && s.offset(c) && s.end()
}

// hours reads 15:04 or 15:04:05.999, with colons or dots.
func (s *scanner) hours(c *civil) bool {
	if !s.number(&c.hour, 1, 2) {
		return false
	}
	if c.colon = s.peek(); c.colon != ':' && c.colon != '.' {
		return false
	}
	s.i++
	if !s.number(&c.min, 2, 2) {
		return false
	}
	if s.take(c.colon) {
		if !s.number(&c.sec, 2, 2) {
			return false
		}
		c.seconds = true
		return s.fraction(c)
	}
	return true
}

// fraction reads any number of digits of a second, and drops those beyond µs.
func (s *scanner) fraction(c *civil) bool {
	if s.peek() != '.' && s.peek() != ',' {
		return true
	}
	s.i++
	for scale := 100000; isDigit(s.peek()); s.i++ {
		c.micro += int(s.b[s.i]-'0') * scale
		scale /= 10
		c.fraction++
	}
	return c.fraction > 0
}

// halfDay reads AM and PM, and turns the hour into one of 24.
func (s *scanner) halfDay(c *civil) bool {
	i := s.i
	if i < len(s.b) && s.b[i] == ' ' {
		i++
	}
	if i+2 > len(s.b) || s.b[i+1]|0x20 != 'm' {
		return true
	}
	half := s.b[i] | 0x20
	if half != 'a' && half != 'p' {
		return true
	}
	if c.hour < 1 || c.hour > 12 {
		return false
	}
	c.hour %= 12
	if half == 'p' {
		c.hour += 12
	}
	c.twelve = true
	s.i = i + 2
	return true
}

// offset reads Z, UTC, GMT, +07:00, +0700, +07.
func (s *scanner) offset(c *civil) bool {
	if s.end() {
		return true
	}
	s.take(' ')
	switch rest := s.b[s.i:]; {
	case len(rest) == 1 && rest[0]|0x20 == 'z', string(rest) == "UTC", string(rest) == "GMT":
		c.zoned = true
		s.i = len(s.b)
		return true
	}
	sign := s.peek()
	if sign != '+' && sign != '-' {
		return false
	}
	s.i++
	digits := s.b[s.i:]
	var h, m int
	switch {
	case len(digits) == 2:
		h = two(digits, 0)
	case len(digits) == 4:
		h, m = two(digits, 0), two(digits, 2)
	case len(digits) == 5 && digits[2] == ':':
		h, m = two(digits, 0), two(digits, 3)
	default:
		return false
	}
	if h|m < 0 || h > 23 || m > 59 {
		return false
	}
	c.zoned, c.offset = true, h*3600+m*60
	if sign == '-' {
		c.offset = -c.offset
	}
	s.i = len(s.b)
	return true
}

var monthNames = [12][]string{
	{"jan", "january", "januar", "jänner", "janv", "janvier"}, {"feb", "february", "februar", "févr", "fév", "février", "fevrier"},
	{"mar", "march", "mär", "märz", "mrz", "mars"}, {"apr", "april", "avr", "avril"}, {"may", "mai"}, {"jun", "june", "juni", "juin"},
	{"jul", "july", "juli", "juil", "juillet"}, {"aug", "august", "août", "aout"}, {"sep", "sept", "september", "septembre"},
	{"oct", "october", "okt", "oktober", "octobre"}, {"nov", "november", "novembre"},
	{"dec", "december", "dez", "dezember", "déc", "décembre", "decembre"},
}

// month returns the number of a month's English, German or French name, or 0.
func month(word []byte) int {
	if len(word) < 3 || len(word) > 9 {
		return 0
	}
	lower := string(bytes.ToLower(word))
	for i, names := range monthNames {
		for _, name := range names {
			if name == lower {
				return i + 1
			}
		}
	}
	return 0
}

func weekday(word []byte) bool {
	if len(word) < 2 {
		return false
	}
	lower := string(bytes.ToLower(word))
	for _, name := range [...]string{
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
		"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
	} {
		if lower == name || lower == name[:3] || lower == name[:2] {
			return true
		}
	}
	return false
}
