package xlsxfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

const (
	zipMagic = "PK\x03\x04"
	oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)

// What no honest workbook exceeds: a sheet has 1,048,576 rows, and its XML
// shrinks to a tenth or, where all rows are alike, a hundredth.
const (
	maxParts    = 10_000
	maxUnpacked = 16 << 30 // bytes, of one part
	maxRatio    = 400
	smallPart   = 32 << 20 // bytes; below, no ratio is too high
	maxSmall    = 64 << 20 // bytes of a part that is not a sheet nor texts
)

// A Workbook is an opened file of sheets.
type Workbook struct {
	path, base string
	file       *os.File
	size       int64
	parts      map[string]*zip.File // by name in lower case
	sheets     []sheet
	from1904   bool
	styles     []style
	shared     *sharedTexts
	sharedPart string
}

// A sheet is one of a workbook.
type sheet struct {
	name   string
	part   string
	hidden bool
}

// OpenWorkbook opens a workbook, and reads what it says of its sheets.
func OpenWorkbook(path string) (*Workbook, error) {
	w := &Workbook{path: path, base: filepath.Base(path)}
	if err := w.open(); err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

// Close closes the file.
func (w *Workbook) Close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// Sheets returns the names of the sheets with cells, hidden ones too.
func (w *Workbook) Sheets() []string {
	names := make([]string, len(w.sheets))
	for i := range w.sheets {
		names[i] = w.sheets[i].name
	}
	return names
}

func (w *Workbook) open() (err error) {
	if w.file, err = os.Open(w.path); err != nil {
		return err
	}
	info, err := w.file.Stat()
	if err != nil {
		return err
	}
	w.size = info.Size()
	head := make([]byte, 8)
	n, err := w.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch head = head[:n]; {
	case len(head) == 0:
		return errors.New("the file is empty")
	case bytes.Equal(head, []byte(oleMagic)):
		return w.explainOLE()
	case !bytes.HasPrefix(head, []byte(zipMagic)):
		return errors.New("this is no workbook of Excel: it does not begin like a ZIP archive")
	}
	archive, err := zip.NewReader(w.file, w.size)
	if err != nil {
		return fmt.Errorf("the ZIP archive is cut off or damaged (%w): get the file again", err)
	}
	if len(archive.File) > maxParts {
		return fmt.Errorf("it has %d parts, more than the %d of any workbook", len(archive.File), maxParts)
	}
	w.parts = make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if _, twice := w.parts[name]; twice {
			return fmt.Errorf("it has the part %q twice", f.Name)
		}
		w.parts[name] = f
	}
	return w.describe()
}

// explainOLE says what a file of older Excel is.
func (w *Workbook) explainOLE() error {
	var name []byte
	for _, u := range utf16.Encode([]rune("EncryptedPackage")) {
		name = append(name, byte(u), byte(u>>8))
	}
	buf := make([]byte, 1<<20)
	for at := int64(0); at < min(w.size, 256<<20); at += int64(len(buf) - len(name)) {
		n, err := w.file.ReadAt(buf, at)
		if bytes.Contains(buf[:n], name) {
			return errors.New("the workbook is encrypted: open it in Excel, take its password off (File, Info, Protect Workbook), and save it")
		}
		if err != nil {
			break
		}
	}
	return errors.New("this is a workbook of Excel 97 to 2003 (.xls), which is another format: open it in Excel or LibreOffice and save it as .xlsx")
}

