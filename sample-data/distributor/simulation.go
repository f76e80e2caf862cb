package distributor

import (
	"context"
)

// OrganisationSize is how many orders one organisation of the company takes:
// a larger company has more organisations, each with its customers, halls and
// number ranges, and only one is in memory.
const OrganisationSize = 25000

// A simulation is one organisation for eighteen months: its calendar of what
// is to happen, and what has happened so far.
type simulation struct {
	seed   uint64
	org    int
	orders int // to arrive
	sites  []*site
	users  []userInfo
	goods  []material
	people []*customer
	chance []int // cumulated weights of people

	now   instant
	queue []event
	seq   uint32
	books *books

	numbers numbers
	due     map[runKey][]portion
	waves   map[runKey][]*delivery
	trucks  map[truckKey][]*delivery
	bills   map[instant][]*delivery
	pays    map[payKey][]*entry
	banks   map[bankKey]*statement
	made
}

// made is everything that happened, in the order of its making.
type made struct {
	order       []*order
	block       []*block
	change      []*change
	delivery    []*delivery
	movement    []*movement
	invoice     []*invoice
	output      []*output
	allocation  []*allocation
	wave        []*wave
	pick        []*pick
	pack        []*pack
	truck       []*truck
	tracking    []*tracking
	entry       []*entry
	bankLine    []*bankLine
	receipt     []*receipt
	application []*application
	dunning     []*dunning
	pledges     []*pledge
	dispute     []*dispute
	memo        []*memo
	message     []*message
	shop        []*shopOrder
	quote       []*quote
	call        []*call
	wait        []wait
}

// numbers are the last used ones of each range.
type numbers struct {
	order, delivery, invoice, block, change, movement, output, allocation, wave, pick, pack, truck, tracking int64
	entry, receipt, application, clearing, dunning, pledge, dispute, memo, message, shop, quote, call        int64
}

type runKey struct {
	site int
	at   instant
}

type truckKey struct {
	site, carrier int
	at            instant
}

type payKey struct {
	c  *customer
	at date
}

type bankKey struct {
	currency string
	day      date
}

// A wait is a stretch in which an order or document stood still, as decided.
type wait struct {
	o        *order
	object   string
	number   string
	kind     string
	from, to instant
	extra    instant // the part that the cause adds
	cause    int     // 0: ordinary queueing
}

// sim is what the files of the simulation call it.
type sim = simulation

func newSimulation(seed uint64, org, orders int, b *books, goods []material) *sim {
	s := &sim{seed: seed, org: org, orders: orders, sites: newSites(), users: newUsers(), goods: goods, books: b,
		due: map[runKey][]portion{}, waves: map[runKey][]*delivery{}, trucks: map[truckKey][]*delivery{},
		bills: map[instant][]*delivery{}, pays: map[payKey][]*entry{}, banks: map[bankKey]*statement{}}
	for i, st := range s.sites {
		for k := range salesDesks {
			if k%3 == i {
				st.sales = append(st.sales, firstSales+user(k))
			}
		}
	}
	n := int64(org)
	s.numbers = numbers{order: 10_000_000 + n*40_000, delivery: 80_000_000 + n*60_000, invoice: 90_000_000 + n*60_000,
		block: n * 30_000, change: 4_000_000 + n*100_000, movement: 49_000_000 + n*80_000, output: n * 200_000, allocation: n * 300_000,
		wave: n * 20_000, pick: n * 300_000, pack: n * 200_000, truck: n * 20_000, tracking: n * 500_000, entry: n * 100_000,
		receipt: n * 60_000, application: n * 150_000, clearing: n * 150_000, dunning: n * 60_000, pledge: n * 60_000, dispute: n * 10_000, memo: n * 20_000,
		message: n * 300_000, shop: n * 40_000, quote: n * 40_000, call: n * 40_000}
	s.people = s.newCustomers(max(24, orders/42))
	sum := 0
	for _, c := range s.people {
		sum += c.weight
		s.chance = append(s.chance, sum)
	}
	return s
}

// An event is what is to be done at an instant; equal ones in the order of their asking.
type event struct {
	at  instant
	seq uint32
	do  func()
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// at asks that do be done at t, or now if t is past. After the end of the data nothing is.
func (s *sim) at(t instant, do func()) {
	if t = max(t, s.now); t >= cut {
		return
	}
	s.seq++
	q := append(s.queue, event{t, s.seq, do})
	for i := len(q) - 1; i > 0; {
		p := (i - 1) / 2
		if !q[i].before(q[p]) {
			break
		}
		q[i], q[p] = q[p], q[i]
		i = p
	}
	s.queue = q
}

// step does the earliest event.
func (s *sim) step() {
	q := s.queue
	e, n := q[0], len(q)-1
	q[0] = q[n]
	q[n] = event{}
	q = q[:n]
	for i := 0; ; {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && q[c+1].before(q[c]) {
			c++
		}
		if !q[c].before(q[i]) {
			break
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
	s.queue = q
	s.now = e.at
	e.do()
}

// run lets the eighteen months pass.
func (s *sim) run(ctx context.Context, progress func(orders int64)) error {
	weights := dayWeights(s.sites[ham])
	total, sum := 0, 0
	for _, w := range weights {
		total += w
	}
	first := 0
	for i, w := range weights {
		sum += w
		to := int(int64(s.orders) * int64(sum) / int64(total))
		day, from := firstDay+date(i), first
		s.at(instant(day)*fullDay, func() {
			for n := from; n < to; n++ {
				s.arrive(day, n)
			}
		})
		first = to
	}
	for d := firstDay + 16; d <= lastDay; d += 7 { // Wednesdays
		s.at(utc.at(d, 5*hour), func() { s.dun(d) })
	}
	for n := 0; len(s.queue) > 0; n++ {
		s.step()
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(int64(len(s.order)))
			}
		}
	}
	return nil
}

// acted notes a decision of a user on orders; machines' are no touches.
func (s *sim) acted(by user, orders ...*order) {
	u := &s.users[by]
	if u.kind != "D" {
		return
	}
	for _, o := range orders {
		o.acts = append(o.acts, act{s.now, u.unlisted})
	}
}

func (s *sim) waited(w wait) {
	if w.to > w.from {
		s.wait = append(s.wait, w)
	}
}

// desk returns one of n numbered users.
func desk(d *dice, first user, n int) user { return first + user(d.below(n)) }

// money returns the cents of a quantity at a price, rounded half away from zero.
func money(quantity, price int64) int64 {
	p := quantity * price
	if p < 0 {
		return -((-p + 50_000) / 100_000)
	}
	return (p + 50_000) / 100_000
}

// percent returns so many hundredths of a percent of an amount, rounded.
func percent(amount, n int64) int64 {
	if amount < 0 {
		return -percent(-amount, n)
	}
	return (amount*n + 5000) / 10000
}
