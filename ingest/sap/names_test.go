package sap

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/ingest/preset/presettest"
)

// The order of testdata, with pseudonyms in place of names. That tables write
// users and customers differently changes nothing: ANNA and "anna ", 4711 and
// 0000004711.
func TestNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	datadriven.RunTest(t, "testdata/cases/order", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "table" {
			write(t, filepath.Join(dir, d.CmdArgs[0].Key+".csv"), strings.ReplaceAll(d.Input, ", ", ","))
		}
		return d.Expected
	})
	write(t, filepath.Join(dir, "LTAK.csv"), "LGNUM,TANUM,BDATU,BZEIT,BNAME\n010,0000000055,20260108,060000,anna ")
	write(t, filepath.Join(dir, "BSID.csv"), "BUKRS,BELNR,GJAHR,BUZEI,KUNNR,SHKZG,WRBTR,WAERS\n1000,0100000009,2026,001,4711,S,10.00,EUR")
	presettest.Names(t, func(t testing.TB, path string, names eventlog.Names) {
		loadNames(t, path, dir, "Europe/Berlin", names)
	}, presettest.People{Users: []string{"ANNA", "anna", "RPA_01", "EDI_IN", "RFC_WEB"}, Customer: "4711", Called: []string{"Corner Shop", "0000004711"}})
}
