package wording

import "github.com/painscore/painscore/scoring"

// Answer is the answer of either verdict in a word: whether a change matters,
// or whether it is more than measurement error.
func (l Language) Answer(a scoring.VerdictAnswer) string {
	return l.look(answers, string(a), string(a))
}

// VerdictNote explains a caveat of a verdict, or why it was withheld.
func (l Language) VerdictNote(code string) string { return l.look(verdictNotes, code, code) }

// PercentClass names a class of reductions in percent.
func (l Language) PercentClass(code string) string { return l.look(percentClasses, code, code) }

// Known says how well a number is known, empty where there is nothing to warn
// of.
func (l Language) Known(k scoring.Known) string { return l.of(knowns[k]) }

// Paretian says what a Paretian class says of the areas of an EQ-5D profile,
// without the word improvement: the class counts levels and knows nothing of
// what matters.
func (l Language) Paretian(class scoring.ParetianClass) string {
	return l.look(paretian, string(class), string(class))
}

var answers = map[string]pair{
	string(scoring.Important):      {"ja", "yes"},
	string(scoring.Uncertain):      {"osäkert", "uncertain"},
	string(scoring.NotImportant):   {"nej", "no"},
	string(scoring.BeyondError):    {"ja", "yes"},
	string(scoring.WithinError):    {"nej", "no"},
	string(scoring.NotEstablished): {"okänt", "not known"},
	string(scoring.Withheld):       {"bedöms inte", "not judged"},
}

var verdictNotes = map[string]pair{
	scoring.CaveatWorsening:    {"Gränsen är framtagen för förändring åt andra hållet; att använda den så är painscores egen regel.", "The threshold was found for change the other way; using it so is a rule of painscore's own."},
	scoring.CaveatPeriod:       {"Gränsen är framtagen över ett år och används här för en annan tid; det är painscores egen regel.", "The threshold was found over one year and is used here for another time; that is a rule of painscore's own."},
	scoring.CaveatBorrowed:     {"Gränsen är framtagen i en annan grupp än patienter med smärta.", "The threshold was found in other people than patients with pain."},
	scoring.WithheldProrated:   {"Minst en poäng är uppräknad från färre svar, vilket gör mätfelet större, okänt hur mycket.", "At least one score is prorated from fewer answers, which makes the measurement error larger by an unknown amount."},
	scoring.WithheldExhaustion: {"Gränsen är framtagen vid smärta och används inte i ett program för utmattning.", "The threshold was found in pain and is not used in a programme for exhaustion."},
}

// percentClasses are IMMPACT's.
var percentClasses = map[string]pair{
	"minimal":     {"liten", "minimal"},
	"moderate":    {"måttlig", "moderate"},
	"substantial": {"betydande", "substantial"},
}

var knowns = map[scoring.Known]pair{
	scoring.Secondary:  {"en andrahandskälla", "one secondary source"},
	scoring.FromMemory: {"obekräftat", "unconfirmed"},
	scoring.Derived:    {"härlett ur publicerade värden", "derived from published values"},
	scoring.HouseRule:  {"painscores egen regel", "a rule of painscore's own"},
}

// paretian says in plain words what the classes of Devlin (2010) say.
var paretian = map[string]pair{
	string(scoring.NoProblems): {"inga problem på något område vid något av tillfällena", "no problems in any area on either occasion"},
	string(scoring.NoChange):   {"samma nivå på alla områden", "the same level in every area"},
	string(scoring.Improved):   {"mindre problem på minst ett område och större på inget", "smaller problems in at least one area and greater in none"},
	string(scoring.Worsened):   {"större problem på minst ett område och mindre på inget", "greater problems in at least one area and smaller in none"},
	string(scoring.Mixed):      {"mindre problem på minst ett område och större på minst ett annat", "smaller problems in at least one area and greater in at least one other"},
}
