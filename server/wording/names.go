package wording

import (
	"cmp"
	"strings"
)

// Instrument is the short name that clinicians use, such as HADS. title is the
// definition's own, shown for a site's instrument.
func (l Language) Instrument(id, title string) string {
	return l.look(instruments, cmp.Or(title, id), id)
}

// Scale is what a scale measures, without the name of its instrument. title is
// the definition's own, shown for a site's scale.
func (l Language) Scale(instrument, scale, title string) string {
	return l.look(scales, cmp.Or(title, scale), instrument+"."+scale, anyEQ5D(instrument)+scale)
}

// ValueSet is the name of an EQ-5D value set.
func (l Language) ValueSet(id string) string { return l.look(valueSets, id, id) }

// Domain is what a group of scales is about.
func (l Language) Domain(code string) string { return l.look(domains, code, code) }

// Note is what a reader of an instrument's scores should know, empty for most.
func (l Language) Note(instrument string) string { return l.of(notes[instrument]) }

var notes = map[string]pair{
	"hads": {"En studie av registrets data talar för att läsa den sammanlagda belastningen hellre än de två delarna var för sig (LoMartire 2020). Möjlig och trolig är publikationens namn på poängområden, ingen diagnos.",
		"A study of the registry's data advises reading the total distress rather than its two parts (LoMartire 2020). Possible and probable are the publication's names for ranges of scores, not a diagnosis."},
}

// anyEQ5D is the key prefix that both EQ-5D versions share.
func anyEQ5D(instrument string) string {
	if strings.HasPrefix(instrument, "eq_5d_") {
		return "eq_5d."
	}
	return "\x00" // matches nothing
}

var instruments = map[string]pair{
	"hads":     {"HADS", "HADS"},
	"isi":      {"ISI", "ISI"},
	"pcs":      {"PCS", "PCS"},
	"tsk_17":   {"TSK", "TSK"},
	"cpaq_8":   {"CPAQ-8", "CPAQ-8"},
	"lisat_11": {"LiSat-11", "LiSat-11"},
	"eq_5d_3l": {"EQ-5D-3L", "EQ-5D-3L"},
	"eq_5d_5l": {"EQ-5D-5L", "EQ-5D-5L"},
	"wai":      {"WAI", "WAI"},
	"nprs":     {"NPRS", "NPRS"},
	"obq_11":   {"OBQ11", "OBQ11"},
}

