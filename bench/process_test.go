package bench

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A usage is what one process took, from its start to its end.
type usage struct {
	Wall   float64 `json:"wall_s"`
	CPU    float64 `json:"cpu_s"`        // user and system, of all its threads
	Others float64 `json:"others_cores"` // cores that all else on the machine kept busy meanwhile
	Load   string  `json:"load_before"`  // the system's load averages
	// Peaks in bytes, each by itself; -1 where the system does not say.
	// Anonymous memory is the process's own, the other is files it maps, its
	// program too, which the system may take back.
	Anonymous  int64 `json:"anonymous_bytes"`
	FileBacked int64 `json:"file_backed_bytes"`
	// MaxRSS is the system's own word on the peak of both together. It counts
	// from before the program is loaded, when the memory is still its parent's.
	MaxRSS int64 `json:"max_rss_bytes"`
}

// limits end a process that takes more.
type limits struct {
	wall   time.Duration
	memory int64 // anonymous; 0: none
}

// A stopped says that a process was ended at a limit.
type stopped string

func (s stopped) Error() string { return string(s) }

const sampling = 20 * time.Millisecond

// run runs a command, which has its output redirected, and measures it.
func run(c *exec.Cmd, l limits) (u usage, err error) {
	u.Load = loadAverage()
	u.Anonymous, u.FileBacked = -1, -1
	busy, self, start := busyCPU(), ownCPU(), time.Now()
	if err := c.Start(); err != nil {
		return u, err
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	var why error
	for waiting := true; waiting; {
		select {
		case err = <-done:
			waiting = false
		case <-tick.C:
			m := memoryOf(c.Process.Pid)
			u.Anonymous, u.FileBacked = max(u.Anonymous, m["RssAnon"]+m["RssShmem"]), max(u.FileBacked, m["RssFile"])
			if why == nil && time.Since(start) > l.wall {
				why = stopped(fmt.Sprintf("stopped after %s", l.wall))
			}
			if why == nil && l.memory > 0 && u.Anonymous > l.memory {
				why = stopped(fmt.Sprintf("stopped at %.1f GB of memory", float64(u.Anonymous)/1e9))
			}
			if why != nil {
				c.Process.Kill() // it may be gone already; then there is nothing to do
			}
		}
	}
	u.Wall = time.Since(start).Seconds()
	s := c.ProcessState
	cpu := s.UserTime() + s.SystemTime()
	u.CPU = cpu.Seconds()
	if busy >= 0 {
		u.Others = max(0, (busyCPU()-busy-cpu-(ownCPU()-self)).Seconds()/max(u.Wall, .01))
	}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.MaxRSS = int64(r.Maxrss)
		if runtime.GOOS != "darwin" {
			u.MaxRSS <<= 10
		}
	}
	return u, cmp.Or(why, err)
}

// memoryOf reads the Rss… lines of /proc/PID/status, in bytes. They cost the
// process nothing; smaps_rollup would hold its memory map while it counts pages.
func memoryOf(pid int) map[string]int64 {
	m := map[string]int64{"RssAnon": -1, "RssFile": -1}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return m
	}
	for line := range bytes.Lines(text) {
		if name, rest, ok := strings.Cut(string(line), ":"); ok && strings.HasPrefix(name, "Rss") {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				m[name] = kib << 10
			}
		}
	}
	return m
}

// ownCPU is what this process has taken so far.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// busyCPU is what all processes of the machine have taken so far, and what its
// host took from it; -1 where the system does not say.
func busyCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return -1
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	var sum time.Duration
	for i, field := range strings.Fields(string(line))[1:] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return -1
		}
		// user nice system idle iowait irq softirq steal; guests are in user.
		if i != 3 && i != 4 && i < 8 {
			sum += time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100 in every interface
		}
	}
	return sum
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// A machine is what the figures were taken on.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_bytes"` // 0: not known
	OS     string `json:"os"`
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH}
	m.CPU = afterColon("/proc/cpuinfo", "model name")
	if kib, _, ok := strings.Cut(afterColon("/proc/meminfo", "MemTotal"), " "); ok {
		n, _ := strconv.ParseInt(kib, 10, 64)
		m.Memory = n << 10
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.OS += ", Linux " + strings.TrimSpace(string(release))
	}
	return m
}

// afterColon is what stands after a name at the beginning of a line, "" if
// there is no such line.
func afterColon(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// exitCode is that of an error of exec; -1 for others.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return -1
}
