package statement

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/encoding/ianaindex"
)

// Bounds of XML that no bank reaches.
const (
	maxToken = 1 << 20 // bytes between two tags
	maxDepth = 40
	maxNodes = 20_000 // elements of one transaction, one balance, one header
)

// A node is an element and what is in it.
type node struct {
	name, text, currency string // currency: the attribute Ccy
	children             []*node
}

// at follows names down to the first element that has them all, nil if none.
func (n *node) at(path ...string) *node {
	for _, name := range path {
		if n == nil {
			return nil
		}
		var next *node
		for _, c := range n.children {
			if c.name == name {
				next = c
				break
			}
		}
		n = next
	}
	return n
}

func (n *node) get(path ...string) string {
	if n = n.at(path...); n == nil {
		return ""
	}
	return n.text
}

// first returns the first text that is not empty.
func (n *node) first(paths ...string) string {
	for _, p := range paths {
		if text := n.get(strings.Split(p, "/")...); text != "" {
			return text
		}
	}
	return ""
}

func (n *node) all(name string) (list []*node) {
	if n != nil {
		for _, c := range n.children {
			if c.name == name {
				list = append(list, c)
			}
		}
	}
	return list
}

// A guard ends reading when one token takes too many bytes.
type guard struct {
	io.Reader
	left int
}

var errToken = fmt.Errorf("more than %d bytes without a tag", maxToken)

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errToken
	}
	n, err := g.Reader.Read(p[:min(len(p), 4096)])
	g.left -= n
	return n, err
}

// A camtReader goes through a file of camt.
type camtReader struct {
	file, format string
	v            Visitor
	guard        *guard
	dec          *xml.Decoder
	depth        int
	header       *node // GrpHdr
	page         string
	s            *Statement
	entries      int
}

var camtNamespace = regexp.MustCompile(`camt\.05[234]\.001\.[0-9]{2}`)

// camtKinds are the messages, by the element that holds them, and what a
// statement is called there.
var camtKinds = map[string]struct{ statement, kind, format string }{
	"BkToCstmrStmt":         {"Stmt", Final, "camt.053"},
	"BkToCstmrAcctRpt":      {"Rpt", Interim, "camt.052"},
	"BkToCstmrDbtCdtNtfctn": {"Ntfctn", Notification, "camt.054"},
}

func readCAMT(r io.Reader, file string, v Visitor) error {
	g := &guard{r, maxToken}
	c := &camtReader{file: file, v: v, guard: g, dec: xml.NewDecoder(g)}
	c.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		e, err := ianaindex.IANA.Encoding(label)
		if err != nil || e == nil {
			return nil, fmt.Errorf("%w: character set %q is not known", errShape, label)
		}
		return e.NewDecoder().Reader(in), nil
	}
	err := c.document()
	var bad *xml.SyntaxError
	if errors.As(err, &bad) || errors.Is(err, errToken) || errors.Is(err, errShape) {
		// what was read before is good
		place := file
		if c.s != nil {
			place = c.place()
		}
		c.v.Problem(Problem{place, strings.TrimPrefix(err.Error(), "XML "), true})
		if c.s != nil {
			c.s.Closing, c.s.Entries = nil, nil // nothing to compare with
			return c.s.close(v)
		}
		return nil
	}
	return err
}

// errShape is that of a document that is not as camt is.
var errShape = errors.New("not as a camt document is")

func (c *camtReader) place() string {
	if c.entries > 0 {
		return fmt.Sprintf("%s, entry %d", c.s.place(), c.entries)
	}
	return c.s.place()
}

// token returns the next start or end element; text goes to fn.
func (c *camtReader) token(text func([]byte) error) (start *xml.StartElement, err error) {
	for {
		c.guard.left = maxToken
		t, err := c.dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if c.depth++; c.depth > maxDepth {
				return nil, fmt.Errorf("%w: more than %d elements in one another", errShape, maxDepth)
			}
			return &t, nil
		case xml.EndElement:
			c.depth--
			return nil, nil
		case xml.CharData:
			if text != nil {
				if err := text(t); err != nil {
					return nil, err
				}
			}
		case xml.Directive:
			return nil, fmt.Errorf("%w: a document type is not read", errShape)
		}
	}
}

// children calls fn for every element within the one that is open.
func (c *camtReader) children(fn func(*xml.StartElement) error) error {
	for {
		start, err := c.token(nil)
		if err != nil || start == nil {
			return err
		}
		if err := fn(start); err != nil {
			return err
		}
	}
}

