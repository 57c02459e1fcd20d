package wording

import "strings"

// plainSigns are the signs of the pages that ISO 8859-1 lacks, in its own.
var plainSigns = strings.NewReplacer(
	"−", "-", "–", "-", "—", "-", "‑", "-", "\u2009", " ", "\u202f", " ", "…", "...",
	"”", `"`, "“", `"`, "„", `"`, "’", "'", "‘", "'", "→", " - ", "≥", "minst ", "≤", "högst ", "€", "EUR", "•", "-",
)

// Plain gives a text in the characters of ISO 8859-1 alone, for the records
// that take no others. Minus signs, dashes and quotation marks are replaced by
// those of a typewriter; of the rest, which only a site's own labels can
// bring, each becomes a question mark.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xff || r >= 0x7f && r < 0xa0 || r < ' ' && r != '\n' {
			return '?'
		}
		return r
	}, plainSigns.Replace(text))
}

// Latin1 is Plain in the bytes of ISO 8859-1.
func Latin1(text string) []byte {
	plain := Plain(text)
	encoded := make([]byte, 0, len(plain))
	for _, r := range plain {
		encoded = append(encoded, byte(r)) // Plain leaves nothing above 0xff
	}
	return encoded
}
