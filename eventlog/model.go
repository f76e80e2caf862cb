package eventlog

// A Model is a vocabulary of objects, relations and activities that several
// sources share, such as the canonical order-to-cash model of package o2c.
type Model struct {
	Name       string
	Types      []ObjectType
	Relations  []Relation
	Activities []ActivityType
}

// A Level says what part an object type plays when a case is put together.
type Level int8

const (
	Document Level = iota // has a life of its own: an order, a delivery, an invoice
	Item                  // a line of a document
	Master                // shared by many cases: a customer, a material, a user
)

// An ObjectType is a kind of object with typed attributes.
type ObjectType struct {
	Name       string
	Level      Level
	Doc        string
	Attributes []Attribute
}

// An Attribute of an ObjectType.
type Attribute struct {
	Name string
	SQL  string // DuckDB type: VARCHAR, DECIMAL(18,4), DATE, TIMESTAMPTZ, BOOLEAN, BIGINT, DOUBLE
	Unit string // "days", "currency of the object", …; "" if none
	Doc  string
}

// A Relation is a qualified link between two object types.
type Relation struct {
	Source, Qualifier, Target string
	Doc                       string
}

// An ActivityType is one activity of the vocabulary.
type ActivityType struct {
	Name string
	Rank int    // usual place in the process, 1 first; orders events of day precision
	On   string // object type it mostly happens to
	Doc  string
}
