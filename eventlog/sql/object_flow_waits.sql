-- How long is each of the next steps? {first} leaves out those that are none.
SELECT type, origin, activity, wait_us FROM {table} WHERE rowid >= $1 AND rowid < $2 {first}
