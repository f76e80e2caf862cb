package eventlog

// An ObjectBatch is a part of an object-centric log: what every reader of one
// yields, a Store takes and gives back, and every writer writes. A log is any
// number of them; a relation may come before what it relates.
//
// All slices of a group have one value a row. The batch and its slices belong
// to whoever yields it: whoever wants to keep a slice copies it. Strings may be
// kept.
type ObjectBatch struct {
	Events       ObjectEvents
	Objects      ObjectRows
	EventObject  EventObjects
	ObjectObject ObjectObjects
	Values       ObjectValues
}

// ObjectEvents are events, each with an identity of its own.
type ObjectEvents struct {
	ID         []string // unique within the log
	Activity   []string // OCEL: the event's type
	Time       []int64  // µs since 1970-01-01 UTC; NoTime where missing
	Place      []int64  // where it stands in the source; order of events that are otherwise equal; nil: order of arrival
	Attributes []Column
}

// ObjectRows are objects. An object that is only referred to is not among them.
type ObjectRows struct {
	Type []string
	ID   []string // unique within its type; formats without types in their references need it unique in the log
}

// EventObjects say which objects an event touches, and as what.
type EventObjects struct {
	Event     []string
	Type      []string // of the object; nil, or "": the object of that id, whatever its type
	Object    []string
	Qualifier []string // nil: all ""
}

// ObjectObjects are relations between objects.
type ObjectObjects struct {
	SourceType, Source []string // Type as in EventObjects
	TargetType, Target []string
	Qualifier          []string // nil: all ""
}

// ObjectValues are attribute values of objects, each from a time on.
type ObjectValues struct {
	Type      []string // of the object, as in EventObjects
	Object    []string
	Attribute []string
	Time      []int64  // NoTime: from the beginning, which OCEL 2.0 writes as 1970-01-01
	Kind      []Type   // of Value
	Value     []string // in the text form of its kind: an integer, a shortest float, true or false, RFC 3339 UTC, canonical JSON
}

// ObjectMeta is what an object-centric log says of itself apart from its
// events and objects: what a lossless round trip needs.
type ObjectMeta struct {
	Version     string         // "2.0" or "1.0"
	EventTypes  []DeclaredType // in the order of the file
	ObjectTypes []DeclaredType
	// Attributes is canonical JSON of whatever else the file has at its top:
	// OCEL 1.0's global-log, global-event and global-object, members we do not know.
	Attributes string
}

// A DeclaredType is a type of events or objects and the attributes it
// declares. OCEL 1.0 declares attributes for the whole log: these stand in a
// type without a name.
type DeclaredType struct {
	Name       string              `json:"name"`
	Attributes []DeclaredAttribute `json:"attributes,omitempty"`
}

// A DeclaredAttribute is an attribute's name and type, as the log writes it:
// OCEL 2.0 has string, time, integer, float and boolean.
type DeclaredAttribute struct {
	Name string `json:"name"`
	Type string `json:"type"`
}
