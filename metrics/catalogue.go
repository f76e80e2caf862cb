package metrics

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// Catalogue lists the key figures that come with Millrace, in the order in
// which pages show them.
func Catalogue() []*KPI {
	files, err := fs.Glob(catalogueFiles, "catalogue/*.yaml") // in order of their names
	if err != nil {
		panic(err) // embedded
	}
	var list []*KPI
	for _, f := range files {
		text, err := fs.ReadFile(catalogueFiles, f)
		if err != nil {
			panic(err) // embedded
		}
		kpis, err := Parse(text)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", f, err)) // a test reads them all
		}
		list = append(list, kpis...)
	}
	return list
}
