package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/painscore/painscore/scoring"
)

// reference answers a line as AppendLine should, by way of encoding/json and
// without any thought of speed. record is that of the answers of an accepted
// sheet; valid says whether the line is a JSON object.
func reference(text []byte, catalogue Catalogue) (result []byte, record string, valid bool) {
	r := refLine{seen: map[string]bool{}}
	if !utf8.Valid(text) || !json.Valid(text) || !r.object(text) {
		description := "not a JSON object in UTF-8"
		if len(text) == 0 {
			description = "the line is empty"
		}
		return refError(nil, []scoring.Problem{{Reason: "BAD_JSON", Description: description}}), "", false
	}
	in := r.find(catalogue)
	problems := r.problems
	var answers scoring.Answers
	if in != nil && !r.opaque {
		for _, p := range in.Read(&r.sheet, &answers) {
			if !r.wrong(p.Field) {
				problems = append(problems, p)
			}
		}
		if r.emptyList && len(r.sheet.Answers) == 0 {
			at := len(r.problems)
			problems = slices.Insert(problems, at, scoring.Problem{Field: "positions", Reason: "WRONG_COUNT", Description: "the list is empty; leave it out for a sheet without any answer"})
		}
	}
	if len(problems) > 0 {
		return refError(r.id, problems), "", true
	}
	var scored scoring.Result
	in.Score(&answers, &scored)
	return refResult(r.id, &scored, &answers), string(scoring.AppendAnswers(nil, in, &answers)), true
}

type refLine struct {
	id                  json.RawMessage
	instrument, version string
	sheet               scoring.Sheet
	seen                map[string]bool
	emptyList, opaque   bool
	problems            []scoring.Problem
}

func (r *refLine) add(field, reason, description string) {
	r.problems = append(r.problems, scoring.Problem{Field: field, Reason: reason, Description: description})
}

func (r *refLine) wrong(field string) bool {
	return slices.ContainsFunc(r.problems, func(p scoring.Problem) bool { return p.Field == field })
}

// members lists the members of an object in the order written.
func members(raw []byte) (keys []string, values []json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.Token()
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		decoder.Decode(&value)
		keys, values = append(keys, key.(string)), append(values, value)
	}
	return keys, values
}

func kindOf(raw json.RawMessage) byte { return bytes.TrimSpace(raw)[0] }

func (r *refLine) object(text []byte) bool {
	if kindOf(text) != '{' {
		return false
	}
	keys, values := members(text)
	for n, key := range keys {
		known := slices.Contains([]string{"id", "instrument", "version", "answers", "positions", "layout", "coding", "value_sets"}, key)
		switch {
		case n == 100:
			r.add("keys", "TOO_MANY", "a line has few keys; the rest was not read")
		case n > 100:
		case !known:
			r.add(fmt.Sprintf("keys[%d]", n), "UNKNOWN_FIELD", "not one of id, instrument, version, answers, positions, layout, coding, value_sets")
		case r.seen[key]:
			r.add(key, "DUPLICATE_FIELD", "stands twice; which of the two holds is for the sender to say")
		default:
			r.seen[key] = true
			if kindOf(values[n]) != 'n' {
				r.member(key, values[n])
			}
		}
	}
	return true
}

func (r *refLine) member(key string, raw json.RawMessage) {
	switch key {
	case "id":
		if kind := kindOf(raw); strings.IndexByte(`"-0123456789`, kind) >= 0 {
			r.id = bytes.TrimSpace(raw)
		} else {
			r.add("id", "BAD_FORMAT", "must be a string or a number")
		}
	case "instrument":
		r.text(key, raw, &r.instrument)
	case "version":
		r.text(key, raw, &r.version)
	case "layout":
		r.text(key, raw, &r.sheet.Layout)
	case "coding":
		r.text(key, raw, &r.sheet.Coding)
	case "answers":
		r.answers(raw)
	case "positions":
		r.positions(raw)
	case "value_sets":
		r.valueSets(raw)
	}
}

