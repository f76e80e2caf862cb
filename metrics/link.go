package metrics

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"millrace/eventlog"
)

// A Link is a kind of reference from one system to what another one describes:
// {source: InvoiceItem, qualifier: bills, target: DeliveryItem}. What events
// touch is {qualifier: on}. Source and Qualifier may be left out: whoever
// refers, however.
type Link struct {
	Source    string `yaml:"source"`
	Qualifier string `yaml:"qualifier"`
	Target    string `yaml:"target"`
}

// defaultLinkRate is the share of the references of a kind that has to be
// found, where neither the KPI nor the project says another.
const defaultLinkRate = 0.9

// CheckLinkRate says what is wrong with a rate; 0 is the default one.
func CheckLinkRate(rate float64) error {
	if !(rate >= 0 && rate <= 1) {
		return fmt.Errorf("link_rate: %v is not a share between 0 and 1, such as 0.9 for 90 %%", rate)
	}
	return nil
}

// linkRate is the share of the references that k wants to be found.
func (k *KPI) linkRate(o Options) float64 {
	switch {
	case o.LinkRate > 0:
		return o.LinkRate
	case k.LinkRate > 0:
		return k.LinkRate
	}
	return defaultLinkRate
}

//go:embed sql/links.sql
var linksSQL string

// foundLinks says how many references of one kind one system has, and how many
// of them lead to one object.
type foundLinks struct {
	system   string
	link     Link
	found, n int64
}

// links reads how references between systems were resolved. Before anything
// was loaded from a system there are none.
func links(ctx context.Context, q Querier, types map[string]map[string]string) ([]foundLinks, error) {
	if types["link_counts"] == nil {
		if types["system_links"] != nil {
			return nil, errors.New("the store was loaded by an older Millrace, which did not count references: millrace ingest brings it up to date")
		}
		return nil, nil
	}
	rows, err := q(ctx, linksSQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []foundLinks
	for rows.Next() {
		var f foundLinks
		if err := rows.Scan(&f.system, &f.link.Source, &f.link.Qualifier, &f.link.Target, &f.found, &f.n); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// lost notes the references that k rests on and of which too few are found.
func (k *KPI) lost(found []foundLinks, rate float64) []eventlog.Note {
	var notes []eventlog.Note
	for _, f := range found {
		if float64(f.found)/float64(f.n) >= rate || !k.restsOn(f.link) {
			continue
		}
		notes = append(notes, eventlog.Note{Code: "links", Text: fmt.Sprintf(
			"Of %d references of %s, %s %s %s, %d were found, and %.4g %% are needed; millrace links --orphans 20 lists the others.",
			f.n, f.system, f.link.Source, f.link.Qualifier, f.link.Target, f.found, 100*rate)})
	}
	return notes
}

func (k *KPI) restsOn(l Link) bool {
	for _, x := range k.Links {
		if (x.Source == "" || x.Source == l.Source) && (x.Qualifier == "" || x.Qualifier == l.Qualifier) && x.Target == l.Target {
			return true
		}
	}
	return false
}
