// Package sap knows the tables of an SAP ECC or S/4HANA, by their names in the
// database and in released APIs, and how their rows become events, objects and
// relations of the order-to-cash model. It does not know how they are read.
package sap
