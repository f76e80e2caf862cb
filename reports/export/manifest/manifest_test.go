package manifest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func hash(text string) string {
	h := sha256.Sum256([]byte(text))
	return Sum(h[:])
}

func sample() Manifest {
	return Manifest{
		Name: "overdue", Period: "2026-10", AsOf: "2026-11-01T06:00:00+01:00", Program: "0.9.0", Catalogue: "2026-11-29",
		Inputs:  []Input{{"store", hash("store")}, {"erp", hash("erp")}},
		Results: []Result{{"overdue", 2, "SELECT a < b"}, {"definitions", 1, ""}},
		Files:   []File{{"b.csv", 2, 3, hash("a\r\n")}, {"a.csv", 1, 1, hash("x")}},
	}
}

const want = `{
  "format": "millrace.export/1",
  "name": "overdue",
  "period": "2026-10",
  "as_of": "2026-11-01T06:00:00+01:00",
  "program": "0.9.0",
  "catalogue": "2026-11-29",
  "inputs": [
    {
      "name": "erp",
      "sha256": "ERP"
    },
    {
      "name": "store",
      "sha256": "STORE"
    }
  ],
  "results": [
    {
      "name": "definitions",
      "rows": 1,
      "sql": ""
    },
    {
      "name": "overdue",
      "rows": 2,
      "sql": "SELECT a < b"
    }
  ],
  "files": [
    {
      "name": "a.csv",
      "rows": 1,
      "size": 1,
      "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    },
    {
      "name": "b.csv",
      "rows": 2,
      "size": 3,
      "sha256": "B"
    }
  ]
}
`

// The order of lists does not matter; the bytes are always the same. The hash
// of "x" is sha256sum's.
func TestBytes(t *testing.T) {
	m := sample()
	got, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`"ERP"`, `"`+hash("erp")+`"`, `"STORE"`, `"`+hash("store")+`"`, `"B"`, `"`+hash("a\r\n")+`"`).Replace(want)
	if diff := cmp.Diff(text, string(got)); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(m.Files)
	slices.Reverse(m.Inputs)
	if again, err := m.Bytes(); err != nil || !bytes.Equal(got, again) {
		t.Errorf("other bytes in another order (%v)", err)
	}
}

func TestParseIsStrict(t *testing.T) {
	text, err := sample().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"name": "overdue",`, `"name": "",`, "name is missing"},
		{"a.csv", "../a.csv", "a file lies beside its manifest"},
		{"a.csv", `c:a.csv`, "a file lies beside its manifest"},
		{"a.csv", "b.csv", "is twice there"},
		{"a.csv", "c.csv", "out of order"},
		{`"rows": 2`, `"rows": -2`, "how many rows"},
		{`  "program"`, `  "extra": 1, "program"`, `unknown field "extra"`},
		{"export/1", "export/2", `its format is "millrace.export/2"`},
		{"06:00:00+01:00", "06:00", "is not a time"},
		{"\n  ", "\n\t", "not as it was written"},
		{"]\n}\n", "]\n", "cut off"},
		{"]\n}\n", "]\n}\n{}", "not as it was written"},
	} {
		_, err := Parse([]byte(strings.Replace(string(text), c.old, c.new, 1)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q for %q: %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := sample().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format": "millrace.export/1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := m.Bytes()
		if err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%q is written as %q (%v)", text, again, err)
		}
		for _, file := range m.Files {
			if filepath.Base(file.Name) != file.Name || file.Name == ".." {
				t.Fatalf("%q leads elsewhere", file.Name)
			}
		}
	})
}

// Any one byte that is changed, added or taken is found, and so is a file that
// is gone.
func TestVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "verify")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := Manifest{Name: "x", AsOf: "2026-11-01T06:00:00Z"}
		n := rapid.IntRange(1, 3).Draw(t, "files")
		texts := make([][]byte, n)
		for i := range n {
			texts[i] = rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "bytes")
			name := fmt.Sprintf("%d.csv", i)
			m.Files = append(m.Files, File{Name: name, Size: int64(len(texts[i])), SHA256: hash(string(texts[i]))})
			if err := os.WriteFile(filepath.Join(dir, name), texts[i], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := Verify(dir); err == nil || !strings.Contains(err.Error(), "has no manifest") {
			t.Fatal(err)
		}
		text, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "x"+Suffix), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if all, faults, err := Verify(dir); err != nil || len(faults) > 0 || len(all) != 1 {
			t.Fatal(all, faults, err)
		}
		i := rapid.IntRange(0, n-1).Draw(t, "which")
		name := fmt.Sprintf("%d.csv", i)
		want := "is missing"
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			err = os.Remove(filepath.Join(dir, name))
		case 1:
			texts[i][rapid.IntRange(0, len(texts[i])-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			err = os.WriteFile(filepath.Join(dir, name), texts[i], 0o600)
			want = "has as many bytes as it should, but not the same"
		default:
			err = os.WriteFile(filepath.Join(dir, name), append(texts[i], 'x'), 0o600)
			want = fmt.Sprintf("has %d bytes, not %d", len(texts[i])+1, len(texts[i]))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, faults, err := Verify(dir); err != nil || len(faults) != 1 || faults[0] != (Fault{"x" + Suffix, name, want}) {
			t.Fatal(faults, err)
		}
	})
}
