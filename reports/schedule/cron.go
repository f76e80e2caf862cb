package schedule

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Expression is a cron expression of five fields: minute, hour, day of the
// month, month, day of the week. Its zero value is never due.
//
// A field is * (all), a number, a range 1-5, either of the first and last with
// a step (*/15, 8-18/2), or a list of those with commas. Months are 1 to 12 or
// JAN to DEC; days of the week 0 to 7, where 0 and 7 are Sunday, or SUN to SAT.
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually stand
// for the expression that cron gives them.
//
// Where both the day of the month and the day of the week are restricted, a day
// that fits either is meant (POSIX). A field that begins with * is not restricted
// (Vixie): "0 6 */2 * MON" is Mondays on odd days.
type Expression struct {
	text                              string
	minute, hour, day, month, weekday uint64 // a bit a value
	both                              bool   // a day must fit day and weekday; else either
}

// A field is a place in an expression.
type field struct {
	name     string
	min, max int
	names    []string // of the values from min on
}

var (
	monthNames   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

	fields = []field{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, monthNames},
		{"day of the week", 0, 7, weekdayNames},
	}

	// nicknames are the words that cron has for expressions.
	nicknames = map[string]string{
		"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
		"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
	}
)

const nicknameList = "@hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"

// ParseCron reads an expression. An expression that no day fits, as 31 February,
// is an error.
func ParseCron(text string) (Expression, error) {
	e := Expression{text: strings.TrimSpace(text)}
	five := e.text
	if strings.HasPrefix(five, "@") {
		var ok bool
		if five, ok = nicknames[strings.ToLower(five)]; !ok {
			return Expression{}, fmt.Errorf("cron %q: want one of %s, or five fields", text, nicknameList)
		}
	}
	words := strings.Fields(five)
	if len(words) > 0 && strings.Contains(words[0], "=") {
		return Expression{}, fmt.Errorf("cron %q: the zone is not said here; write timezone: %s", text, words[0][strings.Index(words[0], "=")+1:])
	}
	if len(words) != len(fields) {
		return Expression{}, fmt.Errorf("cron %q: want five fields, minute hour day-of-month month day-of-week, not %d; \"30 6 * * 1-5\" is 06:30 from Monday to Friday", text, len(words))
	}
	sets := []*uint64{&e.minute, &e.hour, &e.day, &e.month, &e.weekday}
	for i, f := range fields {
		var err error
		if *sets[i], err = f.parse(words[i]); err != nil {
			return Expression{}, fmt.Errorf("cron %q: %s: %w", text, f.name, err)
		}
	}
	e.weekday = (e.weekday | e.weekday>>7) & 0x7f // 7 is Sunday, as 0
	e.both = words[2][0] == '*' || words[4][0] == '*'
	if _, ok := e.nextDay(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return Expression{}, fmt.Errorf("cron %q: there is no such day: day of the month %q in month %q on day of the week %q", text, words[2], words[3], words[4])
	}
	return e, nil
}

// String is the expression as it was written.
func (e Expression) String() string { return e.text }

// UnmarshalText reads what a project file says.
func (e *Expression) UnmarshalText(text []byte) (err error) {
	*e, err = ParseCron(string(text))
	return err
}

// parse reads a list of values.
func (f field) parse(text string) (set uint64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		one, err := f.parsePart(part)
		if err != nil {
			return 0, err
		}
		set |= one
	}
	return set, nil
}

// parsePart reads a value, a range, or one with a step.
func (f field) parsePart(part string) (set uint64, err error) {
	span, stepText, stepped := strings.Cut(part, "/")
	first, last := f.min, f.max
	if f.names != nil && f.min == 0 {
		last = f.max - 1 // all days of the week, Sunday once
	}
	from, to, ranged := strings.Cut(span, "-")
	switch {
	case span == "*":
	case ranged:
		if first, err = f.value(from, part); err != nil {
			return 0, err
		}
		if last, err = f.value(to, part); err != nil {
			return 0, err
		}
		if f.max == 7 && strings.EqualFold(to, "SUN") && first > 0 {
			last = 7 // FRI-SUN
		}
		if last < first {
			return 0, fmt.Errorf("%q ends before it begins; write two ranges with a comma: %s-%d,%d-%s", part, from, f.max, f.min, to)
		}
	case stepped:
		return 0, fmt.Errorf("%q: a step is of * or of a range; want %s-%d/%s", part, span, f.max, stepText)
	default:
		if first, err = f.value(from, part); err != nil {
			return 0, err
		}
		last = first
	}
	step := 1
	if stepped {
		step, err = number(stepText)
		if most := max(1, last-first); err != nil || step < 1 || step > most {
			return 0, fmt.Errorf("%q: the step is from 1 to %d here", part, most)
		}
	}
	for v := first; v <= last; v += step {
		set |= 1 << v
	}
	return set, nil
}

// value reads one value, a number or a name; part is what it is in.
func (f field) value(text, part string) (int, error) {
	v, err := number(text)
	if err != nil {
		i := slices.Index(f.names, strings.ToUpper(text))
		v, err = f.min+i, nil
		if i < 0 {
			return 0, fmt.Errorf("%q: want %s", part, f.allowed())
		}
	}
	if v < f.min || v > f.max {
		return 0, fmt.Errorf("%q: want %s", part, f.allowed())
	}
	return v, nil
}

// allowed says what a field may hold.
func (f field) allowed() string {
	words := fmt.Sprintf("%d to %d", f.min, f.max)
	if f.names != nil {
		words += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return words + ", a range a-b, *, a step */n or a-b/n, or a list of them with commas"
}

// number reads one or two digits: no sign, no blank.
func number(text string) (int, error) {
	if len(text) == 0 || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return strconv.Atoi(text)
}

// everyHour says whether it is due in every hour of its days.
func (e Expression) everyHour() bool { return bits.OnesCount64(e.hour) == 24 }

// onDay says whether a day fits.
func (e Expression) onDay(day time.Time) bool {
	if e.month>>day.Month()&1 == 0 {
		return false
	}
	date, weekday := e.day>>day.Day()&1 == 1, e.weekday>>day.Weekday()&1 == 1
	if e.both {
		return date && weekday
	}
	return date || weekday
}

// nextDay is the first day from one on, a midnight in UTC, that fits. After
// 400 years the calendar repeats itself.
func (e Expression) nextDay(day time.Time) (time.Time, bool) {
	for range 400*365 + 97 {
		if e.onDay(day) {
			return day, true
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}
