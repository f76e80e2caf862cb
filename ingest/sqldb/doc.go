// Package sqldb reads tables of a database, as a source of ingest: PostgreSQL,
// MySQL and MariaDB, SQL Server, Oracle, SAP HANA, SQLite. It only reads, in
// bounded pages, in one snapshot where the server has one. It knows how each
// of them speaks of tables, types and errors; what the tables mean, and what
// is done with the rows, it does not know.
package sqldb
