package server

import (
	"context"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestRefusalsBeyondSomeAreHeldAsLongAsTheirCallerWaits(t *testing.T) {
	s := silent()
	s.refusals = rate.NewLimiter(1, 1)
	began := time.Now()
	s.hold(t.Context())
	if took := time.Since(began); took > refusalTime/2 {
		t.Errorf("the first is held for %v", took)
	}
	began = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if s.hold(ctx); time.Since(began) < 25*time.Millisecond || time.Since(began) > refusalTime {
		t.Errorf("the second is held for %v, its caller waits 30 ms", time.Since(began))
	}
}
