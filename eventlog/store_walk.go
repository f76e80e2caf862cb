package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A caseWalk finds the objects, and by them the events, of each case. Its
// rules are in DESIGN.md, "The case notion"; testdata/store/walk shows them.
type caseWalk struct {
	c     *storeConn
	def   LogDefinition
	items []string
	notes []Note
	found map[string]int64 // counts the notes tell, by code

	// unlisted leaves out case_event where nothing is walked through and no
	// count is told of it; direct says that it is left out.
	unlisted, direct bool
}

// Kinds of objects in a walk.
const (
	walkCase   = -1
	walkItem   = 0
	walkFollow = 1 // and up: position in LogDefinition.Follow
)

// walk leaves the table case_event(case_object, event), unless it may be left
// out: see unlisted.
func (w *caseWalk) walk(ctx context.Context, model *Model) error {
	own, err := w.c.isObjectType(ctx, w.def.CaseType)
	if err != nil {
		return err
	}
	imported, err := w.c.int(ctx, storeText("walk_imported"), w.def.CaseType)
	if err != nil {
		return err
	}
	if own || imported > 0 && w.def.Name == w.def.CaseType {
		model = nil // no type of theirs is the model's, so there is no item to walk through
	}
	if err := w.check(model); err != nil {
		return err
	}
	if len(w.items) == 0 && len(w.def.Follow) == 0 {
		if w.direct = w.unlisted && !own; w.direct {
			return nil
		}
		err := w.c.exec(ctx, storeText("walk_direct"), w.def.CaseType)
		if err != nil || !own {
			return err
		}
		return w.reportDirect(ctx)
	}
	if err := w.kinds(ctx); err != nil {
		return err
	}
	for _, name := range []string{"walk_object", "walk_edge", "walk_free", "walk_start", "walk_items"} {
		if err := w.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	if err := w.close(ctx); err != nil {
		return err
	}
	for i := range w.def.Follow {
		if err := w.enter(ctx, walkFollow+i); err != nil {
			return err
		}
	}
	if err := w.c.exec(ctx, storeText("walk_event")); err != nil {
		return err
	}
	return w.report(ctx)
}

// check finds out what the types of the walk are, and refuses master data:
// walking through a customer would make one case of all its orders.
func (w *caseWalk) check(model *Model) error {
	w.items = slices.Clone(w.def.Items)
	if model != nil {
		for _, t := range model.Types {
			if t.Level == Item && t.Name != w.def.CaseType && !slices.Contains(w.items, t.Name) {
				w.items = append(w.items, t.Name)
			}
		}
	}
	for _, f := range append(slices.Clone(w.def.Follow), w.def.Items...) {
		t := model.objectType(f)
		switch {
		case f == w.def.CaseType:
			return fmt.Errorf("%s is the type of the case: a case never enters another", f)
		case t != nil && t.Level == Master:
			return fmt.Errorf("%s is master data, shared by many cases: it cannot be walked through", f)
		}
	}
	for _, f := range w.def.Follow {
		if slices.Contains(w.items, f) {
			return fmt.Errorf("%s is an item: it is walked through anyway, and cannot be followed", f)
		}
	}
	return nil
}

func (w *caseWalk) kinds(ctx context.Context) error {
	types, kinds := []string{w.def.CaseType}, []int32{walkCase}
	for _, t := range w.items {
		types, kinds = append(types, t), append(kinds, walkItem)
	}
	for i, t := range w.def.Follow {
		types, kinds = append(types, t), append(kinds, int32(walkFollow+i))
	}
	return w.c.exec(ctx, storeText("walk_kind"), types, kinds)
}

// close adds, to the items just reached, those that are reached through them.
func (w *caseWalk) close(ctx context.Context) error {
	for {
		n, err := w.c.int(ctx, "SELECT count(*) FROM w_front")
		if err != nil || n == 0 {
			return err
		}
		for _, name := range []string{"walk_keep", "walk_step"} {
			if err := w.c.exec(ctx, storeText(name)); err != nil {
				return err
			}
		}
		if err := w.c.exec(ctx, "CREATE OR REPLACE TEMP TABLE w_front AS FROM w_next"); err != nil {
			return err
		}
	}
}

// enter adds the documents of one type in Follow.
func (w *caseWalk) enter(ctx context.Context, kind int) error {
	if err := w.c.exec(ctx, storeText("walk_enter"), kind); err != nil {
		return err
	}
	for _, name := range []string{"walk_header", "walk_entered"} {
		if err := w.c.exec(ctx, storeText(name)); err != nil {
			return err
		}
	}
	return w.close(ctx)
}

// reportDirect notes what flattening to one type does to the events.
func (w *caseWalk) reportDirect(ctx context.Context) error {
	return w.count(ctx,
		walkCount{"convergence", "walk_convergence", "Events that occur in more than one case: %d."},
		walkCount{"events-without-case", "walk_unrelated", "Events that touch no object of type " + strings.ReplaceAll(w.def.CaseType, "%", "%%") + ", and are in no case: %d."})
}

// report notes what the case notion does to the events.
func (w *caseWalk) report(ctx context.Context) error {
	return w.count(ctx,
		walkCount{"convergence", "walk_convergence", "Events that occur in more than one case: %d."},
		walkCount{"divergence", "walk_divergence", "Cases in which an activity occurs more than once, for different items or documents, so that what follows what among them is by time only: %d."},
		walkCount{"lost-events", "walk_lost", "Events that touch objects of the types walked, but are in no case: %d."})
}

// A walkCount is a number that is worth a note where it is not zero.
type walkCount struct{ code, statement, text string }

func (w *caseWalk) count(ctx context.Context, counts ...walkCount) error {
	for _, r := range counts {
		n, err := w.c.int(ctx, storeText(r.statement, "type", storeLiteral(w.def.CaseType)))
		if err != nil {
			return err
		}
		if w.found == nil {
			w.found = map[string]int64{}
		}
		w.found[r.code] = n
		if n > 0 {
			w.notes = append(w.notes, Note{Code: r.code, Text: fmt.Sprintf(r.text, n)})
		}
	}
	return nil
}
