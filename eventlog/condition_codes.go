package eventlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
)

// maxCodePairs is how many pairs of an activity and a resource are tried.
const maxCodePairs = 1 << 20

// A codeCondition says of each pair of an activity and a resource whether a
// condition on events holds: it looks at nothing else.
type codeCondition struct {
	resources int
	holds     []bool // by activity, then by resource; the last resource is none
}

// of says whether it holds for event e.
func (k *codeCondition) of(c *Cases, e int) bool {
	r := k.resources
	if c.Resource != nil && c.Resource[e] >= 0 {
		r = int(c.Resource[e])
	}
	return k.holds[int(c.Activity[e])*(k.resources+1)+r]
}

// codes decides a condition on events by their codes, so that no event is
// asked for in the database; nil where it may look at more than activity and
// resource. A wrong guess does not compile: see needOf.
func (l *Log) codes(ctx context.Context, condition string) (k *codeCondition, err error) {
	text := strings.ToLower(condition)
	columns := needOf("events", condition).columns
	pairs := len(l.labels) * (len(l.resources) + 1)
	if columns == "" || strings.Contains(text, "event") || strings.Contains(text, "rowid") || strings.Contains(columns, "time") || strings.Contains(columns, "actor_kind") || pairs > maxCodePairs {
		return nil, nil
	}
	t := &conditionTable{fill: func(ctx context.Context, c *sql.Conn, _ conditionNeed) error {
		if _, err := c.ExecContext(ctx, `CREATE TABLE events (event BIGINT, activity VARCHAR, resource VARCHAR)`); err != nil {
			return err
		}
		return c.Raw(func(dc any) error {
			return appendRows(dc.(driver.Conn), "events", pairs, func(i int) []driver.Value {
				row := []driver.Value{int64(i), l.labels[i/(len(l.resources)+1)], nil}
				if r := i % (len(l.resources) + 1); r < len(l.resources) {
					row[2] = l.resources[r]
				}
				return row
			})
		})
	}}
	defer func() { err = errors.Join(err, t.Close()) }()
	numbers, err := t.ask(ctx, "events", condition, conditionNeed{})
	if err != nil {
		return nil, ctx.Err() // it looks at something else, or is wrong: then all of it is asked, and says so
	}
	k = &codeCondition{resources: len(l.resources), holds: make([]bool, pairs)}
	for _, n := range numbers {
		k.holds[n] = true
	}
	return k, nil
}
