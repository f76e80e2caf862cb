// Package sheet reads a plain list that people export, of receivables or of
// orders, whatever its columns are called.
//
// It knows which facts such a list may have (fields.yaml), by what names other
// programs head them, how dates and amounts are written, and what the rows say
// about order-to-cash (receivables.sql, orders.sql). It knows no system: what
// a list does not say is not there.
package sheet
