package o2c

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// newStore returns an empty store in memory with the business views on it.
func newStore(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // one connection, one search path and time zone
	schema, err := os.ReadFile("../sql/migrations/0001_store.sql")
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, string(schema))
	mustExec(t, db, "SET TimeZone = 'UTC'")
	mustExec(t, db, Views())
	return db
}

func mustExec(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}
