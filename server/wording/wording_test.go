package wording_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/wording"
)

func TestParseFindsTheLanguageOfATag(t *testing.T) {
	for tag, want := range map[string]wording.Language{
		"sv": wording.Swedish, "sv-SE": wording.Swedish, "SV-fi": wording.Swedish, " en-GB": wording.English, "en": wording.English,
		"": "", "de": "", "english": "", "svx": "", "*": "",
	} {
		if got, ok := wording.Parse(tag); got != want || ok != (want != "") {
			t.Errorf("Parse(%q) = %q, %t; want %q", tag, got, ok, want)
		}
	}
}

func TestNumbersReadAsTheLanguageExpects(t *testing.T) {
	for _, c := range []struct{ decimal, number, signed, sv string }{
		{"14.00", "14.00", "+14.00", "14,00"},
		{"-2.67", "−2.67", "−2.67", "−2,67"},
		{"-0.314", "−0.314", "−0.314", "−0,314"},
		{"3", "3", "+3", "3"},
		{"0", "0", "0", "0"},
		{"0.00", "0.00", "0.00", "0,00"},
		{"+2", "+2", "+2", "+2"},
	} {
		if got := wording.English.Number(c.decimal); got != c.number {
			t.Errorf("Number(%q) = %q, want %q", c.decimal, got, c.number)
		}
		if got := wording.English.Signed(c.decimal); got != c.signed {
			t.Errorf("Signed(%q) = %q, want %q", c.decimal, got, c.signed)
		}
		if got := wording.Swedish.Number(c.decimal); got != c.sv {
			t.Errorf("Swedish Number(%q) = %q, want %q", c.decimal, got, c.sv)
		}
	}
}

func TestListsReadAsSentences(t *testing.T) {
	for _, c := range []struct {
		words  []string
		sv, en string
	}{
		{nil, "", ""},
		{[]string{"a"}, "a", "a"},
		{[]string{"a", "b"}, "a och b", "a and b"},
		{[]string{"a", "b", "c"}, "a, b och c", "a, b and c"},
	} {
		if sv, en := wording.Swedish.List(c.words), wording.English.List(c.words); sv != c.sv || en != c.en {
			t.Errorf("List(%q) = %q, %q; want %q, %q", c.words, sv, en, c.sv, c.en)
		}
	}
}

func TestASitesOwnCodesAreShownAsTheyAre(t *testing.T) {
	l := wording.Swedish
	for got, want := range map[string]string{
		l.Instrument("mpi_s", "MPI-S"):               "MPI-S",
		l.Scale("mpi_s", "interference", "Hinder"):   "Hinder",
		l.Scale("mpi_s", "life_control", ""):         "life control",
		l.Band("mpi_s", "rather_high"):               "rather high",
		l.Item("mpi_s", "17"):                        "fråga 17",
		l.Item("mpi_s", "pain_now"):                  "pain now",
		l.Occasion("other", "6 veckor"):              "6 veckor",
		l.Domain("own_domain"):                       "own domain",
		l.EpisodeWord("status", ""):                  "",
		wording.English.Item("eq_5d_3l", "mobility"): "mobility",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// anticipates reports whether a text says improved or worse in any form.
func anticipates(text string) bool { return reserved.MatchString(text) }

var reserved = regexp.MustCompile(`(?i)förbättr|försämr|improve|worse|deteriorat`)

// Improved and worse are verdicts on a minimal clinically important
// difference: only the words for one that is reached may say so. What names
// the direction of a scale says "worse" of neither a patient nor a change.
func TestNoWordAnticipatesAVerdict(t *testing.T) {
	allowed := map[string]bool{
		"told importance.better": true, "told importance.worse": true,
		"stand out better": true, "stand out worse": true, "plain better": true, "plain worse": true,
		"phrase moved.improved": true, "phrase moved.worse": true, "phrase trend.what": true, "phrase talk.limits": true,
		"phrase patients.worse.one": true, "phrase patients.worse.many": true, "phrase patients.tick.worse": true, // counted by the verdict
		"report word improved": true, "report word deteriorated": true, // likewise
		"phrase patients.noted.what": true, "phrase glance.what": true, // what says when they are said
	}
	for key, said := range wording.All() {
		direction := strings.HasPrefix(key, "direction ") || strings.HasPrefix(key, "movement ")
		for _, text := range said {
			if direction {
				text = strings.ReplaceAll(text, " worse", "")
			}
			if anticipates(text) && !allowed[key] {
				t.Errorf("%s says %q", key, text)
			}
		}
	}
	for key := range allowed {
		if said, ok := wording.All()[key]; !ok || !anticipates(said[0]) || !anticipates(said[1]) {
			t.Errorf("%s is a verdict and does not say so: %q", key, said)
		}
	}
}

func TestBothLanguagesSayEverything(t *testing.T) {
	for key, said := range wording.All() {
		for i, text := range said {
			part := strings.HasPrefix(key, "told ") && strings.HasPrefix(text, " ") // goes on where another part ends
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) && !part {
				t.Errorf("%s: %q in %s", key, text, wording.Languages()[i])
			}
		}
		if verbs(said[0]) != verbs(said[1]) {
			t.Errorf("%s: the verbs of %q and %q differ", key, said[0], said[1])
		}
	}
}

// verbs lists the verbs of a phrase in their order.
func verbs(text string) string {
	var found strings.Builder
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '%' {
			found.WriteByte(text[i+1])
		}
	}
	return found.String()
}
