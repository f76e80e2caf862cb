// Package distributor knows the tables of the sample distributor's six systems
// and what they say about order-to-cash.
//
// It is a preset: a list of tables (tables.yaml) and one mapping in SQL for
// each system. The systems meet in the store by their business keys alone. It
// does not know how the tables get here, nor how they are stored; and it never
// reads the truth that the simulator writes beside them (truth.yaml), which is
// for its tests.
package distributor
