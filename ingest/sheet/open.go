package sheet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"millrace/eventlog"
	"millrace/ingest/folder"
)

// Tables are the rows of a list as tables of its system.
type Tables struct {
	Rows    []eventlog.TableRows // in the system's order
	Content string               // hash of the files

	kind     *Kind
	files    *folder.Tables
	main     *list
	payments *list
	latest   string // day of the list
	read     atomic.Int64
}

// Open opens the files of a list, patterns being in dir, and reads them once to
// find out what the columns are and how they are written: what cannot be told
// is an error that says what to add. zone is of times without one. Close what
// is returned.
func Open(ctx context.Context, dir string, k *Kind, c Config, zone *time.Location) (_ *Tables, err error) {
	if err := c.Check(k); err != nil {
		return nil, err
	}
	if c.Timezone != "" {
		if zone, err = time.LoadLocation(c.Timezone); err != nil {
			return nil, err
		}
	}
	t := &Tables{kind: k}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	paths, err := files(dir, c.Path)
	if err != nil {
		return nil, err
	}
	given := []folder.Given{{Table: eventlog.Table{Name: k.table}, Files: paths}}
	if c.Payments != nil {
		if paths, err = files(dir, c.Payments.Path); err != nil {
			return nil, fmt.Errorf("payments: %w", err)
		}
		given = append(given, folder.Given{Table: eventlog.Table{Name: paymentTable}, Files: paths})
	}
	if t.files, err = folder.OpenFiles(ctx, given, !c.Partial); err != nil {
		return nil, err
	}
	t.Content = t.files.Content
	sys := k.System()
	t.main = &list{kind: k.table, table: sys.Tables[0], rows: t.files.Rows[0], fields: k.Fields, reading: c.Reading, words: k.words, zone: zone}
	if err := t.main.understand(); err != nil {
		return nil, err
	}
	if c.Payments != nil {
		t.payments = &list{kind: paymentTable, table: sys.Tables[1], rows: t.files.Rows[1], fields: k.payments, reading: c.Payments.Reading, words: k.words, zone: zone}
		if t.payments.reading.Currency == "" {
			t.payments.money = t.main.money
		}
		if err := t.payments.understand(); err != nil {
			return nil, fmt.Errorf("payments: %w", err)
		}
	}
	t.latest = c.AsOf
	if t.latest == "" {
		t.latest = t.latestDay()
	}
	t.Rows = append(t.Rows, t.documents())
	if k.payments != nil {
		t.Rows = append(t.Rows, t.paid(!c.Partial))
	}
	return t, nil
}

// files lists the files of a pattern.
func files(dir, pattern string) ([]string, error) {
	full := pattern
	if !filepath.IsAbs(full) {
		full = filepath.Join(dir, full)
	}
	paths, err := filepath.Glob(full)
	if err != nil {
		return nil, fmt.Errorf("path: %q is no pattern: %w", pattern, err)
	}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir() || strings.HasPrefix(filepath.Base(path), "~$") // of a workbook that is open in Excel
	})
	if len(paths) == 0 {
		return nil, fmt.Errorf("path: no file matches %q", full)
	}
	return paths, nil
}

// latestDay is the latest day on which something happened by what the lists say.
func (t *Tables) latestDay() (day string) {
	for _, l := range []*list{t.main, t.payments} {
		if l == nil {
			continue
		}
		for i, c := range l.dates {
			if c != nil && !slices.Contains([]string{"due", "requested", "promised"}, l.fields[i].Name) && (l.fields[i].Kind != "flag or day" || !l.flags) {
				day = max(day, c.latest())
			}
		}
	}
	return day
}

// rows reads a list's rows; take makes the landed row whole, or says why it is none.
func (t *Tables) rows(l *list, take func(out map[string]string, line int64) (column string, err error)) eventlog.TableRows {
	r := eventlog.TableRows{Table: l.table.Name, File: l.rows.File, Place: l.rows.Place, Complete: l.rows.Complete}
	for _, c := range l.table.Columns {
		r.Columns = append(r.Columns, c.Name)
	}
	r.Rows = func(fn func(line int64, fields []string) error) error {
		l.rejects.Reset()
		l.counts = counts{other: map[string]int64{}}
		row := make([]string, len(r.Columns))
		return l.rows.Rows(func(line int64, fields []string) error {
			t.read.Add(1)
			out, column, err := l.read(fields)
			if err == nil {
				column, err = take(out, line)
			}
			if err != nil {
				l.rejects.Add(l.place(line), column, err.Error())
				return nil
			}
			for i, c := range r.Columns {
				row[i] = out[c]
			}
			return fn(line, row)
		})
	}
	r.Rejected = func() ([]eventlog.Reject, int64) {
		first, total := l.rejects.Rejects()
		first = slices.Clone(first)
		if l.rows.Rejected != nil {
			more, n := l.rows.Rejected()
			first, total = append(first, more...), total+n
		}
		return first, total
	}
	return r
}

