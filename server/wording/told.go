package wording

import "github.com/painscore/painscore/scoring"

// told are the parts of which Sentence makes its sentences. A verb stands for
// the same thing, in the same order, in both languages. Parts that continue
// another begin with their comma or space.
var told = map[string]pair{
	"went":    {"gick från %s %s till %s %s", "went from %s %s to %s %s"},
	"was":     {"var %s %s och %s %s", "was %s %s and %s %s"},
	"same":    {", alltså samma värde", ", the same score"},
	"point":   {"%s poäng", "%s point"},
	"points":  {"%s poäng", "%s points"},
	"percent": {"%s eller %s procent", "%s or %s percent"},
	"higher":  {"%s högre", "%s higher"},
	"lower":   {"%s lägre", "%s lower"},

	"direction.higher": {", och högre är bättre", ", where higher is better"},
	"direction.lower":  {", och lägre är bättre", ", where lower is better"},

	"importance.better":          {", vilket räknas som en förbättring%s", ", which counts as improved%s"},
	"importance.worse":           {", vilket räknas som en försämring%s", ", which counts as worse%s"},
	"importance.neither":         {", vilket räknas som en förändring av betydelse%s", ", which counts as a change that matters%s"},
	"importance.no":              {", alltså ingen tydlig förändring%s", ", so no clear change%s"},
	"importance.uncertain":       {"möjligen är det en förändring av betydelse%s", "this possibly matters%s"},
	"importance.not_established": {"det är inte fastställt hur stor förändring som har betydelse", "how large a change matters is not established"},
	"importance.exhaustion":      {"om det har betydelse bedöms inte, eftersom gränsen gäller smärta och inte utmattning", "whether this matters is not judged, as the limit is for pain, not exhaustion"},
	"importance.withheld":        {"om det har betydelse bedöms inte", "whether this matters is not judged"},

	"error.beyond":          {"skillnaden är större än mätfelet%s", "the difference is more than measurement error%s"},
	"error.within":          {"skillnaden ligger inom mätfelet%s", "the difference is within measurement error%s"},
	"error.within_but":      {", men skillnaden ligger inom mätfelet%s", ", but the difference is within measurement error%s"},
	"error.uncertain":       {"det är osäkert om skillnaden är större än mätfelet%s", "it is uncertain whether the difference is more than measurement error%s"},
	"error.not_established": {"mätfelet är inte känt", "measurement error is not known"},
	"error.exhaustion":      {"mätfelet bedöms inte, eftersom det gäller smärta och inte utmattning", "measurement error is not judged, as it is known for pain, not exhaustion"},
	"error.prorated":        {", så mätfelet bedöms inte", ", so measurement error is not judged"},
	"error.withheld":        {"mätfelet bedöms inte", "measurement error is not judged"},
	"error.borrowed":        {" i andra grupper", " found in other groups"},

	"both.not_established": {"det är inte känt hur stor förändring som har betydelse, och inte heller mätfelet", "how large a change matters is not known, nor is measurement error"},
	"both.exhaustion":      {"betydelse och mätfel bedöms inte, eftersom gränserna gäller smärta och inte utmattning", "importance and measurement error are not judged, as the limits are for pain, not exhaustion"},

	"limit.found":     {" enligt en gräns framtagen %s", " by a limit found %s"},
	"limit.own":       {" enligt enhetens egen gräns", " by the unit's own limit"},
	"limit.own_found": {" enligt enhetens egen gräns, framtagen %s", " by the unit's own limit, found %s"},

	"limit." + scoring.CaveatWorsening: {"för förändring åt andra hållet", "for change the other way"},
	"limit." + scoring.CaveatPeriod:    {"över ett år", "over one year"},
	"limit." + scoring.CaveatBorrowed:  {"i andra patientgrupper", "in other patient groups"},

	"prorated.first":  {"den första poängen är uppräknad från färre svar", "the first score is worked out from fewer answers"},
	"prorated.second": {"den andra poängen är uppräknad från färre svar", "the second score is worked out from fewer answers"},
	"prorated.both":   {"båda poängen är uppräknade från färre svar", "both scores are worked out from fewer answers"},
	"switched":        {"formulären är två olika versioner", "the forms are two different versions"},

	"band":         {"nivån gick från %s till %s", "the band went from %s to %s"},
	"flag.raised":  {"%s nås nu", "the %s is now reached"},
	"flag.cleared": {"%s nås inte längre", "the %s is no longer reached"},

	"paretian.limit": {"hur stor betydelse det har framgår inte av profilen", "how much that matters the profile does not say"},

	"state.score":        {"var %s %s", "was %s %s"},
	"state.refused":      {"har ingen poäng %s (%s)", "has no score %s (%s)"},
	"state.refused_both": {"har ingen poäng vare sig %s eller %s (%s)", "has no score either %s or %s (%s)"},
	"state.no_form":      {"saknar formulär %s", "has no form %s"},
	"both":               {"%s och %s", "%s and %s"},
	"no_beginning":       {"formulär inför nybesöket saknas, så det finns ingen början att jämföra med", "the baseline is missing, so there is no beginning to compare with"},
	"nothing_to_compare": {", så det går inte att jämföra", ", so there is nothing to compare"},
	"cannot_compare":     {", men det går inte att jämföra: %s", ", but the two cannot be compared: %s"},
	"denominators":       {", men det går inte att jämföra: %d frågor var aktuella den första gången och %d den andra", ", but the two cannot be compared: %d questions applied the first time and %d the second"},
}

// spokenOccasions are the occasions as adverbials.
var spokenOccasions = map[string]pair{
	"baseline":            {"inför nybesöket", "at baseline"},
	"programme_end":       {"vid avslutet", "at programme end"},
	"follow_up_12_months": {"vid 12-månadersuppföljningen", "at the 12-month follow-up"},
	"other":               {"vid ett annat tillfälle", "on another occasion"},
}

// spokenScales are the names that do not read well in a sentence as they stand
// on a page.
var spokenScales = map[string]pair{
	"nprs.average_pain": {"Genomsnittlig smärta (NPRS)", "Average pain (NPRS)"},
	"eq_5d.vas":         {"Självskattad hälsa (EQ VAS)", "Self-rated health (EQ VAS)"},
	"tsk_17.tsk_13":     {"Rörelserädsla (TSK-13)", "Fear of movement (TSK-13)"},
	"tsk_17.tsk_11":     {"Rörelserädsla (TSK-11)", "Fear of movement (TSK-11)"},
	"wai.total":         {"Arbetsförmåga (WAI)", "Work ability (WAI)"},
	"wai.was":           {"Arbetsförmåga nu (WAS)", "Work ability now (WAS)"},
	"lisat_11.adl":      {"Daglig egenvård (LiSat-11)", "Daily self-care (LiSat-11)"},
	"lisat_11.mean":     {"Medelvärdet av livsområdena (LiSat-11)", "The mean of the areas of life (LiSat-11)"},
}

// unitless are the scales whose numbers are no points.
var unitless = map[string]bool{"eq_5d.index": true, "lisat_11.mean": true, "lisat_11.satisfied_count": true}
