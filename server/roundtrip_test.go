package server_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/conformance"
	"github.com/painscore/painscore/scoring/instruments"
)

// drawSheet draws an acceptable sheet with holes of every kind.
func drawSheet(t *rapid.T, in *scoring.Instrument) *conformance.Sheet {
	sheet := &conformance.Sheet{Instrument: in.ID(), Version: in.Version()}
	for _, it := range in.Items() {
		r := scoring.Response{Kind: scoring.Kind(rapid.IntRange(0, int(scoring.NotAsked)).Draw(t, "kind"))}
		if r.Kind == scoring.NotApplicable && !it.NotApplicable || rapid.Bool().Draw(t, "answered") {
			r.Kind = scoring.Answered
		}
		if r.Kind == scoring.Answered {
			r.Value = rapid.Int32Range(it.Min, it.Max).Draw(t, "value")
			if it.Values != nil {
				r.Value = rapid.SampledFrom(it.Values).Draw(t, "value of the list")
			}
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: it.Code, Response: r})
	}
	for _, v := range in.ValueSets() {
		sheet.ValueSets = append(sheet.ValueSets, v.ID())
	}
	return sheet
}

// TestASheetAndItsScoresSurviveTheContract sends any sheet as bytes, as JSON and
// over the wire; what comes back is what the engine says.
func TestASheetAndItsScoresSurviveTheContract(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	client := pb.NewScoringServiceClient(service(t))
	rapid.Check(t, func(rt *rapid.T) {
		in := rapid.SampledFrom(catalogue.Active()).Draw(rt, "instrument")
		drawn := drawSheet(rt, in)
		sent := sheetOf(drawn)
		body, err := proto.Marshal(sent)
		if err != nil {
			rt.Fatal(err)
		}
		text, err := protojson.Marshal(sent)
		if err != nil {
			rt.Fatal(err)
		}
		var asBytes, asText pb.Sheet
		if err := proto.Unmarshal(body, &asBytes); err != nil || !proto.Equal(sent, &asBytes) {
			rt.Fatalf("as bytes: %v: %v", &asBytes, err)
		}
		if err := protojson.Unmarshal(text, &asText); err != nil || !proto.Equal(sent, &asText) {
			rt.Fatalf("as JSON: %s: %v", text, err)
		}
		reply, err := client.Score(t.Context(), &pb.ScoreRequest{Instrument: asText.Instrument, Version: asText.Version, Answers: asText.Answers, ValueSets: asText.ValueSets})
		if err != nil {
			rt.Fatal(err)
		}
		var answers scoring.Answers
		if problems := in.Read(&drawn.Sheet, &answers); len(problems) > 0 {
			rt.Fatal(problems)
		}
		var result scoring.Result
		in.Score(&answers, &result)
		for _, d := range conformance.OutcomeOf(&result).Differences(outcomeOf(reply.ScoredSheet)) {
			rt.Fatalf("%s: %s", text, d)
		}
	})
}
