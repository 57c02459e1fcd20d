package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// occasionsOfTrend are those that a full trend has.
var occasionsOfTrend = []pb.Occasion{pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_PROGRAMME_END, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS}

// formsOfEpisode is what an episode holds after fillEpisodes: nine instruments
// at three occasions.
const formsOfEpisode = 27

// fillEpisodes submits the nine forms of each of the three occasions of
// episodes first to last-1, which creates them. It is the plain way in, one
// durable envelope after the other from 64 callers.
func fillEpisodes(ctx context.Context, conns []*grpc.ClientConn, first, last int) error {
	templates, err := newEnvelopes()
	if err != nil {
		return err
	}
	const callers = 64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	next.Store(int64(first))
	var done sync.WaitGroup
	for w := range callers {
		random := rand.New(rand.NewPCG(uint64(first), uint64(w)))
		mine := make([][]byte, len(templates))
		for i := range templates {
			mine[i] = bytes.Clone(templates[i].body)
		}
		done.Go(func() {
			for ctx.Err() == nil {
				episode := int(next.Add(1) - 1)
				if episode >= last {
					return
				}
				for i := range templates {
					templates[i].write(mine[i], episode, random)
					if _, err := rawCall(ctx, conns[w%len(conns)], pb.SubmissionService_SubmitForms_FullMethodName, mine[i]); err != nil {
						cancel(err)
						return
					}
				}
			}
		})
	}
	done.Wait()
	if ctx.Err() != nil {
		return errors.Join(errors.New("fill the episodes"), context.Cause(ctx))
	}
	return nil
}

// envelopeTemplate is a SubmitForms in wire form, into which names are written.
type envelopeTemplate struct {
	body                   []byte
	patient, unit, episode int
	ids                    []int
}

// newEnvelopes makes one template for each occasion. The answers are the same
// in every episode.
func newEnvelopes() ([]envelopeTemplate, error) {
	fill, err := newForms()
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(1, 1))
	var all []envelopeTemplate
	for i := range occasionsOfTrend {
		request := occasionOfTrend(i)
		var t envelopeTemplate
		for n := range fill.instruments {
			form := fill.fill(n, random)
			request.Forms = append(request.Forms, form)
		}
		t.body = mustMarshal(request)
		find := func(text string) int { return bytes.Index(t.body, []byte(text)) }
		t.patient, t.unit, t.episode = find(request.Patient.Value), find(request.CareUnit), find(request.EpisodeId)
		for _, form := range request.Forms {
			t.ids = append(t.ids, find(form.SubmissionId))
		}
		all = append(all, t)
	}
	return all, nil
}

// occasionOfTrend is an empty envelope of episode 0's i-th occasion.
func occasionOfTrend(i int) *pb.SubmitFormsRequest {
	e := envelope(unitName(0), episodeName(0), 0)
	e.Patient.Value, e.Occasion, e.OccasionLabel = patientName(0), occasionsOfTrend[i], ""
	e.AnsweredOn = []string{"2024-01-15", "2024-05-20", "2025-05-22"}[i]
	return e
}

// write puts an episode's names and new ids into a copy of the body.
func (t envelopeTemplate) write(body []byte, episode int, random *rand.Rand) {
	digits(body[t.patient+len("patient-"):], 9, episode)
	digits(body[t.unit+len("SE2321000016-B"):], 3, episode%benchUnits)
	digits(body[t.episode+len("episode-"):], 9, episode)
	for _, at := range t.ids {
		copy(body[at:], newID(random))
	}
}

// trendRequests asks for the trends of episodes first to last-1, with sentences
// in a language unless it is empty.
func trendRequests(first, last int, language string) [][]byte {
	var all [][]byte
	for episode := first; episode < last; episode++ {
		all = append(all, mustMarshal(&pb.GetTrendRequest{
			CareUnit: unitName(episode), EpisodeId: episodeName(episode), Language: language,
			Patient: &pb.PatientIdentifier{System: identitySystem, Value: patientName(episode)},
		}))
	}
	return all
}

// anyOf is a source that takes one of several requests at random.
type anyOf struct {
	requests [][]byte
	random   *rand.Rand
}

func (a anyOf) request() []byte { return a.requests[a.random.IntN(len(a.requests))] }

func sourcesOf(requests [][]byte) func(*rand.Rand) source {
	return func(random *rand.Rand) source { return anyOf{requests, random} }
}
