// Package metrics defines key figures and evaluates them.
//
// A KPI is a definition in YAML, not code: what is counted, from when to when,
// what is left out and why. The engine writes the SQL from it, over the
// business views of schema o2c. The package does not know which system the
// data came from, how logs are mined, or how a figure is shown.
package metrics
