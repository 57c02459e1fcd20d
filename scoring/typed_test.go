package scoring_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// goals is the example of a site form, with an item of each type.
func goals(t testing.TB) *scoring.Instrument {
	t.Helper()
	body, ok := instruments.Skeleton("goal_evaluation")
	if !ok {
		t.Fatal("no example of a site form")
	}
	return load(t, string(body), "goal_evaluation")
}

func load(t testing.TB, body, id string) *scoring.Instrument {
	t.Helper()
	c, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddFile(id+".yaml", []byte(body)); err != nil {
		t.Fatal(err)
	}
	in, _ := c.Instrument(id, "")
	return in
}

func typed(sheet *scoring.Sheet, item string, k scoring.Kind, text string) {
	sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: sheet.AddText(k, text)})
}

// filled is a form with an answer of each type.
func filled() *scoring.Sheet {
	sheet := &scoring.Sheet{Answers: []scoring.Answer{{Item: "goal_reached", Response: is(7)}}}
	typed(sheet, "goal_in_own_words", scoring.GivenText, "Gå till sjön; \"två\" gånger\r\ni veckan =\t1; value_sets=x")
	typed(sheet, "hours_per_week", scoring.GivenDecimal, "012.50")
	typed(sheet, "goal_area", scoring.GivenCode, "leisure")
	typed(sheet, "goal_set_on", scoring.GivenDate, "2024-02-29")
	sheet.Answers = append(sheet.Answers, scoring.Answer{Item: "work_status", Response: kind(scoring.NotApplicable)})
	return sheet
}

const filledRecord = `goal_reached=7 hours_per_week=12.5 goal_area=leisure work_status=not_applicable goal_set_on=2024-02-29 ` +
	`goal_in_own_words="Gå till sjön; \"två\" gånger\ni veckan =\t1; value_sets=x" comment=blank`

func TestAFormTakesAnswersOfEveryTypeAndScoresNone(t *testing.T) {
	in := goals(t)
	if !in.IsForm() || !in.Typed() || instrument(t, "hads").IsForm() || instrument(t, "hads").Typed() {
		t.Error("what is a form")
	}
	var answers scoring.Answers
	if p := in.Read(filled(), &answers); p != nil {
		t.Fatal(p)
	}
	if got := string(scoring.AppendAnswers(nil, in, &answers)); got != filledRecord {
		t.Errorf("%s\nwant\n%s", got, filledRecord)
	}
	var again scoring.Answers
	if err := scoring.ParseAnswers(filledRecord, in, &again); err != nil || !reflect.DeepEqual(again.Texts, answers.Texts) {
		t.Errorf("%v %q", err, again.Texts)
	}
	want := []string{"7", "12.5", "leisure", "", "2024-02-29", "Gå till sjön; \"två\" gånger\ni veckan =\t1; value_sets=x", ""}
	for i := range want {
		if got := answers.Text(i); got != want[i] {
			t.Errorf("item %d: %q, want %q", i, got, want[i])
		}
	}
	result := scoring.Result{Scores: make([]scoring.Score, 3)}
	in.Score(&answers, &result)
	if len(result.Scores) != 0 || len(scoring.AppendScores(nil, result.Scores)) != 0 {
		t.Errorf("a form is scored: %v", result.Scores)
	}
	// The buffer that held texts serves an instrument without any, and back.
	if p := instrument(t, "hads").Read(hadsSheet(), &answers); p != nil || len(answers.Texts) != 0 {
		t.Error(p, answers.Texts)
	}
	if p := in.Read(&scoring.Sheet{}, &answers); p != nil || strings.Join(answers.Texts, "") != "" {
		t.Error("texts of another sheet are left over")
	}
}

