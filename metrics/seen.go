package metrics

import (
	"context"
	"database/sql"
	_ "embed"
)

// A Seen is what was seen of a store before it is asked: its views and their
// columns, when its data begins and ends, and which references between systems
// were found. Who asks several questions looks once ([Options].Seen). After a
// load it is no longer true.
type Seen struct {
	types             map[string]map[string]string // view → column → SQL type
	order             map[string][]string          // view → columns
	firstAt, lastAt   sql.NullTime
	firstDay, lastDay sql.NullString
	links             []foundLinks
}

//go:embed sql/columns.sql
var columnsSQL string

// Look sees what a store has.
func Look(ctx context.Context, q Querier) (*Seen, error) {
	s := &Seen{}
	if err := s.look(ctx, q); err != nil {
		return nil, err
	}
	var err error
	s.links, err = links(ctx, q, s.types)
	return s, err
}

// look sees all but the references, which not every question needs.
func (s *Seen) look(ctx context.Context, q Querier) error {
	s.types, s.order = map[string]map[string]string{}, map[string][]string{}
	err := eachRow(ctx, q, columnsSQL, func(scan func(...any) error) error {
		var view, column, kind string
		if err := scan(&view, &column, &kind); err != nil {
			return err
		}
		if s.types[view] == nil {
			s.types[view] = map[string]string{}
		}
		s.types[view][column] = kind
		s.order[view] = append(s.order[view], column)
		return nil
	})
	if err != nil || s.types["horizon"]["first_day"] == "" {
		return err
	}
	return eachRow(ctx, q, "SELECT first_at, last_at, CAST(first_day AS VARCHAR), CAST(last_day AS VARCHAR) FROM o2c.horizon", func(scan func(...any) error) error {
		return scan(&s.firstAt, &s.lastAt, &s.firstDay, &s.lastDay)
	})
}
