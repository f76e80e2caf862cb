package eventlog

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// A Memory is how many bytes a process may take for itself: the buffers of
// DuckDB and the heap of Go together, without the pages of files that are
// mapped. 0 is the default, half of the machine.
//
// DuckDB keeps to its share and puts what is more beside the store. Go's share
// is for [runtime/debug.SetMemoryLimit], which is soft: a log that is built in
// memory takes what it takes.
type Memory int64

// LeastMemory is the least that a load of any size works with.
const LeastMemory Memory = 512 << 20

// memoryUnits are the endings of sizes, longer ones first.
var memoryUnits = []struct {
	ending string
	bytes  float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"t", 1e12}, {"b", 1},
}

// ParseMemory reads a size such as 2GB, 1.5 GiB or 800MB. "" is the default.
func ParseMemory(text string) (Memory, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	number, unit := strings.ToLower(strings.TrimSpace(text)), 0.
	for _, u := range memoryUnits {
		if rest, ok := strings.CutSuffix(number, u.ending); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || unit == 0 || math.IsNaN(n) || n*unit > 1<<60:
		return 0, fmt.Errorf("%q is not a size such as 2GB or 800MB", text)
	case n*unit < float64(LeastMemory):
		return 0, fmt.Errorf("%s of memory is too little; %d MiB is the least", text, LeastMemory>>20)
	}
	return Memory(n * unit), nil
}

// String is the size in MiB.
func (m Memory) String() string { return fmt.Sprintf("%dMiB", int64(m)>>20) }

// HalfOfMachine is the default: half of what the machine has, or of what a
// container may take; 0 where neither can be found out.
func HalfOfMachine() Memory {
	least := int64(math.MaxInt64)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			var kb int64
			if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kb); err == nil {
				least = kb << 10
			}
		}
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return Memory(least / 2)
}

// Heap is Go's share.
func (m Memory) Heap() int64 { return int64(m) / 100 * 35 }

// Rows is the share of a log that is put together from a file, see
// [BuilderOptions]: less than Go's, so that the collector has something to
// collect; by default the half of the machine.
func (m Memory) Rows() int64 {
	if m <= 0 {
		return int64(HalfOfMachine())
	}
	return int64(m) / 4
}

// duckdb is DuckDB's share as it writes it; "" leaves DuckDB's own default,
// 80 % of the machine. What is left of the whole is what DuckDB does not count:
// columns being compressed, results, its allocator's slack.
func (m Memory) duckdb() string {
	if m <= 0 {
		if m = HalfOfMachine(); m <= 0 {
			return ""
		}
	}
	return (m / 100 * 45).String()
}

// slots is how many entries of some bytes a table in Go may have, a power of
// two: as many as fit into a part of the memory, and no more than most.
func (m Memory) slots(part, size, most int) int {
	if m <= 0 {
		m = HalfOfMachine()
	}
	for m > 0 && int64(most)*int64(size) > int64(m)/int64(part) {
		most /= 2
	}
	return most
}
