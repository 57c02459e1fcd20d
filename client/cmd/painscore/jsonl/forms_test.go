package jsonl

import (
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// Items of a site form take numbers with a fraction and strings, where the
// definition says so and nowhere else.
func TestFormsTakeDecimalsCodesDatesAndText(t *testing.T) {
	scorer := NewScorer(catalogue(t))
	for line, want := range map[string]string{
		`{"instrument":"goal_evaluation","answers":{"goal_reached":7.0,"hours_per_week":12.50,"goal_area":"leisure","goal_set_on":"2024-02-29","goal_in_own_words":"Gå\r\n\"dit\"","comment":"declined"}}`: `goal_reached=7 hours_per_week=12.5 goal_area=leisure work_status=blank goal_set_on=2024-02-29 goal_in_own_words="Gå\n\"dit\"" comment=declined`,
		`{"instrument":"goal_evaluation","positions":[null,125e-1,"work","not_applicable","2024-02-29","3","\ud83d\ude00"]}`:                                                                               `goal_reached=blank hours_per_week=12.5 goal_area=work work_status=not_applicable goal_set_on=2024-02-29 goal_in_own_words="3" comment="😀"`,
		`{"instrument":"goal_evaluation","answers":{"hours_per_week":4e1}}`:                                                                                                                                `goal_reached=blank hours_per_week=40 goal_area=blank work_status=blank goal_set_on=blank goal_in_own_words=blank comment=blank`,
	} {
		agree(t, scorer, []byte(line))
		out, ok := scorer.AppendLine(nil, []byte(line))
		if got := string(scoring.AppendAnswers(nil, scorer.result.Instrument, &scorer.answers)); !ok || got != want || !strings.Contains(string(out), `"scores":[]`) {
			t.Errorf("%s\n%s\nwant %s", out, got, want)
		}
	}
	lines, raw, _ := runText(t, `{"instrument":"goal_evaluation","answers":{"goal_reached":7.5,"hours_per_week":"12.5","goal_area":3,"goal_set_on":20240229,"goal_in_own_words":5,"comment":true,"work_status":"retired"}}
{"instrument":"goal_evaluation","answers":{"hours_per_week":12.55,"goal_set_on":"29/2 2024","goal_in_own_words":"`+strings.Repeat("x", 501)+`","comment":""}}
{"instrument":"goal_evaluation","answers":{"hours_per_week":1e-99}}
{"instrument":"hads","answers":{"1":"leisure","2":2.5}}
`)
	for i, want := range []string{
		"answers[0].value NOT_WHOLE|answers[1].value BAD_ANSWER|answers[2].value BAD_ANSWER|answers[3].value BAD_ANSWER|answers[4].value BAD_ANSWER|answers[5].value BAD_ANSWER|answers[6].value UNKNOWN_CODE",
		"answers[0].value TOO_MANY_DECIMALS|answers[1].value BAD_DATE|answers[2].value TOO_LONG|answers[3].value BAD_ANSWER",
		"answers[0].value TOO_MANY_DECIMALS",
		"answers[0].value BAD_ANSWER|answers[1].value NOT_WHOLE",
	} {
		var got []string
		for _, v := range lines[i].Error.Violations {
			got = append(got, v.Field+" "+v.Reason)
		}
		if !slices.Equal(got, strings.Split(want, "|")) {
			t.Errorf("line %d: %q", i+1, got)
		}
	}
	if strings.Contains(raw, "retired") || strings.Contains(raw, "29/2") {
		t.Error("an answer is repeated")
	}
}

func TestNumbersAreWrittenOutPlainly(t *testing.T) {
	for text, want := range map[string]string{
		"2.5": "2.5", "-2.50": "-2.5", "25e-1": "2.5", "0.0025E3": "2.5", "1e-3": "0.001", "-0.0": "0", "0e99": "0", "100": "100", "1.5e3": "1500", "12.5e-2": "0.125",
		"1e-99": "", "1e99": "", "0." + strings.Repeat("0", 45) + "1": "", strings.Repeat("9", 41): "", "1e-999999999999": "",
	} {
		if got, ok := Plain([]byte(text)); got != want && ok || ok != (want != "") {
			t.Errorf("%.30s becomes %q, want %q", text, got, want)
		}
	}
}