func (r *refLine) text(key string, raw json.RawMessage, into *string) {
	if kindOf(raw) != '"' {
		r.add(key, "BAD_FORMAT", "must be a string")
		r.opaque = r.opaque || key != "layout"
		return
	}
	json.Unmarshal(raw, into)
}

func (r *refLine) answers(raw json.RawMessage) {
	if kindOf(raw) != '{' {
		r.add("answers", "BAD_FORMAT", "must be an object of item codes and answers")
		return
	}
	keys, values := members(raw)
	if len(keys) > 500 {
		r.add("answers", "TOO_MANY", "at most 500; the rest was not read")
	}
	for n := range min(len(keys), 500) {
		r.sheet.Answers = append(r.sheet.Answers, scoring.Answer{Item: keys[n], Response: r.response(values[n])})
	}
}

func (r *refLine) positions(raw json.RawMessage) {
	var values []json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		r.add("positions", "BAD_FORMAT", "must be a list of answers")
		return
	}
	if len(values) > 500 {
		r.add("positions", "TOO_MANY", "at most 500; the rest was not read")
	}
	for _, value := range values[:min(len(values), 500)] {
		r.sheet.Positions = append(r.sheet.Positions, r.response(value))
	}
	r.emptyList = len(values) == 0
}

func (r *refLine) valueSets(raw json.RawMessage) {
	var values []json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		r.add("value_sets", "BAD_FORMAT", "must be a list of strings")
		return
	}
	for n, value := range values[:min(len(values), 20)] {
		set := ""
		if kindOf(value) == '"' {
			json.Unmarshal(value, &set)
		} else {
			r.add(fmt.Sprintf("value_sets[%d]", n), "BAD_FORMAT", "must be a string")
		}
		r.sheet.ValueSets = append(r.sheet.ValueSets, set)
	}
	if len(values) > 20 {
		r.add("value_sets", "TOO_MANY", "at most 20; the rest was not read")
	}
}

func (r *refLine) response(raw json.RawMessage) scoring.Response {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.Decode(&value)
	switch v := value.(type) {
	case nil:
		return scoring.Response{Kind: scoring.LeftBlank}
	case json.Number:
		response, text := refNumber(string(v))
		if text != "" {
			response = r.sheet.AddText(response.Kind, text)
		}
		return response
	case string:
		for _, k := range []scoring.Kind{scoring.NotApplicable, scoring.Declined, scoring.Unreadable, scoring.NotAsked} {
			if k.String() == v {
				return scoring.Response{Kind: k}
			}
		}
		return r.sheet.AddText(scoring.NotANumber, v)
	}
	return scoring.Response{Kind: scoring.NotANumber}
}

// refNumber reads a number; one with a fraction also as plain text, if it is
// not too long.
func refNumber(text string) (scoring.Response, string) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	zero := strings.Trim(mantissa, "-0.") == ""
	if n, err := strconv.Atoi(exponent); !zero && exponent != "" && (err != nil || n > 20000 || n < -20000) {
		if strings.HasPrefix(exponent, "-") {
			return scoring.Response{Kind: scoring.NotWhole}, ""
		}
		text = mantissa[:1] + "9e99"
	} else if zero {
		text = "0"
	}
	value, _ := new(big.Rat).SetString(text)
	if !value.IsInt() {
		places, _ := value.FloatPrec()
		plain := value.FloatString(places)
		if len(plain) > 40 {
			plain = ""
		}
		return scoring.Response{Kind: scoring.NotWhole}, plain
	}
	largest, smallest := int64(1)<<31-1, -int64(1)<<31
	n := value.Num()
	switch {
	case n.Cmp(big.NewInt(largest)) > 0:
		n = big.NewInt(largest)
	case n.Cmp(big.NewInt(smallest)) < 0:
		n = big.NewInt(smallest)
	}
	return scoring.Response{Kind: scoring.Answered, Value: int32(n.Int64())}, ""
}

