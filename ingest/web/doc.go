// Package web asks services over HTTP for data: who asks, what is worth asking
// again, and how much is taken. It does not know what the answers mean.
//
// No error, and no text it hands out, holds a secret: neither a header, nor a
// token, nor the query of an address.
package web
