package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Object types whose objects are people, or may be.
const (
	userType     = "User"
	customerType = "Customer"
)

// A forgetting is who was forgotten, as a load needs it; the zero value is nobody.
type forgetting struct {
	names Names
	hash  map[string]map[string]bool // by object type; of texts see textType
	text  map[string]bool            // texts that are in the temporary table forgotten_text
}

// forgetting reads who was forgotten. A load that cannot tell them has to stop.
func (c *storeConn) forgetting(ctx context.Context, n Names) (*forgetting, error) {
	f := &forgetting{names: n, hash: map[string]map[string]bool{userType: {}, customerType: {}}}
	by := ""
	err := c.each(ctx, "SELECT type, hash, key FROM main.forgotten", nil, func(scan func(...any) error) error {
		var typ, hash, key string
		if err := scan(&typ, &hash, &key); err != nil {
			return err
		}
		f.add(typ, hash)
		if len(n.Key) < minNameKey || key != n.keyID() {
			by = key
		}
		return nil
	})
	if err == nil && by != "" {
		err = fmt.Errorf("people were forgotten by the key %s, and this load does not have it, so they would come back; give that key (names: key_from), or the file it is in", by)
	}
	return f, err
}

func (f *forgetting) add(typ, hash string) {
	if f.hash[typ] == nil {
		f.hash[typ] = map[string]bool{}
	}
	f.hash[typ][hash] = true
}

func (f *forgetting) nobody() bool { return len(f.hash[userType])+len(f.hash[customerType]) == 0 }

// is says whether a value is one by which somebody of a type was forgotten: a
// pseudonym says its hash.
func (f *forgetting) is(typ, value string) bool {
	if m := pseudonym.FindStringSubmatch(value); m != nil {
		return typ == userType && f.hash[typ][m[2]]
	}
	return f.hash[typ][f.names.hash(value)]
}

// anybody says whether a text of a column of no declared meaning is somebody
// forgotten. What could be any number is nobody.
func (f *forgetting) anybody(text string) bool {
	return distinctive(text) && (f.is(userType, text) || f.is(customerType, text))
}

// distinctive says whether a text is unlikely to mean something else where it
// stands for itself.
func distinctive(text string) bool {
	return len(text) >= 3 && strings.ContainsFunc(text, unicode.IsLetter)
}

// values lists the values of a column that are, as a literal list; "" if none.
func (c *storeConn) forgottenValues(ctx context.Context, from, column string, is func(string) bool) (string, error) {
	var list []string
	err := c.each(ctx, storeText("forgotten_values", "column", Quote(column), "from", from), nil, func(scan func(...any) error) error {
		var v string
		if err := scan(&v); err != nil {
			return err
		}
		if is(v) {
			list = append(list, storeLiteral(v))
		}
		return nil
	})
	return strings.Join(list, ", "), err
}

// A personTable is a landed table and where people stand in it.
type personTable struct {
	source, name     string
	key              []string
	names, customers []string // columns
	belongs          []string // columns of customers: those whose row it is
	subject          string   // of its rows, "" if they are about nobody
	master           bool     // the source has customers as the subject of a table: others refer to its key
	text             []string // columns of type VARCHAR, but those of the key and of the next two
	texts, beside    []string // columns
	watermark        []string
}

func (t *personTable) table() string { return Quote(landingSchema(t.source)) + "." + Quote(t.name) }

// joined is the key of a row as text.
func (t *personTable) joined() string {
	if len(t.key) == 0 {
		return "NULL"
	}
	return "concat_ws('/', " + landKeys(t.key, "", ", ") + ")"
}

// personTables reads where people stand in the landed tables of a source, ""
// for all sources.
func (c *storeConn) personTables(ctx context.Context, source string) ([]*personTable, error) {
	var list []*personTable
	find := func(source, table string) *personTable {
		i := slices.IndexFunc(list, func(t *personTable) bool { return t.source == source && t.name == table })
		if i < 0 {
			return &personTable{}
		}
		return list[i]
	}
	read := func(statement string, fn func(*personTable, string, string)) error {
		return c.each(ctx, storeText(statement), []any{source}, func(scan func(...any) error) error {
			var source, table, a, b string
			if err := scan(&source, &table, &a, &b); err != nil {
				return err
			}
			fn(find(source, table), a, b)
			return nil
		})
	}
	err := c.each(ctx, storeText("person_tables"), []any{source}, func(scan func(...any) error) error {
		t := &personTable{}
		list = append(list, t)
		return scan(&t.source, &t.name)
	})
	steps := []struct {
		statement string
		fn        func(*personTable, string, string)
	}{
		{"person_keys", func(t *personTable, column, _ string) { t.key = append(t.key, column) }},
		{"person_roles", func(t *personTable, column, role string) {
			switch {
			case column == "":
				t.subject = role
			case role == "name":
				t.names = append(t.names, column)
			case role == "watermark":
				t.watermark = append(t.watermark, column)
			case role == "text":
				t.texts = append(t.texts, column)
			case role == "belongs":
				t.belongs = append(t.belongs, column)
			case role == "beside":
				t.beside = append(t.beside, column)
			default:
				t.customers = append(t.customers, column)
			}
		}},
		{"person_text", func(t *personTable, column, _ string) {
			if landColumn(t.key, column) < 0 && landColumn(slices.Concat(t.texts, t.beside), column) < 0 && !strings.HasPrefix(column, "_") {
				t.text = append(t.text, column)
			}
		}},
		{"person_subjects", func(t *personTable, typ, _ string) {
			if t.subject == "" && len(t.key) > 0 {
				t.subject = typ
			}
		}},
	}
	for _, step := range steps {
		if err == nil {
			err = read(step.statement, step.fn)
		}
	}
	for _, t := range list {
		t.master = slices.ContainsFunc(list, func(o *personTable) bool { return o.source == t.source && o.subject == customerType })
	}
	return list, err
}

