package wording

// DueState says what there is to do about an occasion.
func (l Language) DueState(code string) string { return l.look(dueStates, code, code) }

// OccasionAct is something that was done about an occasion.
func (l Language) OccasionAct(code string) string { return l.look(occasionActs, code, code) }

// Way is how feedback was given.
func (l Language) Way(code string) string { return l.look(ways, code, code) }

// EpisodeField names a field of an episode by its name in the contract, or a
// group of them.
func (l Language) EpisodeField(name string) string { return l.look(episodeFields, name, name) }

// IdentifierSystem names a kind of identity number.
func (l Language) IdentifierSystem(code string) string { return l.look(identifierSystems, code, code) }

// Problem says by its reason why something was not stored. What has no words of
// its own is said in general: a reason is never shown as a code.
func (l Language) Problem(reason string) string {
	if p, ok := problems[reason]; ok {
		return l.of(p)
	}
	return l.of(problems["INVALID_INPUT"])
}

// Warning says what to look at although something was stored; empty for a code
// that is none.
func (l Language) Warning(code string) string { return l.of(warnings[code]) }

// Done says what was stored; empty for a code that is none.
func (l Language) Done(code string) string { return l.of(dones[code]) }

// Coding names a way in which answers stand on a paper form; the empty one is the
// definition's own.
func (l Language) Coding(code string) string { return l.look(codings, code, code) }

var dueStates = map[string]pair{
	"due":             {"dags nu", "due"},
	"due_soon":        {"inom åtta veckor", "within eight weeks"},
	"overdue":         {"försenat", "overdue"},
	"partly_answered": {"delvis besvarat", "partly answered"},
	"no_date":         {"datum saknas", "no date"},
}

var occasionActs = map[string]pair{
	"sent":              {"skickat", "sent"},
	"reminded":          {"påmint", "reminded"},
	"returned":          {"kom tillbaka oöppnat", "returned unopened"},
	"declined":          {"patienten avstår den här gången", "declined this time"},
	"seen":              {"svaren lästa", "answers read"},
	"feedback_offered":  {"återkoppling erbjuden", "feedback offered"},
	"feedback_declined": {"återkoppling avböjd", "feedback declined"},
	"feedback_given":    {"återkoppling given", "feedback given"},
}

var ways = map[string]pair{
	"visit":   {"vid besök", "at a visit"},
	"phone":   {"per telefon", "by telephone"},
	"video":   {"per video", "by video"},
	"letter":  {"per brev", "by letter"},
	"digital": {"digitalt", "digitally"},
}

var episodeFields = map[string]pair{
	"group.programme":        {"Program", "Programme"},
	"group.dates":            {"Datum", "Dates"},
	"group.person":           {"Patient", "Patient"},
	"group.status":           {"Status", "Status"},
	"cohort":                 {"Grupp", "Cohort"},
	"care_level":             {"Vårdnivå", "Care level"},
	"track":                  {"Insats", "Track"},
	"programme_type":         {"Inriktning", "Programme type"},
	"assessing_unit":         {"Utredande enhet", "Assessing unit"},
	"referred_on":            {"Remiss", "Referred"},
	"first_visit_planned_on": {"Nybesök, planerat", "First visit, planned"},
	"first_visit_on":         {"Nybesök", "First visit"},
	"start_planned_on":       {"Start, planerad", "Start, planned"},
	"started_on":             {"Start", "Start"},
	"end_planned_on":         {"Slut, planerat", "End, planned"},
	"ended_on":               {"Slut", "End"},
	"sex":                    {"Kön", "Sex"},
	"birth_year":             {"Födelseår", "Birth year"},
	"language_code":          {"Språk (t.ex. sv)", "Language (such as sv)"},
	"status":                 {"Status", "Status"},
	"drop_out_phase":         {"Avbrott, när", "Drop-out, when"},
	"drop_out_reason":        {"Avbrott, varför", "Drop-out, why"},
	"deceased":               {"Avliden", "Deceased"},
	"do_not_contact":         {"Ska inte kontaktas", "Do not contact"},
}

var identifierSystems = map[string]pair{
	"personnummer":      {"Personnummer", "Personal identity number"},
	"samordningsnummer": {"Samordningsnummer", "Coordination number"},
	"reservnummer":      {"Reservnummer", "Reserve number"},
}

