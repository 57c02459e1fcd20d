package clinic

import (
	"strings"
	"testing"
)

// TestACodeWithAWrongCharacterOrTwoExchangedIsNoCode tries every single error
// and every exchange of two characters on many codes.
func TestACodeWithAWrongCharacterOrTwoExchangedIsNoCode(t *testing.T) {
	for range 300 {
		code := newCode()
		if read, ok := readCode(code); !ok || read != code {
			t.Fatalf("%s is no code", code)
		}
		for i := range len(code) {
			for _, other := range codeAlphabet {
				wrong := code[:i] + string(other) + code[i+1:]
				if _, ok := readCode(wrong); ok && wrong != code {
					t.Fatalf("%s passes for %s", wrong, code)
				}
			}
			for j := range i {
				swapped := []byte(code)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				if _, ok := readCode(string(swapped)); ok && string(swapped) != code {
					t.Fatalf("%s passes for %s", swapped, code)
				}
			}
		}
	}
}

func TestCodesUseTheirAlphabetEvenlyAndDoNotRepeat(t *testing.T) {
	const codes = 20000
	seen, counts := map[string]bool{}, map[rune]int{}
	for range codes {
		code := newCode()
		if seen[code] {
			t.Fatalf("%s twice", code)
		}
		seen[code] = true
		for _, r := range code {
			counts[r]++
		}
	}
	for _, r := range codeAlphabet {
		// 5,806 are expected, with a standard deviation of 75.
		if n := counts[r]; n < 5300 || n > 6300 {
			t.Errorf("%c comes %d times", r, n)
		}
	}
	if strings.ContainsAny(codeAlphabet, "01ILO") || len(codeAlphabet) != 31 {
		t.Error("the alphabet is not what the check character rests on")
	}
}
