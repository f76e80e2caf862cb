package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ForgetOptions say how somebody is forgotten.
type ForgetOptions struct {
	// Names has the key by which names became pseudonyms; who was forgotten is
	// remembered by it too.
	Names  Names
	DryRun bool // only count
	// Derived is SQL that computes what is derived from the store.
	Derived string
}

// A ForgetReceipt says what was removed. It does not say of whom.
type ForgetReceipt struct {
	DryRun    bool          `json:"dry_run"`
	Users     int64         `json:"users"`     // objects of type User
	Customers int64         `json:"customers"` // objects of type Customer
	Landing   []ForgotTable `json:"landing"`
	Events    int64         `json:"events"`    // whose resource was blanked
	Relations int64         `json:"relations"` // removed: of events to them, and among objects
	Changes   int64         `json:"changes"`   // of attributes: removed or blanked
	Values    int64         `json:"values"`    // of attributes: blanked
	Rejects   int64         `json:"rejects"`   // removed: their reasons quote the name
	Logs      []string      `json:"logs"`      // whose columns were removed: build them again
	Notes     []Note        `json:"notes,omitempty"`
}

// A ForgotTable says what was removed of a landed table.
type ForgotTable struct {
	Source  string `json:"source"`
	Table   string `json:"table"`
	Removed int64  `json:"removed"` // rows about the person
	Blanked int64  `json:"blanked"` // values in rows that stay
}

// ErrNobody says that nothing in the store has the name or number.
var ErrNobody = errors.New("nothing in the store has this name, id or number; names are compared letter by letter")

// errDryRun rolls a transaction back.
var errDryRun = errors.New("dry run")

// Forget removes a person from the store: key is the name of a user, in clear
// or as a pseudonym, or the id or number of a customer. Rows about the person
// go, references to the person are blanked; orders, invoices and receipts stay.
// Columns are removed with all the files beside the store that are nobody's
// now, the file is written anew, and no later load of a system brings the
// person back.
func (s *Store) Forget(ctx context.Context, key string, o ForgetOptions) (ForgetReceipt, error) {
	f := &forgetter{o: o, receipt: ForgetReceipt{DryRun: o.DryRun}}
	if key == "" {
		return f.receipt, errors.New("forget needs a name, id or number")
	}
	if len(o.Names.Key) < minNameKey {
		return f.receipt, fmt.Errorf("who is forgotten is remembered by a key, so that no load brings them back: give one of %d bytes or more (names: key_from)", minNameKey)
	}
	s.columns.Lock()
	defer s.columns.Unlock()
	err := s.write(ctx, func(c *storeConn) error {
		f.c = c
		if err := f.run(ctx, key); err != nil {
			return err
		}
		if o.DryRun {
			return errDryRun
		}
		return nil
	})
	switch {
	case errors.Is(err, errDryRun):
		return f.receipt, nil
	case err != nil:
		return f.receipt, fmt.Errorf("forget: %w", err)
	}
	if err := s.Rewrite(ctx); err != nil {
		return f.receipt, fmt.Errorf("forget: removed, but not finished; the next command that writes to the store makes up for it: %w", err)
	}
	return f.receipt, errors.Join(s.cleanColumns(ctx), stageClean(filepath.Dir(s.path)), spoolClean(filepath.Dir(s.path)), spillClean(s.path))
}

// spoolPrefix starts the names of what extracts that were cut off left beside
// a store, as the source has it, to be resumed.
const spoolPrefix = ".millrace-spool-"

// spoolClean removes it: the next extract reads again. One that is being read
// into is left to whoever does: what comes of it is merged by who knows that
// somebody was forgotten, and it is removed then.
func spoolClean(dir string) error {
	old, err := filepath.Glob(filepath.Join(stageGlob(dir), spoolPrefix+"*"))
	for _, path := range old {
		f, locked, failed := stageLock(path)
		if locked {
			failed = errors.Join(os.RemoveAll(path), f.Close())
		}
		err = errors.Join(err, failed)
	}
	return err
}

// A forgetter is the state of one Forget.
type forgetter struct {
	c       *storeConn
	o       ForgetOptions
	people  *forgetting
	name    string // in clear; "" if a pseudonym was given
	receipt ForgetReceipt
}

