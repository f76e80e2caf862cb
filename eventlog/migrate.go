package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// A migration is one numbered step of the store's schema. It is never edited
// once released: a store keeps the number of the last one it took.
type migration struct {
	number int
	name   string
	text   string
}

// migrations lists the steps in order: 0001_store.sql, 0002_…
func migrations() ([]migration, error) {
	files, err := fs.Glob(storeFiles, "sql/migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "sql/migrations/"), ".sql")
		n, err := strconv.Atoi(name[:4])
		if err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: want number %04d", name, i+1)
		}
		text, err := storeFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{number: n, name: name, text: string(text)})
	}
	return all, nil
}

// migrate brings the store up to date, one transaction a step.
func (s *Store) migrate(ctx context.Context) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	return s.migrateTo(ctx, all)
}

func (s *Store) migrateTo(ctx context.Context, all []migration) error {
	at, err := s.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case at > len(all):
		return fmt.Errorf("has schema %d, and this program knows %d: it was written by a newer millrace; use that one", at, len(all))
	case at < len(all) && s.readOnly:
		return fmt.Errorf("has schema %d, and this program needs %d; open it for writing once, as by millrace ingest", at, len(all))
	}
	for _, m := range all[at:] {
		err := s.write(ctx, func(c *storeConn) error {
			if err := c.exec(ctx, m.text); err != nil {
				return err
			}
			return c.exec(ctx, "INSERT INTO migration VALUES ($1, $2, now())", m.number, m.name)
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

// version is the number of the last migration, 0 for an empty file.
func (s *Store) version(ctx context.Context) (int, error) {
	var n int
	err := s.session(ctx, func(c *storeConn) error {
		var tables, known int64
		if err := c.QueryRowContext(ctx, storeText("store_tables")).Scan(&tables, &known); err != nil || tables == 0 {
			return err
		}
		if known > 0 {
			var err error
			if known, err = c.int(ctx, storeText("store_is_ours")); err != nil {
				return err
			}
		}
		if known == 0 {
			return errors.New("is a DuckDB database, but not a millrace store; choose another path")
		}
		at, err := c.int(ctx, storeText("store_version"))
		n = int(at)
		return err
	})
	return n, err
}
