package distributor

// Planted causes; 0 is none.
const (
	noCause = iota
	creditMonday
	creditAbsence
	toolShortage
	waveLeeds
	winterCarrier
	priceCheck
	handCash
	causeCount
)

type causeInfo struct {
	name, doc, where, effect string
	from, to                 date
}

var policyDay = dateOf(2025, 4, 1)

var causes = [causeCount]causeInfo{
	creditMonday: {"credit-vie1-monday", "VIE1 has one reviewer on Mondays: what is blocked on a Monday is reviewed six to twelve working hours later",
		"site VIE1, blocks set on a Monday", "6 to 12 working hours more", firstDay, lastDay},
	creditAbsence: {"credit-ham1-absence", "two of three reviewers at HAM1 were away: reviews took another 8 to 20 working hours",
		"site HAM1, blocks set in the span", "8 to 20 working hours more", dateOf(2024, 11, 4), dateOf(2024, 12, 6)},
	toolShortage: {"stock-tools-q1", "a supplier of tools failed: 60 in 100 lines were promised 8 to 25 days later",
		"material group TOOLS, lines ordered in the span", "8 to 25 days more for 60 in 100 lines", dateOf(2025, 1, 20), dateOf(2025, 4, 15)},
	waveLeeds: {"wave-lds1-afternoon", "LDS1 has no wave after 14:00: what misses the one at 13:00 is picked the next morning",
		"site LDS1, deliveries whose wave would go at 15:00 or later", "until 09:00 of the next working day", dateOf(2025, 2, 3), lastDay},
	winterCarrier: {"carrier-nordex-winter", "carrier NORDEX loses two working days in winter for 70 in 100 deliveries",
		"carrier NORDEX, departures in the span", "2 working days more for 70 in 100 deliveries", dateOf(2024, 12, 2), dateOf(2025, 2, 21)},
	priceCheck: {"billing-public-pricecheck", "prices of customer group PUBLIC are checked by hand before the billing run takes the order",
		"customer group PUBLIC", "3 to 8 working days more", firstDay, lastDay},
	handCash: {"cash-nl-by-hand", "payments from NL come without references and are applied by hand, once a week at best",
		"customers of country NL", "4 to 9 working days more", firstDay, lastDay},
}

// during reports whether the cause is at work on d.
func (c *causeInfo) during(d date) bool { return d >= c.from && d <= c.to }
