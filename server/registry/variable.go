package registry

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// Variable names one column of a delivery: what it holds and, in a wide file,
// at which occasion and from whom. Its zero Occasion is a long file's, where
// occasion and respondent are columns of their own.
type Variable struct {
	Instrument string
	Kind       VariableKind
	Code       string // of the item or scale
	ValueSet   string // of an index, empty elsewhere
	Occasion   store.Occasion
	Label      string // of an Occasion that is OtherOccasion
	Respondent store.Respondent
}

// VariableKind says what of a form a variable holds.
type VariableKind string

// The kinds of variable. Prorated says whether the person's mean stands in for
// missing items of a scale (0 or 1). About is a fact about the form itself, such
// as answered_on.
const (
	ItemVariable     VariableKind = "item"
	ScaleVariable    VariableKind = "scale"
	BandVariable     VariableKind = "band"
	ProratedVariable VariableKind = "prorated"
	About            VariableKind = "about"
)

// NameLength is the longest name of a variable, in characters. SPSS takes 64
// bytes, but programs that read its older files cut at 32.
const NameLength = 32

const (
	hashLength = 8 // base 32, 40 bits: one in a thousand that two of 50,000 cut names agree
	hashMark   = "_x"
)

var (
	plainCode  = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	looksMade  = regexp.MustCompile(hashMark + `[a-z2-7]{8}$`)
	startsBad  = regexp.MustCompile(`^[^a-z]`)
	unreadable = regexp.MustCompile(`[^a-z0-9]+`)

	// reservedBySPSS are its keywords, which cannot be names.
	reservedBySPSS = []string{"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
	hashCode       = base32.StdEncoding.WithPadding(base32.NoPadding)

	occasionLetters   = map[store.Occasion]string{"": "", store.Baseline: "b", store.ProgrammeEnd: "e", store.FollowUp12Months: "y"}
	respondentLetters = map[store.Respondent]string{"": "", store.Patient: "", store.Relative: "r", store.Clinician: "c"}
	kindMarks         = map[VariableKind]string{ItemVariable: "q", ScaleVariable: "", BandVariable: "band_", ProratedVariable: "prorated_", About: "form_"}
)

// Name is the variable's name in every format: lower-case letters, digits and
// underscores, at most NameLength of them, beginning with a letter, as SPSS,
// SAS, Stata, R and a database take it.
//
//	hads__anxiety     the scale, in a long file
//	b_hads__q3        item 3 at baseline, in a wide file (e programme end, y 12 months after it)
//	br_hads__q3       the same, answered by a relative (c: by a clinician)
//
// It depends on nothing but the variable itself, so that it is the same from
// year to year whatever else is delivered. Variables of one file never share a
// name: codes have no double underscore, so that a name as above can be read
// in one way only, and one that is too long, or could be misread, ends in a
// hash of everything it stands for.
func (v Variable) Name() string {
	if v.Occasion != "" && v.Respondent == "" {
		v.Respondent = store.Patient
	}
	text, plain := v.readable()
	if plain && len(text) <= NameLength && !looksMade.MatchString(text) && !startsBad.MatchString(text) && !slices.Contains(reservedBySPSS, text) {
		return text
	}
	return v.hashed(text)
}

// readable is the name as long as it comes, and whether it can be read in one
// way only.
func (v Variable) readable() (text string, plain bool) {
	occasion, known := occasionLetters[v.Occasion]
	respondent, whose := respondentLetters[v.Respondent]
	mark, kind := kindMarks[v.Kind]
	plain = known && whose && kind && v.Label == "" && plainCode.MatchString(v.Instrument) && plainCode.MatchString(v.Code)
	if !known {
		occasion = "o"
	}
	if before := occasion + respondent; before != "" {
		text = before + "_"
	}
	// A respondent without an occasion would read as an occasion.
	plain = plain && (v.Occasion != "" || respondent == "")
	text += v.Instrument + "__" + mark + v.Code
	for _, other := range kindMarks {
		if v.Kind == ScaleVariable && other != "" && strings.HasPrefix(v.Code, other) {
			plain = false // would read as one of the other kinds
		}
	}
	if v.ValueSet != "" {
		text += "__" + v.ValueSet
		plain = plain && plainCode.MatchString(v.ValueSet)
	}
	return text, plain
}

// hashed is what can be kept of a readable name, and a hash of the variable.
func (v Variable) hashed(text string) string {
	identity := strings.Join([]string{
		v.Instrument, string(v.Kind), v.Code, v.ValueSet, string(v.Occasion), v.Label, string(v.Respondent),
	}, "\x00")
	sum := sha256.Sum256([]byte("painscore variable 1\x00" + identity))
	hash := hashMark + strings.ToLower(hashCode.EncodeToString(sum[:]))[:hashLength]
	text = strings.ToLower(text)
	if startsBad.MatchString(text) {
		text = "v_" + text
	}
	text = strings.Trim(unreadable.ReplaceAllString(text, "_"), "_")
	return strings.TrimRight(text[:min(len(text), NameLength-len(hash))], "_") + hash
}

// MissingReason says why a cell of a delivery holds no value.
type MissingReason string

// The reasons. The first five are what a form can say at an item; the next
// three are about whole forms and versions; the last two say why a scale was
// refused (scoring.NotApplicableRefusal is NotApplicable).
const (
	LeftBlank        MissingReason = "left_blank"
	NotApplicable    MissingReason = "not_applicable"
	Declined         MissingReason = "declined"
	Unreadable       MissingReason = "unreadable"
	NotAsked         MissingReason = "not_asked"
	NotInVersion     MissingReason = "not_in_version" // the definition that the form was scored by has no such item or scale
	NotInBattery     MissingReason = "not_in_battery" // the unit does not use the form at this occasion
	NotReturned      MissingReason = "not_returned"   // expected, and did not come
	TooFewAnswers    MissingReason = "too_few_answers"
	ValueSetNotNamed MissingReason = "value_set_not_named"
)

// MissingReasons returns all reasons, in the order of their codes.
func MissingReasons() []MissingReason {
	return []MissingReason{
		LeftBlank, NotApplicable, Declined, Unreadable, NotAsked, NotInVersion, NotInBattery, NotReturned, TooFewAnswers, ValueSetNotNamed,
	}
}

// The codes of missing reasons run upwards from one of these: the first below
// every score that is built in, the second below every whole number that a
// definition can ask for (32 bits), for an item that itself takes -90 or less.
const (
	missingFrom    = -99
	missingFarFrom = -9_999_999_999
)

// Number is the reason's code in a numeric column whose values begin at lowest:
// -99 left_blank … -90 value_set_not_named. The whole list of a variable lies
// below its lowest value, so that SPSS can name it as one range.
func (m MissingReason) Number(lowest float64) int64 {
	from := int64(missingFrom)
	if lowest <= float64(missingFrom+len(MissingReasons())-1) {
		from = missingFarFrom
	}
	return from + int64(slices.Index(MissingReasons(), m))
}

// MissingAnswer is the reason that stands at an item, false for an answer.
func MissingAnswer(kind scoring.Kind) (MissingReason, bool) {
	switch kind {
	case scoring.LeftBlank:
		return LeftBlank, true
	case scoring.NotApplicable:
		return NotApplicable, true
	case scoring.Declined:
		return Declined, true
	case scoring.Unreadable:
		return Unreadable, true
	case scoring.NotAsked:
		return NotAsked, true
	}
	return "", false
}

// MissingScore is why a scale was refused.
func MissingScore(reason scoring.RefusalReason) MissingReason {
	switch reason {
	case scoring.NotApplicableRefusal:
		return NotApplicable
	case scoring.ValueSetNotNamed:
		return ValueSetNotNamed
	}
	return TooFewAnswers
}
