package eventlog

import (
	"context"
	"database/sql"
	"time"
)

// CountObjects returns how many objects of a type the store has.
func (s *Store) CountObjects(ctx context.Context, objectType string) (n int64, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		n, err = c.int(ctx, storeText("count_objects"), objectType)
		return err
	})
	return n, err
}

// ObjectTypes counts the objects of each type that a log can be made of: those
// of its case type for an imported file, else those of all systems.
func (s *Store) ObjectTypes(ctx context.Context, log string) (types map[string]int64, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		_, types, err = c.counts(ctx, storeText("count_types"), log)
		return err
	})
	return types, err
}

// Query runs one SELECT over the store, for package metrics and who else asks
// the business views.
func (s *Store) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return s.db.QueryContext(ctx, text, args...)
}

// Loaded returns when a source of the store was read last; zero if never.
func (s *Store) Loaded(ctx context.Context) (at time.Time, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		var t sql.NullTime
		if err := c.QueryRowContext(ctx, storeText("loaded")).Scan(&t); err != nil {
			return err
		}
		at = t.Time
		return nil
	})
	return at, err
}

// SourcesLoaded returns when each source brought something new last; a load
// that found nothing new does not count.
func (s *Store) SourcesLoaded(ctx context.Context) (at map[string]time.Time, err error) {
	at = map[string]time.Time{}
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("sources_loaded"), nil, func(scan func(...any) error) error {
			var source string
			var ended time.Time
			err := scan(&source, &ended)
			at[source] = ended.UTC()
			return err
		})
	})
	return at, err
}

// SourceContents returns the hashes of what each source brought, in the order
// of its loads: the same of two stores that were loaded with the same.
func (s *Store) SourceContents(ctx context.Context) (hashes map[string][]string, err error) {
	hashes = map[string][]string{}
	err = s.session(ctx, func(c *storeConn) error {
		return c.each(ctx, storeText("source_contents"), nil, func(scan func(...any) error) error {
			var source, content string
			err := scan(&source, &content)
			hashes[source] = append(hashes[source], content)
			return err
		})
	})
	return hashes, err
}

// RejectedRows returns how many rows were not taken in all loads.
func (s *Store) RejectedRows(ctx context.Context) (n int64, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		n, err = c.int(ctx, storeText("rejected_rows"))
		return err
	})
	return n, err
}

// A CaseValue is what a case is worth.
type CaseValue struct {
	Amount   int64 // ten-thousandths
	Currency string
}

// CaseValues returns the net value of each case of a log, by the number of its
// case, where its object type has one and it is positive: a return is worth
// nothing that waits.
func (s *Store) CaseValues(ctx context.Context, log string) (map[int64]CaseValue, error) {
	values := map[int64]CaseValue{}
	err := s.session(ctx, func(c *storeConn) error {
		types, err := c.strings(ctx, storeText("valued_type"), log)
		if err != nil || len(types) == 0 {
			return err
		}
		return c.each(ctx, storeText("case_values", "table", Quote(types[0])), nil, func(scan func(...any) error) error {
			var n int64
			var v CaseValue
			err := scan(&n, &v.Amount, &v.Currency)
			values[n] = v
			return err
		})
	})
	return values, err
}

// EngineVersion returns the version of DuckDB that is built in.
func EngineVersion(ctx context.Context) (version string, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	return version, err
}

// SourcesOfKind lists the sources of a kind that were ever loaded, by name.
func (s *Store) SourcesOfKind(ctx context.Context, kind string) (names []string, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		names, err = c.strings(ctx, storeText("sources_of_kind"), kind)
		return err
	})
	return names, err
}

// A Load is one load that changed the store.
type Load struct {
	Load         int64     `json:"load"`
	Source       string    `json:"source"`
	Kind         string    `json:"kind"`
	Origin       string    `json:"origin"`
	Ended        time.Time `json:"-"` // a clock: for people, not for results that are compared
	RowsIn       int64     `json:"rows_in"`
	RowsNew      int64     `json:"rows_new"`
	RowsKnown    int64     `json:"rows_known"`
	RowsRejected int64     `json:"rows_rejected"`
	Rejects      []Reject  `json:"rejects"` // the first ones
}

// Loads lists the loads that made a log, with the rows they did not take.
func (s *Store) Loads(ctx context.Context, log string) (loads []Load, err error) {
	err = s.session(ctx, func(c *storeConn) error {
		err := c.each(ctx, storeText("loads_of_log"), []any{log}, func(scan func(...any) error) error {
			var l Load
			err := scan(&l.Load, &l.Source, &l.Kind, &l.Origin, &l.Ended, &l.RowsIn, &l.RowsNew, &l.RowsKnown, &l.RowsRejected)
			l.Ended = l.Ended.UTC()
			loads = append(loads, l)
			return err
		})
		for i := range loads {
			if err != nil {
				return err
			}
			loads[i].Rejects = []Reject{}
			err = c.each(ctx, storeText("rejects_of_load"), []any{loads[i].Load}, func(scan func(...any) error) error {
				var r Reject
				err := scan(&r.Place, &r.Column, &r.Reason)
				loads[i].Rejects = append(loads[i].Rejects, r)
				return err
			})
		}
		return err
	})
	return loads, err
}
