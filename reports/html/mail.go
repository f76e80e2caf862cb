package html

import (
	"bytes"
	"fmt"
	"io"

	"millrace/reports"
)

// MaxMail is how large the body of a mail may be, in bytes: what is longer some
// programs cut off.
const MaxMail = 100_000

// RenderMail writes m as programs that show mail read it: tables, styles on the
// elements, nothing from elsewhere, and no script. The same mail gives the same
// bytes.
func RenderMail(w io.Writer, m *reports.Mail) error {
	var out bytes.Buffer
	if err := inLanguage(m.Language).ExecuteTemplate(&out, "mail", m); err != nil {
		return fmt.Errorf("mail %q: %w", m.Title, err)
	}
	if out.Len() > MaxMail {
		return fmt.Errorf("mail %q: %d bytes, more than %d", m.Title, out.Len(), MaxMail)
	}
	_, err := out.WriteTo(w)
	return err
}

// threes puts tiles in rows.
func threes(tiles []reports.Tile) (rows [][]reports.Tile) {
	for ; len(tiles) > 3; tiles = tiles[3:] {
		rows = append(rows, tiles[:3])
	}
	return append(rows, tiles)
}
