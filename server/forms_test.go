package server_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// goalAnswers answers the example of a site form: an item of each type.
func goalAnswers() []*pb.Answer {
	return []*pb.Answer{
		{Item: "comment", Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE}},
		{Item: "goal_reached", Response: &pb.Answer_Value{Value: 7}},
		{Item: "hours_per_week", Response: &pb.Answer_Decimal{Decimal: "12.50"}},
		{Item: "goal_area", Response: &pb.Answer_Code{Code: "leisure"}},
		{Item: "goal_set_on", Response: &pb.Answer_Date{Date: "2024-01-15"}},
		{Item: "goal_in_own_words", Response: &pb.Answer_Text{Text: "Gå till \"sjön\";\r\ntvå gånger"}},
	}
}

func goalRequest(id string, occasion pb.Occasion, respondent pb.Respondent) *pb.SubmitRequest {
	return &pb.SubmitRequest{
		SubmissionId: id, CareUnit: "unit-1", EpisodeId: "e-1", Occasion: occasion, AnsweredOn: "2024-02-01", AllowNewEpisode: true, Respondent: respondent,
		Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}, Instrument: "goal_evaluation", Answers: goalAnswers(),
	}
}

// TestASiteFormComesBackByItemOverTheWire: every type of answer is stored and
// returned as its type, by position too, with no score and no line in a trend.
func TestASiteFormComesBackByItemOverTheWire(t *testing.T) {
	conn := service(t, "goal_evaluation")
	client := pb.NewSubmissionServiceClient(conn)
	want := []*pb.Answer{
		{Item: "goal_reached", Response: &pb.Answer_Value{Value: 7}},
		{Item: "hours_per_week", Response: &pb.Answer_Decimal{Decimal: "12.5"}},
		{Item: "goal_area", Response: &pb.Answer_Code{Code: "leisure"}},
		{Item: "work_status", Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK}},
		{Item: "goal_set_on", Response: &pb.Answer_Date{Date: "2024-01-15"}},
		{Item: "goal_in_own_words", Response: &pb.Answer_Text{Text: "Gå till \"sjön\";\ntvå gånger"}},
		{Item: "comment", Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE}},
	}
	same := func(name string, sub *pb.Submission) {
		t.Helper()
		if !slices.EqualFunc(sub.Sheet.Answers, want, func(a, b *pb.Answer) bool { return proto.Equal(a, b) }) || len(sub.ScoredSheet.Scores) != 0 {
			t.Errorf("%s: %v", name, sub)
		}
	}
	stored, err := client.Submit(t.Context(), goalRequest("s-1", pb.Occasion_OCCASION_BASELINE, pb.Respondent_RESPONDENT_PATIENT))
	if err != nil {
		t.Fatal(err)
	}
	same("Submit", stored.Submission)

	// The same content by position, its decimal written otherwise: a retry.
	again := goalRequest("s-1", pb.Occasion_OCCASION_BASELINE, pb.Respondent_RESPONDENT_PATIENT)
	again.Answers, again.Positions = nil, []*pb.Position{
		{Response: &pb.Position_Value{Value: 7}}, {Response: &pb.Position_Decimal{Decimal: "12.5"}}, {Response: &pb.Position_Code{Code: "leisure"}},
		{Response: &pb.Position_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK}}, {Response: &pb.Position_Date{Date: "2024-01-15"}},
		{Response: &pb.Position_Text{Text: "Gå till \"sjön\";\ntvå gånger"}}, {Response: &pb.Position_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE}},
	}
	replayed, err := client.Submit(t.Context(), again)
	if err != nil || !replayed.Replayed {
		t.Fatalf("%v %v", replayed, err)
	}
	got, err := client.GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1"})
	if err != nil {
		t.Fatal(err)
	}
	same("GetSubmission", got.Submission)
	// What came out can go in again.
	back := goalRequest("s-1", pb.Occasion_OCCASION_BASELINE, pb.Respondent_RESPONDENT_PATIENT)
	back.Answers = got.Submission.Sheet.Answers
	if replayed, err := client.Submit(t.Context(), back); err != nil || !replayed.Replayed {
		t.Errorf("%v %v", replayed, err)
	}
	list, err := client.ListSubmissions(t.Context(), &pb.ListSubmissionsRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
	if err != nil || len(list.Submissions) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	same("ListSubmissions", list.Submissions[0])
	trend, err := pb.NewPatientServiceClient(conn).GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
	if err != nil || len(trend.Trend.Scales) != 0 {
		t.Errorf("%v %v", trend, err)
	}
}

