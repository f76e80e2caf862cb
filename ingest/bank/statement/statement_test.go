package statement

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// An input is a file; "latin1" writes it in Latin-1.
func TestRead(t *testing.T) {
	for _, file := range []string{"camt", "bai2", "mt940"} {
		datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
			text := d.Input + "\n"
			if d.HasArg("latin1") {
				text = latin1(text)
			}
			if d.HasArg("deep") {
				text = strings.Replace(text, "DEEP", strings.Repeat("<a>", 100), 1)
			}
			if d.HasArg("long") {
				text = strings.Replace(text, "LONG", strings.Repeat("x", 2*maxToken), 1)
			}
			return show(text)
		})
	}
}

func latin1(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

func show(text string) string {
	format := Detect([]byte(text[:min(len(text), 4096)]))
	if format == "" {
		return "of no known format\n"
	}
	var b strings.Builder
	err := Read(strings.NewReader(text), "may", format, Visitor{
		Line: func(l *Line) error {
			fmt.Fprintf(&b, "  entry %d", l.Entry)
			if l.Detail > 0 {
				fmt.Fprintf(&b, ".%d", l.Detail)
			}
			amount := "?"
			if l.Known {
				amount = l.Amount.String()
			}
			fmt.Fprintf(&b, ": %s %s, booked %s, value %s", amount, l.Currency, l.Booked, l.Value)
			for _, x := range []struct{ name, text string }{
				{"status", l.Status}, {"code", l.Code}, {"bank", l.BankRef}, {"entry", l.EntryRef}, {"e2e", l.EndToEnd}, {"mandate", l.Mandate},
				{"party", l.Party}, {"account", l.PartyAccount}, {"text", l.Remittance},
			} {
				if x.text != "" {
					fmt.Fprintf(&b, ", %s %s", x.name, x.text)
				}
			}
			if l.Reversal {
				b.WriteString(", reversal")
			}
			if l.Charges != nil {
				fmt.Fprintf(&b, ", charges %s", *l.Charges)
			}
			if l.Details > 0 {
				fmt.Fprintf(&b, ", %d transactions", l.Details)
				if l.Split != nil {
					fmt.Fprintf(&b, " of %s", *l.Split)
				}
			}
			for _, r := range l.References {
				fmt.Fprintf(&b, ", %s %s", r.Type, r.Number)
				if r.Amount != nil {
					fmt.Fprintf(&b, " of %s", *r.Amount)
				}
			}
			b.WriteString("\n")
			return nil
		},
		Statement: func(s *Statement) error {
			fmt.Fprintf(&b, "%s %s %s of %s in %s, made %s, %s to %s: %d entries, %s\n", s.Format, s.Kind, s.ID, s.Account, s.Currency, s.Created, s.From, s.To, s.Lines, s.Sum)
			return nil
		},
		Problem: func(p Problem) {
			kind := "note"
			if p.Lost {
				kind = "reject"
			}
			fmt.Fprintf(&b, "%s: %s: %s\n", kind, p.Place, p.Reason)
		},
	})
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", err)
	}
	return b.String()
}

// What is written is read again.
func TestMoney(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := Money(rapid.Int64Range(-1e15, 1e15).Draw(r, "amount"))
		if got, err := parseMoney(m.String(), '.'); err != nil || got != m {
			r.Fatalf("%s: %s, %v", m, got, err)
		}
	})
	for text, want := range map[string]string{"1": "1.00", "1.005": "1.005", "-0.5": "-0.50", "1.2000000": "1.20"} {
		if m, err := parseMoney(text, '.'); err != nil || m.String() != want {
			t.Errorf("%s: %s, %v", text, m, err)
		}
	}
	for _, text := range []string{"", "-", ".", "1,5", "1e5", "1.234567", "99999999999999999999", "1-"} {
		if m, err := parseMoney(text, '.'); err == nil {
			t.Errorf("%q is %s", text, m)
		}
	}
	for _, x := range []struct{ text, currency, want string }{{"12345", "USD", "123.45"}, {"5", "EUR", "0.05"}, {"12345", "JPY", "12345.00"}, {"12345", "KWD", "12.345"}, {"-7", "USD", "-0.07"}} {
		if m, err := parseMinor(x.text, x.currency); err != nil || m.String() != x.want {
			t.Errorf("%s %s: %s, %v", x.text, x.currency, m, err)
		}
	}
}

// An error of the visitor is not taken for one of the file, and ends reading.
func TestVisitorError(t *testing.T) {
	stop := errors.New("stop")
	for _, text := range []string{
		"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Stmt></BkToCstmrStmt></Document>",
		"01,A,B,240216,0800,1,,,2/\n02,B,A,1,240215,,USD,2/\n03,1,USD/\n16,142,100,0/\n49,100,3/\n",
		":20:X\n:25:1\n:28C:1\n:60F:C240215EUR0,\n:61:240215C1,NTRF\n:62F:C240215EUR1,\n",
	} {
		err := Read(strings.NewReader(text), "x", Detect([]byte(text)), Visitor{Line: func(*Line) error { return stop }, Statement: func(*Statement) error { return nil }, Problem: func(Problem) {}})
		if !errors.Is(err, stop) {
			t.Errorf("%v of %s", err, text)
		}
	}
}

// fuzz reads anything: it never panics, counts what it hands over, and what a
// statement adds up is the sum of its lines.
func fuzz(f *testing.F, format string) {
	f.Fuzz(func(t *testing.T, text []byte) {
		var sum Money
		n := 0
		err := Read(strings.NewReader(string(text)), "x", format, Visitor{
			Line: func(l *Line) error {
				if l.Detail == 0 && (l.Status == "" || l.Status == "BOOK") {
					n++
					sum += l.Amount
				}
				return nil
			},
			Statement: func(s *Statement) error {
				if s.Lines != n || s.Sum != sum {
					t.Fatalf("%d lines of %s, the statement says %d of %s", n, sum, s.Lines, s.Sum)
				}
				n, sum = 0, 0
				return nil
			},
			Problem: func(Problem) {},
		})
		if err != nil && errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	})
}

func FuzzCAMT(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><CreDtTm>2024-02-16T08:00:00</CreDtTm></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>DE1</IBAN></Id></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal><Ntry><Amt Ccy="EUR">1.5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><NtryDtls><TxDtls><Amt Ccy="EUR">1</Amt></TxDtls><TxDtls><RmtInf><Strd><RfrdDocInf><Nb>7</Nb></RfrdDocInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`))
	fuzz(f, CAMT)
}

func FuzzBAI2(f *testing.F) {
	f.Add([]byte("01,A,B,240216,0800,1,80,,2/\n02,B,A,1,240215,2400,USD,2/\n03,1,USD,010,100,,/\n88,015,200,,/\n16,142,100,D,1,0,100,R,C,text, with a comma\n88,more\n49,400,5/\n98,400,1,7/\n99,400,1,9/\n"))
	fuzz(f, BAI2)
}

func FuzzMT940(f *testing.F) {
	f.Add([]byte("{1:F01X}{4:\n:20:X\n:25:1\n:28C:1/1\n:60F:C240215EUR0,\n:61:2402150216RCR1,50NTRFREF//B\nmore\n:86:166?00GUT?20EREF+1?21SVWZ+RE 7?32Name\n:62F:D240215EUR1,5\n-}"))
	fuzz(f, MT940)
}
