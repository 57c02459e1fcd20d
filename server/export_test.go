package server

import "time"

// Impatient makes servers wait for silent clients no longer than this. It
// returns the way back.
func Impatient(wait time.Duration) (restore func()) {
	before := usualPatience
	usualPatience = patience{handshake: wait, request: wait, stream: wait}
	return func() { usualPatience = before }
}

// Crowd takes all room for reading, for writing or for streams, as calls that do
// not end would.
func (s *Server) Crowd(reads, writes, streams bool) {
	for c, crowded := range [classes]bool{reads, writes, streams} {
		s.open[c].Store(0)
		if crowded {
			s.open[c].Store(room[c])
		}
	}
}

// Open is how many calls are being answered.
func (s *Server) Open() (n int64) {
	for c := range s.open {
		n += s.open[c].Load()
	}
	return n
}