// documents are the rows of the list itself, each number once.
func (t *Tables) documents() eventlog.TableRows {
	l := t.main
	number := l.fields[0].Name
	var seen map[string]int64
	var nth map[string]int
	r := t.rows(l, func(out map[string]string, line int64) (string, error) {
		kind := ""
		if said, ok := out["type"]; ok && said != "" && t.kind.payments != nil {
			if kind = l.words.types[key(said)]; kind == "" {
				kind = "journal"
				l.counts.other[said]++
			}
			out["type"] = kind
		}
		if l.flip[kind] {
			out["amount"] = negated(out["amount"])
		}
		if kind == "payment" {
			out["id"] = paymentID(out, nth)
		} else {
			if first, twice := seen[out[number]]; twice {
				return l.column(0), fmt.Errorf("%s %q is in %s already; the first one counts", number, out[number], l.place(first))
			}
			seen[out[number]] = line
			out["id"] = out[number]
		}
		t.count(out, kind)
		return "", nil
	})
	all := r.Rows
	r.Rows = func(fn func(line int64, fields []string) error) error {
		seen, nth = map[string]int64{}, map[string]int{}
		return all(fn)
	}
	return r
}

// count counts what notes tell of a row, and gives amounts without a currency
// the code for none, and settlements without a day that of the list.
func (t *Tables) count(out map[string]string, kind string) {
	l := t.main
	amount := out["amount"]
	if amount == "" {
		amount = out["value"]
	}
	if out["currency"] == "" && amount != "" {
		out["currency"] = NoCurrency
		l.counts.noCurrency++
	}
	if t.kind.payments == nil || kind == "payment" {
		return
	}
	if amount == zero {
		l.counts.zero++
		return
	}
	if strings.HasPrefix(amount, "-") {
		l.counts.credits++
	}
	if out["due"] == "" && out["terms"] == "" {
		l.counts.noDue++
	}
	if out["disputed"] == "true" && out["disputed_on"] == "" {
		l.counts.flagged++
	}
	paid := out["remaining"] != "" && out["remaining"] != amount || out["paid"] != "" && out["paid"] != zero
	written := out["written_off"] != "" && out["written_off"] != zero && out["written_off_on"] == ""
	if (paid || written) && out["cleared"] == "" && (out["paid_on"] == "" || written) {
		out["as_of"] = t.latest
		if written || !l.paidBy[out["id"]] && (t.payments == nil || !t.payments.paidBy[out["id"]]) { // else the payments have days
			l.counts.undated++
		}
	}
}

// zero is how an amount of nothing is landed.
const zero = "0.0000"

// paid are the rows of the second list, none if there is no such list.
func (t *Tables) paid(complete bool) eventlog.TableRows {
	if t.payments == nil {
		return eventlog.TableRows{Table: paymentTable, File: t.main.rows.File, Columns: []string{"id"}, Complete: complete, Rows: func(func(int64, []string) error) error { return nil }}
	}
	var nth map[string]int
	r := t.rows(t.payments, func(out map[string]string, line int64) (string, error) {
		out["id"] = paymentID(out, nth)
		return "", nil
	})
	all := r.Rows
	r.Rows = func(fn func(line int64, fields []string) error) error {
		nth = map[string]int{}
		return all(fn)
	}
	return r
}

// paymentID names a payment by what it says, and the how many'th equal one it is.
func paymentID(out map[string]string, nth map[string]int) string {
	id := out["invoice"] + "/" + out["date"] + "/" + strings.TrimSuffix(strings.TrimRight(out["amount"], "0"), ".")
	if nth[id]++; nth[id] > 1 {
		return fmt.Sprintf("%s/%d", id, nth[id])
	}
	return id
}

