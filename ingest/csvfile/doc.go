// Package csvfile reads event logs and tables from CSV and TSV files, plain or
// compressed with gzip.
//
// It does not know what becomes of the events, nor what a table of an ERP
// means. How a file is written (encoding, delimiter, quotes, decimal sign,
// layout of times) is detected from its first rows, shown, and can be told.
package csvfile

import (
	"bytes"
	"context"
	"fmt"

	"millrace/ingest"
)

// Format is the kind of file this package reads as a log.
var Format = ingest.Format{
	Name:       "csv",
	Doc:        "CSV and TSV, also .gz: one row an event, the first row names the columns",
	Extensions: []string{".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"},
	Sniff:      sniff,
	Open: func(ctx context.Context, path string, o ingest.Options) (ingest.File, error) {
		t, err := openTable(ctx, path, o)
		if err != nil {
			return nil, err
		}
		f, err := ingest.NewTableLog(ctx, t, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return f, nil
	},
}

// sniff takes text whose first line, or the lines after a title, have a
// delimiter, and that is no markup.
func sniff(head []byte) bool {
	e := detectEncoding(head)
	if len(head) == 0 || binaryFormat(head) != "" {
		return false
	}
	text, err := e.decodeHead(head)
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 || bytes.IndexByte([]byte("<{["), text[0]) >= 0 {
		return false
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.ContainsAny(line, delimiters) || isList(text) || titled(text)
}

// titled says whether rows follow a title: at least three of the first lines
// have as many of a delimiter, and commas twice, as sentences have one.
func titled(text []byte) bool {
	alike := map[[2]int]int{}
	for range maxTitles {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		if !more {
			return false // it may be cut
		}
		text = rest
		for i := range delimiters {
			n := bytes.Count(line, []byte(delimiters[i:i+1]))
			if n > 1 || n > 0 && delimiters[i] != ',' {
				if alike[[2]int{i, n}]++; alike[[2]int{i, n}] > 2 {
					return true
				}
			}
		}
	}
	return false
}

// binaryFormat names the format of a file that is no text, if it is a known one.
func binaryFormat(head []byte) string {
	for _, magic := range [...][2]string{
		{"PK\x03\x04", "a ZIP or XLSX file"}, {"PAR1", "a Parquet file"}, {"SQLite format 3", "an SQLite database"},
		{"\x28\xb5\x2f\xfd", "compressed with zstd"}, {"BZh", "compressed with bzip2"}, {"\xfd7zXZ", "compressed with xz"},
	} {
		if bytes.HasPrefix(head, []byte(magic[0])) {
			return magic[1]
		}
	}
	return ""
}
