// Package edi knows X12 and EDIFACT messages and what they say about
// order-to-cash.
//
// It is a preset: a folder of raw interchanges is read as a few tables
// (tables.yaml) by a list of what is read of which message (documents.yaml),
// and a mapping in SQL makes messages, events and links of them. How
// interchanges are taken apart is package interchange's; how tables are stored
// it does not know.
package edi
