// Package statement reads what banks say of accounts: camt.052, .053 and .054,
// BAI2, MT940 and MT942.
//
// It knows formats, balances and control totals. It does not know who paid
// what for which reason, nor tables, stores or event logs.
package statement
