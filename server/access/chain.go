package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
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

// chain is the end of a chain, to which the next block is added.
type chain struct {
	name   string
	number int64
	mac    []byte
}

// block makes the next block of a chain, and the chain as it is with it.
func (c chain) block(key []byte, name string, events []Event) (store.AccessBlock, chain, error) {
	if c.name != name {
		c = chain{name: name}
	}
	body, err := appendEvents(nil, events)
	if err != nil {
		return store.AccessBlock{}, c, err
	}
	block := store.AccessBlock{
		Chain: name, Number: c.number + 1, FirstAt: events[0].At, LastAt: events[len(events)-1].At,
		Events: int64(len(events)), Body: body,
	}
	block.MAC = blockMAC(key, c.mac, &block)
	return block, chain{name: name, number: block.Number, mac: block.MAC}, nil
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
