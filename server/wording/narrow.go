package wording

import "strings"

// Narrow marks where the long words of a column's heading and cells may be
// broken (soft hyphens): in a table of twenty columns on paper a word has twelve
// millimetres, and not every browser knows where Swedish words part.
func (l Language) Narrow(text string) string { return softHyphens.Replace(text) }

// softHyphens parts words between their members, else by syllable; both cases,
// since a word may begin a heading.
var softHyphens = func() *strings.Replacer {
	var pairs []string
	for _, parted := range strings.Fields(`
		Aktivitets|balans Aktivitets|engage|mang Arbets|förmåga Depres|sivitet Emotio|nell Genom|snittlig Katastro|fiering
		Medel|värde Rörelse|rädsla Själv|skattad Smärt|acceptans Smärt|villig|het Sömn|besvär belast|ning erfaren|hets|baserat hypote|tiskt
		tillfreds|ställelse gräns|värde upp|räknad jämför|bart syssel|sättning förbätt|rad försäm|rad kata|strofiering Livs|kvalitet
		Catastro|phising Accept|ance Depres|sion Emo|tional engage|ment will|ingness Occupa|tional experi|ence hypo|thetical satis|fied
		moder|ately psycho|logical compar|able impor|tant`) {
		word := strings.ReplaceAll(parted, "|", "")
		parted = strings.ReplaceAll(parted, "|", "\u00ad")
		pairs = append(pairs, word, parted, capitalised(word), capitalised(parted), strings.ToLower(word), strings.ToLower(parted))
	}
	return strings.NewReplacer(pairs...)
}()

func capitalised(word string) string {
	first := []rune(word)
	return strings.ToUpper(string(first[:1])) + string(first[1:])
}
