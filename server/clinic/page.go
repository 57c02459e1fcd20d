package clinic

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

// Page asks for a part of a list.
type Page struct {
	Size  int    // records; 0 means DefaultPageSize, more than MaxPageSize is cut to it
	Token string // from the reply before; empty for the first
}

func (p Page) limit() int {
	switch {
	case p.Size <= 0:
		return DefaultPageSize
	case p.Size > MaxPageSize:
		return MaxPageSize
	}
	return p.Size
}

// A page token is a digest of the list's filters and the key after which the
// next page begins. The digest refuses a token that is used with other
// filters; the key is an id that the caller has just been shown.
const tokenDigest = 8

func pageToken(filters, after string) string {
	digest := sha256.Sum256([]byte(filters))
	return base64.RawURLEncoding.EncodeToString(append(digest[:tokenDigest], after...))
}

// after reads a page token back, or adds a problem.
func (p Page) after(check *checker, filters string) string {
	if p.Size < 0 {
		check.add("page_size", OutOfRange, "0 or more")
	}
	if p.Token == "" {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Token)
	digest := sha256.Sum256([]byte(filters))
	if err != nil || len(raw) < tokenDigest || !bytes.Equal(raw[:tokenDigest], digest[:tokenDigest]) {
		check.add("page_token", BadPageToken, "not a token of this list with these filters; begin again without one")
		return ""
	}
	return string(raw[tokenDigest:])
}