func TestFormsWithoutTypesOfTheirOwnGiveNumbersAndText(t *testing.T) {
	in := goals(t)
	sheet := &scoring.Sheet{}
	typed(sheet, "hours_per_week", scoring.NotWhole, "12.5")
	typed(sheet, "goal_area", scoring.NotANumber, "sleep")
	typed(sheet, "goal_set_on", scoring.NotANumber, "2025-01-31")
	typed(sheet, "comment", scoring.NotANumber, "-")
	var answers scoring.Answers
	if p := in.Read(sheet, &answers); p != nil {
		t.Fatal(p)
	}
	if strings.Join(answers.Texts, "|") != "|12.5|sleep||2025-01-31||-" {
		t.Error(answers.Texts)
	}
	if p := in.Read(&scoring.Sheet{Answers: []scoring.Answer{{Item: "hours_per_week", Response: is(40)}}}, &answers); p != nil || answers.Text(1) != "40" {
		t.Error("a whole number is a decimal one, too", p)
	}
}

func TestEveryProblemOfAFormIsSaidAndNothingEchoed(t *testing.T) {
	in, hads := goals(t), instrument(t, "hads")
	const secret = "191212121212"
	for _, c := range []struct {
		in     *scoring.Instrument
		item   string
		kind   scoring.Kind
		text   string
		reason string
	}{
		{in, "goal_reached", scoring.GivenDecimal, "7", "BAD_ANSWER"},
		{in, "goal_reached", scoring.GivenText, secret, "BAD_ANSWER"},
		{in, "goal_reached", scoring.NotWhole, "7.5", "NOT_WHOLE"},
		{in, "hours_per_week", scoring.GivenDecimal, "12.55", "TOO_MANY_DECIMALS"},
		{in, "hours_per_week", scoring.NotWhole, "", "TOO_MANY_DECIMALS"},
		{in, "hours_per_week", scoring.GivenDecimal, "80.1", "OUT_OF_RANGE"},
		{in, "hours_per_week", scoring.GivenDecimal, "-0.1", "OUT_OF_RANGE"},
		{in, "hours_per_week", scoring.GivenDecimal, secret, "OUT_OF_RANGE"},
		{in, "hours_per_week", scoring.GivenDecimal, "1,5", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.GivenDecimal, "1e1", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.GivenDecimal, ".5", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.GivenDecimal, "5.", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.GivenDecimal, "--5", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.GivenDecimal, "", "BAD_ANSWER"},
		{in, "hours_per_week", scoring.NotANumber, "12.5", "BAD_ANSWER"},
		{in, "goal_area", scoring.GivenCode, "Leisure", "UNKNOWN_CODE"},
		{in, "goal_area", scoring.GivenText, "leisure", "BAD_ANSWER"},
		{in, "goal_area", scoring.GivenCode, secret, "UNKNOWN_CODE"},
		{in, "goal_set_on", scoring.GivenDate, "2025-02-29", "BAD_DATE"},
		{in, "goal_set_on", scoring.GivenDate, "2025-2-9", "BAD_DATE"},
		{in, "goal_set_on", scoring.GivenDate, secret, "BAD_DATE"},
		{in, "goal_set_on", scoring.GivenDate, "1999-12-31", "OUT_OF_RANGE"},
		{in, "goal_set_on", scoring.GivenDate, "2200-01-01", "OUT_OF_RANGE"},
		{in, "goal_set_on", scoring.GivenText, "2025-01-01", "BAD_ANSWER"},
		{in, "goal_in_own_words", scoring.GivenText, strings.Repeat("å", 501), "TOO_LONG"},
		{in, "goal_in_own_words", scoring.GivenText, strings.Repeat("a", 100_000), "TOO_LONG"},
		{in, "goal_in_own_words", scoring.GivenText, "", "BAD_ANSWER"},
		{in, "goal_in_own_words", scoring.GivenText, " \n ", "BAD_ANSWER"},
		{in, "goal_in_own_words", scoring.GivenText, "a\x00b", "BAD_FORMAT"},
		{in, "goal_in_own_words", scoring.GivenText, "a\x1fb", "BAD_FORMAT"},
		{in, "goal_in_own_words", scoring.GivenText, "a\u202eb", "BAD_FORMAT"},
		{in, "goal_in_own_words", scoring.GivenText, secret + "\xff", "BAD_FORMAT"},
		{in, "goal_in_own_words", scoring.NotWhole, "1.5", "BAD_ANSWER"},
		{in, "goal_in_own_words", scoring.NotApplicable, "", "NOT_APPLICABLE_NOT_ALLOWED"},
		{hads, "1", scoring.GivenDecimal, "2", "BAD_ANSWER"},
		{hads, "1", scoring.GivenCode, "a", "BAD_ANSWER"},
		{hads, "1", scoring.GivenDate, "2025-01-01", "BAD_ANSWER"},
		{hads, "1", scoring.GivenText, "3", "BAD_ANSWER"},
		{hads, "1", scoring.NotWhole, "2.5", "NOT_WHOLE"},
		{hads, "1", scoring.NotANumber, "3", "BAD_ANSWER"},
	} {
		part := map[scoring.Kind]string{scoring.GivenDecimal: "decimal", scoring.GivenCode: "code", scoring.GivenDate: "date", scoring.GivenText: "text"}[c.kind]
		if part == "" {
			part = "value"
		}
		sheet := &scoring.Sheet{Answers: []scoring.Answer{{Item: "nothing", Response: is(1)}}}
		typed(sheet, c.item, c.kind, c.text)
		if c.kind == scoring.NotApplicable || c.kind == scoring.NotWhole && c.text == "" {
			sheet.Answers[1].Response = kind(c.kind)
		}
		var answers scoring.Answers
		p := c.in.Read(sheet, &answers)
		if len(p) != 2 || p[1].Reason != c.reason || p[1].Field != "answers[1]."+part || p[1].Description == "" {
			t.Errorf("%s %s %.20q: %v, want %s at %s, after the unknown item", c.item, c.kind, c.text, p, c.reason, part)
		}
		if strings.Contains(fmt.Sprint(p), secret) {
			t.Errorf("%s %s: echoed", c.item, c.kind)
		}
	}
}

