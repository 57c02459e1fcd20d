package wording

import "github.com/painscore/painscore/scoring"

// PlainChange tells what a change is worth for the patient's own ear, in
// clauses without names and numbers, which stand beside them. None where
// nothing was compared.
func (l Language) PlainChange(c *scoring.Change, j *scoring.Judgement) []string {
	switch {
	case c == nil:
		return nil
	case !c.Comparable:
		return []string{l.fill(plain, "apart", l.NotComparable(c.Reason))}
	case c.Movement == scoring.Same:
		return []string{l.fill(plain, "same")}
	}
	clauses := []string{l.fill(plain, l.plainKey(c, j))}
	switch j.Error.Answer {
	case scoring.WithinError, scoring.Uncertain:
		clauses = append(clauses, l.fill(plain, "error."+string(j.Error.Answer)))
	}
	return clauses
}

func (l Language) plainKey(c *scoring.Change, j *scoring.Judgement) string {
	switch better := c.Movement == scoring.TowardsBetter; j.Importance.Answer {
	case scoring.Important:
		switch {
		case better:
			return "better"
		case c.Movement == scoring.TowardsWorse:
			return "worse"
		}
		return "matters"
	case scoring.Uncertain:
		switch {
		case better:
			return "possibly.better"
		case c.Movement == scoring.TowardsWorse:
			return "possibly.heavier"
		}
		return "possibly"
	case scoring.NotImportant:
		return "unclear"
	}
	if c.Difference.Num > 0 {
		return "higher"
	}
	return "lower"
}

// BetterWay says which way is better on a scale, empty where neither is.
func (l Language) BetterWay(d scoring.Direction) string {
	switch d {
	case scoring.HigherIsBetter:
		return l.fill(plain, "way.higher")
	case scoring.HigherIsWorse:
		return l.fill(plain, "way.lower")
	}
	return ""
}

// At is an occasion as an adverbial, such as "at baseline".
func (l Language) At(occasion, label string) string { return telling{l: l}.at(occasion, label) }

// DomainTold introduces a domain to somebody who listens.
func (l Language) DomainTold(code string) string {
	return l.look(toldDomains, l.Domain(code), code)
}

// plain are the words of the sheets that a patient hears or reads.
var plain = map[string]pair{
	"apart":            {"går inte att jämföra: %s", "cannot be compared: %s"},
	"same":             {"samma som förut", "the same as before"},
	"better":           {"räknas som en förbättring", "counts as improved"},
	"worse":            {"räknas som en försämring", "counts as worse"},
	"matters":          {"räknas som en förändring av betydelse", "counts as a change that matters"},
	"possibly.better":  {"kanske en förändring, åt det bättre hållet", "perhaps a change, towards better"},
	"possibly":         {"kanske en förändring av betydelse", "perhaps a change that matters"},
	"possibly.heavier": {"kanske en förändring, åt det tyngre hållet", "perhaps a change, towards the heavier end"},
	"unclear":          {"ingen tydlig förändring", "no clear change"},
	"higher":           {"högre än förut, men hur mycket som har betydelse är inte känt", "higher than before, but how much matters is not known"},
	"lower":            {"lägre än förut, men hur mycket som har betydelse är inte känt", "lower than before, but how much matters is not known"},

	"error." + string(scoring.WithinError): {"skillnaden kan vara slump", "the difference can be chance"},
	"error." + string(scoring.Uncertain):   {"det är osäkert om skillnaden är mer än slump", "whether the difference is more than chance is uncertain"},

	"way.higher": {"högre är bättre", "higher is better"},
	"way.lower":  {"lägre är bättre", "lower is better"},
}

// toldDomains are the domains as a listener hears them, after "about".
var toldDomains = map[string]pair{
	"function":        {"vad du klarar av i vardagen", "what you manage in daily life"},
	"quality_of_life": {"hur du har det i livet som helhet", "how life is as a whole"},
	"acceptance":      {"att leva med smärta", "living with pain"},
	"work":            {"arbete", "work"},
	"distress":        {"oro och nedstämdhet", "worry and low mood"},
	"sleep":           {"sömn", "sleep"},
	"fear":            {"rädsla för att röra sig", "fear of moving"},
	"catastrophising": {"tankar kring smärtan", "thoughts about the pain"},
	"pain":            {"smärtan själv", "the pain itself"},
}
