package rawfile

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.edi", "a/c.edi", "a/d.txt", ".hidden", ".git/x.edi", "partner.csv"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte("text of "+name), 0o600))
	}
	for _, x := range []struct{ path, beside, want string }{
		{".", "", "a/c.edi a/d.txt b.edi partner.csv"},
		{".", "partner.csv", "a/c.edi a/d.txt b.edi partner.csv"},
		{"*.edi", "partner.csv", "b.edi partner.csv"},
		{"*/*.edi", "", "a/c.edi"},
		{"b.edi", "partner.csv", "b.edi partner.csv"},
		{"*.xml", "", "DIR/*.xml: no file is named so"},
		{"x", "", "stat DIR/x: no such file or directory"},
		{"[", "", "DIR/[: syntax error in pattern"},
	} {
		var beside []string
		if x.beside != "" {
			beside = []string{x.beside}
		}
		list, err := List(filepath.Join(dir, filepath.FromSlash(x.path)), beside...)
		var names []string
		for _, f := range list {
			names = append(names, f.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(dir), "DIR")
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", x.path, got, x.want)
		}
	}
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(strings.Repeat("ISA", 3000)))
	must(t, err)
	must(t, z.Close())
	path := filepath.Join(dir, "x.edi.gz")
	must(t, os.WriteFile(path, packed.Bytes(), 0o600))
	f := File{Name: "x.edi.gz", Path: path}
	var sum bytes.Buffer
	yes, err := f.Look(&sum, func(head []byte) bool { return bytes.HasPrefix(head, []byte("ISA")) })
	if err != nil || !yes || f.Size != 9000 || sum.Len() != 9000+len("x.edi.gz\n") {
		t.Error(yes, err, f.Size, sum.Len())
	}
	sum.Reset()
	if yes, err := f.Look(&sum, func([]byte) bool { return false }); yes || err != nil || sum.Len() > 0 {
		t.Error(yes, err, sum.Len())
	}
	n := 0
	r, err := f.Open(func(m int) { n += m })
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	must(t, r.Close())
	if len(text) != 9000 || n != 9000 {
		t.Error(len(text), n)
	}
	must(t, os.WriteFile(path, packed.Bytes()[:packed.Len()-9], 0o600))
	if _, err := f.Look(io.Discard, func([]byte) bool { return true }); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
