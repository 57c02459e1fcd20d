package scoring

import (
	"cmp"
	"math/bits"
	"strconv"
)

// Whole returns n as an Exact.
func Whole(n int64) Exact { return Exact{Num: n, Den: 1} }

// Fraction returns num/den in lowest terms with a positive denominator. A den
// of 0 gives the zero Exact, which is no number.
func Fraction(num, den int64) Exact {
	if den == 1 {
		return Exact{num, 1}
	}
	if den == 0 {
		return Exact{}
	}
	if den < 0 {
		num, den = -num, -den
	}
	g := gcd(num, den)
	return Exact{num / g, den / g}
}

// Valid reports whether e is a number.
func (e Exact) Valid() bool { return e.Den > 0 }

// Cmp returns -1, 0 or 1 as e is below, equal to or above f. Both must be
// numbers. It cannot overflow: the cross products are taken in 128 bits.
func (e Exact) Cmp(f Exact) int {
	if e.Den == f.Den {
		return cmp.Compare(e.Num, f.Num)
	}
	if s, t := cmp.Compare(e.Num, 0), cmp.Compare(f.Num, 0); s != t || s == 0 {
		return cmp.Compare(s, t)
	}
	eh, el := bits.Mul64(magnitude(e.Num), uint64(f.Den))
	fh, fl := bits.Mul64(magnitude(f.Num), uint64(e.Den))
	c := 0
	switch {
	case eh != fh:
		c = cmp.Compare(eh, fh)
	default:
		c = cmp.Compare(el, fl)
	}
	return c * cmp.Compare(e.Num, 0)
}

// reaches reports whether e is at or above f; most scores and cut-offs are
// whole, and those take no call.
func (e Exact) reaches(f Exact) bool {
	if e.Den == 1 && f.Den == 1 {
		return e.Num >= f.Num
	}
	return e.Cmp(f) >= 0
}

// Add returns e + f in lowest terms. Scores stay far below the point where the
// sum of two could leave int64: Compile bounds every factor.
func (e Exact) Add(f Exact) Exact {
	if e.Den == 1 && f.Den == 1 {
		return Exact{e.Num + f.Num, 1}
	}
	g := gcd(e.Den, f.Den)
	return Fraction(e.Num*(f.Den/g)+f.Num*(e.Den/g), e.Den/g*f.Den)
}

// Sub returns e − f in lowest terms.
func (e Exact) Sub(f Exact) Exact { return e.Add(Exact{-f.Num, f.Den}) }

// AppendDecimal appends e with the given number of decimals (0 to 9), rounded
// once, half away from zero. AsNeeded appends the shortest exact decimal, or
// six decimals where there is no finite one. An Exact that is no number
// appends nothing.
func (e Exact) AppendDecimal(dst []byte, decimals int8) []byte {
	if e.Den <= 0 {
		return dst
	}
	if e.Den == 1 && decimals <= 0 {
		return strconv.AppendInt(dst, e.Num, 10)
	}
	if decimals == AsNeeded {
		decimals = e.shortest()
	}
	scaled := e.scaled(pow10[decimals])
	if e.Num < 0 && scaled > 0 {
		dst = append(dst, '-')
	}
	return appendScaled(dst, scaled, decimals)
}

// String is the shortest exact decimal, or the fraction where there is none.
func (e Exact) String() string {
	if e.Den <= 0 {
		return "no number"
	}
	if !e.terminates() {
		return strconv.FormatInt(e.Num, 10) + "/" + strconv.FormatInt(e.Den, 10)
	}
	return string(e.AppendDecimal(nil, AsNeeded))
}

var pow10 = [...]uint64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// scaled returns |e| × factor rounded half away from zero.
func (e Exact) scaled(factor uint64) uint64 {
	hi, lo := bits.Mul64(magnitude(e.Num), factor)
	den := uint64(e.Den)
	if hi >= den { // beyond uint64: no score comes near, so saturate
		return 1<<63 - 1
	}
	quo, rem := bits.Div64(hi, lo, den)
	if rem >= den-rem {
		quo++
	}
	return quo
}

// shortest returns how many decimals print e exactly, or 6 where no number of
// decimals up to 9 does.
func (e Exact) shortest() int8 {
	for d, p := range pow10 {
		if p%uint64(e.Den) == 0 {
			return int8(d)
		}
	}
	if g := gcd(e.Num, e.Den); g > 1 {
		return Exact{e.Num / g, e.Den / g}.shortest()
	}
	return 6
}

func (e Exact) terminates() bool {
	return pow10[9]%uint64(e.Den/gcd(e.Num, e.Den)) == 0
}

func appendScaled(dst []byte, scaled uint64, decimals int8) []byte {
	if decimals <= 0 {
		return strconv.AppendUint(dst, scaled, 10)
	}
	p := pow10[decimals]
	dst = strconv.AppendUint(dst, scaled/p, 10)
	dst = append(dst, '.')
	for p /= 10; p > 0; p /= 10 {
		dst = append(dst, byte('0'+scaled/p%10))
	}
	return dst
}

// gcd returns the greatest common divisor of |a| and b > 0.
func gcd(a, b int64) int64 {
	if a < 0 {
		a = -a
	}
	for a != 0 {
		a, b = b%a, a
	}
	return b
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
