package wording

import "github.com/painscore/painscore/scoring"

// Band is the word for a band of an instrument's scale. Bands are the names
// that the publication gave to ranges of scores; none is a diagnosis.
func (l Language) Band(instrument, code string) string {
	return l.look(bands, code, instrument+"."+code, code)
}

// Flag is the name of a cut-off that raises a flag.
func (l Language) Flag(instrument, code string) string {
	return l.look(flags, code, instrument+"."+code, code)
}

// Direction says which way a scale points.
func (l Language) Direction(d scoring.Direction) string { return l.of(directions[d]) }

// Occasion names an occasion; label is what an "other" one is called.
func (l Language) Occasion(code, label string) string {
	if label != "" {
		return label
	}
	return l.look(occasions, code, code)
}

// OccasionShort is Occasion where there is little room.
func (l Language) OccasionShort(code, label string) string {
	if label != "" {
		return label
	}
	return l.look(occasionsShort, code, code)
}

// OccasionMissing says that an occasion has no form.
func (l Language) OccasionMissing(code string) string {
	return l.look(occasionsMissing, code, code)
}

// Timing says whether a form was answered when its occasion expects it.
func (l Language) Timing(code string) string { return l.look(timings, code, code) }

// Anchor names the date of an episode that an occasion is counted from.
func (l Language) Anchor(code string) string { return l.look(anchors, code, code) }

// Moment says whether an occasion was answered.
func (l Language) Moment(code string) string { return l.look(moments, code, code) }

// Refusal says why a scale has no score.
func (l Language) Refusal(reason scoring.RefusalReason) string {
	return l.look(refusals, string(reason), string(reason))
}

// NotComparable says why two scores have no difference.
func (l Language) NotComparable(reason scoring.NotComparableReason) string {
	return l.look(notComparable, string(reason), string(reason))
}

// Movement says which way a score went, as movement and not as a verdict.
func (l Language) Movement(m scoring.Movement) string {
	return l.look(movements, string(m), string(m))
}

// EpisodeWord is the word for a coded field of an episode; field is its name
// in the contract, such as care_level.
func (l Language) EpisodeWord(field, code string) string {
	if code == "" {
		return ""
	}
	return l.look(episodeWords, code, field+"."+code)
}

var bands = map[string]pair{
	"normal":              {"normal", "normal"},
	"possible":            {"möjlig", "possible"},
	"probable":            {"trolig", "probable"},
	"below_cutoff":        {"under gränsvärde", "below cut-off"},
	"clinically_relevant": {"kliniskt relevant", "clinically relevant"},
	"not_high":            {"inte hög", "not high"},
	"high":                {"hög", "high"},
	"mild":                {"lindrig", "mild"},
	"moderate":            {"måttlig", "moderate"},
	"severe":              {"svår", "severe"},
	"poor":                {"dålig", "poor"},
	"good":                {"god", "good"},
	"excellent":           {"utmärkt", "excellent"},
	"not_satisfied":       {"inte tillfreds", "not satisfied"},
	"satisfied":           {"tillfreds", "satisfied"},

	"isi.none":         {"inga", "none"},
	"isi.subthreshold": {"lindriga", "subthreshold"},
	"isi.moderate":     {"måttliga", "moderate"},
	"isi.severe":       {"svåra", "severe"},
}

var flags = map[string]pair{
	"hads.caseness":         {"screeninggränsen", "screening cut-off"},
	"isi.case_community":    {"gränsen för befolkningsurval", "cut-off for community samples"},
	"isi.case_primary_care": {"gränsen för primärvård", "cut-off for primary care"},
}

var directions = map[scoring.Direction]pair{
	scoring.HigherIsBetter: {"högre är bättre", "higher is better"},
	scoring.HigherIsWorse:  {"högre är sämre", "higher is worse"},
	scoring.NoDirection:    {"ingen riktning är bättre", "neither way is better"},
}

var occasions = map[string]pair{
	"baseline":            {"Inför nybesök", "Baseline"},
	"programme_end":       {"Vid avslut", "Programme end"},
	"follow_up_12_months": {"12 månader efter avslut", "12 months after the end"},
	"other":               {"Annat tillfälle", "Other occasion"},
}

