package sourcetest

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
func bucketsOf(t *eventlog.Table, rows [][]string, watermark []string) (list []eventlog.Bucket) {
	sums := map[string]*[2]int64{}
	for _, row := range rows {
		name, all := bucketOf(t, row, watermark)
		i := slices.IndexFunc(list, func(b eventlog.Bucket) bool { return b.Name == name })
		if i < 0 {
			i = len(list)
			list = append(list, eventlog.Bucket{Name: name})
			sums[name] = &[2]int64{}
		}
		list[i].Rows++
		for j, prime := range primes {
			square := (all[j]*all[j] + 54321) % prime
			sums[name][j] += square * square % prime
		}
	}
	for i := range list {
		list[i].Sum = fmt.Sprint(sums[list[i].Name][0], " ", sums[list[i].Name][1])
	}
	return list
}

func byName(a, b eventlog.Bucket) int { return strings.Compare(a.Name, b.Name) }

var primes = [2]int64{2147483647, 2147483629}

// bucketOf is the bucket of a row, and the folds of its key and watermark.
func bucketOf(t *eventlog.Table, row, watermark []string) (name string, all [2]int64) {
	for n, c := range slices.Concat(t.Key, watermark) {
		i, text := columnAt(t, c), ""
		if i < len(row) { // a short row is malformed
			text = row[i]
		}
		v, err := int64(-1), error(nil)
		switch sqlType := t.Columns[i].SQL; {
		case sqlType == "VARCHAR":
			v, err = strconv.ParseInt(fmt.Sprintf("%x", md5.Sum([]byte(text)))[:15], 16, 64)
		case text == "":
		case sqlType == "BIGINT":
			v, err = strconv.ParseInt(text, 10, 64)
		default:
			var at time.Time
			at, err = time.Parse("2006-01-02 15:04:05", text)
			v = at.UnixMicro()
		}
		if err != nil {
			v = -4 // nobody else has it
		}
		for j, prime := range primes {
			all[j] = (all[j]*1103515245 + v%prime*1500450271 + 777) % prime
		}
		if n == len(t.Key)-1 {
			name = fmt.Sprint(all[0] % 4096)
		}
	}
	return name, all
}
