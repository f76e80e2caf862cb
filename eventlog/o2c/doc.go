// Package o2c is the canonical order-to-cash model: what sources fill and key
// figures read.
//
// It is one vocabulary (model.yaml: object types, relations, activities) and
// one set of business views over the object-centric store (views/*.sql: orders,
// lines, deliveries, invoices, receivables, receipts, …). It knows no source
// system and no key figure. README.md says which views answer which key figure.
package o2c