func (f *forgetter) run(ctx context.Context, key string) error {
	// Those who were forgotten before too: a name may have come by a file.
	var err error
	if f.people, err = f.c.forgetting(ctx, f.o.Names); err != nil {
		return err
	}
	if err := f.identify(ctx, key); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{f.landing, f.events, f.objects, f.attributes, f.changes, f.texts, f.rejects} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if r := &f.receipt; r.Users+r.Customers+r.Events+r.Relations+r.Changes+r.Values+r.Rejects == 0 && len(r.Landing) == 0 {
		return ErrNobody
	}
	return f.finish(ctx)
}

// identify finds out who is meant, and remembers them: a user by the name, a
// customer by id, number, name and key.
func (f *forgetter) identify(ctx context.Context, key string) error {
	add := func(typ, hash string) error {
		if f.people.hash[typ][hash] {
			return nil
		}
		f.people.add(typ, hash)
		return f.c.exec(ctx, "INSERT INTO main.forgotten VALUES ($1, $2, $3)", typ, hash, f.o.Names.keyID())
	}
	if m := pseudonym.FindStringSubmatch(key); m != nil {
		if m[2] == forgottenName {
			return ErrNobody
		}
		return errors.Join(add(userType, m[2]), f.chosen(ctx))
	}
	f.name = key
	var ids, customers []string
	t, err := f.c.attributes(ctx, "object", customerType)
	if err != nil {
		return err
	}
	number, name := "NULL", "NULL"
	if c, ok := t.column("number"); ok {
		number = "CAST(a." + Quote(c.column) + " AS VARCHAR)"
	}
	if c, ok := t.column("name"); ok {
		name = "CAST(a." + Quote(c.column) + " AS VARCHAR)"
	}
	join := ""
	if t.exists {
		join = "LEFT JOIN " + t.table() + " AS a USING (object)"
	} else {
		number, name = "NULL", "NULL"
	}
	err = f.c.each(ctx, storeText("forget_customer", "number", number, "name", name, "join", join), []any{key}, func(scan func(...any) error) error {
		texts := make([]string, 3)
		var source, key string
		err := scan(&texts[0], &texts[1], &texts[2], &source, &key)
		ids = append(ids, texts[0])
		customers = append(append(customers, texts...), unpadded(texts[0]), unpadded(texts[1]), ownKey(source, key), ownKey(source, unpadded(key)))
		return err
	})
	if err != nil {
		return err
	}
	keys, err := f.customerKeys(ctx, ids)
	if err != nil {
		return err
	}
	customers = append(customers, keys...)
	for _, text := range append(customers, key) {
		if text != "" && len(customers) > 0 {
			if err := add(customerType, f.o.Names.hash(text)); err != nil {
				return err
			}
		}
		if strings.Contains(text, ownKey("", "")) {
			continue // no text has it
		}
		for _, form := range textForms(text) {
			if err := add(form[0], f.o.Names.hash(form[1])); err != nil {
				return err
			}
		}
	}
	// A number of a customer may be the badge of a user: who is a customer is
	// taken for a user only where a user of this name is.
	known, err := f.c.int(ctx, storeText("forget_user"), key)
	if err != nil {
		return err
	}
	if known > 0 || len(customers) == 0 {
		for _, name := range []string{key, foldUser(key)} { // as a system with Actors.Fold has it
			if err := add(userType, f.o.Names.hash(name)); err != nil {
				return err
			}
		}
	}
	return f.chosen(ctx)
}

// customerKeys are the keys that customers may have in the sources: that of the
// row that describes one, and elsewhere the id, without what keeps ids of a
// source apart.
func (f *forgetter) customerKeys(ctx context.Context, ids []string) (keys []string, err error) {
	sources, err := f.c.strings(ctx, "SELECT DISTINCT source FROM main.landing_table ORDER BY source")
	for _, source := range sources {
		var prefix string
		if err == nil {
			prefix, err = f.c.prefix(ctx, source)
		}
		for _, id := range ids {
			if key, ok := strings.CutPrefix(id, prefix); ok {
				keys = append(keys, ownKey(source, key), ownKey(source, unpadded(key)))
			}
		}
	}
	return keys, err
}

