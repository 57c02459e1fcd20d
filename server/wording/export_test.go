package wording

// All gives every word of every table, in the order of Languages, for the tests.
func All() map[string][2]string {
	all := map[string][2]string{}
	for name, table := range map[string]map[string]pair{
		"instrument": instruments, "scale": scales, "value set": valueSets, "domain": domains, "note": notes,
		"band": bands, "flag": flags, "occasion": occasions, "occasion short": occasionsShort, "occasion missing": occasionsMissing,
		"timing": timings, "anchor": anchors, "moment": moments, "refusal": refusals, "not comparable": notComparable,
		"movement": movements, "episode word": episodeWords, "item": items, "phrase": phrases,
		"told": told, "occasion spoken": spokenOccasions, "scale spoken": spokenScales, "paretian": paretian,
		"answer": answers, "verdict note": verdictNotes, "percent class": percentClasses,
		"respondent": respondents, "role": roles, "no answer": noAnswers,
		"registry choice": registryChoices, "stand out": standOut, "plain": plain, "occasion named": namedOccasions, "domain told": toldDomains,
		"due state": dueStates, "occasion act": occasionActs, "way": ways, "episode field": episodeFields, "identifier system": identifierSystems,
		"coding": codings, "report word": reportWords, "done": dones, "warning": warnings, "problem": problems,
	} {
		for key, p := range table {
			all[name+" "+key] = [2]string{p.sv, p.en}
		}
	}
	for k, p := range knowns {
		all["known "+string(k)] = [2]string{p.sv, p.en}
	}
	for d, p := range directions {
		all["direction "+string('0'+rune(d))] = [2]string{p.sv, p.en}
	}
	return all
}

// Knows reports whether a table has a key.
func Knows(table, key string) bool { _, ok := All()[table+" "+key]; return ok }

// Subject is how a sentence names the scale.
func Subject(l Language, c ChangeTold) string { return telling{l, &c}.subject() }
