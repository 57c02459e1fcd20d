package scoring

import (
	"strconv"
)

// AppendScores appends the scores as one line for storage, readable in raw SQL
// and complete: ParseScores gives back every field. What is default is left
// out.
//
//	anxiety=14 worse 4/7 d=2 prorated imputed=9,11,13 band=probable flags=caseness rule=half; depression=!TOO_FEW_ANSWERS worse 3/7 rule=half missing=8,10,12,14 lowest=6 highest=18
//
// Values are exact, as a decimal or a fraction; # marks a profile, ! a refusal;
// 4/7 is items answered and expected; d how many decimals are printed.
func AppendScores(dst []byte, scores []Score) []byte {
	for i := range scores {
		if i > 0 {
			dst = append(dst, "; "...)
		}
		dst = scores[i].appendRecord(dst)
	}
	return dst
}

func (s *Score) appendRecord(dst []byte) []byte {
	dst = append(dst, s.Scale...)
	if s.ValueSet != "" {
		dst = append(append(dst, ':'), s.ValueSet...)
	}
	dst = append(dst, '=')
	switch s.Outcome {
	case Profiled:
		dst = strconv.AppendInt(append(dst, '#'), s.Value.Num, 10)
	case Refused:
		dst = append(append(dst, '!'), s.Refusal.Reason...)
	default:
		dst = appendExact(dst, s.Value)
	}
	switch s.Direction {
	case HigherIsBetter:
		dst = append(dst, " better"...)
	case HigherIsWorse:
		dst = append(dst, " worse"...)
	}
	dst = strconv.AppendInt(append(dst, ' '), int64(s.Answered), 10)
	dst = strconv.AppendInt(append(dst, '/'), int64(s.Expected), 10)
	if s.Decimals == AsNeeded {
		dst = append(dst, " d=as_needed"...)
	} else if s.Decimals != 0 {
		dst = strconv.AppendInt(append(dst, " d="...), int64(s.Decimals), 10)
	}
	if s.Prorated {
		dst = append(dst, " prorated"...)
	}
	dst = appendList(dst, " imputed=", s.Imputed)
	dst = appendField(dst, " band=", s.Band)
	dst = appendList(dst, " flags=", s.Flags)
	if s.Rule != RuleAll {
		dst = appendField(dst, " rule=", s.Rule)
	}
	dst = appendField(dst, " line=", s.Line)
	dst = appendList(dst, " missing=", s.Refusal.Missing)
	if s.Refusal.Lowest.Valid() {
		dst = appendExact(append(dst, " lowest="...), s.Refusal.Lowest)
	}
	if s.Refusal.Highest.Valid() {
		dst = appendExact(append(dst, " highest="...), s.Refusal.Highest)
	}
	if s.Refusal.SameBand {
		dst = append(dst, " same_band"...)
	}
	return dst
}

// appendExact writes a decimal where there is a finite one, else a fraction.
func appendExact(dst []byte, e Exact) []byte {
	if e.terminates() {
		return e.AppendDecimal(dst, AsNeeded)
	}
	dst = strconv.AppendInt(dst, e.Num, 10)
	return strconv.AppendInt(append(dst, '/'), e.Den, 10)
}

func appendField(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return append(append(dst, key...), value...)
}

func appendList(dst []byte, key string, values []string) []byte {
	for i, v := range values {
		if i == 0 {
			dst = append(dst, key...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, v...)
	}
	return dst
}
