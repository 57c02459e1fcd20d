package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Head is where a chain stood at some moment: written outside the database, it
// shows later whether the end of the chain was cut off.
type Head struct {
	Chain  string    `json:"chain"`
	Number int64     `json:"number"`
	MAC    []byte    `json:"mac"`
	At     time.Time `json:"at"` // of the newest event
}

// KeyOf is the key of the chains of a month such as "2026-11". It must go on
// giving the same key for a month for as long as the log of it is kept.
type KeyOf func(month string) []byte

// OneKey is the same key for every month.
func OneKey(key []byte) KeyOf { return func(string) []byte { return key } }

const monthLayout = "2006-01"

func monthOf(at time.Time) string { return at.UTC().Format(monthLayout) }

// monthOfChain is the month that a chain's name begins with.
func monthOfChain(name string) string { return name[:min(len(name), len(monthLayout))] }

// chain is the end of a chain, to which the next block is added.
type chain struct {
	name   string
	number int64
	mac    []byte
	lastAt time.Time
}

// newChain begins a chain under a name that no other process and no earlier
// chain of this one has.
func newChain(at time.Time) chain {
	return chain{name: monthOf(at) + " " + strings.ToLower(rand.Text()[:12])}
}

// takes says whether a block that begins at this time may follow: in a chain
// times rise, and a month is a chain of its own.
func (c chain) takes(at time.Time) bool {
	return c.name != "" && monthOfChain(c.name) == monthOf(at) && !at.Before(c.lastAt)
}

// block makes the next block of a chain, and the chain as it is with it.
func (c chain) block(key []byte, entries []*Entry) (store.AccessBlock, chain) {
	size := 0
	for _, e := range entries {
		size += len(e.line) + len(beforeTime) + len(time.RFC3339Nano)
	}
	body := make([]byte, 0, size)
	for _, e := range entries {
		body = appendLine(body, e.at, e.line)
	}
	block := store.AccessBlock{
		Chain: c.name, Number: c.number + 1, FirstAt: entries[0].at, LastAt: entries[len(entries)-1].at,
		Events: int64(len(entries)), Body: body,
	}
	block.MAC = blockMAC(key, c.mac, &block)
	return block, chain{name: c.name, number: block.Number, mac: block.MAC, lastAt: block.LastAt}
}

// blockMAC covers everything of a block and, by the MAC of the one before, all
// that came before it. Each part is framed by its length, so that no two blocks
// read alike.
func blockMAC(key, before []byte, block *store.AccessBlock) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte("painscore access 1"), []byte(block.Chain), before, block.Body} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	for _, n := range []int64{block.Number, block.FirstAt.UnixMicro(), block.LastAt.UnixMicro(), block.Events} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
	return h.Sum(nil)
}
