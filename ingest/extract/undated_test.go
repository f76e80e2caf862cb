package extract_test

import (
	"testing"

	"millrace/ingest"
	"millrace/ingest/extract"
	"millrace/ingest/sourcetest"
)

// What a source cannot be asked for in part is read as a whole each time, and
// there is nothing to sweep, nor to ask for by keys.
func TestWhole(t *testing.T) {
	l := newLab(t, 4)
	shape := ingest.TableShape{Table: "thing", There: "thing", Key: []string{"id"}, Rows: -1, Whole: true}
	for _, c := range sourcetest.Tables()[0].Columns {
		shape.Columns = append(shape.Columns, ingest.ColumnShape(c))
	}
	l.Shape(shape)
	l.ingest(t, extract.Options{})
	l.thing(2, "b", 1) // no watermark tells
	l.Delete(t, "thing", []string{"3"})
	l.Asked()
	e, _ := l.ingest(t, extract.Options{})
	l.wantLanded(t, "1x", "2b", "4x")
	if got, want := reconciled(e, "thing"), `since "": counted 3, read 3, swept 0, fetched 0, skipped 0`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, q := range l.Asked() {
		if q.Table.Name == "thing" && (q.Since != "" || q.Keys != nil) {
			t.Errorf("asked for a part: %+v", q)
		}
	}
}
