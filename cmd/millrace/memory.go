package main

import (
	"os"
	"strconv"
	"strings"
)

// defaultMemory is how many bytes a log may take while it is put together: half
// of what the machine has, or of what the process's group may take. It is 0,
// no limit, where the system does not say so in a file.
func defaultMemory() int64 {
	meminfo, _ := os.ReadFile("/proc/meminfo") // not there: no limit
	group, _ := os.ReadFile("/sys/fs/cgroup/memory.max")
	return halfOfMemory(string(meminfo), string(group))
}

// halfOfMemory reads the contents of the files: "MemTotal: 24049168 kB" in the
// one, a number of bytes or "max" in the other.
func halfOfMemory(meminfo, group string) int64 {
	total := int64(0)
	for line := range strings.Lines(meminfo) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "MemTotal:" && words[2] == "kB" {
			if kB, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				total = kB << 10
			}
		}
	}
	if most, err := strconv.ParseInt(strings.TrimSpace(group), 10, 64); err == nil && (total == 0 || most < total) {
		total = most
	}
	return total / 2
}
