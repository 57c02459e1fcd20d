// Package wording holds every word that painscore shows to a person, in
// Swedish and English: names of instruments and scales, bands, flags, timing
// verdicts, reasons, and the sentences of the pages.
//
// A Language is the way in: wording.Swedish.Band("hads", "possible"). Codes are
// stable and words are not, so nothing but a page, a sheet or a terminal may
// depend on them. All words are our own: no item, option or instruction of a
// questionnaire is ever printed (copyright), only short names of what an item
// is about.
//
// To add a word, put a line with both languages into the table of its subject
// (names.go, codes.go, items.go, phrases.go). The tests hold that both
// languages are there for every code of the built-in definitions. A code that
// stands in no table, as a site's own definition may bring, is shown as it is.
//
// The words förbättrad, försämrad, improved and worse are reserved for changes
// that reach their minimal clinically important difference. What moved without
// such a verdict is higher or lower, towards better or towards worse; a test
// holds the words out of everything else. Sentence tells one change whole, to
// be read aloud: sentence.go puts it together from the parts in told.go, and
// testdata/sentences.txt shows what comes out.
package wording

import (
	"fmt"
	"strings"
)

// Language is one of the two languages that painscore speaks, as a BCP 47 tag.
type Language string

// The languages.
const (
	Swedish Language = "sv"
	English Language = "en"
)

// Languages lists them, the default first.
func Languages() []Language { return []Language{Swedish, English} }

// Parse finds the language of a BCP 47 tag such as sv or en-GB.
func Parse(tag string) (Language, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	for _, l := range Languages() {
		if primary == string(l) {
			return l, true
		}
	}
	return "", false
}

// Name is the language's name in itself.
func (l Language) Name() string {
	if l == English {
		return "English"
	}
	return "Svenska"
}

// pair is one thing said in both languages.
type pair struct{ sv, en string }

func (l Language) of(p pair) string {
	if l == English {
		return p.en
	}
	return p.sv
}

// look finds the first key that a table has; without any, the code itself is
// shown, its underscores as spaces.
func (l Language) look(table map[string]pair, code string, keys ...string) string {
	for _, key := range keys {
		if p, ok := table[key]; ok {
			return l.of(p)
		}
	}
	return strings.ReplaceAll(code, "_", " ")
}

// Say gives a phrase of phrases.go, its verbs filled in. An unknown key is
// given back in brackets, so that it is seen; a test finds it first.
func (l Language) Say(key string, args ...any) string { return l.fill(phrases, key, args...) }

func (l Language) fill(table map[string]pair, key string, args ...any) string {
	p, ok := table[key]
	if !ok {
		return "[" + key + "]"
	}
	if len(args) == 0 {
		return l.of(p)
	}
	return fmt.Sprintf(l.of(p), args...)
}

// Count gives the phrase key+".one" for 1 and key+".many" otherwise, with n and
// then the other arguments filled in.
func (l Language) Count(key string, n int, args ...any) string {
	args = append([]any{n}, args...)
	if n == 1 {
		return l.Say(key+".one", args...)
	}
	return l.Say(key+".many", args...)
}

// Number turns an exact decimal of the engine, such as -2.67, into what the
// language expects to read: a decimal comma in Swedish, and a true minus sign.
func (l Language) Number(decimal string) string {
	if l == Swedish {
		decimal = strings.Replace(decimal, ".", ",", 1)
	}
	return strings.Replace(decimal, "-", "−", 1)
}

// Signed is Number with a plus sign on what is above zero: for differences.
func (l Language) Signed(decimal string) string {
	if strings.Trim(decimal, "0.") != "" && !strings.HasPrefix(decimal, "-") && !strings.HasPrefix(decimal, "+") {
		decimal = "+" + decimal
	}
	return l.Number(decimal)
}

// List joins words with commas and an "and" before the last.
func (l Language) List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + l.of(pair{" och ", " and "}) + words[last]
}
