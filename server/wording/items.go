package wording

import "strconv"

// Item names an item so that a clinician can find it on the paper form: its
// number, or in our own words what it is about.
func (l Language) Item(instrument, code string) string {
	if _, err := strconv.Atoi(code); err == nil {
		return l.of(pair{"fråga ", "item "}) + code
	}
	if p, ok := scales[instrument+"."+code]; ok && instrument == "lisat_11" {
		return l.of(p) // each of its items is a scale of the same code
	}
	return l.look(items, code, instrument+"."+code, anyEQ5D(instrument)+code)
}

var items = map[string]pair{
	"isi.falling_asleep": {"insomnande", "falling asleep"},
	"isi.staying_asleep": {"nattliga uppvaknanden", "waking at night"},
	"isi.early_waking":   {"tidigt uppvaknande", "early waking"},
	"isi.satisfaction":   {"nöjdhet med sömnen", "satisfaction with sleep"},
	"isi.noticeable":     {"märks för andra", "noticed by others"},
	"isi.worried":        {"oro för sömnen", "worry about sleep"},
	"isi.interferes":     {"inverkan på dagen", "effect on the day"},

	"cpaq_8.business_of_living":   {"livet går vidare", "life goes on"},
	"cpaq_8.normal_life":          {"vanligt liv", "ordinary life"},
	"cpaq_8.full_life":            {"rikt liv", "rich life"},
	"cpaq_8.responsibilities":     {"åtaganden", "commitments"},
	"cpaq_8.pain_under_control":   {"kontroll över smärtan", "control of pain"},
	"cpaq_8.control_before_plans": {"kontroll före planer", "control before plans"},
	"cpaq_8.avoid_situations":     {"undvikande", "avoidance"},
	"cpaq_8.worries_true":         {"tankar om oro", "thoughts about worry"},

	"eq_5d.mobility":           {"rörlighet", "mobility"},
	"eq_5d.self_care":          {"egenvård", "self-care"},
	"eq_5d.usual_activities":   {"vanliga aktiviteter", "usual activities"},
	"eq_5d.pain_discomfort":    {"smärta/besvär", "pain/discomfort"},
	"eq_5d.anxiety_depression": {"oro/nedstämdhet", "anxiety/depression"},
	"eq_5d.vas":                {"EQ VAS", "EQ VAS"},

	"wai.current_ability":   {"arbetsförmåga nu", "work ability now"},
	"wai.work_demands":      {"arbetets slag", "kind of work"},
	"wai.physical_demands":  {"kroppsliga krav", "physical demands"},
	"wai.mental_demands":    {"psykiska krav", "mental demands"},
	"wai.diseases":          {"antal sjukdomar", "number of diseases"},
	"wai.impairment":        {"hinder i arbetet", "limits at work"},
	"wai.sick_leave_days":   {"sjukfrånvarodagar", "sick-leave days"},
	"wai.prognosis":         {"egen prognos", "own prognosis"},
	"wai.enjoy_daily_tasks": {"uppskattar vardagen", "enjoys daily tasks"},
	"wai.active_and_alert":  {"aktiv och pigg", "active and alert"},
	"wai.hopeful":           {"hoppfull", "hopeful"},

	"nprs.average_pain": {"genomsnittlig smärta", "average pain"},
}
