// Package bank knows bank statements and what they say about order-to-cash.
//
// It is a preset: a folder of statements as banks send them is read as a few
// tables (tables.yaml), and a mapping in SQL makes receipts of what came in.
// How the formats are taken apart is package statement's; how tables are
// stored it does not know.
package bank
