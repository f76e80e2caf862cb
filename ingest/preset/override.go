package preset

import (
	"os"

	"millrace/eventlog"
)

// SQL is a mapping's text of the project's own, and the file that it is in, as
// people call it. The zero value is none.
type SQL struct{ File, Text string }

// ReadSQL reads a text from path; file is what errors call it.
func ReadSQL(path, file string) (SQL, error) {
	text, err := os.ReadFile(path)
	return SQL{File: file, Text: string(text)}, err
}

// Override puts a project's SQL in place of a preset's mapping, or behind it:
// see the fields Mapping and Extension of [eventlog.System].
func Override(sys *eventlog.System, mapping, extend SQL) {
	if mapping.File != "" {
		sys.Mapping, sys.MappingFile = mapping.Text, mapping.File
	}
	if extend.File != "" {
		sys.Extension, sys.ExtensionFile = extend.Text, extend.File
	}
}
