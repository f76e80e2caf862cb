// Package pdf has a browser print a page of HTML: Chromium, or one built of it,
// that is on the machine already.
//
// It does not know what the page says. What stands in the margins of a sheet is
// the page's own style.
package pdf
