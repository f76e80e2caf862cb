// Package rest reads tables from services that answer with pages of JSON. What
// such a service has is said in the configuration: paths, pages, columns. The
// package does not know any service, nor what the rows mean.
package rest
