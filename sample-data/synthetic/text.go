package synthetic

import (
	"strconv"
	"sync"
	"time"
)

// A scribe writes the values of rows. It is safe for concurrent use.
type scribe struct {
	*Log
	activity []string
	resource []string
	days     []string // from the beginning of the log on, "2023-01-01"
}

const day = 24 * hour

func (l *Log) scribe() *scribe {
	s := &scribe{Log: l, activity: l.activities(), resource: users()}
	for i := range int64(1000) {
		s.days = append(s.days, time.UnixMicro(begin+i*day).UTC().Format(time.DateOnly))
	}
	return s
}

// users are the names of the resources.
func users() []string {
	names := make([]string, resources)
	for i := range names {
		names[i] = "User_" + strconv.Itoa(1000 + i)[1:]
	}
	return names
}

// appendTime appends a time in UTC, to the millisecond.
func (s *scribe) appendTime(b []byte, us int64, between byte) []byte {
	if n := (us - begin) / day; n < int64(len(s.days)) {
		b = append(b, s.days[n]...)
	} else {
		b = time.UnixMicro(us).UTC().AppendFormat(b, time.DateOnly)
	}
	ms := (us - begin) % day / 1000
	b = append(b, between)
	b = append(appendTwo(b, ms/3_600_000), ':')
	b = append(appendTwo(b, ms/60_000%60), ':')
	b = append(appendTwo(b, ms/1000%60), '.')
	return append(b, byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
}

func appendTwo(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendID appends what is before a number, and it with at least seven digits.
func appendID(b []byte, prefix byte, number int64) []byte {
	b = append(b, prefix)
	for limit := int64(1_000_000); number < limit && limit > 1; limit /= 10 {
		b = append(b, '0')
	}
	return appendInt(b, number)
}

// appendCustomer appends a customer's number.
func appendCustomer(b []byte, customer int) []byte {
	return appendInt(append(b, 'C'), int64(10000+customer))
}

// texts are strings that are cut from one: a million small ones would be a
// million allocations.
type texts struct {
	bytes []byte
	ends  []int
}

// end ends a text whose bytes were appended.
func (t *texts) end() { t.ends = append(t.ends, len(t.bytes)) }

// strings appends all of them.
func (t *texts) strings(to []string) []string {
	all, from := string(t.bytes), 0
	for _, end := range t.ends {
		to = append(to, all[from:end])
		from = end
	}
	return to
}

// buffers keeps slices of bytes to be used again.
type buffers struct{ pool sync.Pool }

func (s *buffers) take() []byte {
	if b, ok := s.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

func (s *buffers) give(b []byte) { s.pool.Put(&b) }

// floatText is cents as the shortest float.
func floatText(cents int64) string { return strconv.FormatFloat(float64(cents)/100, 'g', -1, 64) }
