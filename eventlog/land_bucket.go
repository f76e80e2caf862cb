package eventlog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A Bucket is rows of a table whose keys have the start of their hash in
// common, summed up: it tells whether two sides have the same rows without
// either giving them to the other.
//
// The text of a value is that of the database; of a VARCHAR it is the md5, so
// that no value can look like two; of a TIMESTAMPTZ it is that in UTC; NULL and
// the empty text have none. Key is the texts of the key's values, All those of
// the key's and then the watermark's, with | between them. Name is the first
// three hexadecimal digits of md5(Key): there are 4096 buckets at most. Sum adds
// up, for each row, the number that the first fifteen digits of md5(All) are.
//
// A side that writes a value differently has another sum, which costs reading
// that bucket's keys and is never taken for agreement.
type Bucket struct {
	Name string
	Rows int64
	Sum  string // decimal
}

// BucketMost is how many buckets there can be.
const BucketMost = 4096

// bucketText is SQL of the text of a column's value.
func bucketText(c TableColumn, value string) string {
	switch c.SQL {
	case "VARCHAR":
		return "md5(coalesce(" + value + ", ''))"
	case "TIMESTAMP WITH TIME ZONE":
		value += " AT TIME ZONE 'UTC'"
	}
	return "coalesce(CAST(" + value + " AS VARCHAR), '')"
}

// bucketTexts is SQL of the texts of columns of a relation.
func bucketTexts(columns []TableColumn, relation string) string {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = bucketText(c, relation+"."+Quote(c.Name))
	}
	return strings.Join(texts, " || '|' || ")
}

// bucketName is SQL of the bucket that a key is in.
func bucketName(key []TableColumn, relation string) string {
	return "substr(md5(" + bucketTexts(key, relation) + "), 1, 3)"
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
	key := all[:len(t.Key)]
	text := storeText("land_buckets", "values", strings.Join(values, ", "), "had", storeLiteral(stageGlob(had)), "keys", strings.Join(keys, ", "),
		"table", Quote(landingSchema(t.Source))+"."+Quote(t.Table), "match", strings.Join(match, " AND "),
		"landed", bucketName(key, "l"), "landed_all", bucketTexts(all, "l"), "read", bucketName(key, "h"), "read_all", bucketTexts(all, "h"))
	err = c.each(ctx, text, nil, func(scan func(...any) error) error {
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
	names := make([]string, len(t.buckets))
	for i, name := range t.buckets {
		names[i] = storeLiteral(name)
	}
	return bucketName(key, "l") + " IN (" + strings.Join(names, ", ") + ")"
}
