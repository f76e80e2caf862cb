// Package bench measures Millrace, each step in a process of its own, beside
// DuckDB, polars, PM4Py and a Rust crate on the same events: make bench.
//
// steps in step_test.go lists what is measured; a new step is one value there,
// and what a process does that the command line cannot is a task in
// inside_test.go. All ways to a question must give the same counts and
// quantiles, or none has a figure. The package knows nothing but what it
// measures; there is nothing to import.
package bench
