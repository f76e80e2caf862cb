package metrics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultTimeout is how long one figure may take, where nobody says another.
const DefaultTimeout = 60 * time.Second

// maxValues is how many values one figure may have: those of 25,000 customers
// in four quarters.
const maxValues = 100_000

// maxLabel is how long the value of a dimension may be, in bytes.
const maxLabel = 4 << 10

// within runs fn on a copy of a that is stopped after Options.Timeout.
func (a *asking) within(fn func(*asking) error) error { return a.withinTimes(1, fn) }

// withinTimes gives it so many times as long.
func (a *asking) withinTimes(n int, fn func(*asking) error) error {
	limit := time.Duration(n) * first(a.o.Timeout, DefaultTimeout)
	ctx, cancel := context.WithTimeout(a.ctx, limit)
	defer cancel()
	b := *a
	b.ctx = ctx
	err := fn(&b)
	switch {
	case err == nil:
		return nil
	case a.ctx.Err() == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("took longer than %s and was stopped; make it simpler, ask for less, or set kpi_timeout in the project", limit)
	case strings.Contains(err.Error(), "Out of Memory Error"):
		return fmt.Errorf("takes more memory than there is for it; make it simpler, ask for less, or give more by --memory (%s)", firstLine(err.Error()))
	}
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// tooMany says that a figure has more values than anybody reads.
func tooMany() error {
	return fmt.Errorf("gives more than %d values, and was stopped; ask by fewer dimensions or longer periods", maxValues)
}
