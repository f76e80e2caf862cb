package eventlog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A Bucket is rows of a table whose keys have a remainder in common, summed up:
// it tells whether two sides have the same rows without either giving them to
// the other.
//
// Every value of a row stands as a whole number: a number as itself, a moment as
// µs since 1970, a day as days since 2000, a text as the first 15 hexadecimal
// digits of its md5, none as -1. They are folded, by whole numbers that no
// database rounds, to a number modulo each of two primes near 2^31, whose fourth
// powers are added up. Rows that differ have equal sums by chance only, 1 in 2^60.
// Name is the remainder of the key's fold: there are 8191 buckets at most.
//
// A side that has another number for a value has another sum, which costs reading
// that bucket's keys and is never taken for agreement. md5 of all values was
// tried: PostgreSQL takes four times as long.
type Bucket struct {
	Name string
	Rows int64
	Sum  string
}

const (
	bucketPrime, bucketPrime2 = 2147483647, 2147483629
	bucketMost                = 4096
)

// bucketFold is SQL of the number modulo a prime of values, which are whole
// numbers of 64 bits; no step of it is longer.
func bucketFold(values []string, prime int) string {
	fold := "0"
	for _, v := range values {
		fold = fmt.Sprintf("((%s * 1103515245 + %s %% %d * 1500450271 + 777) %% %d)", fold, v, prime, prime)
	}
	return fold
}

// BucketName is SQL, of any database, of the number of a key's bucket.
func BucketName(key []string) string {
	return fmt.Sprintf("%s %% %d", bucketFold(key, bucketPrime), bucketMost)
}

// BucketQuery is SQL, of any database, that sums up a relation: rows of the
// bucket's number, how many rows it has, and two sums. Values are SQL of the
// whole numbers of the key's values, and then of others. What fence ends a
// subquery with keeps a database from computing it for every use.
func BucketQuery(from string, key, values []string, fence string) string {
	var named, k, all []string
	for i, v := range append(key[:len(key):len(key)], values...) {
		name := fmt.Sprintf("v%d", i)
		named, all = append(named, v+" AS "+name), append(all, name)
		if i < len(key) {
			k = append(k, name)
		}
	}
	return fmt.Sprintf(`SELECT bucket, count(*) AS n, sum(y * y %% %[1]d) AS y, sum(z * z %% %[2]d) AS z
FROM (SELECT bucket, (y * y + 54321) %% %[1]d AS y, (z * z + 54321) %% %[2]d AS z
FROM (SELECT %[3]s AS bucket, %[4]s AS y, %[5]s AS z
FROM (SELECT %[6]s FROM %[7]s %[8]s) a %[8]s) b %[8]s) c
GROUP BY bucket`, bucketPrime, bucketPrime2, BucketName(k), bucketFold(all, bucketPrime), bucketFold(all, bucketPrime2), strings.Join(named, ", "), from, fence)
}

// bucketValue is SQL of the whole number of a column's value; "": it has none. A
// moment beyond all calendars is -3 here and another number there, so that it is
// compared by itself.
func bucketValue(c TableColumn, relation string) string {
	value := relation + "." + Quote(c.Name)
	within := "CASE WHEN " + value + " IS NULL THEN -1 WHEN " + value + " BETWEEN '0001-01-01' AND '9999-12-31' THEN %s ELSE -3 END"
	switch c.SQL {
	case "BIGINT", "INTEGER", "SMALLINT", "TINYINT":
		return "coalesce(CAST(" + value + " AS BIGINT), -1)"
	case "VARCHAR":
		return "CAST('0x' || substr(md5(coalesce(" + value + ", '')), 1, 15) AS BIGINT)"
	case "DATE":
		return fmt.Sprintf(within, "date_diff('day', DATE '2000-01-01', "+value+")")
	case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE":
		return fmt.Sprintf(within, "epoch_us("+value+")")
	}
	return ""
}

// bucketValues are those of columns; nil if one of them has none.
func bucketValues(columns []TableColumn, relation string) (values []string) {
	for _, c := range columns {
		v := bucketValue(c, relation)
		if v == "" {
			return nil
		}
		values = append(values, v)
	}
	return values
}

