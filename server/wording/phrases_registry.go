package wording

// registryPhrases are the sentences of the page on which it is recorded what a
// patient says to a quality registry. The law behind them is patientdatalagen,
// chapter 7: information first, and the right to object at any time.
var registryPhrases = map[string]pair{
	"registry.title": {"Kvalitetsregister, vårdepisod %s", "Quality registry, episode %s"},
	"registry.what": {
		"Patienten ska få veta om registret innan något skickas dit, och får säga nej när som helst. Valet är patientens: det gäller alla vårdepisoder hos vårdgivaren, från och med nu. Vården och den här sidan påverkas inte.",
		"The patient must be told of the registry before anything is sent there, and may say no at any time. The choice is the patient's: it holds for all episodes at the care provider, from now on. Care and these pages go on as before.",
	},
	"registry.at":          {"%s hos %s", "%s at %s"},
	"registry.at.unknown":  {"%s hos en annan vårdgivare", "%s at another care provider"},
	"registry.stands":      {"Nu gäller: %s.", "What holds now: %s."},
	"registry.stands.none": {"Inget är antecknat: patienten räknas som inte informerad, och inget skickas.", "Nothing is recorded: the patient counts as not informed, and nothing is sent."},
	"registry.history":     {"Tidigare och nu", "Earlier and now"},
	"registry.said":        {"Vad", "What"},
	"registry.since":       {"Dag", "Day"},
	"registry.recorded":    {"Antecknat", "Recorded"},

	"registry.record":            {"Anteckna", "Record"},
	"registry.informed.what":     {"Patienten har fått veta om registret och om rätten att säga nej, och har inte sagt nej. Uppgifter får skickas.", "The patient was told of the registry and of the right to say no, and has not said no. Data may be sent."},
	"registry.objected.what":     {"Inget mer skickas till registret, och det som har skickats ska förstöras där.", "Nothing more is sent to the registry, and what was sent is to be destroyed there."},
	"registry.not_informed.what": {"Patienten har inte fått veta om registret, eller det visade sig vara så. Inget skickas.", "The patient was not told of the registry, or it turned out so. Nothing is sent."},
	"registry.take_back":         {"Patienten har sagt nej. Ändra det bara om patienten själv har tagit tillbaka det.", "The patient has said no. Change that only if the patient has taken it back."},
	"registry.provider":          {"Vårdgivarens HSA-id", "The care provider's HSA-id"},
	"registry.decided":           {"Dag då patienten fick veta eller sade nej", "Day on which the patient was told or said no"},
	"registry.reason":            {"Varför, för den som läser efteråt; inga personuppgifter", "Why, for those who read it later; no personal data"},
	"registry.save":              {"Anteckna valet", "Record the choice"},
	"registry.not_yours":         {"Valet antecknas av enheten som vårdepisoden hör till.", "The choice is recorded by the unit that the episode belongs to."},
	"registry.problem":           {"Inget antecknades.", "Nothing was recorded."},
	"registry.problem.input":     {"Något saknas eller är fel: välj ett av de tre, en dag som inte är i framtiden, och skriv varför utan personnummer.", "Something is missing or wrong: choose one of the three, a day that is not in the future, and say why without an identity number."},
	"registry.problem.overtaken": {"Någon annan hann anteckna ett annat val. Läs vad som nu gäller och börja om därifrån.", "Somebody else has recorded another choice meanwhile. Read what holds now and begin again from there."},
}
