package statement

import (
	"regexp"
	"strings"
)

var (
	germanDetails = regexp.MustCompile(`^([0-9]{3})([?<>!@#&$%])[0-9]{2}`)
	sepaWord      = regexp.MustCompile(`(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE)\+`)
	swiftWord     = regexp.MustCompile(`/(TRTP|IBAN|BIC|NAME|REMI|EREF|MARF|CSID|TRCD|BENM|ORDP|CNTP|ISDT|ULTD|ULTC|PREF|RTRN|PURP|SVCL)/`)
)

// details reads :86:. German banks write a code of the transaction and fields
// ?20 to ?29 and ?60 to ?63 of remittance; others /REMI/ and the like, others
// plain text.
func details(l *Line, field []string) {
	if head := strings.TrimSpace(strings.Join(field, "")); germanDetails.MatchString(head) {
		german(l, head)
		return
	}
	text := unwrap(field, 65)
	if swiftWord.MatchString(text) {
		words(l, text)
	} else if text != "" {
		l.Remittance = text
	}
}

// unwrap joins lines: a full one was broken anywhere, another one between words.
func unwrap(lines []string, width int) string {
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(line)
		if i+1 < len(lines) && len([]rune(line)) < width {
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

func german(l *Line, text string) {
	m := germanDetails.FindStringSubmatch(text)
	code, mark := m[1], m[2]
	var remittance, name []string
	for _, f := range strings.Split(text[3:], mark) {
		if len(f) < 2 {
			continue
		}
		switch number, rest := f[:2], f[2:]; {
		case number >= "20" && number <= "29", number >= "60" && number <= "63":
			remittance = append(remittance, rest)
		case number == "31":
			l.PartyAccount = rest
		case number == "32", number == "33":
			name = append(name, rest)
		}
	}
	if l.Code == "" || strings.HasSuffix(l.Code, "TRF") || strings.HasSuffix(l.Code, "MSC") {
		l.Code = code // says more than "transfer"
	}
	switch code {
	case "108", "109", "159": // returned debits and transfers
		l.Reversal = true
	}
	l.Party = unwrap(name, 27)
	l.Remittance = sepa(l, remittance)
}

// sepa takes the SEPA words out of the fields of remittance: EREF+ and others
// begin a field each, SVWZ+ is what the payer wrote.
func sepa(l *Line, fields []string) string {
	text := unwrap(fields, 27)
	at := sepaWord.FindAllStringSubmatchIndex(text, -1)
	if at == nil {
		return text
	}
	rest := text[:at[0][0]]
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		value := strings.TrimSpace(text[m[1]:end])
		switch text[m[2]:m[3]] {
		case "EREF":
			if value != "NOTPROVIDED" {
				l.EndToEnd = value
			}
		case "MREF":
			l.Mandate = value
		case "SVWZ":
			rest = strings.TrimSpace(rest + " " + value)
		}
	}
	return strings.TrimSpace(rest)
}

// words reads /REMI/…/EREF/… .
func words(l *Line, text string) {
	at := swiftWord.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		value := strings.TrimSpace(text[m[1]:end])
		switch text[m[2]:m[3]] {
		case "REMI":
			l.Remittance = strings.TrimSpace(strings.TrimPrefix(value, "USTD//"))
		case "EREF":
			if value != "NOTPROVIDED" && value != "" {
				l.EndToEnd = value
			}
		case "NAME":
			l.Party = value
		case "IBAN":
			l.PartyAccount = value
		case "MARF":
			l.Mandate = value
		case "RTRN":
			l.Reversal = true
		}
	}
}
