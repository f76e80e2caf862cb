package distributor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"millrace/eventlog"
)

// Formats of the files.
const (
	CSV     = "csv"
	Parquet = "parquet"
)

// Options say how large the company is and how its files are written. The zero
// value is the sample that everything is measured with.
type Options struct {
	Seed   uint64 // 0 is 1
	Orders int64  // that customers send in; 0 is 25,000
	Format string // CSV, or Parquet; empty is CSV
	// Progress, if set, is told now and then how many orders there are so far.
	Progress func(orders int64)

	// Tests have smaller ones.
	organisation int   // orders of one; 0 is OrganisationSize
	spool        int64 // rows of a batch on the way to Parquet; 0 is spoolRows
}

// A Summary says what was written.
type Summary struct {
	Orders  int64 // in erp/sales_order, returns and duplicates among them
	Rows    int64 // of the systems' tables
	Truth   int64 // rows below truth/
	Tables  []TableSize
	Defects int64
}

// A TableSize is how many rows a table has.
type TableSize struct {
	System, Table string
	Rows          int64
}

// Generate simulates the distributor and writes a folder for each of its
// systems, and one for the truth, below dir, which must not exist or be empty.
// The folder appears as a whole, or not at all.
//
// Memory holds one organisation of [OrganisationSize] orders, whatever the
// size of the company.
func Generate(ctx context.Context, dir string, o Options) (Summary, error) {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Orders == 0 {
		o.Orders = OrganisationSize
	}
	if o.Orders < 1 || o.Orders > 10_000_000 {
		return Summary{}, fmt.Errorf("the distributor has 1 to 10,000,000 orders, not %d", o.Orders)
	}
	if o.organisation == 0 {
		o.organisation = OrganisationSize
	}
	if o.Format == "" {
		o.Format = CSV
	}
	if o.Format != CSV && o.Format != Parquet {
		return Summary{}, fmt.Errorf("format %q is neither csv nor parquet", o.Format)
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return Summary{}, fmt.Errorf("%s is not empty: remove it, or name another folder", dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return Summary{}, err
	}
	part, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+"-")
	if err != nil {
		return Summary{}, err
	}
	sum, err := generate(ctx, part, o)
	if err == nil {
		err = os.Chmod(part, 0o755)
	}
	if err == nil {
		if err = os.Remove(dir); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(part, dir)
	}
	if err != nil {
		return Summary{}, errors.Join(err, os.RemoveAll(part))
	}
	return sum, nil
}

// generate writes into dir, which is ours.
func generate(ctx context.Context, dir string, o Options) (sum Summary, err error) {
	var sheets []*sheet
	open := 0
	defer func() {
		for _, s := range sheets[open:] {
			err = errors.Join(err, s.close())
		}
	}()
	ext := ".csv"
	if o.Format == Parquet {
		ext = ".spool"
	}
	for _, l := range layouts {
		if err := os.MkdirAll(filepath.Join(dir, l.system), 0o755); err != nil {
			return sum, err
		}
		s, err := newSheet(l, filepath.Join(dir, l.system, l.table+ext), o.Format == Parquet)
		if err != nil {
			return sum, err
		}
		if o.spool > 0 {
			s.batch = o.spool
		}
		sheets = append(sheets, s)
	}
	b := newBooks()
	goods := newMaterials(o.Seed)
	for org, left := 0, o.Orders; left > 0; org++ {
		n := min(left, int64(o.organisation))
		left -= n
		s := newSimulation(o.Seed, org, int(n), b, goods)
		var progress func(int64)
		if o.Progress != nil {
			progress = func(orders int64) { o.Progress(sum.Orders + orders) }
		}
		if err := s.run(ctx, progress); err != nil {
			return sum, err
		}
		sum.Orders += int64(len(s.order))
		(&clerk{s, sheets}).write()
		for _, x := range sheets {
			if x.err != nil {
				return sum, x.err
			}
		}
	}
	writeBooks(sheets, b)
	for _, s := range sheets {
		open++
		if err := s.close(); err != nil {
			return sum, err
		}
		sum.Tables = append(sum.Tables, TableSize{s.system, s.table, s.rows})
		if s.system == "truth" {
			sum.Truth += s.rows
		} else {
			sum.Rows += s.rows
		}
	}
	sum.Defects = sheets[truthDefect].rows
	if o.Format == Parquet {
		for _, s := range sheets {
			if err := s.parquet(ctx); err != nil {
				return sum, fmt.Errorf("%s/%s: %w", s.system, s.table, err)
			}
		}
	}
	if o.Progress != nil {
		o.Progress(sum.Orders)
	}
	return sum, nil
}

// parquet turns the closed spool into the table's Parquet file.
func (s *sheet) parquet(ctx context.Context) (err error) {
	spool := s.file.Name()
	f, err := os.Open(spool)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(spool)) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := batches(f, info.Size())
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := os.Create(strings.TrimSuffix(spool, ".spool") + ".parquet")
	if err != nil {
		return err
	}
	err = eventlog.WriteParquet(ctx, out, s.schema, func(yield func(arrow.RecordBatch, error) bool) {
		for i := range r.NumRecords() {
			rec, err := r.RecordBatchAt(i)
			if !yield(rec, err) || err != nil {
				return
			}
		}
	})
	return errors.Join(err, out.Close())
}

// Systems lists the folders of the company's systems, without the truth.
func Systems() []string {
	var all []string
	for _, l := range layouts {
		if l.system != "truth" && !slices.Contains(all, l.system) {
			all = append(all, l.system)
		}
	}
	return all
}
