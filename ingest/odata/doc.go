// Package odata reads the tables of a system from services that speak OData,
// version 2 or 4: the released APIs of SAP S/4HANA, the data entities of
// Dynamics 365 Finance and Supply Chain Management. It knows entity sets, their
// properties and how they are paged; it does not know what they mean.
package odata