// chosen lists the objects that are forgotten in a temporary table.
func (f *forgetter) chosen(ctx context.Context) error {
	if err := f.c.exec(ctx, "CREATE OR REPLACE TEMP TABLE forgotten_object (object BIGINT, type VARCHAR)"); err != nil {
		return err
	}
	for _, typ := range []string{userType, customerType} {
		n := map[string]*int64{userType: &f.receipt.Users, customerType: &f.receipt.Customers}[typ]
		of := storeText("forget_type", "type", storeLiteral(typ))
		list, err := f.c.forgottenValues(ctx, "("+of+")", "id", func(id string) bool { return f.people.is(typ, id) })
		if err != nil {
			return err
		}
		if list == "" {
			continue
		}
		if *n, err = f.c.count(ctx, "INSERT INTO forgotten_object SELECT object, type FROM ("+of+") WHERE id IN ("+list+")"); err != nil {
			return err
		}
	}
	return nil
}

func (f *forgetter) landing(ctx context.Context) error {
	tables, err := f.c.personTables(ctx, "")
	if err != nil {
		return err
	}
	for _, t := range tables {
		r, err := t.rows(ctx, f.c, t.table(), f.people)
		if err != nil {
			return err
		}
		did := ForgotTable{Source: t.source, Table: t.name}
		if len(r.gone) > 0 {
			if did.Removed, err = f.c.count(ctx, "DELETE FROM "+t.table()+" WHERE "+strings.Join(r.gone, " OR ")); err != nil {
				return err
			}
		}
		if len(r.texts) > 0 {
			var set []string
			for _, x := range r.texts {
				set = append(set, Quote(x[0])+" = "+x[1])
			}
			if did.Blanked, err = f.c.count(ctx, "UPDATE "+t.table()+" AS r SET "+strings.Join(set, ", ")+" WHERE "+r.named); err != nil {
				return err
			}
		}
		for _, b := range r.blank {
			n, err := f.c.count(ctx, fmt.Sprintf("UPDATE %s SET %s = %s WHERE CAST(%s AS VARCHAR) IN (%s)", t.table(), Quote(b[0]), t.value(b[0]), Quote(b[0]), b[1]))
			if err != nil {
				return err
			}
			did.Blanked += n
		}
		if did.Removed+did.Blanked > 0 {
			f.receipt.Landing = append(f.receipt.Landing, did)
		}
	}
	return nil
}

func (f *forgetter) events(ctx context.Context) error {
	list, err := f.c.forgottenValues(ctx, "main.event", "resource", func(name string) bool { return f.people.is(userType, name) })
	if err != nil || list == "" {
		return err
	}
	f.receipt.Events, err = f.c.count(ctx, "UPDATE main.event SET resource = "+forgottenSQL("resource")+" WHERE resource IN ("+list+")")
	return err
}

