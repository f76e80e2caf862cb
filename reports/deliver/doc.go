// Package deliver brings exports to where they are read: a folder, storage that
// speaks S3, a mail, a table of PostgreSQL. An export arrives whole or is not
// seen: files lie beside a manifest that is written last, a table changes in
// one transaction.
//
// It knows destinations. It does not know what the figures are, when an export
// is due, or the environment: secrets come by [secrets.Env].
package deliver
