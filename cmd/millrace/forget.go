package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"millrace/eventlog"
)

type forgetCmd struct {
	Key    string `arg:"" help:"Name of a user, as the source has it or its pseudonym; or id or number of a customer."`
	DryRun bool   `help:"Only say what would be removed."`
	Yes    bool   `short:"y" help:"Do not ask."`
	jsonFlag
}

// Help is what millrace forget --help adds.
func (c *forgetCmd) Help() string {
	return `Rows about the person are removed from the landed tables, the person's name or number is blanked in the others;
users and customers, what refers to them, values and history that name them, go from the store, the columns, and
what was left of cut extractions. Orders, invoices and payments stay, as the law on books asks, without the person.
The store's file is written anew, so that no free block has the name; that takes as much room again for a while.
The sources themselves are not touched: what they still have is left out by the next ingest.`
}

func (c *forgetCmd) Run(e *env) (err error) {
	// To count, or to ask first, needs no key that is kept.
	ask := !c.Yes && !c.DryRun
	if ask && !fromTerminal(e.Stdin) {
		return usageError{errors.New("forget cannot be undone: say --yes, or see first what it would remove by --dry-run")}
	}
	if err := e.lostNameKey(); err != nil {
		return err
	}
	key, err := nameKey(e.Stderr, e.nameKeyFrom(), e.Project.dir, e.Project.storePath(), !c.DryRun)
	if err != nil {
		return err
	}
	if _, err := os.Stat(e.Project.storePath()); err != nil {
		return err // a store is not made to forget somebody
	}
	s, err := eventlog.Open(e, e.Project.storePath(), eventlog.OpenOptions{Wait: e.Wait, Memory: e.Memory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	derived, err := e.derived()
	if err != nil {
		return err
	}
	o := eventlog.ForgetOptions{Names: eventlog.Names{Key: key}, Derived: derived, DryRun: c.DryRun}
	if ask {
		o.DryRun = true
		r, err := s.Forget(e, c.Key, o)
		if err != nil {
			return err
		}
		printForgotten(e.Stderr, &r)
		fmt.Fprint(e.Stderr, "This cannot be undone. Forget? [y/N] ")
		answer, _ := bufio.NewReader(e.Stdin).ReadString('\n')
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			return errors.New("nothing was removed")
		}
		o.DryRun = false
	}
	p := startStep(e.Stderr, "forgetting")
	r, err := s.Forget(e, c.Key, o)
	if err == nil && len(r.Logs) > 0 && !c.DryRun {
		err = e.defineLogs(s)
	}
	p.done()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.Stdout, r)
	}
	printForgotten(e.Stdout, &r)
	return nil
}

// nameKeyFrom is where the project says the key is; "" if it does not.
func (e *env) nameKeyFrom() string { return e.Project.Names.KeyFrom }

// names says what becomes of names of users. Where they are kept, the key is
// for those who were forgotten, and not made.
func (e *env) names(create bool) (n eventlog.Names, err error) {
	n.Keep = e.Project.Names.Keep
	if n.Keep && n.Key == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(e.Project.storePath()), nameKeyFile)); err != nil && e.nameKeyFrom() == "" {
			return n, nil
		}
	}
	if create && !n.Keep {
		if err := e.lostNameKey(); err != nil {
			return n, err
		}
	}
	n.Key, err = nameKey(e.Stderr, e.nameKeyFrom(), e.Project.dir, e.Project.storePath(), create)
	return n, err
}

// fromTerminal says whether somebody can answer.
func fromTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && isTerminal(f)
}

// printForgotten says what was removed, or would be.
func printForgotten(w io.Writer, r *eventlog.ForgetReceipt) {
	if r.DryRun {
		fmt.Fprintln(w, "would be removed:")
	} else {
		fmt.Fprintln(w, "removed:")
	}
	t := newTable("what", " removed", " blanked")
	row := func(what string, removed, blanked int64) {
		if removed+blanked > 0 {
			t.add(what, count(removed), count(blanked))
		}
	}
	for _, x := range r.Landing {
		row("rows of "+x.Source+"."+x.Table, x.Removed, x.Blanked)
	}
	row("users", r.Users, 0)
	row("customers", r.Customers, 0)
	row("users of events", 0, r.Events)
	row("relations", r.Relations, 0)
	row("changes of attributes", r.Changes, 0)
	row("values of attributes", 0, r.Values)
	row("reasons of rejected rows", r.Rejects, 0)
	if err := t.write(w); err != nil {
		return
	}
	if !r.DryRun {
		fmt.Fprintln(w, "the store's file was written anew; loads from now on leave the person out")
	}
	printNotes(w, r.Notes)
}
