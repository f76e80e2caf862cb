package distributor

// The objects below are what the simulation decides on. Amounts are cents,
// quantities thousandths, prices ten-thousandths; what the customer owes is positive.

const (
	kindOrder = iota
	kindReturn
	kindFree
)

type order struct {
	no          int64
	kind        int
	c           *customer
	channel     int
	po          string
	createdAt   instant
	createdBy   user
	confirmedAt instant
	confirmedBy user
	releasedAt  instant
	releasedBy  user
	cancelledAt instant
	cancelledBy user
	reference   *order
	requested   date
	terms       int
	lines       []*line
	receivedAt  instant
	credit      *block
	holds       int // blocks that stand and keep it from release
	acts        []act
	invoices    []*invoice
	deliveries  []*delivery
	d           dice
	key         uint64
	urgent      bool
	priceCheck  *block
	duplicateOf *order
	held        bool // a delivery block was set once
}

// An act is a decision of a person on an order.
type act struct {
	at      instant
	unknown bool // by a user nobody listed
}

type line struct {
	o          *order
	no         int
	m          *material
	quantity   int64
	price      int64
	createdAt  instant
	rejected   string
	byCustomer bool
	rejectedAt instant
	requested  date
	promises   []promise
	reference  *line
	items      []*deliveryItem
	shipped    int64
	billed     int64
	billedNet  int64
	returned   int64
	credited   int64
	short      int64
	fullAt     instant
	firstShip  instant
	firstBill  instant
	inDelivery bool
	revisions  []revision
}

// A revision is what the customer was to get, from an instant on.
type revision struct {
	at        instant
	quantity  int64
	price     int64
	requested date
}

// A promise is a schedule line.
type promise struct {
	requested, first, confirmed date
	quantity, confirmedQuantity int64
}

type block struct {
	no         int64
	o          *order
	l          *line
	kind       string
	reason     string
	atCreation bool
	setAt      instant
	setBy      user
	releasedAt instant
	releasedBy user
}

type change struct {
	no       int64
	position int
	object   string // ORDER, DELIVERY, INVOICE
	objectNo int64
	item     int
	field    string
	old, new string
	at       instant
	by       user
}

type delivery struct {
	no          int64
	returns     bool
	site        *site
	c           *customer
	carrier     int
	createdAt   instant
	createdBy   user
	cancelledAt instant
	cancelledBy user
	first, plan date
	items       []*deliveryItem
	orders      []*order
	allocatedAt instant
	waveAt      instant
	waveCause   int
	waveExtra   instant
	packedAt    instant
	issuedAt    instant // the goods issue, or return receipt, that stands
	issueDay    date
	issue       *movement
	truck       *truck
	deliveredAt instant
	d           dice
	key         uint64
	backorder   bool
}

type deliveryItem struct {
	dl       *delivery
	no       int
	l        *line
	quantity int64
	batch    string
	alloc    *allocation
	returns  *deliveryItem
	billed   bool
	invoiced []*invoiceItem
}

type allocation struct {
	no       int64
	item     *deliveryItem
	batch    string
	location string
	quantity int64
	at       instant
	by       string
	givenUp  instant
	givenBy  string
}

type wave struct {
	no         int64
	site       *site
	at, closed instant
	by         string
	deliveries []*delivery
}

type pick struct {
	no             int64
	wave           *wave
	item           *deliveryItem
	location       string
	by             string
	target, picked int64
	reason         string
	from, to       instant
}

type pack struct {
	no   int64
	dl   *delivery
	by   string
	kilo int64 // grams
	at   instant
}

type truck struct {
	no          int64
	site        *site
	carrier     int
	consignment string
	at, planned instant
	deliveries  []*delivery
}

type movement struct {
	no       int64
	dl       *delivery
	kind     int // 601, 602, 651
	at       instant
	posting  date
	by       user
	reverses *movement
	items    []movedItem
}

type movedItem struct {
	item     *deliveryItem
	quantity int64
}

type tracking struct {
	no       int64
	dl       *delivery
	status   string
	place    string
	at       instant
	received instant
}

