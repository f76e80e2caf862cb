package folder

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
)

// Files of any name and format are slices of the table that they are given as.
func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.csv": "id;what\n1;csv", "b.jsonl": `{"what": "jsonl", "id": 2}`, "c.parquet": "SELECT 3 AS id, 'parquet' AS what",
		"d.xlsx": "== Notes\nid,what\n4,first sheet", "e.xlsx": "== Notes\nid,what\n0,no\n== call\nid,what\n5,named sheet", "f.txt": "id\twhat\n6\ttsv",
	} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	tables, err := OpenFiles(t.Context(), []Given{{eventlog.Table{Name: "call", Key: []string{"id"}}, files}}, false)
	must(t, err)
	defer func() { must(t, tables.Close()) }()
	if len(tables.Rows) != 1 || tables.Rows[0].Complete || !strings.HasPrefix(tables.Content, "sha256:") {
		t.Fatalf("%+v", tables)
	}
	r := tables.Rows[0]
	var got []string
	must(t, r.Rows(func(line int64, fields []string) error {
		got = append(got, fmt.Sprint(r.Place(line), fields))
		return nil
	}))
	want := "a.csv:2[1 csv]|b.jsonl:1[2 jsonl]|c.parquet:1[3 parquet]|d.xlsx:Notes:2[4 first sheet]|e.xlsx:call:2[5 named sheet]|f.txt:2[6 tsv]"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}
