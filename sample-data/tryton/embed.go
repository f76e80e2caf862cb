// Package tryton holds an extract of a live Tryton 7.0 ERP as CSV files, one a
// table. It holds data, and knows nothing.
package tryton

import "embed"

// Files are the tables: "sale_sale.csv", "ir_model_log.csv", …
//
//go:embed *.csv
var Files embed.FS
