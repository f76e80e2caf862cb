package ocelfile

import (
	"bytes"
	"io"

	"millrace/ingest"
)

// Formats lists every format of object-centric logs, in the order in which
// they are tried.
var Formats = []ingest.ObjectFormat{JSON, XML, SQLite, CSV}

// decoded returns the head of a text in UTF-8.
func decoded(head []byte) io.Reader {
	for mark, name := range map[string]string{bomUTF16LE: "utf-16le", bomUTF16BE: "utf-16be"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			if enc, err := encodingOf(name); err == nil {
				return enc.NewDecoder().Reader(bytes.NewReader(head))
			}
		}
	}
	return bytes.NewReader(bytes.TrimPrefix(head, []byte(bomUTF8)))
}
