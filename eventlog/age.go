package eventlog

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// An Age is how long something is kept, in whole days, months or years of the
// calendar; zero is for ever.
type Age struct{ Days, Months int }

var ageText = regexp.MustCompile(`^([1-9][0-9]{0,4})(d|mo|y)$`)

// ParseAge reads an age: 90d, 24mo, 7y.
func ParseAge(text string) (Age, error) {
	m := ageText.FindStringSubmatch(text)
	if m == nil {
		return Age{}, fmt.Errorf("%q is no age such as 90d (days), 24mo (months) or 7y (years)", text)
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "d":
		return Age{Days: n}, nil
	case "y":
		n *= 12
	}
	return Age{Months: n}, nil
}

// UnmarshalText reads what a project file says.
func (a *Age) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAge(string(text))
	return err
}

func (a Age) String() string {
	switch {
	case a == Age{}:
		return "for ever"
	case a.Months == 0:
		return fmt.Sprintf("%dd", a.Days)
	}
	return fmt.Sprintf("%dmo", a.Months)
}

// before is when that was kept so long begins. A month before the 31st is the
// last day of a shorter one.
func (a Age) before(now time.Time) time.Time {
	now = now.UTC()
	first := time.Date(now.Year(), now.Month()-time.Month(a.Months), 1, now.Hour(), now.Minute(), now.Second(), now.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(now.Day(), last)-1-a.Days)
}