func TestALimitIsReachedExactly(t *testing.T) {
	in := goals(t)
	shortest := map[string]string{"80": "80", "80.0": "80", "0": "0", "-0.0": "0", "0.100": "0.1"}
	for item, texts := range map[string][]string{
		"goal_in_own_words": {strings.Repeat("å", 500), "a", "🙂\u200d\u00a0x"},
		"goal_set_on":       {"2000-01-01", "2199-12-31"},
		"hours_per_week":    {"80", "80.0", "0", "-0.0", "0.100"},
	} {
		for _, text := range texts {
			k := map[string]scoring.Kind{"goal_in_own_words": scoring.GivenText, "goal_set_on": scoring.GivenDate, "hours_per_week": scoring.GivenDecimal}[item]
			sheet := &scoring.Sheet{}
			typed(sheet, item, k, text)
			var answers scoring.Answers
			if p := in.Read(sheet, &answers); p != nil {
				t.Errorf("%s %.20q: %v", item, text, p)
			} else if item == "hours_per_week" && answers.Text(1) != shortest[text] {
				t.Errorf("%s becomes %s, want %s", text, answers.Text(1), shortest[text])
			}
		}
	}
}

// A place that points at no text is refused, never out of bounds.
func TestAPlaceWithoutATextIsNoAnswer(t *testing.T) {
	in := goals(t)
	for _, place := range []int32{-1, 0, 1, 1 << 30} {
		for k := scoring.NotWhole; k <= scoring.GivenText; k++ {
			for _, item := range in.Items() {
				sheet := &scoring.Sheet{Answers: []scoring.Answer{{Item: item.Code, Response: scoring.Response{Kind: k, Value: place}}}}
				if in.Read(sheet, new(scoring.Answers)) == nil {
					t.Errorf("%s %s at place %d is accepted", item.Code, k, place)
				}
			}
		}
	}
}

