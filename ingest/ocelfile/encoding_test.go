package ocelfile

import (
	"fmt"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"millrace/ingest"
)

// TestEncodings: a text is the same in every encoding that the file or the user
// says it has.
func TestEncodings(t *testing.T) {
	const (
		json = `{"ocel:events":{"é1":{"ocel:activity":"prüfen","ocel:timestamp":"2024-01-01T00:00:00Z","ocel:omap":["ß"]}},"ocel:objects":{}}`
		xml  = `<log><events><event id="é1" type="prüfen" time="2024-01-01T00:00:00Z"><objects><relationship object-id="ß" qualifier=""/></objects></event></events></log>`
		csv  = "ocel:eid,ocel:activity,ocel:timestamp,ocel:type:o\né1,prüfen,2024-01-01T00:00:00Z,ß\n"
	)
	marked := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	for _, x := range []struct {
		format   ingest.ObjectFormat
		text     string
		enc      encoding.Encoding
		told     string
		detected string
	}{
		{JSON, json, encoding.Nop, "", "utf-8"},
		{JSON, bomUTF8 + json, encoding.Nop, "", "utf-8"},
		{JSON, json, marked, "", "utf-16le"},
		{JSON, json, charmap.Windows1252, "windows-1252", "windows-1252"},
		{XML, bomUTF8 + xml, encoding.Nop, "", "utf-8"},
		{XML, `<?xml version="1.0" encoding="ISO-8859-1"?>` + xml, charmap.ISO8859_1, "", "utf-8"},
		{XML, `<?xml version="1.0" encoding="utf-16"?>` + xml, marked, "", "utf-16le"},
		{XML, `<?xml version="1.0" encoding="utf-16"?>` + xml, encoding.Nop, "", "utf-8"},
		{XML, `<?xml version="1.0" encoding="utf-8"?>` + xml, charmap.Windows1252, "cp1252", "cp1252"},
		{CSV, bomUTF8 + csv, encoding.Nop, "", "utf-8"},
		{CSV, csv, marked, "", "utf-16le"},
		{CSV, csv, charmap.Windows1252, "latin-1", "latin-1"},
	} {
		coded, err := x.enc.NewEncoder().String(x.text)
		if err != nil {
			t.Fatal(err)
		}
		o := ingest.Options{Encoding: x.told}
		path := write(t, "log", coded)
		w, _, err := readLog(t, x.format, path, o)
		if err != nil {
			t.Errorf("%s, %s: %v", x.format.Name, x.detected, err)
			continue
		}
		if len(w.Events) != 1 || w.Events[0].ID != "é1" || w.Events[0].Activity != "prüfen" || len(w.E2O) != 1 || w.E2O[0][2] != "ß" {
			t.Errorf("%s, %s: read as\n%s", x.format.Name, x.detected, w)
		}
		f, err := x.format.Open(t.Context(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		want := ingest.Detection{Option: "encoding", Value: x.detected, Told: x.told != ""}
		if found := f.Detected(); len(found) == 0 || fmt.Sprint(found[0]) != fmt.Sprint(want) {
			t.Errorf("%s: detected %v, want %v", x.format.Name, found, want)
		}
	}
	if _, err := JSON.Open(t.Context(), write(t, "log", json), ingest.Options{Encoding: "klingon"}); err == nil {
		t.Error("klingon is an encoding")
	}
	if _, err := JSON.Open(t.Context(), write(t, "log", json), ingest.Options{Timezone: "Mars"}); err == nil {
		t.Error("Mars is a time zone")
	}
}
