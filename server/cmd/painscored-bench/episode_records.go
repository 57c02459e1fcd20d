package main

import (
	"bytes"
	"math/rand/v2"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// episodesPerMessage makes messages of an import of 243 records.
const episodesPerMessage = 9

// episodeRecords makes ImportSubmissionsRequests of whole episodes in wire
// form, nine instruments at three occasions each, and has none left at the last
// episode. The answers are the same in every episode.
type episodeRecords struct {
	template               []byte // the records of one episode
	patients, units, names []int  // offsets, one for each record
	ids                    []int
	episode, end           int
	random                 *rand.Rand
}

// newEpisodeRecords makes those of episodes first to end-1.
func newEpisodeRecords(first, end int, seed uint64) (*episodeRecords, error) {
	fill, err := newForms()
	if err != nil {
		return nil, err
	}
	r := &episodeRecords{episode: first, end: end, random: rand.New(rand.NewPCG(seed, uint64(first)))}
	random, request := rand.New(rand.NewPCG(1, 1)), &pb.ImportSubmissionsRequest{}
	for i := range occasionsOfTrend {
		paper := occasionOfTrend(i)
		for n := range fill.instruments {
			request.Records = append(request.Records, &pb.ImportRecord{Submission: single(paper, fill.fill(n, random))})
		}
	}
	r.template = mustMarshal(request)
	r.patients, r.units, r.names = allOf(r.template, patientName(0)), allOf(r.template, unitName(0)), allOf(r.template, episodeName(0))
	for _, record := range request.Records {
		r.ids = append(r.ids, bytes.Index(r.template, []byte(record.Submission.SubmissionId)))
	}
	return r, nil
}

// allOf finds every place of a text.
func allOf(body []byte, text string) []int {
	var all []int
	for at := 0; ; at += len(text) {
		next := bytes.Index(body[at:], []byte(text))
		if next < 0 {
			return all
		}
		at += next
		all = append(all, at)
	}
}

// next is a new message, nil after the last episode. Messages of one kind that
// are written one after the other are one message with the records of all.
func (r *episodeRecords) next() []byte {
	if r.episode >= r.end {
		return nil
	}
	n := min(episodesPerMessage, r.end-r.episode)
	message := bytes.Repeat(r.template, n)
	for i := range n {
		r.write(message[i*len(r.template):], r.episode)
		r.episode++
	}
	return message
}

// write puts an episode's names and new ids into its records.
func (r *episodeRecords) write(body []byte, episode int) {
	for i := range r.ids {
		digits(body[r.patients[i]+len("patient-"):], 9, episode)
		digits(body[r.units[i]+len("SE2321000016-B"):], 3, episode%benchUnits)
		digits(body[r.names[i]+len("episode-"):], 9, episode)
		copy(body[r.ids[i]:], newID(r.random))
	}
}
