package extract

import (
	"encoding/json"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// A state is what an extract leaves to the next: where each table's increment
// begins. It is stored as JSON with the load.
type state struct {
	Origin string                `json:"origin"`
	Tables map[string]tableState `json:"tables"`
}

// A tableState is that of one table.
type tableState struct {
	Mark  string   `json:"mark,omitempty"`  // the highest watermark seen, without overlap
	By    []string `json:"by,omitempty"`    // the columns it is of
	Extra []string `json:"extra,omitempty"` // columns that were there and the system does not declare
	Lacks []string `json:"lacks,omitempty"` // columns that the system declares and were not there
	// Since is the date before which nothing was read, where the first extract
	// was told one: older rows are not missing, they are not wanted.
	Since string `json:"since,omitempty"`
}

func parseState(text string) (state, error) {
	var s state
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("the watermark of the last load is not readable (%w); ingest with --full once", err)
	}
	return s, nil
}

func (s state) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// Known returns which columns of each table the last load knew, from its
// watermark: what [Check] compares with. It is nil if there was none.
func Known(last string, sys *eventlog.System) (map[string][]string, error) {
	s, err := parseState(last)
	if err != nil || s.Tables == nil {
		return nil, err
	}
	known := map[string][]string{}
	for _, t := range sys.Tables {
		old, ok := s.Tables[t.Name]
		if !ok {
			continue
		}
		var list []string
		for _, c := range t.Columns {
			if !slices.Contains(old.Lacks, c.Name) {
				list = append(list, c.Name)
			}
		}
		known[t.Name] = append(list, old.Extra...)
	}
	return known, nil
}