var occasionsShort = map[string]pair{
	"baseline":            {"Nybesök", "Baseline"},
	"programme_end":       {"Avslut", "End"},
	"follow_up_12_months": {"12 månader", "12 months"},
	"other":               {"Annat", "Other"},
}

var occasionsMissing = map[string]pair{
	"baseline":            {"formulär inför nybesök saknas", "baseline missing"},
	"programme_end":       {"avslutsformulär saknas", "end form missing"},
	"follow_up_12_months": {"12-månadersformulär saknas", "12-month form missing"},
	"other":               {"formulär saknas", "form missing"},
}

var timings = map[string]pair{
	"early":          {"tidigt", "early"},
	"in_window":      {"i tid", "in time"},
	"late":           {"sent", "late"},
	"no_anchor_date": {"kan inte bedömas, datum saknas", "cannot be judged, date not known"},
	"":               {"ingen tidsram", "no time frame"},
}

var anchors = map[string]pair{
	"first_visit":   {"nybesök", "first visit"},
	"programme_end": {"programmets slut", "end of the programme"},
}

var moments = map[string]pair{
	"answered":         {"besvarat", "answered"},
	"missing":          {"inga formulär", "no forms"},
	"baseline_missing": {"saknas", "missing"},
}

var refusals = map[string]pair{
	string(scoring.TooFewAnswers):        {"för få svar", "too few answers"},
	string(scoring.NotApplicableRefusal): {"frågor som inte är aktuella för patienten", "questions that do not apply to the patient"},
	string(scoring.ValueSetNotNamed):     {"inget värdeset är valt", "no value set is chosen"},
}

// The reason MISSING is the trend's own: one of the two occasions has no form
// of the instrument.
var notComparable = map[string]pair{
	"MISSING":                            {"formulär saknas vid det ena tillfället", "no form at one of the two occasions"},
	string(scoring.RefusedScore):         {"poäng saknas vid det ena tillfället", "no score at one of the two occasions"},
	string(scoring.DifferentInstrument):  {"olika formulär", "different instruments"},
	string(scoring.DifferentScale):       {"olika skalor", "different scales"},
	string(scoring.DifferentScoring):     {"poängsatta enligt olika versioner", "scored by different versions"},
	string(scoring.DifferentValueSet):    {"olika värdeset", "different value sets"},
	string(scoring.DifferentDenominator): {"olika antal frågor var aktuella", "different numbers of questions applied"},
	string(scoring.NoNumber):             {"en profil har ingen skillnad i tal", "a profile has no difference in numbers"},
}

var movements = map[string]pair{
	string(scoring.TowardsBetter): {"åt det bättre hållet", "towards better"},
	string(scoring.TowardsWorse):  {"åt det sämre hållet", "towards worse"},
	string(scoring.Same):          {"samma värde", "same value"},
	string(scoring.NoMovement):    {"ändrat", "changed"},
}

var episodeWords = map[string]pair{
	"status.active":                     {"pågår", "active"},
	"status.completed":                  {"avslutad", "completed"},
	"status.dropped_out":                {"avbruten", "dropped out"},
	"status.cancelled":                  {"inställd", "cancelled"},
	"drop_out_phase.before_first_visit": {"före nybesök", "before the first visit"},
	"drop_out_phase.assessment":         {"under utredning", "during assessment"},
	"drop_out_phase.programme":          {"under programmet", "during the programme"},
	"drop_out_phase.follow_up":          {"under uppföljning", "during follow-up"},
	"care_level.mmrpv":                  {"MMRpv", "MMRpv"},
	"care_level.mmrsv":                  {"MMRsv", "MMRsv"},
	"track.programme":                   {"program", "programme"},
	"track.individual":                  {"individuell insats", "individual"},
	"track.assessment_only":             {"enbart utredning", "assessment only"},
	"programme_type.pain":               {"smärta", "pain"},
	"programme_type.exhaustion":         {"utmattning", "exhaustion"},
	"sex.female":                        {"kvinna", "woman"},
	"sex.male":                          {"man", "man"},
	"sex.other":                         {"annat", "other"},
}
