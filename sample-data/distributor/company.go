package distributor

import (
	"cmp"
	"fmt"
	"slices"
)

// A site is a warehouse and the offices beside it.
type site struct {
	code      string
	short     int // its digit in the numbers of documents
	zone      zone
	currency  string
	office    *calendar
	warehouse *calendar
	countries []string
	sales     []user
}

const (
	ham = iota
	vie
	lds
)

func newSites() []*site {
	make := func(code string, short int, z zone, currency string, h map[date]bool, countries ...string) *site {
		return &site{code: code, short: short, zone: z, currency: currency, countries: countries,
			office:    &calendar{zone: z, open: 8 * hour, close: 17 * hour, holidays: h},
			warehouse: &calendar{zone: z, open: 6 * hour, close: 22 * hour, holidays: h}}
	}
	return []*site{
		make("HAM1", 1, berlin, "EUR", german, "DE", "DE", "DE", "NL", "DK", "PL"),
		make("VIE1", 2, berlin, "EUR", austrian, "AT", "AT", "IT", "SI", "DE"),
		make("LDS1", 3, london, "GBP", british, "GB"),
	}
}

// A user acts in a system; its index is into users.
type user uint8

type userInfo struct {
	name, kind, department string
	unlisted               bool // missing in app_user
}

// The users that are no persons come first; sales, credit, billing, cash and
// logistics follow as numbered desks, for nobody here is a person.
const (
	nobody user = iota
	batchATP
	batchDelivery
	batchBilling
	batchDunning
	batchBank
	batchOutput
	creditCheck
	ifEDI
	ifShop
	ifCRM
	ifWMS
	robotCredit
	robotCash
	portal
	firstSales
)

const (
	salesDesks  = 24
	firstCredit = firstSales + salesDesks
	creditDesks = 6
	firstBill   = firstCredit + creditDesks
	billDesks   = 6
	firstCash   = firstBill + billDesks
	cashDesks   = 6
	firstLog    = firstCash + cashDesks
	logDesks    = 9
	firstClaim  = firstLog + logDesks
	claimDesks  = 5
	userCount   = firstClaim + claimDesks
)

func newUsers() []userInfo {
	u := []userInfo{{}, {"BATCH_ATP", "B", "IT", false}, {"BATCH_DLV", "B", "IT", false}, {"BATCH_BILL", "B", "IT", false},
		{"BATCH_DUN", "B", "IT", false}, {"BATCH_BANK", "B", "IT", false}, {"BATCH_OUT", "B", "IT", false}, {"CREDCHECK", "B", "CREDIT", false},
		{"IF_EDI", "C", "IT", false}, {"IF_SHOP", "C", "IT", false}, {"IF_CRM", "C", "IT", false}, {"IF_WMS", "C", "IT", false},
		{"RPA_CREDIT", "R", "CREDIT", false}, {"RPA_CASH", "R", "CASH", false}, {"PORTAL", "P", "SALES", false}}
	desk := func(name, department string, n int, unlisted ...int) {
		for i := range n {
			u = append(u, userInfo{fmt.Sprintf("%s%02d", name, i+1), "D", department, slices.Contains(unlisted, i+1)})
		}
	}
	desk("SALES", "SALES", salesDesks, 7, 23)
	desk("CREDIT", "CREDIT", creditDesks)
	desk("BILL", "BILLING", billDesks)
	desk("CASH", "CASH", cashDesks)
	desk("LOG", "LOGISTICS", logDesks)
	desk("CLAIM", "CLAIMS", claimDesks)
	return u
}

// Customer groups.
const (
	groupKey = iota
	groupTrade
	groupRetail
	groupPublic
	groupOnline
)

var groupNames = [...]string{"KEY", "TRADE", "RETAIL", "PUBLIC", "ONLINE"}

// Channels.
const (
	chEDI = iota
	chShop
	chCRM
	chPhone
	chMail
)

var channelNames = [...]string{"EDI", "SHOP", "CRM", "PHONE", "MAIL"}

// channelMix says, by customer group, which channel how often.
var channelMix = [...][]int{
	groupKey:    {84, 0, 6, 4, 6},
	groupTrade:  {22, 22, 8, 30, 18},
	groupRetail: {48, 28, 0, 14, 10},
	groupPublic: {8, 0, 52, 12, 28},
	groupOnline: {6, 86, 0, 2, 6},
}

// A customer, and how it behaves.
type customer struct {
	no        int64
	name      string
	country   string
	group     int
	currency  string
	terms     int
	limit     int64 // whole units
	created   date
	site      *site
	edi       bool
	carrier   int
	combine   bool // one delivery for several orders
	weekly    bool // a collective invoice on Fridays
	daily     bool // one invoice for a night's deliveries
	splitBill bool // one invoice for each half of the assortment
	discount  bool // takes 2 % when paying within ten days
	lateness  int  // days it pays after due
	payday    int  // weekday of its payment run, 7: any
	shortPays bool
	weight    int
	credit    []*receipt // money of it not applied
	open      []*entry   // entries as posted; swept now and then
}

