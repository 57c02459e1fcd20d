package store

import (
	"context"
	"time"
)

// Delivery is one handing-over of data to a recipient outside the clinic, as the
// ledger keeps it.
type Delivery struct {
	DeliveryID string // named by the caller
	Recipient  string // id of who got it
	// Plan says in readable text what was asked for and read: the recipient's
	// rules of then, filters, definitions, and up to which change of each unit.
	Plan string
	// Act is who asked for it, when it was begun, and for which purpose.
	Act
	// Result is in readable text what all of it came to; empty until it is
	// finished. A delivery that never was has still handed over its members.
	Result     string
	FinishedAt time.Time // zero until it is finished
}

// Delivered is an episode that a delivery holds.
type Delivered struct {
	Episode    string // the pseudonym under which the recipient got it
	PatientKey string // the key that its patient had then
	// Erased says that the patient was erased since. The key leads nowhere any
	// more, but the recipient can still be told by the pseudonym.
	Erased bool
}

// Deliveries is the ledger of what was handed over, with who was in it.
type Deliveries interface {
	// BeginDelivery adds a delivery and returns it as a read would. One that is
	// kept under this id already is returned as it is, begun false.
	BeginDelivery(ctx context.Context, delivery Delivery) (kept Delivery, begun bool, err error)
	// AddDelivered adds episodes of one care unit to a delivery; those that it
	// holds already stay as they are. ErrStale, and nothing added, if one of the
	// patients is gone: erased, or merged into another, since the caller read
	// it. ErrNotFound for an unknown delivery.
	AddDelivered(ctx context.Context, deliveryID, careUnit string, episodes []Delivered) error
	// FinishDelivery writes the result, once: a later call changes nothing. It
	// returns the delivery as it is kept. ErrNotFound for an unknown one.
	FinishDelivery(ctx context.Context, deliveryID, result string, at time.Time) (Delivery, error)
	// Delivery returns a delivery, or ErrNotFound.
	Delivery(ctx context.Context, deliveryID string) (Delivery, error)
	// Deliveries returns deliveries, newest first by At and then by id, those
	// after the named one in that order (the zero Delivery: from the newest), at
	// most limit.
	Deliveries(ctx context.Context, after Delivery, limit int) ([]Delivery, error)
	// DeliveriesOf returns those that hold an episode of a patient under one of
	// these keys, in the order of Deliveries.
	DeliveriesOf(ctx context.Context, patientKeys []string) ([]Delivery, error)
	// DeliveredCount says how many episodes a delivery holds, and how many of them
	// are of patients who were erased since.
	DeliveredCount(ctx context.Context, deliveryID string) (episodes, erased int64, err error)
	// DeliveredAmong returns those of these episodes that a delivery holds, by
	// Episode.
	DeliveredAmong(ctx context.Context, deliveryID string, episodes []string) (map[string]Delivered, error)
	// DeliveredEpisodes returns what a delivery holds, ordered by Episode (byte
	// by byte), after the given one, at most limit.
	DeliveredEpisodes(ctx context.Context, deliveryID, after string, limit int) ([]Delivered, error)
}

// Runs reads all that a care unit has as it was at one of its changes, a run of
// episodes at a time, without a long transaction: what is read as of a change
// stays the same, but for what is erased.
type Runs interface {
	// EpisodeRun returns the episodes that existed at the change asOf (0: now),
	// in the version of then, ordered by episode id, those after the given id,
	// at most limit. PatientKey and TestPatient are those of now.
	EpisodeRun(ctx context.Context, careUnit, after string, limit int, asOf int64) ([]Episode, error)
	// SubmissionsOfRun returns what SubmissionsOfEpisode would for each episode
	// after one id and up to another, ordered by episode, then by slot.
	SubmissionsOfRun(ctx context.Context, careUnit, after, last string, asOf int64) ([]Submission, error)
}