var codings = map[string]pair{
	"":             {"poäng som i nyckeln", "scores as in the key"},
	"box_position": {"rutans plats, uppifrån räknat från 1", "place of the box, from the top, counted from 1"},
}

var dones = map[string]pair{
	"form":        {"Formuläret är sparat.", "The form is saved."},
	"episode":     {"Vårdepisoden är sparad.", "The episode is saved."},
	"new_episode": {"Vårdepisoden är skapad.", "The episode is created."},
	"feedback":    {"Återkopplingen är noterad.", "The feedback is on record."},
}

var warnings = map[string]pair{
	"CHECK_DIGIT":      {"Kontrollsiffran i identiteten stämmer inte. Jämför med legitimationen.", "The check digit of the identity does not fit. Compare it with the patient's card."},
	"TEST_IDENTITY":    {"Det är en testidentitet: episoden räknas inte med.", "This is a test identity: the episode does not count."},
	"UNDER_18":         {"Patienten var under 18 år. Formulären och gränserna gäller vuxna.", "The patient was under 18. The forms and cut-offs are for adults."},
	"NOTHING_ANSWERED": {"Ingen fråga var besvarad.", "No item was answered."},
	"OTHER_EPISODES":   {"Patienten har fler vårdepisoder på enheten.", "The patient has other episodes at the unit."},
}

var problems = map[string]pair{
	"INVALID_INPUT":               {"Något stämmer inte; se fälten.", "Something does not fit; see the fields."},
	"REQUIRED":                    {"Måste fyllas i.", "Must be filled in."},
	"TOO_LONG":                    {"För långt.", "Too long."},
	"BAD_FORMAT":                  {"Har inte rätt form.", "Is not in the right form."},
	"BAD_DATE":                    {"Datumet stämmer inte, eller ligger före ett som det ska följa.", "The date is none, or lies before one that it should follow."},
	"FUTURE_DATE":                 {"Datumet ligger i framtiden.", "The date lies in the future."},
	"IDENTIFIER_IN_TEXT":          {"En text innehåller patientens identitet. Den får bara stå i sitt eget fält.", "A text holds the patient's identity, which may stand in its own field only."},
	"OUT_OF_RANGE":                {"Utanför det som går att svara.", "Outside what can be answered."},
	"NOT_WHOLE":                   {"Ska vara ett heltal.", "Must be a whole number."},
	"BAD_ANSWER":                  {"Går inte att läsa som ett svar.", "Cannot be read as an answer."},
	"NOT_APPLICABLE_NOT_ALLOWED":  {"Frågan kan inte vara inte aktuell.", "The item cannot be not applicable."},
	"UNKNOWN_FIELD":               {"Välj ett av alternativen.", "Choose one of the options."},
	"STALE_VERSION":               {"Någon annan har ändrat episoden under tiden. Inget är sparat.", "Somebody else has changed the episode meanwhile. Nothing is saved."},
	"EPISODE_UNKNOWN":             {"Vårdepisoden finns inte.", "There is no such episode."},
	"EPISODE_OF_OTHER_PATIENT":    {"Episodens namn hör till en annan patient.", "The name of the episode belongs to another patient."},
	"SUBMISSION_ID_REUSED":        {"Den här sidan har redan sparat ett formulär med annat innehåll. Det som är sparat rättas som en ändring; för ett nytt formulär, börja om från listan.", "This page has already saved a form with other content. What is saved is corrected by an amendment; for a new form, begin again from the list."},
	"OCCASION_ALREADY_ANSWERED":   {"Formuläret finns redan för det här tillfället. Inget är sparat; det som är fel i det rättas som en ändring.", "The form is there already for this occasion. Nothing is saved; what is wrong in it is corrected by an amendment."},
	"ACT_ID_REUSED":               {"Det här är redan noterat på annat sätt. Ladda om sidan och försök igen.", "This is on record in another way. Load the page anew and try again."},
	"ERASED":                      {"Patientens uppgifter är raderade. Inget sparas på nytt.", "The patient's data are erased. Nothing is stored again."},
	"CODE_UNKNOWN":                {"Ingen blankett har skickats med den koden.", "No form was sent out with this code."},
	"IDENTIFIER_OF_OTHER_PATIENT": {"Identiteten hör till en annan patient.", "The identity belongs to another patient."},
}
