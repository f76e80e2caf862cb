package sourcetest

import (
	"crypto/md5"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// runBuckets holds the sums of a source, if it has any, against those of its
// rows, and reads the rows of some.
func runBuckets(t *testing.T, s Server, things, pairs [][]string) {
	for _, table := range []struct {
		name string
		rows [][]string
	}{{"thing", things}, {"pair", pairs}, {"nothing", nil}} {
		p := newProbe(t, s, table.name)
		src := p.begun(t.Context())
		got, ok, err := src.Buckets(t.Context(), p.query())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			t.Skip("it cannot sum up")
		}
		want := bucketsOf(p.table, table.rows, p.table.Watermark)
		slices.SortFunc(got, byName)
		slices.SortFunc(want, byName)
		if !slices.Equal(got, want) {
			t.Errorf("%s: buckets\n%v\nwant\n%v", table.name, got, want)
		}
		var names []string
		for i, b := range want {
			if i%2 == 0 {
				names = append(names, b.Name)
			}
		}
		if names != nil {
			var among [][]string
			for _, row := range table.rows {
				if name, _ := bucketOf(p.table, row, nil); slices.Contains(names, name) {
					among = append(among, row)
				}
			}
			q := p.query()
			q.Buckets, q.PageRows = names, 2
			p.wants(table.name+" of some buckets", q, among)
		}
	}
}

// bucketsOf sums up rows, the slow and obvious way.
func bucketsOf(t *eventlog.Table, rows [][]string, watermark []string) []eventlog.Bucket {
	var list []eventlog.Bucket
	for _, row := range rows {
		name, all := bucketOf(t, row, watermark)
		i := slices.IndexFunc(list, func(b eventlog.Bucket) bool { return b.Name == name })
		if i < 0 {
			i = len(list)
			list = append(list, eventlog.Bucket{Name: name, Sum: "0"})
		}
		sum, _ := new(big.Int).SetString(list[i].Sum, 10)
		add, _ := new(big.Int).SetString(all[:15], 16)
		list[i].Rows++
		list[i].Sum = sum.Add(sum, add).String()
	}
	return list
}

func byName(a, b eventlog.Bucket) int { return strings.Compare(a.Name, b.Name) }

// bucketOf is the bucket of a row, and the md5 of its key and watermark.
func bucketOf(t *eventlog.Table, row, watermark []string) (name, all string) {
	hash := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	var texts []string
	for _, c := range slices.Concat(t.Key, watermark) {
		i, text := columnAt(t, c), ""
		if i < len(row) { // a short row is malformed
			text = row[i]
		}
		switch t.Columns[i].SQL {
		case "VARCHAR":
			text = hash(text)
		case "TIMESTAMP":
			if strings.Contains(text, ".") {
				text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
			}
		}
		texts = append(texts, text)
	}
	return hash(strings.Join(texts[:len(t.Key)], "|"))[:3], hash(strings.Join(texts, "|"))
}
