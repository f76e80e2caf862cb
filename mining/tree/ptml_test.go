package tree

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/mining/internal/oracletest"
)

func TestPTMLReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := treesOf([]string{"a", "<b>", "it's", "c\n\"d\""}, 3).Filter(func(t *Tree) bool { return !t.HasPartial() }).Draw(t, "tree")
		var out bytes.Buffer
		if err := tree.WritePTML(&out); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPTML(bytes.NewReader(out.Bytes()))
		if err != nil || !back.Equal(tree) {
			t.Fatalf("%s reads back as %v, %v\n%s", tree, back, err, out.String())
		}
	})
}

func TestReadPTMLRefuses(t *testing.T) {
	in := func(nodes string) string {
		return "<ptml>\n<processTree root='r'>\n" + nodes + "\n</processTree></ptml>"
	}
	for _, c := range []struct{ text, want string }{
		{"<pnml/>", "line 1: a PTML file begins with <ptml>, not <pnml>"},
		{"<ptml/>", "the file has no process tree"},
		{in("<xor id='x'/>"), `line 2: the root "r" is no node of the tree`},
		{in("<or id='r'/>"), `line 3: a node of kind "or"; known are sequence, xor, and, xorLoop, manualTask and automaticTask`},
		{in("<xor id='r'/>"), "line 3: X has no children"},
		{in("<xor id='r'/>\n<xor id='r'/>"), `line 4: a second node with the id "r"`},
		{in("<manualTask id='r' name=''/>"), "line 3: an activity has no name; what nobody sees is tau"},
		{in("<xor id='r'/><parentsNode sourceId='r' targetId='r'/>"), `line 2: the root "r" is the child of another node`},
		{in("<automaticTask id='r'/><xor id='a'/><xor id='b'/><parentsNode sourceId='a' targetId='b'/><parentsNode sourceId='b' targetId='a'/>"), "line 2: 2 nodes do not belong to the tree of the root"},
		{in("<xor id='r'/><automaticTask id='a'/><parentsNode sourceId='r' targetId='a'/>\n<parentsNode sourceId='r' targetId='a'/>"), `line 4: the node "a" has two parents`},
		{in("<xor id='r'/>\n<parentsNode sourceId='r' targetId='a'/>"), `line 4: the child "a" is no node of the tree`},
		{in("<xorLoop id='r'/><automaticTask id='a'/><parentsNode sourceId='r' targetId='a'/>"), "line 3: a loop has two children, what is done and what is done before doing it again, not 1; write several ways back as one X( … )"},
	} {
		if _, err := ReadPTML(strings.NewReader(c.text)); err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
}

// A chain of nodes is as deep as its file is long, with elements side by side.
func TestReadPTMLIsBounded(t *testing.T) {
	var out strings.Builder
	out.WriteString("<ptml><processTree root='0'>")
	for i := range 2 * MaxDepth {
		out.WriteString("<xor id='" + strings.Repeat("0", i+1) + "'/>")
		if i > 0 {
			out.WriteString("<parentsNode sourceId='" + strings.Repeat("0", i) + "' targetId='" + strings.Repeat("0", i+1) + "'/>")
		}
	}
	out.WriteString("</processTree></ptml>")
	if _, err := ReadPTML(strings.NewReader(out.String())); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Errorf("got %v", err)
	}
}

// What other tools write is read: a loop's third child, and all the trees of
// the oracle, which are in the notation there too.
func TestReadPTMLOfOthers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(oracletest.Dir(t), "models", "*.ptml.gz"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		tree, err := ReadPTML(oracletest.Open(t, "models", filepath.Base(file)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if strings.HasSuffix(file, "running-example.IM.ptml.gz") {
			const want = `->( 'register request', *( ->( +( 'check ticket', X( 'examine casually', 'examine thoroughly' ) ), 'decide' ), 'reinitiate request' ), X( 'pay compensation', 'reject request' ) )`
			if got := Reduce(tree).String(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

func TestReadPTMLExit(t *testing.T) {
	tree, err := ReadPTML(strings.NewReader(`<ptml><processTree root="l">
<xorLoop id="l"/><manualTask id="a" name="a"/><manualTask id="b" name="b"/><manualTask id="c" name="c"/>
<parentsNode sourceId="l" targetId="a"/><parentsNode sourceId="l" targetId="b"/><parentsNode sourceId="l" targetId="c"/>
</processTree></ptml>`))
	if err != nil || tree.String() != `->( *( 'a', 'b' ), 'c' )` {
		t.Errorf("got %v, %v", tree, err)
	}
}

func FuzzReadPTML(f *testing.F) {
	var out bytes.Buffer
	tree, _ := Parse(`->( 'a', X( 'b', tau ), *( 'c', tau ), +( 'd', 'e' ) )`)
	if err := tree.WritePTML(&out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		tree, err := ReadPTML(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := tree.WritePTML(&out); err != nil {
			t.Fatal(err)
		}
		if back, err := ReadPTML(&out); err != nil || back.Size() != tree.Size() {
			t.Fatalf("%s reads back as %v, %v", tree, back, err)
		}
	})
}
