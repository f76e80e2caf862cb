package ocelfile

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/ingest"
)

// TestText reads the logs in testdata/text and prints what they are. A command is
// the name of a format; tz, layout, delimiter and decimal are options. The
// input of ocel-sqlite is SQL.
func TestText(t *testing.T) {
	datadriven.Walk(t, "testdata/text", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var o ingest.Options
			for _, x := range []struct {
				key string
				to  *string
			}{{"tz", &o.Timezone}, {"layout", &o.TimeLayout}, {"delimiter", &o.Delimiter}, {"decimal", &o.Decimal}} {
				if d.HasArg(x.key) {
					d.ScanArgs(t, x.key, x.to)
				}
			}
			o.TimeLayout = strings.ReplaceAll(o.TimeLayout, "_", " ")
			for _, f := range Formats {
				if f.Name != d.Cmd {
					continue
				}
				file := "log"
				if f.Name == SQLite.Name {
					file = database(t, d.Input)
				} else {
					file = write(t, file, d.Input)
				}
				return describe(t, f, file, o)
			}
			return fmt.Sprintf("unknown command %q\n", d.Cmd)
		})
	})
}

func database(t testing.TB, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
	return path
}

func describe(t *testing.T, f ingest.ObjectFormat, path string, o ingest.Options) string {
	var b strings.Builder
	clean := func(s string) string { return strings.ReplaceAll(s, path, "log") }
	w, said, err := readLog(t, f, path, o)
	if err == nil || w != nil {
		b.WriteString(w.String())
		for _, r := range said.rejects {
			fmt.Fprintf(&b, "rejected %s: %s%s\n", clean(r.Place), map[bool]string{true: r.Column + ": "}[r.Column != ""], r.Reason)
		}
		for _, n := range said.notes {
			fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
		}
		fmt.Fprintf(&b, "version %s\n", said.meta.Version)
		for _, x := range []struct {
			what string
			list []eventlog.DeclaredType
		}{{"event", said.meta.EventTypes}, {"object", said.meta.ObjectTypes}} {
			for _, typ := range x.list {
				fmt.Fprintf(&b, "%s type %q", x.what, typ.Name)
				for _, a := range typ.Attributes {
					fmt.Fprintf(&b, " %s:%s", a.Name, a.Type)
				}
				b.WriteByte('\n')
			}
		}
		if said.meta.Attributes != "" {
			fmt.Fprintf(&b, "log %s\n", said.meta.Attributes)
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", clean(err.Error()))
	}
	return b.String()
}
