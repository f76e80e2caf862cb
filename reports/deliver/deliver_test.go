package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"millrace/internal/secrets"
	"millrace/reports/export/manifest"
	"millrace/reports/export/sheet"
)

const secret = "s3cret-Of-The-Tests"

func export(period string, amounts ...int64) Export {
	s := &sheet.Sheet{Name: "overdue", Title: "Overdue", Columns: []sheet.Column{
		{Name: "customer", Type: sheet.TextType}, {Name: "amount", Type: sheet.DecimalType, Scale: 2, Unit: "EUR"}, {Name: "items", Type: sheet.IntegerType},
		{Name: "late_days", Type: sheet.DaysType}, {Name: "due", Type: sheet.DateType}, {Name: "dunned", Type: sheet.TimestampType}, {Name: "invoice", Type: sheet.LinkType},
	}}
	for i, a := range amounts {
		s.Rows = append(s.Rows, []sheet.Value{sheet.Text("Müller \"&\" \\N\t"), sheet.Decimal(a), sheet.Integer(int64(i)), sheet.Days(1.5), sheet.Date(2026, 9, 30),
			sheet.Timestamp(time.Date(2026, 10, 25, 1, 30, 0, 123456000, time.UTC)), sheet.Link("9", "https://erp.example/9")})
	}
	s.Rows = append(s.Rows, make([]sheet.Value, 7))
	return Export{
		Workbook: &sheet.Workbook{Title: "Überfällig", Sheets: []*sheet.Sheet{s}, Exclusions: []sheet.Exclusion{{Of: "overdue", Period: period, Reason: "disputed", N: 3}}},
		Manifest: manifest.Manifest{Name: "overdue", Period: period, AsOf: "2026-11-01T06:00:00Z", Program: "1", Catalogue: "2",
			Results: []manifest.Result{{Name: "overdue", SQL: "SELECT 1"}}},
	}
}

func testEnv(dir string) Env {
	return Env{Env: secrets.Env{Dir: dir, Lookup: func(name string) (string, bool) {
		v, ok := map[string]string{"SECRET": secret, "ACCESS": "access-key-1", "WRONG": "wr0ng-Secret"}[name]
		return v, ok
	}}, At: time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for pattern, want := range map[string][]string{
		"a/{name}-{period}.xlsx":         {"overdue-2026-10.xlsx", "overdue-2026-10.xlsx.manifest.json"},
		"b/{period}/{name}.csv":          {"overdue-exclusions.csv", "overdue-overdue.csv", "overdue.csv.manifest.json"},
		"c/{sheet}_{as_of}.parquet":      {"exclusions_2026-11-01.parquet", "overdue_2026-11-01.parquet", "overdue_2026-11-01.parquet.manifest.json"},
		"d/{name}.{sheet}.jsonl":         {"overdue.exclusions.jsonl", "overdue.jsonl.manifest.json", "overdue.overdue.jsonl"},
		"e/x.json":                       {"x.json", "x.json.manifest.json"},
		"f/{name}/{period}/{name}.arrow": {"overdue-exclusions.arrow", "overdue-overdue.arrow", "overdue.arrow.manifest.json"},
	} {
		for range 2 { // over itself, too
			r, err := Deliver(t.Context(), To{Path: pattern}, export("2026-10", 100, -5), testEnv(dir))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, names(t, r.Place)); diff != "" {
				t.Errorf("%s: %s", pattern, diff)
			}
			all, faults, err := manifest.Verify(r.Place)
			if err != nil || len(faults) > 0 || len(all) != 1 {
				t.Fatal(all, faults, err)
			}
			if diff := cmp.Diff([]manifest.Result{{Name: "exclusions", Rows: 1}, {Name: "overdue", Rows: 3, SQL: "SELECT 1"}}, all[0].Results); diff != "" {
				t.Error(diff)
			}
		}
	}
	e := export("../../etc", 1)
	if _, err := Deliver(t.Context(), To{Path: "{period}/x.csv"}, e, testEnv(dir)); err == nil || !strings.Contains(err.Error(), `{period} is "../../etc"`) {
		t.Error(err)
	}
}

