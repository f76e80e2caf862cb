package statement

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// An entry is being read: its own elements, and its transactions, of which the
// last is kept back until it is known whether it is the only one.
type entry struct {
	own     *node
	last    *node
	details int
	split   Money
	known   bool // every transaction tells its amount
	line    *Line
	bad     bool
}

// entry reads an Ntry. Transactions of a batch are handed over one by one.
func (c *camtReader) entry() error {
	c.entries++
	e := &entry{own: &node{name: "Ntry"}, known: true}
	left := maxNodes
	err := c.children(func(start *xml.StartElement) error {
		if start.Name.Local == "NtryDtls" {
			return c.children(func(start *xml.StartElement) error {
				n, err := c.whole(start)
				if err != nil || n.name != "TxDtls" {
					return err
				}
				return c.transaction(e, n)
			})
		}
		n, err := c.node(start, &left)
		if err == nil {
			e.own.children = append(e.own.children, n)
		}
		return err
	})
	if err != nil || e.bad {
		return err
	}
	l, err := c.entryLine(e)
	if err != nil {
		c.lost(err)
		return nil
	}
	switch e.details {
	case 0:
	case 1:
		fill(l, e.last)
	default:
		if err := c.detail(e, e.last); err != nil {
			return err
		}
		l.Details = e.details
		if e.known {
			l.Split = &e.split
		}
	}
	if l.Remittance == "" {
		l.Remittance = e.own.get("AddtlNtryInf")
	}
	c.s.add(l)
	return c.v.Line(l)
}

func (c *camtReader) lost(err error) {
	c.v.Problem(Problem{c.place(), err.Error() + "; it is not taken", true})
}

// entryLine makes the line of what the entry itself says.
func (c *camtReader) entryLine(e *entry) (*Line, error) {
	if e.line != nil {
		return e.line, nil
	}
	n := e.own
	m, err := c.money(n.at("Amt"), n.get("CdtDbtInd"))
	if err != nil {
		return nil, err
	}
	l := &Line{
		Statement: c.s, Entry: c.entries, Amount: m, Known: true, Currency: n.at("Amt").currency, Place: c.place(),
		Booked: Moment(n.first("BookgDt/DtTm", "BookgDt/Dt")), Value: dayOf(n.first("ValDt/Dt", "ValDt/DtTm")),
		Status: n.first("Sts/Cd", "Sts/Prtry", "Sts"), Reversal: isTrue(n.get("RvslInd")),
		BankRef: n.get("AcctSvcrRef"), EntryRef: n.get("NtryRef"), Code: bankCode(n.at("BkTxCd")),
	}
	l.Charges, err = c.charges(n.at("Chrgs"), l.Currency)
	if dayOf(string(l.Booked)) == "" {
		l.Booked = ""
	}
	e.line = l
	return l, err
}

// transaction takes a TxDtls. The elements that say what the whole entry is
// come before it.
func (c *camtReader) transaction(e *entry, n *node) error {
	if e.bad {
		return nil
	}
	e.details++
	before := e.last
	e.last = n
	if before == nil {
		return nil
	}
	return c.detail(e, before)
}

// detail hands over a transaction of an entry that has several.
func (c *camtReader) detail(e *entry, n *node) error {
	whole, err := c.entryLine(e)
	if err != nil {
		e.bad = true
		c.lost(err)
		return nil
	}
	l := *whole
	l.Detail = e.details
	if n != e.last {
		l.Detail-- // the one before the last
	}
	l.Amount, l.Known, l.Charges = 0, false, nil
	indicator := n.first("CdtDbtInd")
	if indicator == "" {
		if indicator = "CRDT"; whole.Amount < 0 {
			indicator = "DBIT"
		}
	}
	for _, amount := range []*node{n.at("Amt"), n.at("AmtDtls", "TxAmt", "Amt")} {
		if amount == nil || amount.currency != whole.Currency {
			continue
		}
		if l.Amount, err = c.money(amount, indicator); err != nil {
			c.v.Problem(Problem{fmt.Sprintf("%s, transaction %d", c.place(), l.Detail), err.Error() + "; it has no amount of its own", false})
			continue
		}
		l.Known = true
		break
	}
	if e.split += l.Amount; !l.Known {
		e.known = false
	}
	if l.Charges, err = c.charges(n.at("Chrgs"), whole.Currency); err != nil {
		c.v.Problem(Problem{fmt.Sprintf("%s, transaction %d", c.place(), l.Detail), err.Error(), false})
	}
	fill(&l, n)
	return c.v.Line(&l)
}

