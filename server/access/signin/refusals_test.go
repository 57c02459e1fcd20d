package signin

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAFloodOfRefusalsIsCountedAndFillsFewLines: the first is told at once, the
// rest once in logEvery, none is forgotten.
func TestAFloodOfRefusalsIsCountedAndFillsFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		r := newRefusals(log.logger())
		r.add(NoCredential, netip.MustParseAddr("192.0.2.1"))
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Fatalf("the first refusal gives %d lines, want 1", n)
		}
		var flood sync.WaitGroup
		for range 10 {
			flood.Go(func() {
				for range 1000 {
					r.add(TokenExpired, netip.MustParseAddr("192.0.2.2"))
				}
			})
		}
		flood.Wait()
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%d lines at once for a flood, want the first one only", n)
		}
		time.Sleep(logEvery)
		synctest.Wait()
		told := log.String()
		if n := strings.Count(told, "\n"); n != 2 || !strings.Contains(told, "calls=10000") || !strings.Contains(told, "192.0.2.2") {
			t.Errorf("after %v:\n%s", logEvery, told)
		}
		time.Sleep(10 * logEvery)
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines where nothing happens, want none more", n)
		}
		r.add(NoCredential, netip.Addr{})
		if n := strings.Count(log.String(), "\n"); n != 3 {
			t.Errorf("after a pause a refusal is not told at once")
		}
		counted := (&Authenticator{refusals: r}).Refusals()
		if counted[TokenExpired] != 10000 || counted[NoCredential] != 2 || len(counted) != 2 {
			t.Errorf("counted %v", counted)
		}
		time.Sleep(logEvery)
	})
}

func TestRefusalsOfEveryKindAreCounted(t *testing.T) {
	a := newTokenTest(t, nil)
	a.with(t, "garbage", Assertions{})
	a.with(t, a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil), Assertions{Purpose: []string{"x"}})
	a.issuer.down.Store(true)
	a.with(t, a.issuer.sign(t, rsaKey(), "key-2", "RS256", nil), Assertions{})
	got := a.Refusals()
	for _, why := range []Why{TokenMalformed, PurposeUnknown, IssuerUnreachable} {
		if got[why] != 1 {
			t.Errorf("%q is counted %d times", why, got[why])
		}
	}
}
