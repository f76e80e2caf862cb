package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a line of the ledger says.
const (
	due     = "due"     // Alerts have to be sent
	try     = "try"     // they are being sent: a receiver may have them from here on
	sent    = "sent"    // the receiver has them
	failed  = "failed"  // it does not, or did not say so
	dropped = "dropped" // resolved before anybody was told
)

// A line is one of the ledger.
type line struct {
	At      time.Time `json:"at"` // of the run
	Channel string    `json:"channel"`
	What    string    `json:"what"`
	Alerts  []Alert   `json:"alerts,omitempty"` // of due
	IDs     []string  `json:"ids,omitempty"`    // fingerprints, of the others
	Error   string    `json:"error,omitempty"`  // of failed; never a secret
}

// An item is what the ledger knows of an alert on a channel.
type item struct {
	pending *Alert
	tried   bool // pending may have arrived
	last    *Alert
	lastAt  time.Time // of last, which was sent
}

type itemKey struct{ channel, id string }

// A ledger is open, and nobody else's.
type ledger struct {
	mu    sync.Mutex
	file  *os.File
	items map[itemKey]*item
	bad   int // lines that were not understood
}

// openLedger reads a ledger, or begins one. What a killed run left of its last
// line is cut off.
func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l := &ledger{file: f}
	err = lock(f)
	if errors.Is(err, errLocked) {
		err = fmt.Errorf("%s: another run is sending alerts; wait for it", path)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(f)
	}
	if err == nil {
		if whole := bytes.LastIndexByte(text, '\n') + 1; whole < len(text) {
			text = text[:whole]
			err = f.Truncate(int64(whole))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l.items, l.bad = fold(text)
	return l, nil
}

// fold reads lines. One that is not understood is left out and counted: an
// alert that comes twice is better than none.
func fold(text []byte) (items map[itemKey]*item, bad int) {
	items = map[itemKey]*item{}
	for row := range bytes.Lines(text) {
		var n line
		dec := json.NewDecoder(bytes.NewReader(row))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&n); err != nil || !n.apply(items) {
			bad++
		}
	}
	return items, bad
}

func (n *line) apply(items map[itemKey]*item) bool {
	if !slices.Contains([]string{due, try, sent, failed, dropped}, n.What) {
		return false
	}
	at := func(id string) *item {
		k := itemKey{n.Channel, id}
		if items[k] == nil {
			items[k] = &item{}
		}
		return items[k]
	}
	for _, a := range n.Alerts {
		if n.What != due || a.check() != nil {
			return false
		}
	}
	for _, a := range n.Alerts {
		i := at(a.Fingerprint())
		if i.pending != nil && i.tried { // the one before may have arrived
			i.last, i.lastAt = i.pending, n.At
		}
		i.pending, i.tried = &a, false
	}
	for _, id := range n.IDs {
		i := at(id)
		switch n.What {
		case try:
			i.tried = true
		case sent:
			if i.pending != nil {
				i.last, i.lastAt = i.pending, n.At
			}
			i.pending, i.tried = nil, false
		case dropped:
			i.pending, i.tried = nil, false
		}
	}
	return true
}

// add writes a line and syncs it.
func (l *ledger) add(n line) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	n.apply(l.items)
	return nil
}

// want notes what of the alerts is due on a channel.
func (l *ledger) want(channel string, alerts []Alert, now time.Time, coolDown time.Duration) error {
	var news []Alert
	var gone []string
	for _, a := range alerts {
		i := l.items[itemKey{channel, a.Fingerprint()}]
		if i == nil {
			i = &item{}
		}
		known := i.last != nil && i.last.State == Firing || i.pending != nil && i.pending.State == Firing && i.tried
		switch {
		case a.State == Firing && i.pending != nil && i.pending.State == Firing: // is to be sent already
		case a.State == Firing && i.pending != nil, // its end was, and it began again
			a.State == Firing && (i.last == nil || i.last.State == Resolved || !i.last.Started.Equal(a.Started) || now.Sub(i.lastAt) >= coolDown):
			news = append(news, a)
		case a.State == Resolved && i.pending != nil && i.pending.State == Firing && !known:
			gone = append(gone, a.Fingerprint())
		case a.State == Resolved && known && (i.pending == nil || i.pending.State == Firing):
			news = append(news, a)
		}
	}
	if len(news) > 0 {
		if err := l.add(line{At: now, Channel: channel, What: due, Alerts: news}); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return l.add(line{At: now, Channel: channel, What: dropped, IDs: gone})
	}
	return nil
}

// pending lists what is to be sent on a channel, by rule and key.
func (l *ledger) pending(channel string) [][]Alert {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Alert
	for k, i := range l.items {
		if k.channel == channel && i.pending != nil {
			all = append(all, *i.pending)
		}
	}
	slices.SortFunc(all, func(a, b Alert) int {
		return strings.Compare(a.Rule+"\x00"+a.Key+"\x00"+a.Fingerprint(), b.Rule+"\x00"+b.Key+"\x00"+b.Fingerprint())
	})
	var groups [][]Alert
	for i, a := range all {
		if i == 0 || all[i-1].Rule != a.Rule {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], a)
	}
	return groups
}

func ids(group []Alert) []string {
	var list []string
	for _, a := range group {
		list = append(list, a.Fingerprint())
	}
	return list
}
