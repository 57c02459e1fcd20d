package jsonl

import (
	"strconv"

	"github.com/painscore/painscore/scoring"
)

// AppendResult appends the line of a scored sheet; id is a JSON token, empty
// for null; answers are those of the sheet. Every key is always there, except
// value_set, which only an index has.
func AppendResult(dst, id []byte, result *scoring.Result, answers *scoring.Answers) []byte {
	in, scores := result.Instrument, result.Scores
	dst = appendID(dst, id)
	dst = append(dst, `,"instrument":`...)
	dst = appendString(dst, in.ID())
	dst = append(dst, `,"version":`...)
	dst = appendString(dst, in.Version())
	dst = append(dst, `,"scores":[`...)
	var room [64]string // most scales have fewer items, and then nothing is allocated
	for i := range scores {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendScore(dst, &scores[i], in.AppendUsed(room[:0], scores[i].Scale, answers))
	}
	dst = append(dst, `],"definition_hash":"`...)
	dst = append(dst, in.DefinitionHash()...)
	dst = append(dst, `","scoring_hash":"`...)
	dst = append(dst, in.ScoringHash()...)
	return append(dst, "\"}\n"...)
}

func appendScore(dst []byte, s *scoring.Score, used []string) []byte {
	dst = append(dst, `{"scale":`...)
	dst = appendString(dst, s.Scale)
	switch s.Outcome {
	case scoring.Valued:
		dst = append(dst, `,"value":"`...)
		dst = append(s.AppendText(dst), '"')
	case scoring.Profiled:
		dst = append(dst, `,"profile":"`...)
		dst = append(s.AppendText(dst), '"')
	default:
		dst = appendRefusal(dst, s)
	}
	dst = append(dst, `,"prorated":`...)
	dst = strconv.AppendBool(dst, s.Prorated)
	dst = append(dst, `,"answered":`...)
	dst = strconv.AppendInt(dst, int64(s.Answered), 10)
	dst = append(dst, `,"expected":`...)
	dst = strconv.AppendInt(dst, int64(s.Expected), 10)
	dst = append(dst, `,"imputed_items":`...)
	dst = appendStrings(dst, s.Imputed)
	dst = append(dst, `,"band":`...)
	dst = appendString(dst, s.Band)
	dst = append(dst, `,"flags":`...)
	dst = appendStrings(dst, s.Flags)
	if s.ValueSet != "" {
		dst = append(dst, `,"value_set":`...)
		dst = appendString(dst, s.ValueSet)
	}
	dst = append(dst, `,"direction":"`...)
	dst = append(dst, direction(s.Direction)...)
	dst = append(dst, `","rule":`...)
	dst = appendString(dst, s.Rule)
	dst = append(dst, `,"used_items":`...)
	dst = appendStrings(dst, used)
	return append(dst, '}')
}

func appendRefusal(dst []byte, s *scoring.Score) []byte {
	dst = append(dst, `,"refusal":{"reason":"`...)
	dst = append(dst, s.Refusal.Reason...)
	dst = append(dst, `","missing_items":`...)
	dst = appendStrings(dst, s.Refusal.Missing)
	dst = append(dst, `,"lowest":"`...)
	dst = s.Refusal.Lowest.AppendDecimal(dst, s.Decimals) // nothing where it is not defined
	dst = append(dst, `","highest":"`...)
	dst = s.Refusal.Highest.AppendDecimal(dst, s.Decimals)
	dst = append(dst, `","same_band":`...)
	dst = strconv.AppendBool(dst, s.Refusal.SameBand)
	return append(dst, '}')
}

// direction is the name of the contract's enum value, without its prefix.
func direction(d scoring.Direction) string {
	switch d {
	case scoring.HigherIsBetter:
		return "HIGHER_IS_BETTER"
	case scoring.HigherIsWorse:
		return "HIGHER_IS_WORSE"
	}
	return "NONE"
}

func appendLineTooLong(dst []byte) []byte {
	return AppendError(dst, nil, []scoring.Problem{{
		Reason: reasonLineTooLong, Description: "longer than 1 MiB; the rest of it was not read",
	}})
}

// AppendError appends the line of a sheet that was refused, for one problem or
// more; id is a JSON token, empty for null.
func AppendError(dst, id []byte, problems []scoring.Problem) []byte {
	reason := problems[0].Reason
	for _, p := range problems {
		if p.Reason != reason {
			reason = reasonInvalidInput
			break
		}
	}
	dst = appendID(dst, id)
	dst = append(dst, `,"error":{"reason":"`...)
	dst = append(dst, reason...)
	dst = append(dst, `","violations":[`...)
	for i, p := range problems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"field":`...)
		dst = appendString(dst, p.Field)
		dst = append(dst, `,"reason":"`...)
		dst = append(dst, p.Reason...)
		dst = append(dst, `","description":`...)
		dst = appendString(dst, p.Description)
		dst = append(dst, '}')
	}
	return append(dst, "]}}\n"...)
}

// appendID appends the id just as it was written.
func appendID(dst, id []byte) []byte {
	dst = append(dst, `{"id":`...)
	if len(id) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, id...)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// appendString appends a JSON string. Codes and descriptions are valid UTF-8.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		if c < ' ' {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, '\\', c)
		}
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