// An export that fails or is cancelled leaves what was there, and nothing aside.
func TestFolderIsWholeOrAsItWas(t *testing.T) {
	dir := t.TempDir()
	to := To{Path: "x.csv"}
	if _, err := Deliver(t.Context(), to, export("2026-10", 1), testEnv(dir)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "x-overdue.csv"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Deliver(ctx, to, export("2026-10", 2), testEnv(dir)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "x-overdue.csv"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed (%v)", err)
	}
	if _, faults, err := manifest.Verify(dir); err != nil || len(faults) > 0 || len(names(t, dir)) != 3 {
		t.Error(faults, err, names(t, dir))
	}
	// A name that is a folder cannot be replaced: then there is no manifest that
	// calls the rest whole.
	if err := os.Remove(filepath.Join(dir, "x-overdue.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "x-overdue.csv", "y"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Deliver(t.Context(), to, export("2026-10", 3), testEnv(dir)); err == nil {
		t.Fatal("a folder was replaced")
	}
	if _, _, err := manifest.Verify(dir); err == nil || !strings.Contains(err.Error(), "has no manifest") {
		t.Error(err)
	}
}

// What YAML says is what is delivered to, and an unknown key is an error.
func TestYAML(t *testing.T) {
	for text, want := range map[string]string{
		`to: "out/{name}-{period}.xlsx"`: ``,
		`to: "out/{nam}.xlsx"`:           `to: {nam} is none of {name}, {period}, {as_of}, {sheet}`,
		`to: "{sheet}/x.csv"`:            `{sheet} is in the name of a folder`,
		`to: out/x.xls`:                  `ends in none of .csv`,
		`to: {s3: {endpoint: "https://s3.example", bucket: b, key: "{name}.csv", access_key_from: env:A, secret_key_from: env:B}}`:          ``,
		`to: {s3: {endpoint: "https://s3.example", bucket: b, key: "{name}.csv", access_key_from: env:A, secret_key_from: env:B, keys: 1}}`: `unknown field "keys"`,
		`to: {s3: {endpoint: "http://s3.example", bucket: b, key: "{name}.csv", access_key_from: env:A, secret_key_from: env:B}}`:           `is not encrypted`,
		`to: {s3: {endpoint: "https://s3.example", bucket: b, key: "/x.csv", access_key_from: env:A, secret_key_from: env:B}}`:              `begins with a slash`,
		`to: {smtp: {host: mail.example, from: a@example.com, to: [b@example.com], subject: "{name}"}}`:                                     ``,
		`to: {smtp: {host: mail.example, from: a@example.com, to: [b@example.com], tls: maybe}}`:                                            `smtp: tls: "maybe" is none of`,
		`to: {smtp: {host: mail.example, from: a@example.com, to: [b@example.com], sender: x}}`:                                             `unknown field "sender"`,
		`to: {postgres: {database: "postgres://w@bi.example/marts", password_from: env:P, rows: period}}`:                                   ``,
		`to: {postgres: {database: "postgres://w:` + secret + `@bi.example/marts"}}`:                                                        `there is a password in the URL`,
		`to: {postgres: {database: "postgres://w@bi.example/marts", rows: some}}`:                                                           `rows: "some" is none of all, period`,
		`to: {postgres: {database: "postgres://w@bi.example/m"}, smtp: {host: h, from: a@b.c, to: [a@b.c]}}`:                                `want a path as`,
		`to: {ftp: {}}`: `unknown field "ftp"`,
	} {
		var c struct {
			To To `yaml:"to"`
		}
		err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(strings.Split(err.Error(), "\n")[0], secret) {
			t.Errorf("the password is in %v", err)
		}
	}
}

// clean says that no secret is in what was delivered or said.
func clean(t *testing.T, r Receipt, err error) {
	t.Helper()
	text, jsonErr := json.Marshal(r)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if err != nil {
		text = append(text, err.Error()...)
	}
	for _, s := range []string{secret, "wr0ng-Secret", "access-key-1"} {
		if bytes.Contains(text, []byte(s)) {
			t.Errorf("%s is in %s", s, text)
		}
	}
}
