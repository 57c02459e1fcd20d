package clinic

import (
	"container/list"
	"sync"
	"time"

	"github.com/painscore/painscore/server/store"
)

// DefaultTrendMemory is how many bytes of finished trends are kept, unless
// Settings say otherwise: some 600 of nine instruments at three occasions.
const DefaultTrendMemory = 8 << 20

// Of a reply that nobody asks for again nothing stays in memory longer than
// replyTime. replyOverhead is what one takes besides its bytes, roughly.
const (
	replyTime     = 10 * time.Minute
	replyOverhead = 1 << 10
)

// replies keeps what was made of trends, since a patient's team reads one trend
// again and again, and most of a call is making it anew. None is ever out of
// date: a reply belongs to the standing that it was made at, and is given only
// to a caller for whom the store has just read an equal one. So it does not
// matter how many processes write.
//
// It holds health data, so it is small, forgets what nobody asks for, and
// forgets everything when a patient is erased here. Where another process
// erased one, replyTime is how long the bytes can stay, unread.
type replies struct {
	mu     sync.Mutex
	limit  int // of size
	size   int // bytes held
	byName map[replyName]*list.Element
	used   list.List // of *reply, the one asked for last in front
	erased int       // counts forgetAll
	sweep  *time.Timer
}

// replyName says of which episode a reply is, and of which of the forms that a
// way in makes (a language, for instance).
type replyName struct{ careUnit, episodeID, form string }

type reply struct {
	replyName
	at     store.Standing
	bytes  []byte
	usedAt time.Time
}

func (r *reply) size() int { return len(r.bytes) + replyOverhead }

// newReplies makes an empty one for so many bytes; 0 stands for
// DefaultTrendMemory, and with less nothing is kept.
func newReplies(limit int) *replies {
	if limit == 0 {
		limit = DefaultTrendMemory
	}
	return &replies{limit: limit, byName: map[replyName]*list.Element{}}
}

// find returns the reply made at this standing. Without one, put takes the
// ticket: what was begun before an erasure must not be kept after it.
func (k *replies) find(name replyName, at *store.Standing) (bytes []byte, found bool, ticket int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	element, kept := k.byName[name]
	if !kept || element.Value.(*reply).at != *at {
		return nil, false, k.erased
	}
	k.used.MoveToFront(element)
	r := element.Value.(*reply)
	r.usedAt = time.Now()
	return r.bytes, true, k.erased
}

// put keeps a reply, in place of an earlier one of its name. bytes must not be
// changed any more.
func (k *replies) put(name replyName, at store.Standing, bytes []byte, ticket int) {
	r := &reply{replyName: name, at: at, bytes: bytes, usedAt: time.Now()}
	k.mu.Lock()
	defer k.mu.Unlock()
	if ticket != k.erased || r.size() > k.limit {
		return
	}
	if element, kept := k.byName[name]; kept {
		k.drop(element)
	}
	k.byName[name] = k.used.PushFront(r)
	k.size += r.size()
	for k.size > k.limit {
		k.drop(k.used.Back())
	}
	if k.sweep == nil {
		k.sweep = time.AfterFunc(replyTime, k.forgetUnused)
	}
}

func (k *replies) drop(element *list.Element) {
	r := k.used.Remove(element).(*reply)
	delete(k.byName, r.replyName)
	k.size -= r.size()
}

// forgetAll is called when a patient is erased.
func (k *replies) forgetAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.erased++
	for k.used.Len() > 0 {
		k.drop(k.used.Back())
	}
}

// forgetUnused drops what nobody has asked for in a while. Its timer runs only
// while something is kept.
func (k *replies) forgetUnused() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sweep = nil
	for oldest := k.used.Back(); oldest != nil; oldest = k.used.Back() {
		left := replyTime - time.Since(oldest.Value.(*reply).usedAt)
		if left > 0 {
			k.sweep = time.AfterFunc(left, k.forgetUnused)
			return
		}
		k.drop(oldest)
	}
}
