// Package schedule says when scheduled ingests, reports and exports are due,
// and sees that each runs once for its period.
//
// A [Schedule] is a cron expression in an IANA time zone and a chain of steps.
// A [Runner] runs the steps of what is due, one run after another, and writes
// into a journal beside the store how far each run is: so that a run that was
// killed goes on, one that failed is tried again, and none is done twice, by
// however many processes.
//
// It knows no store, no source and no page: what a step does is a function in
// a list of [Kind] that it is given. It opens nothing but its journal, its lock
// and its scratch folders, so that no store is held between runs.
package schedule
