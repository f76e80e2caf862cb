// Package html renders a page of package reports as one HTML file.
//
// The file needs no network and no script: style and the one small script are
// inside, allowed by their hashes alone, and the script adds nothing a reader
// must have. Rendering decides nothing; what is said is in the Page.
package html