func TestTheContractDescribesItemsOfEveryType(t *testing.T) {
	reply, err := pb.NewScoringServiceClient(service(t, "goal_evaluation")).GetInstrument(t.Context(), &pb.GetInstrumentRequest{Instrument: "goal_evaluation"})
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]*pb.Item{}
	for _, item := range reply.Instrument.Items {
		items[item.Item] = item
	}
	for _, want := range []*pb.Item{
		{Item: "goal_reached", Type: pb.ItemType_ITEM_TYPE_WHOLE_NUMBER, Highest: 10},
		{Item: "hours_per_week", Type: pb.ItemType_ITEM_TYPE_DECIMAL, Highest: 80, Decimals: 1},
		{Item: "goal_area", Type: pb.ItemType_ITEM_TYPE_CODE, Codes: []string{"work", "home", "leisure", "relations", "sleep", "other"}},
		{Item: "goal_set_on", Type: pb.ItemType_ITEM_TYPE_DATE, EarliestOn: "2000-01-01", LatestOn: "2199-12-31"},
		{Item: "comment", Type: pb.ItemType_ITEM_TYPE_TEXT, Longest: 1000, NotApplicableAllowed: true},
	} {
		if !proto.Equal(items[want.Item], want) {
			t.Errorf("%v, want %v", items[want.Item], want)
		}
	}
}

// TestRefusedAnswersOfFormsNameTheirField: every problem at once, each at the
// part of the answer that was sent, and nothing of it repeated.
func TestRefusedAnswersOfFormsNameTheirField(t *testing.T) {
	client := pb.NewSubmissionServiceClient(service(t, "goal_evaluation"))
	req := goalRequest("s-1", pb.Occasion_OCCASION_BASELINE, pb.Respondent_RESPONDENT_PATIENT)
	req.Answers = []*pb.Answer{
		{Item: "goal_reached", Response: &pb.Answer_Decimal{Decimal: "7"}},
		{Item: "hours_per_week", Response: &pb.Answer_Decimal{Decimal: "12.55"}},
		{Item: "goal_area", Response: &pb.Answer_Code{Code: "garden"}},
		{Item: "goal_set_on", Response: &pb.Answer_Date{Date: "15/1 2024"}},
		{Item: "goal_in_own_words", Response: &pb.Answer_Text{Text: "call 900101\n9802 for more"}},
		{Item: "comment", Response: &pb.Answer_Text{Text: strings.Repeat("x", 1001)}},
		{Item: "work_status"},
	}
	_, err := client.Submit(t.Context(), req)
	if status.Code(err) != codes.InvalidArgument {
		t.Fatal(err)
	}
	got := violations(err)
	for _, v := range got {
		if strings.Contains(v, "garden") || strings.Contains(v, "9802") {
			t.Errorf("%s echoes", v)
		}
	}
	want := []string{
		"answers[0].decimal BAD_ANSWER", "answers[1].decimal TOO_MANY_DECIMALS", "answers[2].code UNKNOWN_CODE", "answers[3].date BAD_DATE",
		"answers[4].text IDENTIFIER_IN_TEXT", "answers[5].text TOO_LONG", "answers[6].value BAD_ANSWER",
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("%q\nwant %q", got, want)
	}
	// Items that are scored take a value and nothing else.
	req.Instrument, req.Answers = "nprs", []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Decimal{Decimal: "3"}}}
	_, err = client.Submit(t.Context(), req)
	if got := violations(err); !slices.Equal(got, []string{"answers[0].decimal BAD_ANSWER: item average_pain takes whole numbers from 0 to 10"}) {
		t.Errorf("%q", got)
	}
}

// violations lists "field REASON: description" of a refusal, sorted.
func violations(err error) []string {
	var list []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.FieldViolations {
				list = append(list, v.Field+" "+v.Reason+": "+v.Description)
			}
		}
	}
	slices.Sort(list)
	return list
}