func (r *refLine) find(catalogue Catalogue) *scoring.Instrument {
	if r.instrument == "" {
		if !r.wrong("instrument") {
			r.add("instrument", "REQUIRED", "names the questionnaire, such as hads")
		}
		return nil
	}
	if _, ok := catalogue.Instrument(r.instrument, ""); !ok {
		r.add("instrument", "UNKNOWN_INSTRUMENT", "no instrument of this code; painscore instruments list gives all")
		return nil
	}
	in, ok := catalogue.Instrument(r.instrument, r.version)
	if !ok {
		r.add("version", "UNKNOWN_VERSION", "this instrument has no such version here")
	}
	return in
}

type refScore struct {
	Scale        string      `json:"scale"`
	Value        string      `json:"value,omitempty"`
	Profile      string      `json:"profile,omitempty"`
	Refusal      *refRefusal `json:"refusal,omitempty"`
	Prorated     bool        `json:"prorated"`
	Answered     int         `json:"answered"`
	Expected     int         `json:"expected"`
	ImputedItems []string    `json:"imputed_items"`
	Band         string      `json:"band"`
	Flags        []string    `json:"flags"`
	ValueSet     string      `json:"value_set,omitempty"`
	Direction    string      `json:"direction"`
	Rule         string      `json:"rule"`
	UsedItems    []string    `json:"used_items"`
}

type refRefusal struct {
	Reason       scoring.RefusalReason `json:"reason"`
	MissingItems []string              `json:"missing_items"`
	Lowest       string                `json:"lowest"`
	Highest      string                `json:"highest"`
	SameBand     bool                  `json:"same_band"`
}

func refResult(id json.RawMessage, result *scoring.Result, answers *scoring.Answers) []byte {
	list := func(s []string) []string { return append([]string{}, s...) }
	scores := []refScore{}
	for _, s := range result.Scores {
		score := refScore{Scale: s.Scale, Prorated: s.Prorated, Answered: s.Answered, Expected: s.Expected, ImputedItems: list(s.Imputed),
			Band: s.Band, Flags: list(s.Flags), ValueSet: s.ValueSet, Rule: s.Rule,
			Direction: map[scoring.Direction]string{scoring.HigherIsBetter: "HIGHER_IS_BETTER", scoring.HigherIsWorse: "HIGHER_IS_WORSE", scoring.NoDirection: "NONE"}[s.Direction]}
		scale, _ := result.Instrument.Scale(s.Scale)
		score.UsedItems = []string{}
		for i, item := range result.Instrument.Items() {
			if answers.Responses[i].Kind == scoring.Answered && slices.Contains(scale.Items, item.Code) {
				score.UsedItems = append(score.UsedItems, item.Code)
			}
		}
		switch s.Outcome {
		case scoring.Valued:
			score.Value = s.Text()
		case scoring.Profiled:
			score.Profile = s.Text()
		case scoring.Refused:
			score.Refusal = &refRefusal{s.Refusal.Reason, list(s.Refusal.Missing), string(s.Refusal.Lowest.AppendDecimal(nil, s.Decimals)), string(s.Refusal.Highest.AppendDecimal(nil, s.Decimals)), s.Refusal.SameBand}
		}
		scores = append(scores, score)
	}
	return refEncode(struct {
		ID             json.RawMessage `json:"id"`
		Instrument     string          `json:"instrument"`
		Version        string          `json:"version"`
		Scores         []refScore      `json:"scores"`
		DefinitionHash string          `json:"definition_hash"`
		ScoringHash    string          `json:"scoring_hash"`
	}{id, result.Instrument.ID(), result.Instrument.Version(), scores, result.Instrument.DefinitionHash(), result.Instrument.ScoringHash()})
}

func refError(id json.RawMessage, problems []scoring.Problem) []byte {
	type violation struct {
		Field       string `json:"field"`
		Reason      string `json:"reason"`
		Description string `json:"description"`
	}
	var body struct {
		Reason     string      `json:"reason"`
		Violations []violation `json:"violations"`
	}
	body.Reason = problems[0].Reason
	for _, p := range problems {
		if p.Reason != body.Reason {
			body.Reason = "INVALID_INPUT"
		}
		body.Violations = append(body.Violations, violation{p.Field, p.Reason, p.Description})
	}
	return refEncode(struct {
		ID    json.RawMessage `json:"id"`
		Error any             `json:"error"`
	}{id, body})
}

func refEncode(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}
