package wording_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/wording"
)

func TestATextForTheRecordHasOnlySignsOfItsAlphabet(t *testing.T) {
	for given, want := range map[string]string{
		"−3,5 – möjlig": "-3,5 - möjlig", "”6 veckor”": `"6 veckor"`, "“own”": `"own"`, "3L → 5L": "3L  -  5L", "≥ 8": "minst  8",
		"åäöÅÄÖé§": "åäöÅÄÖé§", "中文": "??", "rad\nrad": "rad\nrad", "\x00\x1b\x85": "???", "…": "...", "": "",
	} {
		if got := wording.Plain(given); got != want {
			t.Errorf("Plain(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestEveryByteOfATextForTheRecordIsISO88591(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		encoded := wording.Latin1(text)
		back := make([]rune, len(encoded))
		for i, b := range encoded {
			back[i] = rune(b)
			if b != '\n' && (b < ' ' || b >= 0x7f && b < 0xa0) {
				t.Fatalf("byte %#x of %q", b, text)
			}
		}
		if string(back) != wording.Plain(text) {
			t.Fatalf("%q reads %q", text, string(back))
		}
	})
}

func TestEveryWordOfThePagesCanGoIntoARecord(t *testing.T) {
	for key, said := range wording.All() {
		for _, text := range said {
			if plain := wording.Plain(text); len([]rune(plain)) < len([]rune(text)) || countMarks(plain) != countMarks(text) {
				t.Errorf("%s: %q becomes %q", key, text, plain)
			}
		}
	}
}

func countMarks(text string) (n int) {
	for _, r := range text {
		if r == '?' {
			n++
		}
	}
	return n
}

func ExampleLanguage_Date() {
	fmt.Println(wording.Swedish.Date("2024-05-06"), "/", wording.English.Date("2024-05-06"))
	// Output: 2024-05-06 / 6 May 2024
}