// objects removes the people themselves and what ties others to them.
func (f *forgetter) objects(ctx context.Context) error {
	gone := "IN (SELECT object FROM forgotten_object)"
	for _, d := range []struct {
		table, columns string
		n              *int64
	}{
		{"main.event_object", "object " + gone, &f.receipt.Relations},
		{"main.object_object", "source_object " + gone + " OR target_object " + gone, &f.receipt.Relations},
		{"main.object_change", "object " + gone, &f.receipt.Changes},
		{"main.object_value", "object " + gone, &f.receipt.Values},
		{"main.settled_object", "object " + gone, new(int64)},
		{"main.object", "object " + gone, new(int64)},
	} {
		n, err := f.c.count(ctx, "DELETE FROM "+d.table+" WHERE "+d.columns)
		if err != nil {
			return err
		}
		*d.n += n
	}
	if err := f.c.forgetLinks(ctx, f.people); err != nil {
		return err
	}
	types, err := f.c.strings(ctx, "SELECT DISTINCT type FROM forgotten_object ORDER BY type")
	if err != nil {
		return err
	}
	for _, typ := range types {
		t, err := f.c.attributes(ctx, "object", typ)
		if err == nil && t.exists {
			err = f.c.exec(ctx, "DELETE FROM "+t.table()+" WHERE object "+gone)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// attributes blanks the texts of events and of other objects that are the
// person's name.
func (f *forgetter) attributes(ctx context.Context) error {
	return f.c.textColumns(ctx, func(schema, table, column string) error {
		if schema != "objects" && schema != "events" || schema == "objects" && (table == userType || table == customerType) {
			return nil // of two customers of one name, the other keeps it
		}
		from := Quote(schema) + "." + Quote(table)
		list, err := f.c.forgottenValues(ctx, from, column, f.people.anybody)
		if err != nil || list == "" {
			return err
		}
		n, err := f.c.count(ctx, fmt.Sprintf("UPDATE %s SET %[2]s = NULL WHERE %[2]s IN (%[3]s)", from, Quote(column), list))
		f.receipt.Values += n
		return err
	})
}

// textColumns calls fn for every column of the store that holds text.
func (c *storeConn) textColumns(ctx context.Context, fn func(schema, table, column string) error) error {
	var all [][3]string
	err := c.each(ctx, storeText("text_columns"), nil, func(scan func(...any) error) error {
		var at [3]string
		err := scan(&at[0], &at[1], &at[2])
		all = append(all, at)
		return err
	})
	for _, at := range all {
		if err == nil {
			err = fn(at[0], at[1], at[2])
		}
	}
	return err
}

// changes blanks the person in the history of others: the name, and the number
// of a customer where the attribute is one.
func (f *forgetter) changes(ctx context.Context) error {
	for _, column := range []string{"old_value", "new_value"} {
		for _, d := range []struct {
			of string
			is func(string) bool
		}{
			{"true", f.people.anybody},
			{storeText("forget_change"), func(v string) bool { return f.people.is(customerType, v) }},
		} {
			list, err := f.c.forgottenValues(ctx, "(FROM main.object_change WHERE "+d.of+")", column, d.is)
			if err != nil {
				return err
			}
			if list == "" {
				continue
			}
			n, err := f.c.count(ctx, fmt.Sprintf("UPDATE main.object_change SET %[1]s = NULL WHERE %[1]s IN (%[2]s) AND %[3]s", column, list, d.of))
			if err != nil {
				return err
			}
			f.receipt.Changes += n
		}
	}
	list, err := f.c.forgottenValues(ctx, "main.object_value", "value", f.people.anybody)
	if err != nil || list == "" {
		return err
	}
	n, err := f.c.count(ctx, "DELETE FROM main.object_value WHERE value IN ("+list+")")
	f.receipt.Values += n
	return err
}

// rejects removes reasons that quote the name.
func (f *forgetter) rejects(ctx context.Context) (err error) {
	if f.name != "" && distinctive(f.name) {
		if f.receipt.Rejects, err = f.c.count(ctx, "DELETE FROM main.reject WHERE contains(reason, $1)", f.name); err != nil {
			return err
		}
	}
	return f.people.redact(ctx, f.c, "main.reject", "reason", func(reason, _ string) error {
		n, err := f.c.count(ctx, "DELETE FROM main.reject WHERE reason = $1", reason)
		f.receipt.Rejects += n
		return err
	})
}

// finish removes what is derived, and says where the name still stands.
func (f *forgetter) finish(ctx context.Context) error {
	var err error
	if f.receipt.Logs, err = f.c.removeDerived(ctx, "forget", f.o.Derived); err != nil {
		return err
	}
	return f.left(ctx)
}

func (f *forgetter) left(ctx context.Context) error {
	if f.name == "" {
		return nil
	}
	var places []string
	err := f.c.textColumns(ctx, func(schema, table, column string) error {
		n, err := f.c.int(ctx, fmt.Sprintf("SELECT count(*) FROM %s.%s WHERE %s = $1", Quote(schema), Quote(table), Quote(column)), f.name)
		if err == nil && n > 0 {
			places = append(places, fmt.Sprintf("%s.%s.%s %d", schema, table, column, n))
		}
		return err
	})
	if len(places) > 0 {
		slices.Sort(places)
		f.receipt.Notes = append(f.receipt.Notes, Note{Code: "still-there", Text: fmt.Sprintf(
			"the same text stands in columns that are not declared to hold people, or are part of a key, and was left there: %s; "+
				"if it is the person, declare the column (personal: or customer: of the table) and forget again.", strings.Join(places, ", "))})
	}
	return err
}