// A material of the assortment.
type material struct {
	no    string
	name  string
	group int
	unit  string
	price int64 // EUR, 1/10000
}

var (
	materialGroups = [...]string{"ELECTRIC", "TOOLS", "FIXINGS", "HEATING", "SAFETY", "CHEMICALS"}
	materialWords  = [...]string{"cable", "drill", "anchor", "valve", "glove", "sealant", "switch", "saw", "screw", "pump", "helmet", "primer"}
	unitNames      = [...]string{"PC", "M", "KG", "BOX"}
	carrierNames   = [...]string{"NORDEX", "PARCELWAY", "ALPENFRACHT", "TRANSPENNINE", "RHEINKURIER"}
	cityNames      = [...]string{"Bremen", "Kiel", "Lueneburg", "Rostock", "Graz", "Linz", "Villach", "Bolzano", "Leeds", "York", "Hull", "Bradford", "Utrecht", "Aarhus", "Poznan", "Maribor"}
	tradeNames     = [...]string{"Building Supply", "Electric", "Installations", "Hardware", "Facilities", "Workshop", "Trading", "Energy"}
)

const materialCount = 480

func newMaterials(seed uint64) []material {
	all := make([]material, materialCount)
	for i := range all {
		d := rolled(seed, aMaterial, uint64(i))
		g := d.pick(28, 18, 22, 12, 12, 8)
		w := materialWords[g+6*d.below(2)]
		all[i] = material{no: fmt.Sprintf("%018d", 100000+i), name: fmt.Sprintf("%s %s %d", materialGroups[g][:1]+w, string(rune('A'+i%26)), i),
			group: g, unit: unitNames[d.pick(70, 10, 8, 12)], price: int64(d.around(9*second))/10 + 4000 + int64(d.below(100))*100}
		all[i].price = all[i].price * 40
	}
	return all
}

// newCustomers returns the customers of one organisation.
func (s *sim) newCustomers(n int) []*customer {
	all := make([]*customer, n)
	for i := range all {
		d := rolled(s.seed, aCustomer, uint64(s.org)<<32|uint64(i))
		st := s.sites[d.pick(46, 28, 26)]
		c := &customer{no: int64(s.org+1)*100000 + int64(i) + 1, site: st, currency: st.currency, group: d.pick(8, 38, 26, 10, 18)}
		c.country = st.countries[d.below(len(st.countries))]
		c.name = fmt.Sprintf("%s %s %d", cityNames[d.below(len(cityNames))], tradeNames[d.below(len(tradeNames))], c.no)
		c.created = firstDay - date(200+d.below(3000))
		c.terms = [...]int{14, 30, 30, 45, 60}[d.below(5)]
		if c.group == groupOnline {
			c.terms = 14
		}
		c.weight = [...]int{30, 6, 8, 5, 7}[c.group] * int(d.around(100*second)/second)
		c.edi = c.group == groupKey || c.group == groupRetail && d.chance(6000)
		c.carrier = [...][5]int{{0, 0, 0, 1, 4}, {2, 2, 4, 1, 2}, {3, 3, 3, 1, 3}}[st.short-1][d.below(5)]
		c.combine = d.chance(2500)
		c.weekly = c.group == groupKey && d.chance(4500) || c.group == groupTrade && d.chance(1200)
		c.daily = !c.weekly && d.chance(3000)
		c.splitBill = !c.weekly && d.chance(500)
		c.discount = !c.weekly && d.chance(1200)
		c.lateness = [...]int{-4, -2, 0, 0, 0, 1, 2, 4, 9, 24}[d.below(10)]
		if c.group == groupPublic {
			c.lateness += 5
		}
		c.payday = [...]int{7, 7, 1, 2, 4, 4, 4, 5}[d.below(8)]
		c.shortPays = d.chance(1500)
		c.limit = int64(d.around(60*second)/second) * 1000
		all[i] = c
	}
	slices.SortStableFunc(all, func(a, b *customer) int { return cmp.Compare(a.no, b.no) })
	return all
}

// dayWeights says how much is ordered on each day of the span: weekday, month, growth.
func dayWeights(s *site) []int {
	months := [...]int{0, 92, 96, 106, 102, 104, 100, 92, 86, 106, 112, 114, 90}
	weekdays := [...]int{6, 112, 104, 100, 98, 86, 10}
	var w []int
	for d := firstDay; d <= lastDay; d++ {
		_, m, _ := d.civil()
		n := months[m] * weekdays[d.weekday()] * (1000 + int(d-firstDay)/3)
		if s.office.holidays[d] {
			n /= 12
		}
		w = append(w, n)
	}
	return w
}
