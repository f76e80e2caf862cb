//go:build !duckdb_arrow

package eventlog

// Millrace reads DuckDB's results as Arrow batches, which its Go driver
// offers only under a build tag. Without the tag this line does not compile,
// and says so: build with
//
//	go build -tags duckdb_arrow ./...
//
// (make and the committed editor settings do it for you.)
var _ = build_with_go_flag_tags_duckdb_arrow
