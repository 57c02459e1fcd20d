package signin

import "strings"

// maxToken is the longest bearer token, in bytes. Tokens with many claims have
// two or three thousand.
const maxToken = 16 << 10

// bearerToken reads the one authorization header: "Bearer", in any case, a
// space, and the token (RFC 6750, section 2.1).
func bearerToken(values []string) (string, *Refusal) {
	if len(values) != 1 {
		return "", unauthenticated(BadAuthorization)
	}
	scheme, token, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", unauthenticated(BadAuthorization)
	}
	token = strings.TrimLeft(token, " ")
	switch {
	case len(token) > maxToken:
		return "", unauthenticated(TokenTooLong)
	case token == "" || strings.ContainsFunc(token, func(r rune) bool { return !tokenRune(r) }):
		return "", unauthenticated(BadAuthorization)
	}
	return token, nil
}

func tokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~+/=", r)
}
