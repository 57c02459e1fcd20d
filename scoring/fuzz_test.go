package scoring_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

func FuzzParseScores(f *testing.F) {
	f.Add("anxiety=14 worse 4/7 d=2 prorated imputed=9,11,13 band=probable flags=caseness rule=half; total=49/6 worse 4/7")
	f.Add("total=!TOO_FEW_ANSWERS better 3/7 missing=1,2 lowest=-0.5 highest=49/6 same_band; index:se_tto_2020=0.6976 better 5/5 d=4; profile=#21232 5/5")
	f.Add("a=1  1/1")
	f.Fuzz(func(t *testing.T, text string) {
		scores, err := scoring.ParseScores(text)
		if err != nil {
			return
		}
		again, err := scoring.ParseScores(string(scoring.AppendScores(nil, scores)))
		if err != nil || !reflect.DeepEqual(scores, again) {
			t.Fatalf("%q: %v\n%+v\n%+v", text, err, scores, again)
		}
	})
}

func FuzzParseAnswers(f *testing.F) {
	f.Add("mobility=1 self_care=blank usual_activities=3 vas=100; value_sets=uk_tto_1997")
	f.Add("mobility=9 mobility=1")
	in := instrument(f, "eq_5d_3l")
	f.Fuzz(func(t *testing.T, text string) {
		var answers, again scoring.Answers
		if err := scoring.ParseAnswers(text, in, &answers); err != nil {
			return
		}
		line := string(scoring.AppendAnswers(nil, in, &answers))
		if err := scoring.ParseAnswers(line, in, &again); err != nil || !reflect.DeepEqual(answers.Responses, again.Responses) {
			t.Fatalf("%q: %v", line, err)
		}
		in.Score(&answers, new(scoring.Result))
	})
}

func FuzzParseForm(f *testing.F) {
	f.Add(filledRecord)
	f.Add(`comment="a" goal_in_own_words="; value_sets=" hours_per_week=-0`)
	f.Add(`comment="` + "\\x80" + `"`)
	in := goals(f)
	f.Fuzz(func(t *testing.T, text string) {
		var answers scoring.Answers
		if scoring.ParseAnswers(text, in, &answers) == nil {
			holdsRecord(t, in, &answers)
		}
	})
}

// holdsRecord holds that accepted answers come back from their record.
func holdsRecord(t *testing.T, in *scoring.Instrument, answers *scoring.Answers) {
	var again scoring.Answers
	line := string(scoring.AppendAnswers(nil, in, answers))
	if err := scoring.ParseAnswers(line, in, &again); err != nil || !reflect.DeepEqual(answers.Responses, again.Responses) || !slices.Equal(answers.Texts, again.Texts) {
		t.Fatalf("%q: %v", line, err)
	}
}

// FuzzRead builds a sheet from words: an item, a kind and a value each.
func FuzzRead(f *testing.F) {
	f.Add("wai", "", "", "current_ability 1 10 prognosis 2 0", false)
	f.Add("isi", "form", "", "x 1 1 x 1 2 x 6 0", true)
	f.Add("hads", "", "box_position", "1 1 4 2 9 9", false)
	f.Add("twelve more", "", "", "goal_set_on abcdefgh ab comment abcdefghijk abc", false)
	all := append(every(f), goals(f))
	f.Fuzz(func(t *testing.T, id, layout, coding, words string, positional bool) {
		in := all[len(id)%len(all)]
		sheet := &scoring.Sheet{Layout: layout, Coding: coding, ValueSets: strings.Fields(id), Texts: strings.Fields(words)}
		for part := strings.Fields(words); len(part) >= 3; part = part[3:] {
			r := scoring.Response{Kind: scoring.Kind(len(part[1])), Value: int32(len(part[2])) - 1}
			if positional {
				sheet.Positions = append(sheet.Positions, r)
			} else {
				sheet.Answers = append(sheet.Answers, scoring.Answer{Item: part[0], Response: r})
			}
		}
		var answers scoring.Answers
		if in.Read(sheet, &answers) == nil {
			in.Score(&answers, new(scoring.Result))
			holdsRecord(t, in, &answers)
		}
	})
}
