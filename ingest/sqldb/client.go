package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"millrace/eventlog"
)

// mostClients is how many clients of a table are named in an error.
const mostClients = 9

// clientOf finds the column that says to which client a row belongs: of the
// names that the system knows the first that is there.
func (sh *shape) clientOf(table *eventlog.Table) *column {
	for _, name := range table.Client {
		if i := sh.find(&eventlog.Table{}, name); i >= 0 {
			return &sh.columns[i]
		}
	}
	return nil
}

// oneClient makes sure that the rows of one client are read: of the one that
// the configuration names, else of the only one there is. Numbers of documents
// say nothing of the client, so two of them would be taken for one.
func (s *source) oneClient(ctx context.Context, tables []eventlog.Table) error {
	var all []string
	places := map[string][]string{} // tables of a client
	for i := range tables {
		sh := s.shapes[tables[i].Name]
		if sh.client == nil || sh.Problem != "" {
			continue
		}
		list, err := s.clientsOf(ctx, sh)
		if err != nil {
			return err
		}
		for _, c := range list {
			places[c] = append(places[c], tables[i].Name)
			if len(places[c]) == 1 {
				all = append(all, c)
			}
		}
	}
	slices.Sort(all)
	switch {
	case s.client == "" && len(all) > 1:
		var told []string
		for _, c := range all {
			told = append(told, fmt.Sprintf("%s (%s)", c, some(places[c])))
		}
		return fmt.Errorf("%s: its tables have rows of more than one client, %s; say which to read: sap_client: %q", s.origin(), strings.Join(told, ", "), all[len(all)-1])
	case s.client != "" && len(all) > 0 && !slices.Contains(all, s.client):
		return fmt.Errorf("%s: sap_client: no table has a row of client %q; there is %s", s.origin(), s.client, strings.Join(all, ", "))
	}
	return nil
}

// some are the first of a list, and how many more there are.
func some(list []string) string {
	if len(list) <= 3 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
}

// clientsOf lists the clients of a table, by one range of its key each: the
// client is in front there.
func (s *source) clientsOf(ctx context.Context, sh *shape) (list []string, err error) {
	one := []column{*sh.client}
	q := question{dialect: s.dialect, table: sh.quoted, columns: one, order: one, rows: 1}
	for len(list) < mostClients {
		text, err := q.statement()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.origin(), sh.There, err)
		}
		c, err := s.session(ctx)
		if err != nil {
			return nil, err
		}
		found := false
		watched, w := s.watch(ctx)
		err = s.dialect.rows(watched, c, text, one, func(values [][]byte) error {
			found, q.after = true, []string{string(values[0])}
			return nil
		})
		w.stop()
		if err != nil {
			return nil, s.fail(ctx, sh.There, err)
		}
		if !found {
			break
		}
		list = append(list, strings.TrimSpace(q.after[0]))
	}
	return list, nil
}

// threeDigits is a client as SAP writes it: 100, 001.
func threeDigits(client string) string {
	if client != "" && strings.Trim(client, "0123456789") == "" {
		return strings.Repeat("0", max(0, 3-len(client))) + client
	}
	return client
}
