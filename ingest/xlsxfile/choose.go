package xlsxfile

import (
	"context"
	"errors"
	"fmt"

	"millrace/ingest"
)

// chooseRows is how many rows of each sheet are looked at to choose one.
const chooseRows = 500

// choose returns the sheet that was told, else the first that looks like a
// log, one that is hidden only where no other does.
func (w *Workbook) choose(ctx context.Context, o ingest.Options) (*Table, error) {
	if o.Sheet != "" || len(w.sheets) == 1 {
		return w.Table(ctx, o.Sheet, o)
	}
	var first error
	for _, hidden := range []bool{false, true} {
		for i := range w.sheets {
			s := &w.sheets[i]
			if s.hidden != hidden {
				continue
			}
			err := w.looksLikeLog(ctx, s, o)
			if err == nil {
				return w.table(ctx, s, o, sampleRows)
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if first == nil && !errors.Is(err, errEmpty) {
				first = err
			}
		}
	}
	if first == nil {
		first = errEmpty
	}
	return nil, fmt.Errorf("%s: no sheet of %s looks like a log; say which one by --sheet, and its columns by --case, --activity and --time. Of the first: %w", w.path, w.list(), first)
}

// looksLikeLog returns why a sheet is no log.
func (w *Workbook) looksLikeLog(ctx context.Context, s *sheet, o ingest.Options) error {
	t, err := w.table(ctx, s, o, chooseRows)
	if err != nil {
		return err
	}
	f, err := ingest.NewTableLog(ctx, t, o)
	if err != nil {
		return fmt.Errorf("%s: %w", t.fullName(), err)
	}
	return f.Close()
}
