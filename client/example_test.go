package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func Example() {
	ctx := context.Background()
	c, err := client.Dial("127.0.0.1:7443")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	stored, err := c.Submissions().Submit(ctx, &pb.SubmitRequest{
		SubmissionId: client.NewSubmissionID(), // keep it with the sheet: a retry sends the same one
		Patient:      client.Personnummer("191212121212"),
		CareUnit:     "SE2321000016-1A2B",
		EpisodeId:    "2026-0117",
		Occasion:     pb.Occasion_OCCASION_BASELINE,
		AnsweredOn:   "2026-03-02",
		Instrument:   "hads",
		Positions:    client.Positions(3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0),
	})
	var refused *client.Error
	if errors.As(err, &refused) {
		for _, v := range refused.Violations { // every problem of the sheet at once
			fmt.Println(v.Field, v.Reason, v.Description)
		}
		log.Fatal(refused)
	}
	for _, score := range stored.Submission.ScoredSheet.Scores {
		fmt.Println(score.Scale, score.GetValue(), score.Band) // anxiety 11 probable
	}

	reply, err := c.Patients().GetTrend(ctx, &pb.GetTrendRequest{
		CareUnit:  "SE2321000016-1A2B",
		EpisodeId: "2026-0117",
	})
	if client.ReasonOf(err) == pb.ErrorReason_ERROR_REASON_EPISODE_UNKNOWN {
		log.Fatal("no such episode in this unit")
	} else if err != nil {
		log.Fatal(err)
	}
	for _, line := range reply.Trend.Scales {
		fmt.Println(line.Instrument, line.Scale, len(line.Points), "points")
	}
}