// describe reads the workbook's own parts.
func (w *Workbook) describe() error {
	main := "xl/workbook.xml"
	if rels, err := w.relations(""); err == nil {
		for _, r := range rels {
			if r.kind == "officeDocument" {
				main = r.target
			}
		}
	}
	if w.parts[strings.ToLower(main)] == nil || strings.HasSuffix(strings.ToLower(main), ".bin") {
		switch {
		case w.parts["xl/workbook.bin"] != nil:
			return errors.New("this is a binary workbook (.xlsb), which is another format: open it in Excel and save it as .xlsx")
		case w.parts["content.xml"] != nil:
			return errors.New("this is an OpenDocument file (.ods or the like): open it in LibreOffice or Excel and save it as .xlsx")
		case w.parts["word/document.xml"] != nil, w.parts["ppt/presentation.xml"] != nil:
			return errors.New("this is a document of Word or PowerPoint, not a workbook")
		}
		return errors.New("this is a ZIP archive but no workbook of Excel; if tables are in it, unpack it")
	}
	rels, err := w.relations(main)
	if err != nil {
		return err
	}
	if err := w.readMain(main, rels); err != nil {
		return fmt.Errorf("%s: %w", main, err)
	}
	styles := ""
	for _, r := range rels {
		switch r.kind {
		case "sharedStrings":
			w.sharedPart = r.target
		case "styles":
			styles = r.target
		}
	}
	if w.parts[strings.ToLower(styles)] == nil {
		return nil
	}
	r, err := w.part(styles, maxSmall)
	if err != nil {
		return err
	}
	defer r.Close()
	if w.styles, err = readStyles(r); err != nil {
		return fmt.Errorf("%s: %w", styles, err)
	}
	return nil
}

// readMain reads the list of sheets.
func (w *Workbook) readMain(main string, rels map[string]relation) error {
	r, err := w.part(main, maxSmall)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXML(r)
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if t.kind != startTag {
			continue
		}
		switch string(t.name) {
		case "workbookPr":
			w.from1904 = t.attrBool("date1904")
		case "sheet":
			r := rels[x.attrText("id")]
			state, _ := t.attr("state")
			if r.kind == "worksheet" && w.parts[strings.ToLower(r.target)] != nil {
				w.sheets = append(w.sheets, sheet{name: x.attrText("name"), part: r.target, hidden: string(state) == "hidden" || string(state) == "veryHidden"})
			}
		}
	}
	if len(w.sheets) == 0 {
		return errors.New("the workbook has no sheet with cells")
	}
	return nil
}

// A relation says where a part refers to.
type relation struct{ kind, target string }

// relations reads what a part refers to, by id; "" is the package itself.
func (w *Workbook) relations(of string) (map[string]relation, error) {
	dir, file := path.Split(of)
	name := dir + "_rels/" + file + ".rels"
	if w.parts[strings.ToLower(name)] == nil {
		return nil, fmt.Errorf("the part %q is missing: the file is not whole; get it again", name)
	}
	r, err := w.part(name, maxSmall)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := newXML(r)
	list := map[string]relation{}
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if t.kind != startTag || string(t.name) != "Relationship" {
			continue
		}
		target := x.attrText("Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(dir, target)
		}
		list[x.attrText("Id")] = relation{kind: path.Base(x.attrText("Type")), target: target}
	}
}

// part opens a part that unpacks to at most so many bytes.
func (w *Workbook) part(name string, most uint64) (io.ReadCloser, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, fmt.Errorf("the part %q is missing: the file is not whole; get it again", name)
	}
	if f.UncompressedSize64 > most {
		return nil, fmt.Errorf("the part %q unpacks to %d MiB, more than the %d MiB it may have", name, f.UncompressedSize64>>20, most>>20)
	}
	if f.UncompressedSize64 > smallPart && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
		return nil, fmt.Errorf("the part %q unpacks to %d times its size, which no workbook does: a ZIP bomb?", name, f.UncompressedSize64/max(f.CompressedSize64, 1))
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the part %q: %w", name, err)
	}
	return partReader{r, name}, nil
}

// A partReader says which part is damaged.
type partReader struct {
	io.ReadCloser
	name string
}

func (p partReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the part %q is damaged (%w): get the file again", p.name, err)
	}
	return n, err
}

// texts returns the shared texts, read when they are first needed.
func (w *Workbook) texts() (*sharedTexts, error) {
	if w.shared != nil {
		return w.shared, nil
	}
	if w.parts[strings.ToLower(w.sharedPart)] == nil {
		w.shared = &sharedTexts{}
		return w.shared, nil
	}
	r, err := w.part(w.sharedPart, maxUnpacked)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if w.shared, err = readShared(r); err != nil {
		return nil, fmt.Errorf("%s: %w", w.sharedPart, err)
	}
	return w.shared, nil
}