// node reads an element that has been started.
func (c *camtReader) node(start *xml.StartElement, left *int) (*node, error) {
	if *left--; *left < 0 {
		return nil, fmt.Errorf("%w: %s has more than %d elements", errShape, start.Name.Local, maxNodes)
	}
	n := &node{name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Local == "Ccy" {
			n.currency = a.Value
		}
	}
	var text strings.Builder
	for {
		child, err := c.token(func(b []byte) error {
			if text.Len()+len(b) > maxToken {
				return errToken
			}
			text.Write(b)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if child == nil {
			n.text = strings.TrimSpace(text.String())
			return n, nil
		}
		sub, err := c.node(child, left)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, sub)
	}
}

func (c *camtReader) whole(start *xml.StartElement) (*node, error) {
	left := maxNodes
	return c.node(start, &left)
}

// document finds the messages, at whatever depth an envelope puts them.
func (c *camtReader) document() error {
	found := 0
	for {
		start, err := c.token(nil)
		if errors.Is(err, io.EOF) {
			if found == 0 {
				return fmt.Errorf("%w: it has no BkToCstmrStmt, BkToCstmrAcctRpt or BkToCstmrDbtCdtNtfctn", errShape)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if start == nil {
			continue
		}
		if k, ok := camtKinds[start.Name.Local]; ok {
			found++
			if c.format = camtNamespace.FindString(start.Name.Space); c.format == "" {
				c.format = k.format
			}
			if err := c.message(k.statement, k.kind); err != nil {
				return err
			}
		}
	}
}

func (c *camtReader) message(statement, kind string) error {
	c.header, c.page = nil, ""
	return c.children(func(start *xml.StartElement) error {
		switch start.Name.Local {
		case "GrpHdr":
			n, err := c.whole(start)
			c.header, c.page = n, n.get("MsgPgntn", "PgNb")
			return err
		case statement:
			return c.statement(kind)
		}
		_, err := c.whole(start)
		return err
	})
}

// statement reads one account's statement, entry by entry.
func (c *camtReader) statement(kind string) error {
	c.s = &Statement{File: c.file, Format: c.format, Kind: kind, Created: Moment(c.header.get("CreDtTm"))}
	c.entries = 0
	page := c.page
	err := c.children(func(start *xml.StartElement) error {
		if start.Name.Local == "Ntry" {
			return c.entry()
		}
		n, err := c.whole(start)
		if err != nil {
			return err
		}
		switch n.name {
		case "Id":
			c.s.ID = n.text
		case "StmtPgntn", "RptPgntn", "NtfctnPgntn":
			page = n.get("PgNb")
		case "CreDtTm":
			c.s.Created = Moment(n.text)
		case "FrToDt":
			c.s.From, c.s.To = dayOf(n.first("FrDtTm", "FrDt")), dayOf(n.first("ToDtTm", "ToDt"))
		case "Acct":
			c.s.Account = strings.ReplaceAll(n.first("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", "Id/UPIC"), " ", "")
			c.s.Currency = n.get("Ccy")
			if page != "" && page != "1" {
				c.s.ID += "#" + page
			}
		case "Bal":
			return c.balance(n)
		case "TxsSummry":
			return c.summary(n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s := c.s
	c.s = nil
	return s.close(c.v)
}

// balance keeps the first opening and the last closing balance that are booked.
// The end of the statement before is an opening balance too.
func (c *camtReader) balance(n *node) error {
	m, err := c.money(n.at("Amt"), n.get("CdtDbtInd"))
	if err != nil {
		c.v.Problem(Problem{c.place(), "balance: " + err.Error(), false})
		return nil
	}
	if c.s.Currency == "" {
		c.s.Currency = n.at("Amt").currency
	}
	switch n.first("Tp/CdOrPrtry/Cd", "Tp/Cd") {
	case "OPBD":
		c.s.Opening = &m
		if c.s.From == "" {
			c.s.From = dayOf(n.first("Dt/Dt", "Dt/DtTm"))
		}
	case "PRCD":
		if c.s.Opening == nil {
			c.s.Opening = &m
		}
	case "CLBD":
		c.s.Closing = &m
		if c.s.To == "" {
			c.s.To = dayOf(n.first("Dt/Dt", "Dt/DtTm"))
		}
	}
	return nil
}

func (c *camtReader) summary(n *node) error {
	net := n.at("TtlNtries", "TtlNetNtry", "Amt") // from version .04 on
	indicator := n.get("TtlNtries", "TtlNetNtry", "CdtDbtInd")
	if net == nil {
		net, indicator = n.at("TtlNtries", "TtlNetNtryAmt"), n.get("TtlNtries", "CdtDbtInd")
	}
	if net == nil || indicator == "" {
		return nil
	}
	m, err := c.money(net, indicator)
	if err != nil {
		c.v.Problem(Problem{c.place(), "sum of entries: " + err.Error(), false})
		return nil
	}
	c.s.Entries = &m
	return nil
}

func (c *camtReader) money(amount *node, indicator string) (Money, error) {
	if amount == nil {
		return 0, errors.New("it has no amount")
	}
	m, err := parseMoney(amount.text, '.')
	switch {
	case err != nil:
		return 0, err
	case indicator == "DBIT":
		return -m, nil
	case indicator != "CRDT":
		return 0, fmt.Errorf("%q is neither CRDT nor DBIT", indicator)
	}
	return m, nil
}

// dayOf cuts the day off a date with or without a time, "" if it is none.
func dayOf(text string) string {
	if len(text) < 10 {
		return ""
	}
	if _, err := time.Parse("2006-01-02", text[:10]); err != nil {
		return ""
	}
	return text[:10]
}
