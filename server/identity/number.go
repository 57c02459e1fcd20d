package identity

import (
	"strconv"
	"strings"
	"time"
)

// earliestBirthYear bounds what is taken for a century.
const earliestBirthYear = 1800

// canonicalNumber gives a personnummer or samordningsnummer its 12 digits.
func canonicalNumber(value string, coordinated bool, on time.Time) (string, error) {
	birth, serial, sign, err := splitNumber(value)
	if err != nil {
		return "", err
	}
	// In the Swedish calendar a person is a hundred from the start of the year,
	// and "+" is written from then on.
	lastCentenarian := on.Year() - 100
	if len(birth) == len("YYYYMMDD") {
		if year, _ := strconv.Atoi(birth[:4]); sign == '+' && year > lastCentenarian {
			return "", ErrImpossibleDate
		}
		return birth + serial, checkBirth(birth, coordinated, on)
	}
	newest := on.Year()
	if sign == '+' {
		newest = lastCentenarian
	}
	yy, _ := strconv.Atoi(birth[:2])
	year := newest - (newest-yy)%100
	full := strconv.Itoa(year) + birth[2:]
	err = checkBirth(full, coordinated, on)
	if err == ErrImpossibleDate && year == on.Year() {
		// Later this year: the person was born a hundred years ago.
		full = strconv.Itoa(year-100) + birth[2:]
		err = checkBirth(full, coordinated, on)
	}
	return full + serial, err
}

// splitNumber takes a number apart: the date with or without its century, the
// four digits after it, and the sign between them ('-' if there is none).
func splitNumber(value string) (birth, serial string, sign byte, err error) {
	sign = '-'
	if at := strings.IndexAny(value, "-+"); at >= 0 {
		sign = value[at]
		if at != len(value)-len("-NNNN") {
			return "", "", 0, ErrShape
		}
		value = value[:at] + value[at+1:]
	}
	if !isDigits(value) || len(value) != 10 && len(value) != 12 {
		return "", "", 0, ErrShape
	}
	split := len(value) - len("NNNN")
	return value[:split], value[split:], sign, nil
}

// checkBirth judges the eight digits of a birth date, whose day is 60 higher in
// a samordningsnummer.
func checkBirth(birth string, coordinated bool, on time.Time) error {
	year, _ := strconv.Atoi(birth[:4])
	month, _ := strconv.Atoi(birth[4:6])
	day, _ := strconv.Atoi(birth[6:])
	switch {
	case coordinated && day <= 60:
		return ErrNotCoordinated
	case coordinated:
		day -= 60
	case day > 60:
		return ErrCoordinated
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	today := time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 0, 0, time.UTC)
	if date.Day() != day || int(date.Month()) != month || date.Year() != year || year < earliestBirthYear || date.After(today) {
		return ErrImpossibleDate
	}
	return nil
}

// checkDigitFits computes the last of the ten digits after the century from the
// nine before it: doubled by turns, their digits added up, modulo 10.
func checkDigitFits(digits string) bool {
	sum := 0
	for i, digit := range []byte(digits[2:11]) {
		n := int(digit - '0')
		if i%2 == 0 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return byte('0'+(10-sum%10)%10) == digits[11]
}
