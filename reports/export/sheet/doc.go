// Package sheet is a workbook of results as a value, sheets of typed columns
// with their definitions and what they leave out, and the formats it is written
// in: CSV, XLSX, Parquet, JSON, JSON lines, Arrow. The same workbook gives the
// same bytes, whatever the format.
//
// It knows types, units and formats. It does not know what the figures mean,
// where they came from, or where files go.
//
// A column of links is two in every format but XLSX: the text under the
// column's name, the address under name_url.
package sheet