// Differing compares the buckets of a source with what has landed of a table,
// what has been read since in place of what it was: Had of t; Seen is not
// called. It returns the names of those that differ, in their order, and how
// many rows the others have. ok is false where the landing table does not have
// the columns for it.
func Differing(ctx context.Context, path string, o OpenOptions, t SeenTable, source []Bucket) (names []string, same int64, ok bool, err error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, 0, false, err
	}
	dir, err := stageDir(filepath.Dir(full))
	if err != nil {
		return nil, 0, false, err
	}
	defer func() { err = storeFault(errors.Join(err, dir.remove()), filepath.Dir(full)) }()
	db, err := stageScratch(dir, o.Memory)
	if err != nil {
		return nil, 0, false, err
	}
	had := filepath.Join(dir.path, "had.parquet")
	err = errors.Join(stageTexts(ctx, db, had, len(t.Key)+len(t.Watermark), t.Had), db.Close())
	if err != nil {
		return nil, 0, false, err
	}
	o.ReadOnly = true
	s, err := Open(ctx, full, o)
	if err != nil {
		return nil, 0, false, err
	}
	defer s.Close()
	var landed []Bucket
	err = s.session(ctx, func(c *storeConn) error {
		landed, ok, err = c.buckets(ctx, t, had)
		return err
	})
	if err != nil || !ok {
		return nil, 0, false, err
	}
	ours := map[string]Bucket{}
	for _, b := range landed {
		ours[b.Name] = b
	}
	for _, b := range source {
		if ours[b.Name] == b {
			same += b.Rows
		} else {
			names = append(names, b.Name)
		}
		delete(ours, b.Name)
	}
	for name := range ours { // of rows that the source has no more
		names = append(names, name)
	}
	slices.Sort(names)
	return names, same, true, nil
}

// buckets sums up a landing table and a file of rows in place of some of it.
func (c *storeConn) buckets(ctx context.Context, t SeenTable, had string) (list []Bucket, ok bool, err error) {
	columns, err := c.landed(ctx, t)
	if err != nil {
		return nil, false, err
	}
	var all []TableColumn
	var values, match, keys []string
	for i, name := range slices.Concat(t.Key, t.Watermark) {
		at := landColumnOf(columns, name)
		if at < 0 {
			return nil, false, nil
		}
		x := columns[at]
		all = append(all, x)
		values = append(values, fmt.Sprintf("TRY_CAST(c%d AS %s) AS %s", i, x.SQL, Quote(x.Name)))
		if i < len(t.Key) {
			match = append(match, fmt.Sprintf("l.%[1]s = h.%[1]s", Quote(x.Name)))
			keys = append(keys, fmt.Sprintf("c%d", i))
		}
	}
	numbers := bucketValues(all, "x")
	if numbers == nil {
		return nil, false, nil
	}
	columnsOf := make([]string, len(all))
	for i, x := range all {
		columnsOf[i] = Quote(x.Name)
	}
	rows := storeText("land_known", "values", strings.Join(values, ", "), "had", storeLiteral(stageGlob(had)), "keys", strings.Join(keys, ", "),
		"table", Quote(landingSchema(t.Source))+"."+Quote(t.Table), "match", strings.Join(match, " AND "), "columns", strings.Join(columnsOf, ", "))
	text := BucketQuery("("+rows+") x", numbers[:len(t.Key)], numbers[len(t.Key):], "")
	err = c.each(ctx, "SELECT CAST(bucket AS VARCHAR), n, y || ' ' || z FROM ("+text+")", nil, func(scan func(...any) error) error {
		var b Bucket
		err := scan(&b.Name, &b.Rows, &b.Sum)
		list = append(list, b)
		return err
	})
	return list, true, err
}

// landed are the columns of a landing table; none: there is no such table.
func (c *storeConn) landed(ctx context.Context, t SeenTable) (columns []TableColumn, err error) {
	err = c.each(ctx, storeText("land_columns"), []any{landingSchema(t.Source), t.Table}, func(scan func(...any) error) error {
		var x TableColumn
		err := scan(&x.Name, &x.SQL)
		columns = append(columns, x)
		return err
	})
	return columns, err
}

// among is the condition that a landed row l is in one of the buckets that the
// source was asked about; "true" where it was asked about all.
func (t *stagedTable) among() string {
	if t.buckets == nil {
		return "true"
	}
	var key []TableColumn
	for _, name := range t.Key {
		key = append(key, t.columns[landColumnOf(t.columns, name)])
	}
	values := bucketValues(key, "l")
	if values == nil {
		return "false" // nobody can tell
	}
	return BucketName(values) + " IN (" + strings.Join(t.buckets, ", ") + ")"
}
