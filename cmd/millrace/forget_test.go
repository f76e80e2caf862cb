package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/eventlog"
	sample "millrace/sample-data/tryton"
)

// Somebody is forgotten by command: first counted, then asked for, then gone;
// the logs are there as before.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	extract := filepath.Join(dir, "extract")
	if err := os.CopyFS(extract, fs.FS(sample.Files)); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	e := &env{Context: t.Context(), Stdin: strings.NewReader("y\n"), Stdout: &out, Stderr: &errs, Project: &project{Store: "a.duckdb", Timezone: "UTC", Names: namesSpec{Keep: true}, dir: dir}}
	if _, err := loadFolder(e, "", "tryton", extract, true); err != nil {
		t.Fatal(err)
	}
	var usage usageError
	if err := (&forgetCmd{Key: "sally"}).Run(e); !errors.As(err, &usage) {
		t.Errorf("not asked, not told: %v", err)
	}
	if err := (&forgetCmd{Key: "nobody", Yes: true}).Run(e); !errors.Is(err, eventlog.ErrNobody) || strings.Contains(err.Error(), "nobody") {
		t.Errorf("nobody: %v", err)
	}
	out.Reset()
	if err := (&forgetCmd{Key: "sally", DryRun: true, jsonFlag: jsonFlag{true}}).Run(e); err != nil {
		t.Fatal(err)
	}
	var dry eventlog.ForgetReceipt
	if err := json.Unmarshal(out.Bytes(), &dry); err != nil || !dry.DryRun || dry.Events < 10 || len(dry.Landing) != 1 || dry.Landing[0].Removed != 1 {
		t.Errorf("%s %v", out.String(), err)
	}
	holds := func(name string) bool {
		t.Helper()
		all := false
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if d.IsDir() && d.Name() == "extract" {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(filepath.Join(dir, path))
			all = all || bytes.Contains(b, []byte(name))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if !holds("sally") {
		t.Error("a dry run removed her, or she never was there")
	}
	out.Reset()
	if err := (&forgetCmd{Key: "sally", Yes: true}).Run(e); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "removed:\n") || !strings.Contains(out.String(), "rows of tryton.res_user") || holds("sally") {
		t.Errorf("still there: %v; said %s", holds("sally"), out.String())
	}
	out.Reset()
	if err := (&logListCmd{}).Run(e); err != nil || !strings.Contains(out.String(), orderToCash.Name) {
		t.Errorf("%v %s", err, out.String())
	}
	if columns, _ := filepath.Glob(filepath.Join(dir, ".millrace-columns-*")); len(columns) == 0 {
		t.Error("no columns were built again")
	}
}

// A key that was lost is not made anew, by no command, until somebody says so.
func TestLostNameKey(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.CopyFS("extract", fs.FS(sample.Files)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("millrace.yaml", []byte("sources:\n  erp:\n    tryton: {path: extract}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	millrace(t, "ingest")
	key, err := os.ReadFile(nameKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(nameKeyFile); err != nil {
		t.Fatal(err)
	}
	id, err := hex.DecodeString(strings.TrimSpace(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	before := told(t, "SELECT string_agg(DISTINCT resource, ' ' ORDER BY resource) FROM event")
	for _, args := range [][]string{{"ingest"}, {"ingest", "--full"}, {"forget", "sally", "--yes"}, {"forget", "sally", "--dry-run"}} {
		code, out, errs := try(t, args...)
		for _, want := range []string{nameKeyFile + " is missing", eventlog.NameKeyID(id), "from your copy", "names: keep", "--full"} {
			if code != failed || !strings.Contains(errs, want) {
				t.Errorf("%v: exit %d, does not say %q:\n%s%s", args, code, want, out, errs)
			}
		}
		if _, err := os.Stat(nameKeyFile); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%v made a key: %v", args, err)
		}
	}
	if err := os.WriteFile(nameKeyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := millrace(t, "ingest"); !strings.Contains(out, "nothing new") {
		t.Errorf("with the key again: %s", out)
	}
	// As the message says for a key that nobody has any more.
	if err := os.WriteFile(nameKeyFile, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	millrace(t, "ingest", "--full")
	if after := told(t, "SELECT string_agg(DISTINCT resource, ' ' ORDER BY resource) FROM event"); after == before {
		t.Errorf("by a new key the pseudonyms are still %s", after)
	}
}

func TestNameKey(t *testing.T) {
	dir := t.TempDir()
	store := filepath.Join(dir, "a.duckdb")
	var out bytes.Buffer
	once, err := nameKey(&out, "", dir, store, false)
	if _, missing := os.Stat(filepath.Join(dir, nameKeyFile)); err != nil || missing == nil || len(once) != 32 || out.Len() > 0 {
		t.Errorf("for once: %d bytes, %v, %q", len(once), err, out.String())
	}
	made, err := nameKey(&out, "", dir, store, true)
	if err != nil || len(made) != 32 || bytes.Equal(made, once) {
		t.Errorf("made: %d bytes, %v", len(made), err)
	}
	if said := out.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, nameKeyFile+": made") || strings.Contains(said, hex.EncodeToString(made)) {
		t.Errorf("said %q", said)
	}
	if info, err := os.Stat(filepath.Join(dir, nameKeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	out.Reset()
	for _, from := range []string{"", "file:" + nameKeyFile, "env:MILLRACE_TEST_KEY"} {
		t.Setenv("MILLRACE_TEST_KEY", hex.EncodeToString(made))
		again, err := nameKey(&out, from, dir, store, true)
		if err != nil || !bytes.Equal(again, made) || out.Len() > 0 {
			t.Errorf("%q: %x %v %q", from, again, err, out.String())
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, nameKeyFile+"-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Setenv("MILLRACE_TEST_KEY", "short secret")
	for from, want := range map[string]string{
		"env:MILLRACE_TEST_KEY": "is too short", "env:MILLRACE_NO_KEY": "has no MILLRACE_NO_KEY", "file:none": "no such file", "short secret": "does not belong in the project file",
	} {
		if _, err := nameKey(&out, from, dir, store, true); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short secret") {
			t.Errorf("%q: %v, want %s", from, err, want)
		}
	}
}
