// Package xlsx writes a table as an Excel workbook (ECMA-376, Office Open XML)
// that a person can work with at once: a sheet that says what this is, and the
// rows with a header that stays in view, filters, widths, and dates that are
// dates.
//
// It knows the format. It does not know what the rows are.
//
// Text is text: nothing in a cell is ever a formula. Times are in UTC, as the
// header says, and so are seconds: a column called duration_s is headed
// "duration (s)". What a cell cannot hold is written as text, cut or escaped,
// and a note says so: text of more than 32,767 characters, whole numbers of
// more than 15 digits, times before 1900-03-01. A table of more than 1,048,575
// rows goes on in further sheets.
//
// The same table gives the same bytes. Memory is a batch.
package xlsx
