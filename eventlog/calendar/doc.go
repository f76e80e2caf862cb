// Package calendar counts working time: how much of the time between two
// instants a site is open, by its shifts, holidays and own dates, in its zone.
//
// A [Calendar] turns an instant into the working time since 1970-01-01 00:00
// UTC, in microseconds. The working time between two instants is then one
// subtraction, so a column of it beside the times of a log makes durations in
// working time cost what plain ones cost.
//
// It knows no log, no store and no project file; eventlog imports it. It
// brings its own rules of the world's time zones and public holidays, so that
// it counts the same on every machine.
package calendar