// charges adds up what the bank took, in the currency of the account.
func (c *camtReader) charges(n *node, currency string) (*Money, error) {
	if n == nil {
		return nil, nil
	}
	amounts := n.all("Amt") // version .02: Chrgs/Amt
	if total := n.at("TtlChrgsAndTaxAmt"); total != nil {
		amounts = []*node{total}
	} else {
		for _, record := range n.all("Rcrd") {
			amounts = append(amounts, record.all("Amt")...)
		}
	}
	var sum *Money
	for _, a := range amounts {
		m, err := parseMoney(a.text, '.')
		if err != nil {
			return nil, fmt.Errorf("charges: %w", err)
		}
		if a.currency == currency {
			if sum == nil {
				sum = new(Money)
			}
			*sum += m
		}
	}
	return sum, nil
}

// fill adds what a transaction says beyond its entry.
func fill(l *Line, n *node) {
	set := func(to *string, paths ...string) {
		if text := n.first(paths...); text != "" {
			*to = text
		}
	}
	set(&l.BankRef, "Refs/AcctSvcrRef")
	set(&l.EndToEnd, "Refs/EndToEndId")
	if l.EndToEnd == "NOTPROVIDED" {
		l.EndToEnd = ""
	}
	set(&l.Mandate, "Refs/MndtId")
	if code := bankCode(n.at("BkTxCd")); code != "" {
		l.Code = code
	}
	party, account := "Dbtr", "DbtrAcct"
	if (l.Amount < 0) != l.Reversal { // money went out, unless it is one that came in and goes back
		party, account = "Cdtr", "CdtrAcct"
	}
	set(&l.Party, "RltdPties/Ultmt"+party+"/Nm", "RltdPties/Ultmt"+party+"/Pty/Nm", "RltdPties/"+party+"/Nm", "RltdPties/"+party+"/Pty/Nm")
	set(&l.PartyAccount, "RltdPties/"+account+"/Id/IBAN", "RltdPties/"+account+"/Id/Othr/Id")
	var texts []string
	for _, u := range n.at("RmtInf").all("Ustrd") {
		if u.text != "" {
			texts = append(texts, u.text)
		}
	}
	l.References = nil
	for _, s := range n.at("RmtInf").all("Strd") {
		l.References = append(l.References, references(s)...)
		for _, a := range s.all("AddtlRmtInf") {
			texts = append(texts, a.text)
		}
	}
	if text := strings.Join(texts, " "); text != "" {
		l.Remittance = text
	} else {
		set(&l.Remittance, "AddtlTxInf")
	}
	if n.at("RtrInf") != nil {
		l.Reversal = true
	}
}

// references reads the documents of one Strd: an amount counts where the Strd
// is about one document.
func references(s *node) (list []Reference) {
	documents := s.all("RfrdDocInf")
	for _, d := range documents {
		r := Reference{Type: d.first("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry"), Number: d.get("Nb")}
		if r.Number == "" {
			continue
		}
		if a := s.first("RfrdDocAmt/RmtdAmt"); a != "" && len(documents) == 1 {
			if m, err := parseMoney(a, '.'); err == nil {
				r.Amount = &m
			}
		}
		list = append(list, r)
	}
	if ref := s.get("CdtrRefInf", "Ref"); ref != "" {
		kind := s.first("CdtrRefInf/Tp/CdOrPrtry/Cd", "CdtrRefInf/Tp/CdOrPrtry/Prtry")
		if kind == "" {
			kind = "SCOR"
		}
		list = append(list, Reference{Type: kind, Number: ref})
	}
	return list
}

// bankCode writes a bank's code of a transaction: PMNT/RCDT/ESCT, else its own.
func bankCode(n *node) string {
	var parts []string
	for _, p := range []string{n.get("Domn", "Cd"), n.get("Domn", "Fmly", "Cd"), n.get("Domn", "Fmly", "SubFmlyCd")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return n.get("Prtry", "Cd")
	}
	return strings.Join(parts, "/")
}

func isTrue(text string) bool { return text == "true" || text == "1" }
