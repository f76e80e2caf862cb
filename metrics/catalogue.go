package metrics

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// Named lists the figures of the catalogue that have these names, in the order
// of the names; there is none for a name that it has not.
func Named(names ...string) []*KPI {
	all := Catalogue()
	var list []*KPI
	for _, name := range names {
		if i := slices.IndexFunc(all, func(k *KPI) bool { return k.Name == name }); i >= 0 {
			list = append(list, all[i])
		}
	}
	return list
}

// Catalogue lists the key figures that come with Millrace, in the order in
// which pages show them.
func Catalogue() []*KPI {
	files, err := fs.Glob(catalogueFiles, "catalogue/*.yaml") // in order of their names
	if err != nil {
		panic(err) // embedded
	}
	lists := make([][]*KPI, len(files))
	var all sync.WaitGroup
	for i, f := range files {
		all.Go(func() {
			text, err := fs.ReadFile(catalogueFiles, f)
			if err != nil {
				panic(err) // embedded
			}
			kpis, err := Parse(text)
			if err != nil {
				panic(fmt.Sprintf("%s: %v", f, err)) // a test reads them all
			}
			for _, k := range kpis {
				k.proven = k.sqlText()
			}
			lists[i] = kpis
		})
	}
	all.Wait()
	return slices.Concat(lists...)
}
