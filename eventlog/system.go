package eventlog

// A System is what a preset knows of one kind of source system: its tables,
// and the SQL that turns them into objects and events.
type System struct {
	Name     string // of the source in the project: "erp"
	Kind     string // preset: "tryton"
	Origin   string // where the tables came from, without secrets
	Timezone string // IANA zone of naive times; "" is UTC
	Tables   []Table
	Mapping  string // DuckDB SQL: CREATE VIEW event, event_object, …
	Model    *Model
}

// A Table is one table of a source system, as it lands.
type Table struct {
	Name    string
	Key     []string
	Columns []TableColumn
}

// A TableColumn is one typed column of a Table; an empty text is NULL.
type TableColumn struct {
	Name, SQL string // SQL: DuckDB type
}
