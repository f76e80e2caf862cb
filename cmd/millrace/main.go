// Millrace shows how work flows through a process, where it waits, and what
// the waiting costs. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"millrace/eventlog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // who reads the output may stop: what is temporary goes all the same
	syscall.Umask(0o077)           // whatever is written, DuckDB's own files too, is its owner's only
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	done      = 0
	failed    = 1
	usedWrong = 2
	overLimit = 3 // it ran, but limits are violated
)

// env is what a command may use of the outside world.
type env struct {
	context.Context
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Project        *project
	Wait           time.Duration   // for a store that another process holds
	Memory         eventlog.Memory // of the process
	// Filters holds the filter flags in the order in which they were given;
	// kong keeps one value a flag and would lose it.
	Filters []eventlog.Filter
	Now     func() time.Time // the clock on the wall; nil: time.Now
}

func (e *env) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// limitsError says that everything was done, and that limits are violated.
type limitsError struct{ error }

func (e limitsError) Unwrap() error { return e.error }

// run is main with its inputs and outputs made explicit. It returns the exit
// code: 0 done, 1 failed, 2 used wrongly, 3 ran but limits are violated.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	e := &env{Context: ctx, Stdin: stdin, Stdout: stdout, Stderr: stderr}
	exit := -1
	p := kong.Must(&c,
		kong.Name("millrace"),
		kong.Description("Shows how work flows through a process, where it waits, and what the waiting costs.\n\nLOG is the name of a log in the project, or the path of a file: millrace mine dfg orders.xes works with nothing set up."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.NamedMapper("filter", filterMapper(e)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"version": version()},
	)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	cmd, err := p.Parse(args)
	switch {
	case exit >= 0: // --help, --version
		return exit
	case err != nil:
		fmt.Fprintf(stderr, "millrace: %v\n", err)
		return usedWrong
	}
	if e.Memory, err = eventlog.ParseMemory(c.Memory); err != nil {
		fmt.Fprintf(stderr, "millrace: --memory: %v\n", err)
		return usedWrong
	}
	if e.Memory > 0 {
		debug.SetMemoryLimit(e.Memory.Heap())
	}
	if e.Project, err = readProject(c.Project); err == nil {
		e.Wait = c.Wait
		if e.Wait == 0 {
			e.Wait = -1 // "--wait 0s" does not wait; to a store, 0 is the default
		}
		err = cmd.Run(e)
	}
	var usage usageError
	var limits limitsError
	switch {
	case err == nil:
		return done
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "millrace: %v\n", err)
		return usedWrong
	case errors.As(err, &limits):
		fmt.Fprintf(stderr, "millrace: %v\n", err)
		return overLimit
	case errors.Is(err, syscall.EPIPE):
		return failed // nobody reads on, as in "| head"
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "millrace: interrupted; nothing is half done")
		return failed
	}
	fmt.Fprintf(stderr, "millrace: %v\n", err)
	return failed
}
