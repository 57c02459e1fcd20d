package jsonl

import (
	"bytes"
	"math"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// Number reads a JSON number as an answer, exactly: 2.0, 20e-1 and -0 are
// whole, 2.5 is scoring.NotWhole, text that is no number is
// scoring.NotANumber. A whole number beyond 32 bits becomes the largest or
// smallest of them, which no item accepts, so that it is refused as out of
// range like any other.
func Number(text []byte) scoring.Response {
	if len(text) == 1 && '0' <= text[0] && text[0] <= '9' {
		return scoring.Response{Kind: scoring.Answered, Value: int32(text[0] - '0')}
	}
	var t tokens
	t.reset(text)
	if c := t.peek(); t.i > 0 || c != '-' && (c < '0' || '9' < c) {
		return scoring.Response{Kind: scoring.NotANumber}
	}
	if t.number(); t.bad || t.i < len(text) {
		return scoring.Response{Kind: scoring.NotANumber}
	}
	return whole(text)
}

// whole reads the text of a valid number.
func whole(text []byte) scoring.Response {
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) <= 9 && bytes.IndexFunc(text, notDigit) < 0 {
		return answered(negative, digitsOf(text))
	}
	return decimal(negative, text)
}

func notDigit(r rune) bool { return r < '0' || '9' < r }

func digitsOf(text []byte) int64 {
	n := int64(0)
	for _, c := range text {
		n = n*10 + int64(c-'0')
	}
	return n
}

func answered(negative bool, n int64) scoring.Response {
	if negative {
		n = -n
	}
	n = max(min(n, math.MaxInt32), math.MinInt32)
	return scoring.Response{Kind: scoring.Answered, Value: int32(n)}
}

// decimal reads an unsigned number with a fraction, an exponent or many digits
// as digits × 10^exponent, without ever writing the power out: 1e999999999 is
// a few bytes on a line.
func decimal(negative bool, text []byte) scoring.Response {
	mantissa, exponent := text, int64(0)
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], exponentOf(text[e+1:])
	}
	units, fraction, _ := bytes.Cut(mantissa, []byte("."))
	fraction = bytes.TrimRight(fraction, "0")
	exponent -= int64(len(fraction))
	var digits []byte
	if len(fraction) == 0 {
		trimmed := bytes.TrimRight(units, "0")
		exponent += int64(len(units) - len(trimmed))
		digits = bytes.TrimLeft(trimmed, "0")
	} else {
		digits = bytes.TrimLeft(append(append(make([]byte, 0, len(mantissa)), units...), fraction...), "0")
	}
	switch {
	case len(digits) == 0:
		return answered(false, 0)
	case exponent < 0:
		return scoring.Response{Kind: scoring.NotWhole}
	case int64(len(digits))+exponent > 10:
		return answered(negative, math.MaxInt64)
	}
	n := digitsOf(digits)
	for ; exponent > 0; exponent-- {
		n *= 10
	}
	return answered(negative, n)
}

// longestPlain is how many characters Plain writes at most. No item takes a
// number near that.
const longestPlain = 40

// Plain writes a valid JSON number in its shortest form without an exponent:
// 12.50e-1 is 1.25. It returns false for one that would be too long.
func Plain(text []byte) (string, bool) {
	text, negative := bytes.CutPrefix(text, []byte("-"))
	mantissa, exponent := text, int64(0)
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], exponentOf(text[e+1:])
	}
	units, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := append(bytes.Clone(units), fraction...)
	point := int64(len(units)) + exponent // how many digits stand before the point
	leading := len(digits) - len(bytes.TrimLeft(digits, "0"))
	digits, point = bytes.TrimRight(digits[leading:], "0"), point-int64(leading)
	if len(digits) == 0 {
		return "0", true
	}
	if len(digits) > longestPlain || point > longestPlain || point < -longestPlain {
		return "", false
	}
	zeros := func(n int64) string { return strings.Repeat("0", int(max(n, 0))) }
	before := min(max(point, 0), int64(len(digits)))
	plain := string(digits[:before]) + zeros(point-before)
	if plain == "" {
		plain = "0"
	}
	if rest := string(digits[before:]); rest != "" {
		plain += "." + zeros(-point) + rest
	}
	if negative {
		plain = "-" + plain
	}
	return plain, len(plain) <= longestPlain
}

// exponentOf reads an exponent; one of many digits is cut to a size that
// outweighs every mantissa a line can hold.
func exponentOf(text []byte) int64 {
	negative := text[0] == '-'
	text = bytes.TrimLeft(bytes.TrimLeft(text, "+-"), "0")
	n := int64(1e9)
	if len(text) <= 9 {
		n = digitsOf(text)
	}
	if negative {
		return -n
	}
	return n
}
