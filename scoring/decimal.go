package scoring

import (
	"errors"
	"strconv"
	"strings"
)

var errDecimal = errors.New("not a decimal number of at most 9 digits on either side of the point")

// Exact returns the number that is written.
func (d Decimal) Exact() (Exact, error) {
	num, decimals, err := d.parse()
	if err != nil {
		return Exact{}, err
	}
	return Fraction(num, int64(pow10[decimals])), nil
}

// micro returns the number in units of 1e-6. It refuses more than six decimals.
func (d Decimal) micro() (int64, error) {
	num, decimals, err := d.parse()
	if err == nil && decimals > 6 {
		err = errors.New("has more than six decimals")
	}
	if err != nil {
		return 0, err
	}
	return num * int64(pow10[6-decimals]), nil
}

// parse splits the number into an integer and its count of decimals.
func (d Decimal) parse() (num int64, decimals int, err error) {
	text, negative := strings.CutPrefix(string(d), "-")
	whole, fraction, point := strings.Cut(text, ".")
	if len(whole)+len(fraction) == 0 || len(whole) > 9 || len(fraction) > 9 || point && fraction == "" {
		return 0, 0, errDecimal
	}
	for _, c := range []byte(whole + fraction) {
		if c < '0' || c > '9' {
			return 0, 0, errDecimal
		}
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, 0, errDecimal
	}
	if negative {
		n = -n
	}
	return n, len(fraction), nil
}
