package review

import (
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/pace"
)

// maxPages is how many pages are made at a time. Only readers who are signed in
// take room: whoever is not could keep all of it by sending requests slowly.
const maxPages = 128

// crowd counts the pages that are being made.
type crowd struct{ open atomic.Int64 }

func (c *crowd) enter() (ok bool) {
	if c.open.Add(1) > maxPages {
		c.leave()
		return false
	}
	return true
}

func (c *crowd) leave() { c.open.Add(-1) }

// reader is whom a signed-in visitor is counted as. The address does not matter:
// behind a proxy everybody has the same one, and somebody who changes it is still
// the same person.
func reader(v signin.Visitor) pace.Caller { return pace.Caller{System: "pages", User: v.User} }

// paced makes a page for a visitor, unless that one asks too often or too many
// are being made for everybody.
func (s *site) paced(w http.ResponseWriter, r *http.Request, v signin.Visitor, make http.HandlerFunc) {
	if wait := s.options.Pace.Take(reader(v)); wait > 0 {
		s.later(w, r, http.StatusTooManyRequests, wait)
		return
	}
	if !s.crowd.enter() {
		s.later(w, r, http.StatusServiceUnavailable, time.Second)
		return
	}
	defer s.crowd.leave()
	make(w, r)
}

// later refuses a page that can be had after a while.
func (s *site) later(w http.ResponseWriter, r *http.Request, status int, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	s.fail(w, r, status, nil)
}