// customer says whether a value that refers to a customer in a source means
// one who was forgotten: a key of the source's own, else an id or number.
// Tables may pad a number with zeros or not, whatever the master data do.
func (t *personTable) customer(f *forgetting, value string) bool {
	is := func(value string) bool {
		if t.master {
			value = ownKey(t.source, value)
		}
		return f.is(customerType, value)
	}
	return is(value) || is(unpadded(value))
}

// unpadded is a number without leading zeros, and any other text as it is.
func unpadded(text string) string {
	if short := strings.TrimLeft(text, "0"); short != "" && strings.Trim(short, "0123456789") == "" {
		return short
	}
	return text
}

// ownKey is a key that means something in one source only.
func ownKey(source, key string) string { return source + "\x1f" + key }

// forgottenRows are how the rows of a table that hold somebody are told, and
// what they become.
type forgottenRows struct {
	gone  []string    // conditions: the row is about somebody
	blank [][2]string // column, and the values that go
	texts [][2]string // column, and the SQL of what becomes of it in row r
	named string      // condition: a text of the row names somebody
}

// rows finds who is in the rows of from, which have the columns of the table.
func (t *personTable) rows(ctx context.Context, c *storeConn, from string, f *forgetting) (r forgottenRows, err error) {
	look := func(column, quoted string, is func(string) bool) {
		var list string
		if err != nil {
			return
		}
		if list, err = c.forgottenValues(ctx, from, column, is); list == "" {
			return
		}
		in := quoted + " IN (" + list + ")"
		own := landColumn(t.key, column) >= 0
		whose := own || t.subject == customerType || landColumn(t.belongs, column) >= 0
		switch user := landColumn(t.names, column) >= 0; {
		case user && (own || t.subject == userType), !user && landColumn(t.customers, column) >= 0 && whose:
			r.gone = append(r.gone, in)
		default:
			r.blank = append(r.blank, [2]string{column, list})
		}
	}
	user := func(v string) bool { return f.is(userType, v) }
	customer := func(v string) bool { return t.customer(f, v) || f.anybody(v) }
	for _, column := range t.names {
		look(column, Quote(column), user)
	}
	for _, column := range t.customers {
		look(column, "CAST("+Quote(column)+" AS VARCHAR)", customer)
	}
	if err == nil && len(t.key) > 0 && t.subject != "" {
		var list string
		is := map[string]func(string) bool{userType: user, customerType: customer}[t.subject]
		if list, err = c.forgottenValues(ctx, "(SELECT "+t.joined()+" AS k FROM "+from+")", "k", is); list != "" {
			r.gone = append(r.gone, t.joined()+" IN ("+list+")")
		}
	}
	for _, column := range t.text {
		if landColumn(t.names, column) < 0 && landColumn(t.customers, column) < 0 && t.subject == "" {
			look(column, Quote(column), f.anybody)
		}
	}
	if err == nil {
		r.texts, r.named, err = t.redactTexts(ctx, c, from, f)
	}
	return r, err
}

// value is the SQL of what a column becomes in a row that holds somebody.
func (t *personTable) value(column string) string {
	if landColumn(t.names, column) < 0 {
		return "NULL"
	}
	return forgottenSQL(Quote(column))
}

// forgottenSQL keeps of a pseudonym the kind.
func forgottenSQL(expr string) string {
	return "CASE WHEN regexp_full_match(" + expr + ", " + storeLiteral(pseudonymPattern) + ") THEN split_part(" + expr + ", '~', 1) ELSE 'unknown' END || '~" + forgottenName + "'"
}

// without is the query of staged rows without those who were forgotten.
func (t *personTable) without(ctx context.Context, c *storeConn, from string, f *forgetting) (string, error) {
	r, err := t.rows(ctx, c, from, f)
	if err != nil || len(r.gone)+len(r.blank)+len(r.texts) == 0 {
		return from, err
	}
	query := "SELECT *"
	if len(r.blank)+len(r.texts) > 0 {
		var list []string
		for _, x := range r.texts {
			list = append(list, x[1]+" AS "+Quote(x[0]))
		}
		for _, b := range r.blank {
			list = append(list, fmt.Sprintf("CASE WHEN CAST(%[1]s AS VARCHAR) IN (%[2]s) THEN %[3]s ELSE %[1]s END AS %[1]s", Quote(b[0]), b[1], t.value(b[0])))
		}
		query += " REPLACE (" + strings.Join(list, ", ") + ")"
	}
	query += " FROM " + from + " AS r"
	for i, condition := range r.gone {
		query += []string{" WHERE", " AND"}[min(i, 1)] + " (" + condition + ") IS NOT TRUE"
	}
	return "(" + query + ")", nil
}

