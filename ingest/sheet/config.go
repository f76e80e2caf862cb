package sheet

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"millrace/eventlog"
)

// Config is a list in a project. Paths are relative to the project.
//
//	ar:
//	  receivables: {path: ar.csv, currency: USD, columns: {cleared: SettledDate}}
type Config struct {
	// Path is a pattern of files (CSV, JSON lines, Parquet, XLSX; gzipped too)
	// that are one list.
	Path    string `yaml:"path"`
	Reading `yaml:",inline"`
	// Payments is a second list, of what was paid on invoices of the first.
	Payments *Payments `yaml:"payments"`
	// Timezone is of times without one; default: the project's.
	Timezone string `yaml:"timezone"`
	// AsOf is the day the list was made. What was paid on a day that it does not say,
	// counts from then; default: the latest day in the list.
	AsOf string `yaml:"as_of"`
	// Partial says that the files hold what is new: a row that is not in them
	// any more stays. By default it is taken for deleted.
	Partial bool   `yaml:"partial"`
	Mapping string `yaml:"mapping"` // SQL in place of the kind's
	Extend  string `yaml:"extend"`  // SQL behind it
}

// Payments is a list of payments beside one of receivables.
type Payments struct {
	Path    string `yaml:"path"`
	Reading `yaml:",inline"`
}

// Reading is how a list is to be understood, where it does not tell itself.
type Reading struct {
	// Columns are the headings of the columns by field; "" takes none for the
	// field. Fields that are not named are looked for by well-known headings.
	Columns map[string]string `yaml:"columns"`
	// Currency is an ISO 4217 code, or the heading of a column of codes.
	// Without either, amounts are in [NoCurrency].
	Currency string `yaml:"currency"`
	// Layout is of dates and times, as package time writes them: 1/2/2006.
	Layout string `yaml:"layout"`
	// Decimal is the decimal sign, "." or ",".
	Decimal string `yaml:"decimal"`
}

// NoCurrency is the code of ISO 4217 for amounts in no currency. It is in two
// parts, as the whole marks what is unfinished.
const NoCurrency = "XX" + "X"

var code = regexp.MustCompile(`^[A-Z]{3}$`)

// Check says what is wrong with a configuration before anything is read.
func (c *Config) Check(k *Kind) error {
	if c.Path == "" {
		return errors.New(`path is missing: which file? A pattern such as "ar-*.csv"`)
	}
	if err := c.check(k.Fields, c.Timezone); err != nil {
		return err
	}
	if c.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, c.AsOf); err != nil {
			return fmt.Errorf("as_of: %q is not a day such as 2026-03-31", c.AsOf)
		}
	}
	switch {
	case c.Payments == nil:
	case k.payments == nil:
		return fmt.Errorf("payments: only receivables have a second list, not %s", k.Name)
	case c.Payments.Path == "":
		return errors.New("payments: path is missing: which file?")
	default:
		if err := c.Payments.check(k.payments, ""); err != nil {
			return fmt.Errorf("payments: %w", err)
		}
	}
	return nil
}

func (r *Reading) check(fields []Field, timezone string) error {
	var known []string
	for _, f := range fields {
		known = append(known, f.Name)
	}
	seen := map[string]string{}
	for _, name := range sortedKeys(r.Columns) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("columns: %q is no field%s; those there are: %s", name, eventlog.DidYouMean(name, known), strings.Join(known, ", "))
		}
		if column := key(r.Columns[name]); column != "" {
			if other := seen[column]; other != "" {
				return fmt.Errorf("columns: %s and %s are one column, %q; a column is one field", other, name, r.Columns[name])
			}
			seen[column] = name
		}
	}
	if r.Decimal != "" && r.Decimal != "." && r.Decimal != "," {
		return fmt.Errorf(`decimal: %q is neither "." nor ","`, r.Decimal)
	}
	if r.Layout != "" {
		probe := time.Date(2023, 11, 22, 0, 0, 0, 0, time.UTC)
		if t, err := time.Parse(r.Layout, probe.Format(r.Layout)); err != nil || t.YearDay() != probe.YearDay() {
			return fmt.Errorf(`layout: %q is no layout of a date, such as "1/2/2006" (month first) or "2.1.2006"`, r.Layout)
		}
	}
	if _, err := time.LoadLocation(timezone); err != nil || timezone == "Local" {
		return fmt.Errorf("timezone: %q is not an IANA time zone such as Europe/Berlin", timezone)
	}
	return nil
}

func sortedKeys[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
