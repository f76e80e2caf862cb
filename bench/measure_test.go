package bench

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

// events is how many events to measure with. make bench says ten million; a
// plain go test stays quick.
func events(tb testing.TB) int64 {
	n, err := strconv.ParseInt(cmp.Or(os.Getenv("MILLRACE_BENCH_EVENTS"), "100000"), 10, 64)
	if err != nil || n <= 0 {
		tb.Fatalf("MILLRACE_BENCH_EVENTS is %q, not a number of events", os.Getenv("MILLRACE_BENCH_EVENTS"))
	}
	return n
}

// A measurement is one run of one way to answer a question.
type measurement struct {
	question string // "summary of a log": ways to answer the same one are compared
	way      string // "millrace: fold"; the first way to a question is ours
	events   int64
	wall     time.Duration
	cpu      time.Duration // user and system, of all threads
	memory   int64         // bytes that the process grew by at its peak; -1 if not known
}

// measurements are in the order in which they were made. The benchmarks run
// one after the other.
var measurements []measurement

// measure runs f once and keeps what it took.
func measure(tb testing.TB, question, way string, events int64, f func()) {
	tb.Helper()
	debug.FreeOSMemory()
	before := resetPeak()
	cpu, start := cpuTime(tb), time.Now()
	f()
	m := measurement{question: question, way: way, events: events, wall: time.Since(start), cpu: cpuTime(tb) - cpu, memory: -1}
	if peak := status("VmHWM:"); before >= 0 && peak >= 0 {
		m.memory = peak - before
	}
	measurements = append(measurements, m)
}

func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resetPeak makes the peak of the resident memory start anew from what is
// resident now, and returns that; -1 where the system cannot (see proc(5)).
// DuckDB gives back what it freed over a second or two, which would hide as
// much of what comes next: resetPeak waits until it has, five seconds at most.
func resetPeak() int64 {
	resident := status("VmRSS:")
	for quiet, i := 0, 0; quiet < 5 && i < 50; i++ {
		time.Sleep(100 * time.Millisecond)
		now := status("VmRSS:")
		if quiet++; now < resident-1<<20 {
			quiet = 0
		}
		resident = now
	}
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return -1
	}
	return status("VmRSS:")
}

// status returns a line of /proc/self/status in bytes, or -1.
func status(key string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, key); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib << 10
			}
		}
	}
	return -1
}

// loadAverage says what else the machine is doing.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// table writes the measurements for people.
func table(w io.Writer) {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	question := ""
	var ours measurement
	for _, m := range measurements {
		if m.question != question {
			question, ours = m.question, m
			fmt.Fprintf(out, "\n%s\n", question)
			fmt.Fprintln(out, "wall s\tCPU s\tmemory MB\tM events/s\twall\tCPU\t  way")
		}
		memory := "?"
		if m.memory >= 0 {
			memory = strconv.FormatInt(m.memory/1e6, 10)
		}
		fmt.Fprintf(out, "%.3f\t%.3f\t%s\t%.2f\t%.1f×\t%.1f×\t  %s\n", m.wall.Seconds(), m.cpu.Seconds(), memory,
			float64(m.events)/m.wall.Seconds()/1e6, m.wall.Seconds()/ours.wall.Seconds(), m.cpu.Seconds()/ours.cpu.Seconds(), m.way)
	}
	out.Flush()
}

func TestMain(m *testing.M) {
	fmt.Printf("load average before: %s; %d processors\n", loadAverage(), runtime.GOMAXPROCS(0))
	code := m.Run()
	if fixture.dir != "" {
		os.RemoveAll(fixture.dir)
	}
	if len(measurements) > 0 {
		table(os.Stdout)
		fmt.Println("\nOne run each; × is relative to the first way. Memory is what the process grew by at its peak.\nOn a machine that does other things too, compare CPU seconds; load average now: " + loadAverage() + ".")
	}
	os.Exit(code)
}