var scales = map[string]pair{
	"hads.anxiety":    {"Ångest", "Anxiety"},
	"hads.depression": {"Depressivitet", "Depression"},
	"hads.total":      {"Emotionell belastning", "Emotional distress"},

	"isi.total": {"Sömnbesvär", "Sleep problems"},

	"pcs.total":         {"Katastrofiering", "Catastrophising"},
	"pcs.rumination":    {"Ältande", "Rumination"},
	"pcs.magnification": {"Förstoring", "Magnification"},
	"pcs.helplessness":  {"Hjälplöshet", "Helplessness"},

	"tsk_17.total":  {"Rörelserädsla", "Fear of movement"},
	"tsk_17.tsk_13": {"Rörelserädsla, TSK-13", "Fear of movement, TSK-13"},
	"tsk_17.tsk_11": {"Rörelserädsla, TSK-11", "Fear of movement, TSK-11"},

	"cpaq_8.total":               {"Smärtacceptans", "Acceptance of pain"},
	"cpaq_8.activity_engagement": {"Aktivitetsengagemang", "Activity engagement"},
	"cpaq_8.pain_willingness":    {"Smärtvillighet", "Pain willingness"},

	"lisat_11.satisfied_count":      {"Antal områden med tillfredsställelse", "Number of areas satisfied with"},
	"lisat_11.mean":                 {"Medelvärde av områdena", "Mean of the areas"},
	"lisat_11.life_as_a_whole":      {"Livet som helhet", "Life as a whole"},
	"lisat_11.vocation":             {"Arbete eller sysselsättning", "Work or occupation"},
	"lisat_11.economy":              {"Ekonomi", "Economy"},
	"lisat_11.leisure":              {"Fritid", "Leisure"},
	"lisat_11.contacts":             {"Vänner och kontakter", "Friends and contacts"},
	"lisat_11.sexual_life":          {"Sexualliv", "Sexual life"},
	"lisat_11.adl":                  {"Daglig egenvård (ADL)", "Daily self-care (ADL)"},
	"lisat_11.family_life":          {"Familjeliv", "Family life"},
	"lisat_11.partner_relation":     {"Parrelation", "Partner relationship"},
	"lisat_11.physical_health":      {"Kroppslig hälsa", "Physical health"},
	"lisat_11.psychological_health": {"Psykisk hälsa", "Psychological health"},

	"eq_5d.vas":       {"Självskattad hälsa (EQ VAS)", "Self-rated health (EQ VAS)"},
	"eq_5d.index":     {"Index", "Index"},
	"eq_5d.level_sum": {"Nivåsumma", "Level sum"},
	"eq_5d.profile":   {"Profil", "Profile"},

	"wai.total":       {"Arbetsförmåga, index", "Work ability, index"},
	"wai.was":         {"Arbetsförmåga nu (WAS)", "Work ability now (WAS)"},
	"wai.dimension_1": {"1. Arbetsförmåga nu", "1. Work ability now"},
	"wai.dimension_2": {"2. I förhållande till arbetets krav", "2. In relation to demands"},
	"wai.dimension_3": {"3. Antal sjukdomar", "3. Number of diseases"},
	"wai.dimension_4": {"4. Hinder i arbetet", "4. Limits at work"},
	"wai.dimension_5": {"5. Sjukfrånvaro", "5. Sick leave"},
	"wai.dimension_6": {"6. Egen prognos", "6. Own prognosis"},
	"wai.dimension_7": {"7. Psykiska resurser", "7. Mental resources"},

	"nprs.average_pain": {"Genomsnittlig smärta, sju dagar", "Average pain, seven days"},

	"obq_11.total": {"Aktivitetsbalans", "Occupational balance"},
}

var valueSets = map[string]pair{
	"uk_tto_1997":       {"Storbritannien, TTO 1997", "UK, TTO 1997"},
	"se_tto_2014":       {"Sverige, erfarenhetsbaserat 2014", "Sweden, experience-based 2014"},
	"uk_vas_1997":       {"Storbritannien, VAS 1997", "UK, VAS 1997"},
	"dk_tto_2009":       {"Danmark, TTO 2009", "Denmark, TTO 2009"},
	"se_tto_2020":       {"Sverige, erfarenhetsbaserat 2020", "Sweden, experience-based 2020"},
	"se_ctto_2022":      {"Sverige, hypotetiskt 2022", "Sweden, hypothetical 2022"},
	"england_2018":      {"England 2018", "England 2018"},
	"uk_2026":           {"Storbritannien 2026", "UK 2026"},
	"dk_2021":           {"Danmark 2021", "Denmark 2021"},
	"no_2024":           {"Norge 2024", "Norway 2024"},
	"uk_crosswalk_2012": {"Storbritannien, crosswalk 2012", "UK, crosswalk 2012"},
}

// domains name the sections of a page, in no order of their own.
var domains = map[string]pair{
	"function":        {"Funktion och aktivitet", "Function and activity"},
	"quality_of_life": {"Livskvalitet", "Quality of life"},
	"acceptance":      {"Acceptans", "Acceptance"},
	"work":            {"Arbete", "Work"},
	"distress":        {"Psykiskt mående", "Emotional distress"},
	"sleep":           {"Sömn", "Sleep"},
	"fear":            {"Rörelserädsla", "Fear of movement"},
	"catastrophising": {"Katastrofiering", "Catastrophising"},
	"pain":            {"Smärta", "Pain"},
}