type invoice struct {
	no        int64
	kind      string // INV, CAN, REB
	c         *customer
	createdAt instant
	createdBy user
	postedAt  instant
	postedBy  user
	day       date
	terms     int
	items     []*invoiceItem
	net, tax  int64
	cancels   *invoice
	reference *invoice
	cancelled *invoice
	credited  bool
	rebilled  bool
	disputes  int
	orders    []*order
	entries   []*entry
	held      bool // disputed, or about to be cancelled: nobody pays it
	d         dice
	key       uint64
}

func (i *invoice) gross() int64 { return i.net + i.tax }

type invoiceItem struct {
	inv      *invoice
	no       int
	l        *line
	item     *deliveryItem
	quantity int64
	price    int64
	net      int64
}

type output struct {
	no        int64
	object    string
	objectNo  int64
	medium    string
	status    string
	by        user
	at        instant
	processed instant
}

type entry struct {
	no        int64
	kind      string
	inv       *invoice
	memo      *memo
	c         *customer
	residual  *entry
	reason    string
	amount    int64
	posting   date
	due       date
	createdAt instant
	cash      int64
	other     int64
	clearedAt instant
	touched   instant
	dunned    int
	planned   bool // a payment run is to take it
	payOn     date // the last one that was to
	paying    bool // the money is on its way
	held      bool
}

func (e *entry) open() int64 { return e.amount - e.cash - e.other }

type bankLine struct {
	statement *statement
	no        int
	c         *customer
	amount    int64
	value     date
	imported  instant
	text      string
}

type statement struct {
	name  string
	lines int
}

type receipt struct {
	no        int64
	line      *bankLine
	createdAt instant
	applied   int64
	lastApply instant
	intended  []payment
}

type payment struct {
	e                     *entry
	cash, discount, short int64
	shortReason           string
	later                 bool // the rest follows
	disputed              bool
}

type application struct {
	no         int64
	kind       string
	e          *entry
	r          *receipt
	offset     *entry
	clearing   int64
	by         user
	amount     int64
	at         instant
	reversedAt instant
	reversedBy user
}

type dunning struct {
	no      int64
	e       *entry
	level   int
	day     date
	pledged bool // the customer answered by when it will pay
}

// A pledge is a promise to pay: what a customer said when it was reminded.
type pledge struct {
	no     int64
	e      *entry
	amount int64
	on     date
	due    date
}

type dispute struct {
	no       int64
	inv      *invoice
	entry    *entry
	reason   string
	amount   int64
	credited int64
	outcome  string
	owner    string
	openedAt instant
	openedBy user
	decided  instant
	decider  user
	closedAt instant
	closer   user
}

type memo struct {
	no        int64
	inv       *invoice
	dispute   *dispute
	returns   *order
	c         *customer
	reason    string
	createdAt instant
	by        user
	postedAt  instant
	day       date
	net, tax  int64 // negative
	items     []memoItem
	entry     *entry
}

type memoItem struct {
	l        *line // of the order it credits, or of the return
	item     *invoiceItem
	quantity int64
	net      int64
}

type message struct {
	no       int64
	in       bool
	kind     string
	channel  string
	partner  string
	key      string
	hash     uint64
	about    int64  // number of the document, 0: not known
	order    *order // that an inbound message is about, known or not
	closed   bool
	owner    string
	occurred instant
	received instant
	acked    instant
	attempts []attempt
}

type attempt struct {
	from, to instant
	code     string // empty: OK
	by       user   // nobody: SYSTEM
}

type shopOrder struct {
	no     int64
	c      *customer
	po     string
	method string
	o      *order
	at     instant
	lost   bool
	small  bool // the number written back in small letters
}

type quote struct {
	no                      int64
	c                       *customer
	po, status              string
	owner                   user
	o                       *order
	net                     int64
	created, sent, accepted instant
}

type call struct {
	no     int64
	medium string
	c      *customer
	po     string
	by     user
	o      *order
	at     instant
}
