package scoring_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

func TestReadReportsEveryProblemAndEchoesNothing(t *testing.T) {
	secret := "191212121212"
	a := func(item string, r scoring.Response) scoring.Answer { return scoring.Answer{Item: item, Response: r} }
	for _, c := range []struct {
		name, id string
		sheet    scoring.Sheet
		want     string
	}{
		{"everything by item", "hads", scoring.Sheet{Answers: []scoring.Answer{
			a("1", is(4)), a(secret, is(1)), a("2", is(-1)), a("2", is(1)), a("3", kind(scoring.NotWhole)), a("4", kind(scoring.NotANumber)),
			a("5", kind(scoring.NotApplicable)), a("6", kind(99)), a("7", is(191212121)),
		}, Coding: secret, Layout: secret, ValueSets: []string{secret}},
			"coding UNKNOWN_CODING|answers[0].value OUT_OF_RANGE|answers[1].item UNKNOWN_ITEM|answers[2].value OUT_OF_RANGE|answers[3].item DUPLICATE_ITEM|" +
				"answers[4].value NOT_WHOLE|answers[5].value BAD_ANSWER|answers[6].value NOT_APPLICABLE_NOT_ALLOWED|answers[7].value BAD_ANSWER|answers[8].value OUT_OF_RANGE|" +
				"layout UNKNOWN_LAYOUT|value_sets[0] UNKNOWN_VALUE_SET"},
		{"a blank twice", "hads", scoring.Sheet{Answers: []scoring.Answer{a("1", kind(scoring.LeftBlank)), a("1", is(1))}}, "answers[1].item DUPLICATE_ITEM"},
		{"twice, the second time at its own place", "hads", scoring.Sheet{Answers: []scoring.Answer{a("2", is(0)), a("2", is(3))}}, "answers[1].item DUPLICATE_ITEM"},
		{"both ways", "nprs", scoring.Sheet{Answers: []scoring.Answer{a("average_pain", is(1))}, Positions: row(1)}, "positions ANSWERS_AND_POSITIONS"},
		{"too few positions", "hads", scoring.Sheet{Positions: append(row(1, 2), kind(scoring.NotWhole))}, "positions WRONG_COUNT|positions[2] NOT_WHOLE"},
		{"bad positions", "hads", scoring.Sheet{Positions: row(1, 2, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1)}, "positions[2] OUT_OF_RANGE|positions[13] OUT_OF_RANGE"},
		{"ISI without a layout", "isi", scoring.Sheet{Positions: row(1, 1, 1, 1, 1, 1, 1)}, "layout LAYOUT_NOT_NAMED"},
		{"CPAQ-8 without a layout", "cpaq_8", scoring.Sheet{Positions: row(1, 1, 1, 1, 1, 1, 1, 1)}, "layout LAYOUT_NOT_NAMED"},
		{"CPAQ-8 alternating, not confirmed", "cpaq_8", scoring.Sheet{Positions: row(1, 1, 1, 1, 1, 1, 1, 1), Layout: "alternating"}, "layout LAYOUT_NOT_CONFIRMED"},
		{"box position 0", "hads", scoring.Sheet{Positions: row(0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5), Coding: "box_position"}, "positions[0] OUT_OF_RANGE|positions[13] OUT_OF_RANGE"},
		{"prognosis 2", "wai", scoring.Sheet{Answers: []scoring.Answer{a("prognosis", is(2))}}, "answers[0].value OUT_OF_RANGE"},
		{"a set of the other instrument, and one twice", "eq_5d_3l", scoring.Sheet{ValueSets: []string{"se_tto_2020", "se_tto_2014", "se_tto_2014"}}, "value_sets[0] UNKNOWN_VALUE_SET|value_sets[2] DUPLICATE_VALUE_SET"},
		{"nothing at all is a sheet", "hads", scoring.Sheet{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var answers scoring.Answers
			in := instrument(t, c.id)
			problems := in.Read(&c.sheet, &answers)
			var got []string
			for _, p := range problems {
				got = append(got, p.Field+" "+p.Reason)
				if p.Description == "" || strings.Contains(fmt.Sprint(p), secret) || strings.Contains(p.Description, "19121") {
					t.Errorf("description of %v", p)
				}
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), c.want)
			}
			if again := in.Read(&c.sheet, &answers); fmt.Sprint(again) != fmt.Sprint(problems) {
				t.Error("the order is not stable")
			}
			if len(problems) > 0 {
				defer func() {
					if recover() == nil {
						t.Error("a refused sheet can be scored")
					}
				}()
				in.Score(&answers, new(scoring.Result))
			}
		})
	}
}