func TestPositionsOfAFormFollowItsLayout(t *testing.T) {
	in := goals(t)
	sheet := &scoring.Sheet{}
	for _, item := range in.Items() {
		i := slices.IndexFunc(filled().Answers, func(a scoring.Answer) bool { return a.Item == item.Code })
		r := scoring.Response{}
		if i >= 0 {
			from := filled()
			if r = from.Answers[i].Response; r.Kind >= scoring.NotWhole {
				text, _ := from.Text(r)
				r = sheet.AddText(r.Kind, text)
			}
		}
		sheet.Positions = append(sheet.Positions, r)
	}
	var answers scoring.Answers
	if p := in.Read(sheet, &answers); p != nil || string(scoring.AppendAnswers(nil, in, &answers)) != filledRecord {
		t.Errorf("%v %s", p, scoring.AppendAnswers(nil, in, &answers))
	}
	sheet.Positions[4] = sheet.AddText(scoring.GivenDate, "tomorrow")
	if p := in.Read(sheet, &answers); len(p) != 1 || p[0].Field != "positions[4]" || p[0].Reason != "BAD_DATE" {
		t.Error(p)
	}
	sheet.Positions = sheet.Positions[:6]
	if p := in.Read(sheet, &answers); len(p) != 1 || p[0].Reason != "WRONG_COUNT" {
		t.Error(p)
	}
}

// Records hold forms apart from everything a text can contain, and a version
// in which an item changed its type says so.
func TestRecordsOfFormsComeBackWhole(t *testing.T) {
	in := goals(t)
	word := rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\"\\ =;\n\t,'value_sets"))), 1, 40, 160)
	rapid.Check(t, func(rt *rapid.T) {
		sheet := filled()
		text := word.Draw(rt, "text")
		sheet.Texts[0] = text
		var answers, again scoring.Answers
		if in.Read(sheet, &answers) != nil {
			return // what a form refuses is tested elsewhere
		}
		line := string(scoring.AppendAnswers(nil, in, &answers))
		if strings.ContainsAny(line, "\n\x00\x1f") {
			rt.Fatalf("%q is not one line", line)
		}
		if err := scoring.ParseAnswers(line, in, &again); err != nil || !reflect.DeepEqual(again.Responses, answers.Responses) || !reflect.DeepEqual(again.Texts, answers.Texts) {
			rt.Fatalf("%s: %v\n%q\n%q", line, err, again.Texts, answers.Texts)
		}
	})
}

func TestARecordOfAnotherVersionIsCheckedAgain(t *testing.T) {
	body, _ := instruments.Skeleton("goal_evaluation")
	other := load(t, strings.NewReplacer("min: 0, max: 80, decimals: 1", "min: 0, max: 10, decimals: 1",
		"type: code, codes: [work, home", "type: text, longest: 30} #").Replace(string(body[:strings.Index(string(body), "# What an accepted")])), "goal_evaluation")
	for record, want := range map[string]string{
		`hours_per_week=9.5`:             "",
		`hours_per_week=12.5`:            "OUT_OF_RANGE",
		`hours_per_week="9.5"`:           "BAD_ANSWER",
		`goal_area=leisure`:              "BAD_ANSWER",
		`goal_area="leisure"`:            "",
		`goal_area="leisure`:             "BAD_ANSWER",
		`goal_area="leisure"goal_set_on`: "BAD_ANSWER",
		`goal_set_on=2025-13-01`:         "BAD_DATE",
		`goal_reached="7"`:               "BAD_ANSWER",
		`comment=declined`:               "",
		`comment="declined"`:             "",
		`comment=`:                       "BAD_ANSWER",
	} {
		err := scoring.ParseAnswers(record, other, new(scoring.Answers))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", record, err, want)
		}
	}
}

// An answer of one type is not one of another: the scoring hash tells forms
// apart by the types and limits of their items.
func TestTheHashOfAFormFollowsItsTypes(t *testing.T) {
	body, _ := instruments.Skeleton("goal_evaluation")
	form := string(body[:strings.Index(string(body), "# What an accepted")])
	hash := load(t, form, "goal_evaluation").ScoringHash()
	for old, with := range map[string]string{
		"decimals: 1": "decimals: 2", "type: date, earliest: \"2000-01-01\"": "type: date", "longest: 500": "longest: 501",
		"sleep, other]": "other]", "goal_set_on, type: date, earliest: \"2000-01-01\"": "goal_set_on, type: text, longest: 10",
	} {
		if load(t, strings.Replace(form, old, with, 1), "goal_evaluation").ScoringHash() == hash {
			t.Errorf("%s: the hash stays", with)
		}
	}
}
