// Package tryton knows the tables of a Tryton 7.0 ERP and what they say about
// order-to-cash.
//
// It is a preset: a list of tables (tables.yaml), a mapping in SQL (mapping.sql)
// and a commented sample of its configuration. It does not know how the tables
// get here (a folder of files, a database), nor how they are stored.
package tryton