func TestDescriptionsSayTheRange(t *testing.T) {
	var answers scoring.Answers
	for want, sheet := range map[string]scoring.Sheet{
		"item 1 takes whole numbers from 0 to 3":        {Answers: []scoring.Answer{{Item: "1", Response: is(9)}}},
		"item 1 takes in this coding one of 1, 2, 3, 4": {Answers: []scoring.Answer{{Item: "1", Response: is(0)}}, Coding: "box_position"},
	} {
		if p := instrument(t, "hads").Read(&sheet, &answers); len(p) != 1 || p[0].Description != want {
			t.Errorf("%v, want %s", p, want)
		}
	}
	if p := instrument(t, "wai").Read(&scoring.Sheet{Answers: []scoring.Answer{{Item: "prognosis", Response: is(2)}}}, &answers); p[0].Description != "item prognosis takes one of 1, 4, 7" {
		t.Error(p)
	}
}

func TestKindsOfMissingAreKeptAndAllCountAsMissing(t *testing.T) {
	in := instrument(t, "isi")
	for _, k := range []scoring.Kind{scoring.LeftBlank, scoring.Declined, scoring.Unreadable, scoring.NotAsked} {
		p := row(1, 1, 1, 1, 1, 1, 1)
		p[4] = kind(k)
		var answers scoring.Answers
		if problems := in.Read(&scoring.Sheet{Positions: p, Layout: "form"}, &answers); problems != nil {
			t.Fatal(problems)
		}
		if answers.Responses[4].Kind != k {
			t.Errorf("%s is not kept", k)
		}
		var r scoring.Result
		in.Score(&answers, &r)
		if s := r.Scores[0]; s.Outcome != scoring.Refused || s.Refusal.Missing[0] != "noticeable" || s.Refusal.Lowest != scoring.Whole(6) || s.Refusal.Highest != scoring.Whole(10) {
			t.Errorf("%s: %+v", k, s)
		}
	}
}

func TestConfirmedLayoutIsAccepted(t *testing.T) {
	in, ok := instrument(t, "cpaq_8").WithConfirmedLayout("alternating")
	if !ok {
		t.Fatal("no such layout")
	}
	r := score(t, in, &scoring.Sheet{Layout: "alternating", Positions: row(6, 0, 5, 1, 4, 3, 2, 3)})
	if text(t, r, "total") != "36" || text(t, r, "pain_willingness") != "18" {
		t.Error("alternating is read in another order")
	}
}

func TestEveryLayoutGivesTheSameScoresAsAnswersByItem(t *testing.T) {
	for _, in := range every(t) {
		var byItem scoring.Sheet
		value := map[string]scoring.Response{}
		for i, it := range in.Items() {
			v := it.Min + int32(i*5)%(it.Max-it.Min+1)
			if it.Values != nil {
				v = it.Values[i%len(it.Values)]
			}
			value[it.Code] = is(v)
			byItem.Answers = append(byItem.Answers, scoring.Answer{Item: it.Code, Response: is(v)})
		}
		want := scoring.AppendScores(nil, score(t, in, &byItem).Scores)
		for _, l := range in.Layouts() {
			confirmed, _ := in.WithConfirmedLayout(l.Code)
			sheet := scoring.Sheet{Layout: l.Code}
			for _, code := range l.Order {
				sheet.Positions = append(sheet.Positions, value[code])
			}
			if got := scoring.AppendScores(nil, score(t, confirmed, &sheet).Scores); string(got) != string(want) {
				t.Errorf("%s %s:\n%s\nwant\n%s", in.ID(), l.Code, got, want)
			}
		}
	}
}
