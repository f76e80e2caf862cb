// Package gatewaytest is a SAP Gateway for tests: released services of an
// S/4HANA in OData 2, with the entity sets, keys, properties and annotations
// that they have (services.txt), as far as order-to-cash reads them. It knows
// neither the preset nor who reads; nothing can be written by it.
package gatewaytest
