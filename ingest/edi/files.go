package edi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"millrace/eventlog"
	"millrace/ingest/edi/interchange"
	"millrace/ingest/rawfile"
)

// find takes the files that begin with an interchange, and partner.csv; what
// is neither is said.
func (t *Tables) find(ctx context.Context, dir string) error {
	list, err := rawfile.List(dir, partnerFile)
	if err != nil {
		return err
	}
	sum := sha256.New()
	var other []string
	for _, f := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		partner := strings.EqualFold(filepath.Base(f.Path), partnerFile)
		ours, err := f.Look(sum, func(head []byte) bool { return partner || interchange.Begins(head) })
		switch {
		case err != nil:
			return err
		case partner && t.partners != nil:
			return fmt.Errorf("%s: a second %s, besides %s", f.Path, partnerFile, t.partners.path)
		case partner:
			if t.partners, err = openPartners(ctx, f.Path); err != nil {
				return err
			}
		case ours:
			t.files = append(t.files, f)
			t.Bytes += f.Size
		default:
			other = append(other, f.Name)
		}
	}
	if len(other) > 0 {
		t.notes = append(t.notes, eventlog.Note{Code: "other-files", Text: fmt.Sprintf("%s: %d files do not begin with an interchange, so not read: %s",
			dir, len(other), strings.Join(other[:min(len(other), 5)], ", "))})
	}
	t.Content = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return nil
}
