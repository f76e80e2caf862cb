package ocelfile

import (
	"slices"
	"strings"
	"testing"

	"millrace/eventlog"
)

// encodeSQLite1 writes PM4Py's tables of OCEL 1.0: an attribute is a column,
// whatever the type.
func encodeSQLite1(t testing.TB, w *whole) string {
	db, path := newSQLite(t)
	sqlKinds := map[string]string{"text": " TEXT", "int": " INTEGER", "float": " REAL", "bool": " BOOLEAN", "time": " TIMESTAMP"}
	var typed []string
	for _, e := range w.Events {
		for _, a := range sorted(e.Attributes) {
			kind, _ := kindOf(e.Attributes[a])
			typed = append(typed, ident(a)+sqlKinds[kind])
		}
	}
	distinct := func(list []string) string {
		slices.Sort(list)
		return strings.Join(append([]string{""}, slices.Compact(list)...), ", ")
	}
	db.do(`CREATE TABLE EVENTS ("ocel:eid" TEXT, "ocel:timestamp" TIMESTAMP, "ocel:activity" TEXT` + distinct(typed) + ")")
	typed = nil
	for _, v := range w.Values {
		typed = append(typed, ident(v.Attribute)+sqlKinds[v.Kind.String()])
	}
	db.do(`CREATE TABLE OBJECTS ("ocel:oid" TEXT, "ocel:type" TEXT` + distinct(typed) + ")")
	db.do(`CREATE TABLE RELATIONS ("ocel:eid" TEXT, "ocel:oid" TEXT, "ocel:type" TEXT)`)
	for _, e := range w.Events {
		db.do(`INSERT INTO EVENTS ("ocel:eid", "ocel:timestamp", "ocel:activity") VALUES (?, ?, ?)`, e.ID, sqlTime(e.Time), e.Activity)
		for a, v := range e.Attributes {
			kind, text := kindOf(v)
			db.do("UPDATE EVENTS SET "+ident(a)+` = ? WHERE "ocel:eid" = ?`, sqlValue(kind, text), e.ID)
		}
	}
	for _, o := range w.Objects {
		db.do(`INSERT INTO OBJECTS ("ocel:oid", "ocel:type") VALUES (?, ?)`, o[1], o[0])
	}
	for _, v := range w.Values {
		if v.Time == eventlog.NoTime {
			db.do("UPDATE OBJECTS SET "+ident(v.Attribute)+` = ? WHERE "ocel:oid" = ? AND "ocel:type" = ?`, sqlValue(v.Kind.String(), v.Value), v.Object, v.Type)
		}
	}
	for _, x := range w.E2O {
		db.do("INSERT INTO RELATIONS VALUES (?, ?, ?)", x[0], x[2], x[1])
	}
	db.close()
	return path
}
