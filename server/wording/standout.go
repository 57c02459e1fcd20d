package wording

import "strings"

// Seen is what the charts of an episode show, for StandOut. Scales go by their
// names as the page has them.
type Seen struct {
	// To is the newest occasion with a form, From the one that it is compared
	// with: the baseline or, where that is missing, the one before. From is
	// empty where there is one occasion only.
	From, FromLabel string
	To, ToLabel     string

	BaselineMissing bool

	Better, Worse []string // the change from From to To reaches its MCID
	Matters       []string // so does this, and neither way is better
	Possibly      int      // between the bounds of the MCID
	Unclear       int      // below it
	Unjudged      int      // no MCID is known, or it is withheld
	Incomparable  int      // no difference can be taken

	Heaviest []string // with their band: the newest score lies in the band furthest to the worse end
	Lightest int      // how many lie in the one furthest to the better end
	Banded   int      // how many have a band at To

	Refused  []string // no score at From or To
	Prorated []string // prorated at From or To
}

// StandOut tells in three sentences what a reader of the charts would see
// first: what has changed, where the newest scores lie, and how complete they
// are. It describes. It neither interprets nor advises, and says improvement
// and worsening only of what reaches its minimal clinically important
// difference.
func (l Language) StandOut(s Seen) [3]string {
	return [3]string{l.changed(s), l.stands(s), l.complete(s)}
}

func (l Language) stand(key string, args ...any) string { return l.fill(standOut, key, args...) }

func (l Language) changed(s Seen) string {
	to := l.occasionNamed(s.To, s.ToLabel)
	if s.From == "" {
		if s.BaselineMissing {
			return l.stand("only.no_baseline", to)
		}
		return l.stand("only", to)
	}
	var parts []string
	add := func(key string, names []string) {
		if len(names) > 0 {
			parts = append(parts, l.stand(key, l.List(names)))
		}
	}
	add("better", s.Better)
	add("worse", s.Worse)
	add("matters", s.Matters)
	if len(parts) == 0 && s.Possibly+s.Unclear > 0 {
		parts = []string{l.stand("none")}
	}
	for _, rest := range []struct {
		key string
		n   int
	}{{"possibly", s.Possibly}, {"unclear", s.Unclear}, {"unjudged", s.Unjudged}, {"incomparable", s.Incomparable}} {
		if rest.n > 0 {
			parts = append(parts, l.stand(rest.key, l.scalesCounted(rest.n)))
		}
	}
	if len(parts) == 0 {
		parts = []string{l.stand("nothing")}
	}
	text := l.stand("between", l.occasionNamed(s.From, s.FromLabel), to, strings.Join(parts, "; "))
	if s.BaselineMissing {
		text = l.stand("no_baseline", text)
	}
	return text
}

func (l Language) stands(s Seen) string {
	to := l.occasionNamed(s.To, s.ToLabel)
	switch {
	case s.Banded == 0:
		return l.stand("bands.none", to)
	case len(s.Heaviest) == 0:
		return l.stand("bands.no_heavy", to, l.scalesCounted(s.Banded), s.Lightest)
	}
	return l.stand("bands", to, l.scalesCounted(s.Banded), len(s.Heaviest), l.List(s.Heaviest), s.Lightest)
}

func (l Language) complete(s Seen) string {
	switch refused, prorated := l.List(s.Refused), l.List(s.Prorated); {
	case refused == "" && prorated == "":
		return l.stand("complete")
	case prorated == "":
		return l.stand("complete.refused", refused)
	case refused == "":
		return l.stand("complete.prorated", prorated)
	default:
		return l.stand("complete.both", refused, prorated)
	}
}

func (l Language) scalesCounted(n int) string {
	if n == 1 {
		return l.stand("scale", n)
	}
	return l.stand("scales", n)
}

// occasionNamed names an occasion inside a sentence.
func (l Language) occasionNamed(code, label string) string {
	if label != "" {
		return l.of(pair{"”" + label + "”", "“" + label + "”"})
	}
	return l.look(namedOccasions, code, code)
}

var namedOccasions = map[string]pair{
	"baseline":            {"nybesöket", "the baseline"},
	"programme_end":       {"avslutet", "the programme end"},
	"follow_up_12_months": {"12-månadersuppföljningen", "the 12-month follow-up"},
	"other":               {"ett annat tillfälle", "another occasion"},
}

// standOut are the parts of StandOut's sentences.
var standOut = map[string]pair{
	"only":              {"Ett tillfälle är besvarat, %s, så det finns ingen förändring att visa ännu.", "One occasion is answered, %s, so there is no change to show yet."},
	"only.no_baseline":  {"Formulär inför nybesök saknas och ett tillfälle är besvarat, %s, så det finns ingen förändring att visa.", "The baseline is missing and one occasion is answered, %s, so there is no change to show."},
	"between":           {"Mellan %s och %s: %s.", "Between %s and %s: %s."},
	"no_baseline":       {"Formulär inför nybesök saknas. %s", "The baseline is missing. %s"},
	"better":            {"räknas som förbättring för %s", "counts as improved for %s"},
	"worse":             {"räknas som försämring för %s", "counts as worse for %s"},
	"matters":           {"förändring av betydelse för %s", "a change that matters for %s"},
	"none":              {"ingen skala når en skillnad som säkert räknas som viktig", "no scale reaches a difference that counts as important for certain"},
	"possibly":          {"möjligen viktig förändring för %s", "possibly an important change for %s"},
	"unclear":           {"ingen tydlig förändring för %s", "no clear change for %s"},
	"unjudged":          {"okänt hur stor förändring som är viktig för %s", "how large a change is important is not known for %s"},
	"incomparable":      {"kan inte jämföras för %s", "cannot be compared for %s"},
	"nothing":           {"inget formulär är besvarat båda gångerna", "no form is answered both times"},
	"scale":             {"%d skala", "%d scale"},
	"scales":            {"%d skalor", "%d scales"},
	"bands":             {"Vid %s har %s publicerade nivåer, varav %d ligger på den högsta besvärsnivån, %s, och %d på den lägsta.", "At %s, %s have published bands, of which %d in the heaviest one, %s, and %d in the lightest."},
	"bands.no_heavy":    {"Vid %s har %s publicerade nivåer, varav ingen ligger på den högsta besvärsnivån och %d på den lägsta.", "At %s, %s have published bands, of which none lies in the heaviest one and %d in the lightest."},
	"bands.none":        {"Ingen av skalorna vid %s har publicerade nivåer.", "None of the scales at %s has published bands."},
	"complete":          {"Alla poäng bygger på fullständigt besvarade skalor.", "Every score rests on a scale that was answered whole."},
	"complete.refused":  {"Poäng saknas för %s, där för få frågor är besvarade eller inte var aktuella.", "There is no score for %s, where too few items are answered or did not apply."},
	"complete.prorated": {"Uppräknad från färre svar är %s.", "Prorated from fewer answers: %s."},
	"complete.both":     {"Poäng saknas för %s; uppräknad från färre svar är %s.", "There is no score for %s; prorated from fewer answers: %s."},
}
