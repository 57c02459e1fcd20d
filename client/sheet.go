package client

import (
	"slices"

	"github.com/google/uuid"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// NewSubmissionID returns a new UUIDv7. Ids that rise with time are stored
// fastest. Make one for each sheet, once, and keep it with the sheet.
func NewSubmissionID() string { return uuid.Must(uuid.NewV7()).String() }

// NewErasureID returns a name for an erasure. Make it once and send it again on
// every retry of ErasePatient.
func NewErasureID() string { return uuid.NewString() }

// Answers are the answered items of a sheet by item code; items that are not
// in the map count as left blank. Build a pb.Answer with a NotAnswered
// yourself where the reason for a blank is known.
func Answers(values map[string]int32) []*pb.Answer {
	answers := make([]*pb.Answer, 0, len(values))
	for item, value := range values {
		answers = append(answers, &pb.Answer{Item: item, Response: &pb.Answer_Value{Value: value}})
	}
	slices.SortFunc(answers, func(a, b *pb.Answer) int {
		if len(a.Item) != len(b.Item) { // "2" before "10"
			return len(a.Item) - len(b.Item)
		}
		if a.Item < b.Item {
			return -1
		}
		return 1
	})
	return answers
}

// Positions are the numbers of a form without blanks, in its own order.
func Positions(values ...int32) []*pb.Position {
	positions := make([]*pb.Position, len(values))
	for i, value := range values {
		positions[i] = &pb.Position{Response: &pb.Position_Value{Value: value}}
	}
	return positions
}
