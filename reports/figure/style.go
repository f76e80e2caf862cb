package figure

// A Style is how a language writes numbers, dates, durations and money. It
// holds signs and patterns only; what a page says with them is not its concern.
//
// golang.org/x/text has the same separators (a test compares them), but neither
// dates nor money in thousands and millions.
type Style struct {
	Decimal, Group               string // 1,234.5
	Percent                      string // what follows the number of a share: "%", with a space where the language has one
	Seconds, Minutes, Hour, Days string // units of durations
	// Thousand, Million and Billion shorten amounts. MoneyAfter writes the
	// currency after them, which then are words.
	Thousand, Million, Billion string
	MoneyAfter                 bool
	// DateLayout, DayLayout (without its year) and TimeLayout are as package
	// time has them; names of months in them are English.
	DateLayout, DayLayout, TimeLayout string
}

// English is the default: 1,234.5, 42.5%, 29 Nov 2026, €3.24M.
var English = Style{
	Decimal: ".", Group: ",", Percent: "%",
	Seconds: "s", Minutes: "min", Hour: "h", Days: "d",
	Thousand: "k", Million: "M", Billion: "bn",
	DateLayout: "2" + NBSP + "Jan" + NBSP + "2006", DayLayout: "2" + NBSP + "Jan", TimeLayout: ", 15:04" + NBSP + "MST",
}

// German writes 1.234,5, 42,5 %, 29.11.2026, 3,24 Mio. €.
var German = Style{
	Decimal: ",", Group: ".", Percent: NBSP + "%",
	Seconds: "s", Minutes: "min", Hour: "h", Days: "Tage",
	Thousand: "Tsd.", Million: "Mio.", Billion: "Mrd.", MoneyAfter: true,
	DateLayout: "02.01.2006", DayLayout: "02.01.", TimeLayout: ", 15:04" + NBSP + "MST",
}
