package wording_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/wording"
)

// room is how many characters a narrow column holds, as measured on paper.
const room = 12

// A long word without a place to part would be cut anywhere by the browser.
func TestLongWordsOfNarrowColumnsHaveAPlaceToPart(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range wording.Languages() {
		for _, in := range catalogue.List() {
			for _, scale := range in.Scales() {
				if scale.Descriptive {
					continue
				}
				said := l.Scale(in.ID(), scale.Code, "")
				for _, b := range scale.Bands {
					said += " " + l.Band(in.ID(), b.Code)
				}
				narrow := l.Narrow(said)
				if strings.ReplaceAll(narrow, "\u00ad", "") != said {
					t.Errorf("%q became %q", said, narrow)
				}
				for _, word := range strings.FieldsFunc(narrow, func(r rune) bool { return r == ' ' || r == '\u00ad' || r == '-' || r == '/' }) {
					if utf8.RuneCountInString(word) > room {
						t.Errorf("%s.%s: %q has no place to part", in.ID(), scale.Code, word)
					}
				}
			}
		}
	}
}
