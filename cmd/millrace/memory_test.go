package main

import "testing"

func TestHalfOfMemory(t *testing.T) {
	const machine = "MemFree:  123 kB\nMemTotal:       16777216 kB\nHugePages_Total:       0\n"
	for _, c := range []struct {
		meminfo, group string
		want           int64
	}{
		{machine, "max\n", 8 << 30},
		{machine, "4294967296\n", 2 << 30},
		{machine, "9223372036854771712\n", 8 << 30},
		{machine, "", 8 << 30},
		{"", "4294967296", 2 << 30},
		{"", "", 0},
	} {
		if got := halfOfMemory(c.meminfo, c.group); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.meminfo, c.group, got, c.want)
		}
	}
}
