package eventlog

import (
	"context"
	"crypto/md5"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bucketOfOrder is what [Bucket] says of one row of orders, "id,customer,created",
// in big steps: its bucket, and what it adds to the two sums.
func bucketOfOrder(t testing.TB, row string) (name string, adds [2]int64) {
	t.Helper()
	f := strings.Split(row, ",")
	id, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	customer, err := strconv.ParseInt(fmt.Sprintf("%x", md5.Sum([]byte(f[1])))[:15], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	created := int64(-1)
	if f[2] != "" {
		at, err := time.Parse(time.DateTime, f[2])
		if err != nil {
			t.Fatal(err)
		}
		created = at.UnixMicro()
	}
	for i, prime := range []int64{1<<31 - 1, 1<<31 - 19} {
		x := int64(0)
		for n, v := range []int64{id, customer, created} {
			x = (x*1103515245 + v%prime*1500450271 + 777) % prime
			if i == 0 && n == 0 {
				name = fmt.Sprint(x % 4096)
			}
		}
		x = (x*x + 54321) % prime
		adds[i] = x * x % prime
	}
	return name, adds
}

func bucketsOfOrders(t testing.TB, rows []string) (list []Bucket) {
	sums := map[string][3]int64{}
	for _, row := range rows {
		name, adds := bucketOfOrder(t, row)
		s := sums[name]
		sums[name] = [3]int64{s[0] + 1, s[1] + adds[0], s[2] + adds[1]}
	}
	for name, s := range sums {
		list = append(list, Bucket{Name: name, Rows: s[0], Sum: fmt.Sprint(s[1], " ", s[2])})
	}
	return list
}

// The buckets that differ are those of rows that one side has, or has otherwise;
// what was read since counts in place of what landed.
func TestDiffering(t *testing.T) {
	first, _ := bucketOfOrder(t, "1,,")
	beside := 2 // an order in the bucket of the first
	for name := ""; name != first; {
		beside++
		name, _ = bucketOfOrder(t, fmt.Sprint(beside, ",,"))
	}
	one, two, three := "1,C1,2024-03-31 03:30:00", "2,C2,2024-10-27 12:00:00", "3,,1924-01-01 00:00:00"
	other := fmt.Sprint(beside, ",C4,")
	landed := []string{one, two, three, other}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	rows := shopRows()
	rows[0] = lines("orders", "id,customer,created,total\n"+strings.Join(landed, ",7\n")+",7")
	mustMerge(t, s, shop(), rows...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what        string
		source, had []string
		differ      []string // orders in whose buckets they are
		same        int64
	}{
		{"nothing changed", landed, nil, nil, 4},
		{"a text", []string{one, "2,C3,2024-10-27 12:00:00", three, other}, nil, []string{"2"}, 3},
		{"a moment", []string{one, "2,C2,2024-10-27 12:00:01", three, other}, nil, []string{"2"}, 3},
		{"a text that there is", []string{one, two, "3,C2,1924-01-01 00:00:00", other}, nil, []string{"3"}, 3},
		{"none instead of a moment", []string{one, "2,C2,", three, other}, nil, []string{"2"}, 3},
		{"one less", []string{one, three, other}, nil, []string{"2"}, 3},
		{"one less of two in a bucket", []string{one, two, three}, nil, []string{"1"}, 2},
		{"one more", append([]string{"9,C2,"}, landed...), nil, []string{"9"}, 4},
		{"two in a bucket that swap what they have", []string{"1,C4,", two, three, fmt.Sprint(beside, ",C1,2024-03-31 03:30:00")}, nil, []string{"1"}, 2},
		{"none left", nil, nil, []string{"1", "2", "3"}, 0},
		{"read since", []string{one, "2,C3,", three, other, "9,C2,"}, []string{"9,C2,", "2,C3,"}, nil, 5},
		{"read twice since", []string{one, "2,C3,", three, other}, []string{"2,C9,", "2,C3,"}, nil, 4},
		{"read since, and changed again", []string{one, "2,C2,2024-10-27 12:00:00", three, other}, []string{"2,C3,"}, []string{"2"}, 3},
		{"read since, and deleted", landed, []string{"9,C2,"}, []string{"9"}, 4},
	} {
		seen := SeenTable{Source: "shop", Table: "orders", Key: []string{"id"}, Watermark: []string{"customer", "created"}, Had: texts(c.had...)}
		names, same, ok, err := Differing(context.Background(), s.Path(), OpenOptions{}, seen, bucketsOfOrders(t, c.source))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, id := range c.differ {
			name, _ := bucketOfOrder(t, id+",,")
			want = append(want, name)
		}
		slices.Sort(want)
		if !ok || !slices.Equal(names, want) || same != c.same {
			t.Errorf("%s: %q differ, %d the same, %t; want %q, %d", c.what, names, same, ok, want, c.same)
		}
	}
	for what, seen := range map[string]SeenTable{
		"a number that is no whole one": {Table: "orders", Key: []string{"id"}, Watermark: []string{"total"}},
		"a column that never landed":    {Table: "orders", Key: []string{"id"}, Watermark: []string{"changed"}},
		"a table that never landed":     {Table: "fresh", Key: []string{"id"}},
	} {
		seen.Source, seen.Had = "shop", texts()
		if names, same, ok, err := Differing(context.Background(), s.Path(), OpenOptions{}, seen, nil); ok || err != nil {
			t.Errorf("%s: %q differ, %d the same, %v", what, names, same, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path()), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
