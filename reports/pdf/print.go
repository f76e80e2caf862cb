package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// timeout is for the whole of it; the largest page takes a few seconds.
const timeout = 3 * time.Minute

// Print has the browser at a path, from [Find], print a page of HTML: the size
// of its sheets and what stands in their margins are the page's style, bookmarks
// its headings, the title its title; it is tagged for those who have it read
// aloud. Scripts do not run. maker is named as what made the file.
//
// The same page and browser give the same bytes: the file does not say when it
// was made.
func Print(ctx context.Context, browser string, page []byte, maker string) (pdf []byte, err error) {
	dir, err := os.MkdirTemp("", "millrace-pdf-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the browser took more than %v", timeout))
	defer cancel()
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.UserAgent(maker))
	if root() {
		o = append(o, chromedp.NoSandbox)
	}
	tab, stop := chromedp.NewExecAllocator(ctx, o...)
	defer stop() // waits for the browser's end
	tab, closeTab := chromedp.NewContext(tab)
	defer closeTab()
	// The first command starts the browser.
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", browser, failed(ctx, err))
	}
	address := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(file), "/")}
	if err := chromedp.Do(tab, chromedp.Navigate(address.String())); err != nil {
		return nil, fmt.Errorf("%s: %w", browser, failed(ctx, err))
	}
	pdf, err = chromedp.Run(tab, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground(), chromedp.PDFOutlineAndTagged(), chromedp.PDFStream()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", browser, failed(ctx, err))
	}
	return renumbered(timeless(pdf)), nil
}

// failed is the reason why ctx ended, if it did.
func failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

var dates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:[^)]*\)`)

// timeless blanks out the two dates in the file's first object, its
// information; all else stays where the file's table says it is.
func timeless(pdf []byte) []byte {
	end := max(0, bytes.Index(pdf, []byte("endobj")))
	for _, at := range dates.FindAllIndex(pdf[:end], -1) {
		copy(pdf[at[0]:at[1]], bytes.Repeat([]byte{' '}, at[1]-at[0]))
	}
	return pdf
}

var nodes = regexp.MustCompile(`\(node\d{8}\)`)

// renumbered numbers the nodes of the file's tags from 1. Chromium numbers all
// nodes that it has, of which there may be one more before them or not. The order
// stays, by which a tree of names is searched, and all stays where it is.
func renumbered(pdf []byte) []byte {
	found := nodes.FindAllIndex(pdf, -1)
	number := map[string]int{}
	for _, at := range found {
		number[string(pdf[at[0]:at[1]])] = 0
	}
	for i, name := range slices.Sorted(maps.Keys(number)) {
		number[name] = i + 1
	}
	for _, at := range found {
		copy(pdf[at[0]:at[1]], fmt.Sprintf("(node%08d)", number[string(pdf[at[0]:at[1]])]))
	}
	return pdf
}
