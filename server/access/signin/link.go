package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"path/filepath"
	"sync"
	"time"
)

// LinkTime is how long a link to sign in to the pages of local mode holds.
const LinkTime = 10 * time.Minute

// A link's code is the time when it was made, 16 random bytes, and a MAC that
// whoever can read the local token file can compute. So "painscored link" makes
// one without asking the server, and the server remembers only the used ones.
const (
	codeTime   = 8
	codeRandom = 16
	codeMAC    = 16
)

// PagesLink is an address that signs one browser in to the pages at addr
// ("host:port"), once, within LinkTime.
func (t *LocalToken) PagesLink(addr string, now time.Time) string {
	code := make([]byte, codeTime+codeRandom, codeTime+codeRandom+codeMAC)
	binary.BigEndian.PutUint64(code, uint64(now.UnixMicro()))
	rand.Read(code[codeTime:]) // never fails: the program ends instead
	return "http://" + addr + "/sign-in?code=" + base64.RawURLEncoding.EncodeToString(append(code, t.linkMAC(code)...))
}

// LocalPagesLink is PagesLink by the token file of a data folder; unlike the
// server it makes none.
func LocalPagesLink(folder, addr string, now time.Time) (string, error) {
	token, err := loadLocalToken(filepath.Join(folder, LocalTokenFile))
	if err != nil {
		return "", err
	}
	return token.PagesLink(addr, now), nil
}

func (t *LocalToken) linkMAC(code []byte) []byte {
	mac := hmac.New(sha256.New, t.linkKey[:])
	mac.Write(code)
	return mac.Sum(nil)[:codeMAC]
}

// links takes each code once.
type links struct {
	token *LocalToken
	// since: an older code may have been used with the process before this one.
	since time.Time

	mu   sync.Mutex
	used map[[codeRandom]byte]time.Time
}

func newLinks(token *LocalToken, now time.Time) *links {
	return &links{token: token, since: now.Truncate(time.Microsecond), used: map[[codeRandom]byte]time.Time{}}
}

// take uses a code up, or says why it does not hold.
func (l *links) take(code string, now time.Time) *Refusal {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if err != nil || len(raw) != codeTime+codeRandom+codeMAC {
		return unauthenticated(LinkWrong)
	}
	signed, mac := raw[:codeTime+codeRandom], raw[codeTime+codeRandom:]
	if !hmac.Equal(mac, l.token.linkMAC(signed)) {
		return unauthenticated(LinkWrong)
	}
	made := time.UnixMicro(int64(binary.BigEndian.Uint64(signed)))
	if made.Before(l.since) || now.Sub(made) > LinkTime || made.Sub(now) > LinkTime {
		return unauthenticated(LinkOld)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for each, at := range l.used {
		if now.Sub(at) > LinkTime {
			delete(l.used, each)
		}
	}
	id := [codeRandom]byte(signed[codeTime:])
	if _, used := l.used[id]; used {
		return unauthenticated(LinkUsed)
	}
	l.used[id] = made
	return nil
}