func negated(amount string) string {
	if rest, ok := strings.CutPrefix(amount, "-"); ok || amount == zero {
		return rest
	}
	return "-" + amount
}

// Understood says which column was taken for which field without being told,
// and how dates and amounts are written.
func (t *Tables) Understood() (said []string) {
	for _, l := range []*list{t.main, t.payments} {
		if l == nil {
			continue
		}
		var found, unused []string
		for _, i := range l.found {
			if l.at[i] >= 0 {
				found = append(found, fmt.Sprintf("%s: %q", l.fields[i].Name, l.column(i)))
			}
		}
		for i, h := range l.rows.Columns {
			if !slices.Contains(l.at, i) {
				unused = append(unused, h)
			}
		}
		text := l.rows.File + ": "
		if len(found) > 0 {
			text += "taken by their headings: columns: {" + strings.Join(found, ", ") + "}; "
		}
		if layouts := l.layouts(); layouts != "" {
			text += "dates as " + layouts + "; "
		}
		text += fmt.Sprintf("decimal sign %q", string(l.decimal))
		if len(unused) > 0 {
			text += "; not used: " + strings.Join(unused, ", ")
		}
		said = append(said, text)
	}
	return said
}

func (l *list) layouts() string {
	var layouts []string
	for _, c := range l.dates {
		if c != nil && c.format != nil && !slices.Contains(layouts, c.format.String()) {
			layouts = append(layouts, c.format.String())
		}
	}
	return strings.Join(layouts, ", ")
}

// Notes tells what happened to the rows. It is complete after they are read.
func (t *Tables) Notes() []eventlog.Note {
	list := t.files.Notes()
	l := t.main
	add := func(code string, n int64, format string, args ...any) {
		if n > 0 {
			list = append(list, eventlog.Note{Code: code, Text: l.rows.File + ": " + fmt.Sprintf(format, args...)})
		}
	}
	c := &l.counts
	add("no-currency", c.noCurrency, "rows whose currency is not said, in a column or as currency: EUR: %d; their amounts are in %s, which is no currency.", c.noCurrency, NoCurrency)
	add("zero", c.zero, "rows with an amount of 0, of which nothing is made: %d.", c.zero)
	add("credits", c.credits, "credit memos, as their amounts are negative: %d.", c.credits)
	add("no-due", c.noDue, "rows without a due date or terms, due on the day of their posting: %d.", c.noDue)
	add("undated", c.undated, "rows of which something was settled on a day that the list does not say: %d; it counts from %s, so that earlier days have too much open.", c.undated, t.latest)
	add("flagged", c.flagged, "disputes without a day: %d; they are counted, but not in figures that have to know since when: disp.open_rate, disp.dso_impact, ar.disputed.", c.flagged)
	for _, word := range sortedKeys(c.other) {
		add("type", c.other[word], "rows of type %q: %d; that is neither an invoice, a credit memo nor a payment, so they are entries of the journal and no sales.", word, c.other[word])
	}
	if t.payments != nil || len(l.paidBy) > 0 {
		lost := 0
		for _, p := range []map[string]bool{l.paidBy, paidBy(t.payments)} {
			for number := range p {
				if !l.invoice[number] {
					lost++
				}
			}
		}
		add("unknown-invoice", int64(lost), "invoices that payments name, and that are not in the list: %d; the money is unapplied.", lost)
	}
	return list
}

func paidBy(l *list) map[string]bool {
	if l == nil {
		return nil
	}
	return l.paidBy
}

// Progress returns how many bytes of how many have been read.
func (t *Tables) Progress() (done, total int64) { return t.files.Progress() }

// Read returns how many rows have been read.
func (t *Tables) Read() int64 { return t.read.Load() }

// Close closes the files.
func (t *Tables) Close() error {
	if t.files == nil {
		return nil
	}
	return t.files.Close()
}

// Fits says whether a list may be of a kind: nil, or what is in the way of its
// needed columns. It reads no rows.
func Fits(ctx context.Context, dir string, k *Kind, c Config) (err error) {
	if err := c.Check(k); err != nil {
		return err
	}
	paths, err := files(dir, c.Path)
	if err != nil {
		return err
	}
	t, err := folder.OpenFiles(ctx, []folder.Given{{Table: eventlog.Table{Name: k.table}, Files: paths}}, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	l := &list{kind: k.table, rows: t.Rows[0], fields: k.Fields, reading: c.Reading}
	return l.findColumns()
}
