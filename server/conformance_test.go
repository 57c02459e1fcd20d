package server_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/conformance"
)

// kitCase is a case of the conformance kit as a gRPC client would send it.
type kitCase struct {
	conformance.Case
	sheet *pb.Sheet
}

// kitCases are those that the contract can express, for a site that has not
// confirmed a layout.
func kitCases(t *testing.T) []kitCase {
	t.Helper()
	all, err := conformance.Cases()
	if err != nil {
		t.Fatal(err)
	}
	var out []kitCase
	for _, c := range all {
		if c.File == conformance.Lines || c.File == conformance.Confirmed {
			continue
		}
		sheet, err := c.Sheet()
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		out = append(out, kitCase{c, sheetOf(sheet)})
	}
	return out
}

func sheetOf(s *conformance.Sheet) *pb.Sheet {
	out := &pb.Sheet{Instrument: s.Instrument, Version: s.Version, Layout: s.Layout, Coding: s.Coding, ValueSets: s.ValueSets}
	for _, a := range s.Answers {
		answer := &pb.Answer{Item: a.Item, Response: &pb.Answer_NotAnswered{NotAnswered: notAnswered(a.Response)}}
		if a.Kind == scoring.Answered {
			answer.Response = &pb.Answer_Value{Value: a.Value}
		}
		out.Answers = append(out.Answers, answer)
	}
	for _, r := range s.Positions {
		position := &pb.Position{Response: &pb.Position_NotAnswered{NotAnswered: notAnswered(r)}}
		if r.Kind == scoring.Answered {
			position.Response = &pb.Position_Value{Value: r.Value}
		}
		out.Positions = append(out.Positions, position)
	}
	return out
}

func notAnswered(r scoring.Response) pb.NotAnswered {
	return pb.NotAnswered(pb.NotAnswered_value["NOT_ANSWERED_"+strings.ToUpper(r.Kind.String())])
}

// outcomeOf is a reply in the words of the kit.
func outcomeOf(s *pb.ScoredSheet) conformance.Outcome {
	out := conformance.Outcome{Instrument: s.GetInstrument(), Version: s.GetVersion()}
	for _, p := range s.GetScores() {
		score := conformance.Score{
			Scale: p.Scale, Value: p.GetValue(), Profile: p.GetProfile(), Prorated: p.Prorated, Answered: int(p.Answered), Expected: int(p.Expected),
			Imputed: p.ImputedItems, Band: p.Band, Flags: p.Flags, ValueSet: p.ValueSet,
			Direction: strings.TrimPrefix(p.Direction.String(), "DIRECTION_"),
		}
		if r := p.GetRefusal(); r != nil {
			score.Refusal = &conformance.Refusal{
				Reason: strings.TrimPrefix(r.Reason.String(), "REFUSAL_REASON_"), Missing: r.MissingItems,
				Lowest: r.Lowest, Highest: r.Highest, SameBand: r.SameBand,
			}
		}
		out.Scores = append(out.Scores, score)
	}
	return out
}

func TestScoreBatchPassesTheConformanceKit(t *testing.T) {
	cases := kitCases(t)
	stream, err := pb.NewScoringServiceClient(service(t)).ScoreBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for len(cases) > 0 {
		batch := cases[:min(300, len(cases))]
		cases = cases[len(batch):]
		req := &pb.ScoreBatchRequest{}
		for _, c := range batch {
			req.Sheets = append(req.Sheets, &pb.BatchSheet{RecordId: c.ID, Sheet: c.sheet})
		}
		if err := stream.Send(req); err != nil {
			t.Fatal(err)
		}
		reply, err := stream.Recv()
		if err != nil || len(reply.Results) != len(batch) {
			t.Fatalf("%d results for %d sheets: %v", len(reply.GetResults()), len(batch), err)
		}
		for i, c := range batch {
			got := reply.Results[i]
			outcome := outcomeOf(got.GetScoredSheet())
			if bad := got.GetError(); bad != nil {
				outcome.Error = &conformance.Error{Reason: strings.TrimPrefix(bad.Reason.String(), "ERROR_REASON_")}
				for _, v := range bad.Violations {
					outcome.Error.Violations = append(outcome.Error.Violations,
						conformance.Violation{Field: v.Field, Reason: strings.TrimPrefix(v.Reason.String(), "ERROR_REASON_")})
				}
			}
			check(t, c, got.RecordId, outcome)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ends with %v", err)
	}
}

func TestScorePassesTheConformanceKit(t *testing.T) {
	client := pb.NewScoringServiceClient(service(t))
	for _, c := range kitCases(t) {
		s := c.sheet
		reply, err := client.Score(t.Context(), &pb.ScoreRequest{
			Instrument: s.Instrument, Version: s.Version, Answers: s.Answers, Positions: s.Positions, Layout: s.Layout, Coding: s.Coding, ValueSets: s.ValueSets,
		})
		outcome := outcomeOf(reply.GetScoredSheet())
		if err != nil {
			outcome.Error = &conformance.Error{}
			for _, d := range status.Convert(err).Details() {
				switch d := d.(type) {
				case *errdetails.ErrorInfo:
					outcome.Error.Reason = d.Reason
				case *errdetails.BadRequest:
					for _, v := range d.FieldViolations {
						outcome.Error.Violations = append(outcome.Error.Violations, conformance.Violation{Field: v.Field, Reason: v.Reason})
					}
				}
			}
		}
		check(t, c, c.ID, outcome)
	}
}

func check(t *testing.T, c kitCase, id string, got conformance.Outcome) {
	t.Helper()
	if id != c.ID {
		t.Errorf("%s: answered as %s", c.ID, id)
	}
	for _, d := range c.Want.Differences(got) {
		t.Errorf("%s: %s", c.ID, d)
	}
}
