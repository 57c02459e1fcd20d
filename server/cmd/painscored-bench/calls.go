package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// newID is a UUIDv7 whose random part comes from random.
func newID(random *rand.Rand) string {
	id := []byte("00000000-0000-7000-8000-000000000000")
	uuid7(id, time.Now(), random)
	return string(id)
}

// listEpisode reads every page of an episode's forms. The page is small, so
// that paging is tried as well.
func listEpisode(ctx context.Context, c *client.Client, unit, episode string) ([]*pb.Submission, error) {
	var all []*pb.Submission
	request := &pb.ListSubmissionsRequest{CareUnit: unit, EpisodeId: episode, PageSize: 100}
	for {
		page, err := c.Submissions().ListSubmissions(ctx, request)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Submissions...)
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return all, nil
		}
	}
}

// asClientError is the client's error, empty if it is none.
func asClientError(err error) *client.Error {
	var e *client.Error
	if errors.As(err, &e) {
		return e
	}
	return &client.Error{}
}