// declarePeople keeps in the store what the system says of people.
func (m *tablesMerge) declarePeople(ctx context.Context) error {
	var want, have []string
	row := func(cells ...string) string { return strings.Join(cells, "\x1f") }
	for _, t := range m.system.Tables {
		for _, c := range t.Personal {
			want = append(want, row(t.Name, c, "name"))
		}
		for _, c := range t.Watermark {
			want = append(want, row(t.Name, c, "watermark"))
		}
		for _, c := range t.Customer {
			want = append(want, row(t.Name, c, "customer"))
		}
		for _, c := range t.Belongs {
			want = append(want, row(t.Name, c, "belongs"))
		}
		for _, c := range t.Texts {
			want = append(want, row(t.Name, c, "text"))
		}
		for _, c := range t.Beside {
			want = append(want, row(t.Name, c, "beside"))
		}
		if t.Subject != "" {
			want = append(want, row(t.Name, "", t.Subject))
		}
	}
	if m.system.Prefix != "" {
		want = append(want, row("", m.system.Prefix, "prefix"))
	}
	have, err := m.c.strings(ctx, storeText("person_declared"), m.system.Name)
	slices.Sort(want)
	if err != nil || slices.Equal(want, have) {
		return err
	}
	if err := m.c.exec(ctx, "DELETE FROM main.landing_role WHERE source = $1", m.system.Name); err != nil {
		return err
	}
	for _, w := range want {
		cells := strings.Split(w, "\x1f")
		if err := m.c.exec(ctx, "INSERT INTO main.landing_role VALUES ($1, $2, $3, $4)", m.system.Name, cells[0], cells[1], cells[2]); err != nil {
			return err
		}
	}
	return nil
}

// prefix is what stands before the ids of a source's objects.
func (c *storeConn) prefix(ctx context.Context, source string) (string, error) {
	list, err := c.strings(ctx, `SELECT "column" FROM main.landing_role WHERE source = $1 AND role = 'prefix'`, source)
	return strings.Join(list, ""), err
}

// forgetLinks removes references to people.
func (c *storeConn) forgetLinks(ctx context.Context, f *forgetting) error {
	for _, typ := range []string{userType, customerType} {
		for _, at := range [][2]string{{"target_type", "key"}, {"target_type", "target_id"}, {"source_type", "source_id"}} {
			of := at[0] + " = " + storeLiteral(typ)
			list, err := c.forgottenValues(ctx, "(FROM main.link WHERE "+of+")", at[1], func(id string) bool { return f.is(typ, id) })
			if err == nil && list != "" {
				err = c.exec(ctx, "DELETE FROM main.link WHERE "+of+" AND "+Quote(at[1])+" IN ("+list+")")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetMapped takes those who were forgotten out of what the mapping sees.
func (v *mapped) forgetMapped(ctx context.Context) error {
	if v.people.nobody() {
		return nil
	}
	for _, typ := range []string{userType, customerType} {
		for _, at := range []struct{ table, typ, id string }{
			{"m_object", "type", "id"}, {"m_event_object", "type", "id"}, {"m_object_change", "type", "id"},
			{"m_object_object", "source_type", "source_id"}, {"m_object_object", "target_type", "target_id"},
		} {
			of := at.typ + " = " + storeLiteral(typ)
			list, err := v.c.forgottenValues(ctx, "(FROM "+at.table+" WHERE "+of+")", at.id, func(id string) bool { return v.people.is(typ, id) })
			if err == nil && list != "" {
				err = v.c.exec(ctx, "DELETE FROM "+at.table+" WHERE "+of+" AND "+at.id+" IN ("+list+")")
			}
			if err != nil {
				return err
			}
		}
	}
	for _, column := range []string{"old_value", "new_value"} {
		of := storeText("forget_change")
		list, err := v.c.forgottenValues(ctx, "(FROM m_object_change WHERE "+of+")", column, func(id string) bool { return v.people.is(customerType, id) })
		if err == nil && list != "" {
			err = v.c.exec(ctx, "UPDATE m_object_change SET "+column+" = NULL WHERE "+column+" IN ("+list+") AND "+of)
		}
		if err != nil {
			return err
		}
	}
	list, err := v.c.forgottenValues(ctx, "m_event", "resource", func(name string) bool { return v.people.is(userType, name) })
	if err != nil || list == "" {
		return err
	}
	return v.c.exec(ctx, "UPDATE m_event SET resource = "+forgottenSQL("resource")+" WHERE resource IN ("+list+")")
}
