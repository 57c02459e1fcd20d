package scoring

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errRecord = errors.New("malformed")

// ParseScores reads what AppendScores wrote. The strings of the scores share
// the memory of text. An error says which score is malformed, without its
// content.
func ParseScores(text string) ([]Score, error) {
	if text == "" {
		return nil, nil
	}
	return AppendParsedScores(make([]Score, 0, strings.Count(text, "; ")+1), text)
}

// AppendParsedScores is ParseScores into room that is already there.
func AppendParsedScores(dst []Score, text string) ([]Score, error) {
	before := len(dst)
	for more := text != ""; more; {
		var part string
		part, text, more = strings.Cut(text, "; ")
		dst = append(dst, Score{})
		if err := dst[len(dst)-1].parseRecord(part); err != nil {
			return nil, fmt.Errorf("read a record of scores: score %d: %w", len(dst)-before, err)
		}
	}
	return dst, nil
}

func (s *Score) parseRecord(text string) error {
	head, rest, _ := strings.Cut(text, " ")
	name, value, ok := strings.Cut(head, "=")
	if !ok {
		return errRecord
	}
	s.Rule = RuleAll
	var hasSet bool
	s.Scale, s.ValueSet, hasSet = strings.Cut(name, ":")
	if !isCode(s.Scale) || hasSet && !isCode(s.ValueSet) {
		return errRecord
	}
	if err := s.parseValue(value); err != nil {
		return err
	}
	counted := false
	for rest != "" {
		var token string
		token, rest, _ = strings.Cut(rest, " ")
		key, value, isField := strings.Cut(token, "=")
		var err error
		switch {
		case token == "":
			err = errRecord
		case isField:
			err = s.parseField(key, value)
		case token[0] >= '0' && token[0] <= '9':
			err, counted = s.parseCounts(token), true
		default:
			err = s.parseMark(token)
		}
		if err != nil {
			return err
		}
	}
	if !counted || s.Outcome != Refused && (s.Refusal.Lowest.Valid() || s.Refusal.Highest.Valid() || s.Refusal.SameBand || s.Refusal.Missing != nil) {
		return errRecord
	}
	return nil
}

func (s *Score) parseValue(text string) error {
	switch {
	case text == "":
		return errRecord
	case text[0] == '!':
		s.Outcome, s.Refusal.Reason = Refused, RefusalReason(text[1:])
		switch s.Refusal.Reason {
		case TooFewAnswers, NotApplicableRefusal, ValueSetNotNamed:
			return nil
		}
		return errRecord
	case text[0] == '#':
		n, err := parseInt(text[1:])
		if err != nil || n < 0 {
			return errRecord
		}
		s.Outcome, s.Value = Profiled, Whole(n)
		return nil
	}
	var err error
	s.Outcome = Valued
	s.Value, err = parseExact(text)
	return err
}

// parseMark reads a word that stands alone.
func (s *Score) parseMark(word string) error {
	switch word {
	case "better":
		s.Direction = HigherIsBetter
	case "worse":
		s.Direction = HigherIsWorse
	case "prorated":
		s.Prorated = true
	case "same_band":
		s.Refusal.SameBand = true
	default:
		return errRecord
	}
	return nil
}

func (s *Score) parseCounts(token string) error {
	answered, expected, _ := strings.Cut(token, "/")
	a, err1 := parseInt(answered)
	e, err2 := parseInt(expected)
	if err1 != nil || err2 != nil || a < 0 || e < 0 || a > maxItems || e > maxItems {
		return errRecord
	}
	s.Answered, s.Expected = int(a), int(e)
	return nil
}

func (s *Score) parseField(key, value string) (err error) {
	switch key {
	case "d":
		if value == "as_needed" {
			s.Decimals = AsNeeded
			return nil
		}
		if len(value) != 1 || value[0] < '1' || value[0] > '6' {
			return errRecord
		}
		s.Decimals = int8(value[0] - '0')
	case "imputed":
		s.Imputed, err = parseList(value)
	case "band":
		s.Band, err = parseCode(value)
	case "flags":
		s.Flags, err = parseList(value)
	case "rule":
		s.Rule, err = parseCode(value)
	case "line":
		s.Line, err = parseCode(value)
	case "missing":
		s.Refusal.Missing, err = parseList(value)
	case "lowest":
		s.Refusal.Lowest, err = parseExact(value)
	case "highest":
		s.Refusal.Highest, err = parseExact(value)
	default:
		return errRecord
	}
	return err
}

// parseExact reads a decimal such as -0.594 or a fraction such as 49/6.
func parseExact(text string) (Exact, error) {
	if num, den, ok := strings.Cut(text, "/"); ok {
		n, err1 := parseInt(num)
		d, err2 := parseInt(den)
		if err1 != nil || err2 != nil || d <= 0 {
			return Exact{}, errRecord
		}
		return Fraction(n, d), nil
	}
	whole, fraction, point := strings.Cut(text, ".")
	if !point {
		n, err := parseInt(whole)
		return Whole(n), err
	}
	digits, negative := strings.CutPrefix(whole, "-")
	w, err1 := parseInt(digits)
	f, err2 := parseInt(fraction)
	if err1 != nil || err2 != nil || w < 0 || f < 0 || len(fraction) > 9 || len(digits) > 9 || fraction[0] == '-' || digits[0] == '-' {
		return Exact{}, errRecord
	}
	den := int64(pow10[len(fraction)])
	n := w*den + f
	if negative {
		n = -n
	}
	return Fraction(n, den), nil
}

// parseInt reads digits with an optional minus and nothing else. The limit of
// 18 digits keeps every later negation inside int64.
func parseInt(text string) (int64, error) {
	if len(text) > 19 || text == "" || text[0] == '+' {
		return 0, errRecord
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n >= 1e18 || n <= -1e18 {
		return 0, errRecord
	}
	return n, nil
}

func parseList(text string) ([]string, error) {
	list := make([]string, 0, strings.Count(text, ",")+1)
	for more := true; more; {
		var code string
		code, text, more = strings.Cut(text, ",")
		if !isCode(code) {
			return nil, errRecord
		}
		list = append(list, code)
	}
	return list, nil
}

func parseCode(text string) (string, error) {
	if !isCode(text) {
		return "", errRecord
	}
	return text, nil
}

// isCode reports whether text consists of what definitions allow in a code.
func isCode(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= 64
}
