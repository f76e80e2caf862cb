package ocelfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/ingest/xesfile"
)

// TestSniff: a head belongs to one format, wherever it is cut; and to none if
// it is another kind of file.
func TestSniff(t *testing.T) {
	w, m := sampleLog(40)
	events2 := encodeJSON2(w, m, true)[1:]
	_, events2, _ = strings.Cut(events2, `"events"`)
	for _, x := range []struct {
		name, head, want string
	}{
		{"OCEL 2.0", encodeJSON2(w, m, false), "ocel-json"},
		{"its parts in reverse", encodeJSON2(w, m, true), "ocel-json"},
		{"events first, cut", `{"events"` + events2[:2000], "ocel-json"},
		{"OCEL 1.0", encodeJSON1(w), "ocel-json"},
		{"with a mark", bomUTF8 + encodeJSON1(w), "ocel-json"},
		{"cut early", encodeJSON1(w)[:30], "ocel-json"},
		{"OCEL 2.0 in XML", encodeXML2(w, m), "ocel-xml"},
		{"OCEL 1.0 in XML", encodeXML1(w)[:200], "ocel-xml"},
		{"a table", encodeCSV(w, []string{"order"}, ';', false), "ocel-csv"},
		{"its header", "ocel:eid,ocel:activity,ocel:type:a", "ocel-csv"},
		{"a table of objects", "ocel:oid\tocel:type\n", "ocel-csv"},
		{"a database", magicSQLite + "\x10\x00", "ocel-sqlite"},

		{"XES", `<log xes.version="1.0"><extension name="Concept"/><global scope="event"><string key="concept:name" value=""/></global><trace>`, ""},
		{"a table of cases", "case,activity,time,ocel\n1,a,b,c\n", ""},
		{"relations", "ocel:eid,ocel:oid,ocel:activity\n", ""},
		{"JSON", `{"name": "x", "events": [1]}`, ""},
		{"JSON lines", `{"case": 1, "activity": "a"}` + "\n" + `{"case": 1}`, ""},
		{"HTML", "<html><head>ocel:eid</head>", ""},
		{"Parquet", "PAR1\x15\x04", ""},
		{"ZIP", "PK\x03\x04ocel:eid", ""},
		{"nothing", "", ""},
	} {
		var got []string
		for _, f := range Formats {
			if f.Sniff([]byte(x.head)) {
				got = append(got, f.Name)
			}
		}
		if s := strings.Join(got, ", "); s != x.want {
			t.Errorf("%s: %q, want %q", x.name, s, x.want)
		}
		if x.want != "" && xesfile.Format.Sniff([]byte(x.head)) {
			t.Errorf("%s: XES takes it, too", x.name)
		}
	}
}

// TestSniffShared: the logs of cases among the shared ones are not ours, and
// the object-centric ones are of one format each.
func TestSniffShared(t *testing.T) {
	dir := filepath.Join(shared(t), "data", "logs")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for _, file := range files {
		head := headOf(t, filepath.Join(dir, file.Name()))
		n := 0
		for _, f := range Formats {
			if f.Sniff(head) {
				n++
			}
		}
		want := 0
		for _, mark := range []string{"ocel:", "object-types", "objectTypes", magicSQLite} {
			if !strings.HasSuffix(file.Name(), ".xsd") && file.Name() != "schema_ocel2.json" && strings.Contains(string(head), mark) {
				want = 1
			}
		}
		if n != want {
			t.Errorf("%d formats take %s, want %d", n, file.Name(), want)
		}
		ours += n
	}
	if ours < 12 {
		t.Errorf("%d logs are ours, want at least 12", ours)
	}
}
