package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/painscore/painscore/server/store"
)

// BeginDelivery adds a delivery to the ledger, or returns the one of this id.
func (s *Store) BeginDelivery(ctx context.Context, d store.Delivery) (store.Delivery, bool, error) {
	if d.DeliveryID == "" || d.Recipient == "" || d.Plan == "" {
		return store.Delivery{}, false, errors.New("sqlstore: a delivery without an id, a recipient or a plan")
	}
	if err := checkTexts(d.DeliveryID, d.Recipient, d.Plan, d.By, d.Note); err != nil {
		return store.Delivery{}, false, err
	}
	var kept store.Delivery
	var begun bool
	err := s.write(ctx, "begin a delivery", func(t *transaction) error {
		known, err := readRows(t, scanDelivery, t.sql.delivery, d.DeliveryID)
		if err != nil || len(known) > 0 {
			kept, begun = slices.Concat(known, []store.Delivery{{}})[0], false
			return err
		}
		kept, begun = d, true
		kept.At, kept.Result, kept.FinishedAt = instant(moment(d.At)), "", time.Time{}
		return t.exec(t.sql.addDelivery, d.DeliveryID, d.Recipient, d.Plan, d.By, moment(d.At), d.Note)
	})
	if err != nil {
		return store.Delivery{}, false, err
	}
	return kept, begun, nil
}

// AddDelivered adds episodes to a delivery. It holds the unit's counter, as an
// erasure and a merge of its patients do: a patient who is there when it looks
// is marked by the erasure that comes next.
func (s *Store) AddDelivered(ctx context.Context, deliveryID, careUnit string, episodes []store.Delivered) error {
	values, keys := make([]any, 0, 4*len(episodes)), make([]string, 0, len(episodes))
	for _, e := range episodes {
		if e.Episode == "" || e.PatientKey == "" || careUnit == "" {
			return errors.New("sqlstore: a delivered episode without a pseudonym, a patient or a care unit")
		}
		if err := checkTexts(careUnit, e.Episode, e.PatientKey); err != nil {
			return err
		}
		values = append(values, deliveryID, e.Episode, e.PatientKey, 0)
		keys = append(keys, e.PatientKey)
	}
	patients := distinct(keys)
	return s.write(ctx, "add to a delivery", func(t *transaction) error {
		if _, err := t.counter(careUnit); err != nil {
			return err
		}
		if known, err := readRows(t, scanDelivery, t.sql.delivery, deliveryID); err != nil || len(known) == 0 {
			return cmp.Or(err, refuse(store.ErrNotFound))
		}
		live := map[string]bool{}
		err := t.lookUp(&t.sql.livePatients, slices.Clone(patients), func(row scanner) error {
			var key string
			err := row.Scan(&key)
			live[key] = true
			return err
		})
		if err != nil || len(live) < len(patients) {
			return cmp.Or(err, refuse(store.ErrStale))
		}
		return t.insert(&t.sql.addDelivered, values)
	}, asMaintenance, repeatable)
}

// FinishDelivery writes the result of a delivery, once.
func (s *Store) FinishDelivery(ctx context.Context, deliveryID, result string, at time.Time) (store.Delivery, error) {
	if result == "" {
		return store.Delivery{}, errors.New("sqlstore: a finished delivery without a result")
	}
	if err := checkTexts(result); err != nil {
		return store.Delivery{}, err
	}
	err := s.write(ctx, "finish a delivery", func(t *transaction) error {
		return t.exec(t.sql.finishDelivery, deliveryID, result, moment(at))
	}, repeatable)
	if err != nil {
		return store.Delivery{}, err
	}
	return s.Delivery(ctx, deliveryID)
}

// Delivery returns a delivery, or ErrNotFound.
func (s *Store) Delivery(ctx context.Context, deliveryID string) (store.Delivery, error) {
	return readOne(ctx, s, "delivery", scanDelivery, s.sql.delivery, deliveryID)
}

// Deliveries returns deliveries, newest first.
func (s *Store) Deliveries(ctx context.Context, after store.Delivery, limit int) ([]store.Delivery, error) {
	at := int64(math.MaxInt64)
	if after.DeliveryID != "" {
		at = moment(after.At)
	}
	return readAll(ctx, s, "deliveries", scanDelivery, s.sql.deliveries, at, after.DeliveryID, max(limit, 0))
}

// DeliveriesOf returns the deliveries that hold a patient. A patient is in one
// or two a year, so they are sorted here.
func (s *Store) DeliveriesOf(ctx context.Context, patientKeys []string) ([]store.Delivery, error) {
	var all []store.Delivery
	for _, key := range patientKeys {
		of, err := readAll(ctx, s, "deliveries of a patient", scanDelivery, s.sql.deliveriesOf, key)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	slices.SortFunc(all, func(a, b store.Delivery) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.DeliveryID, a.DeliveryID))
	})
	return slices.CompactFunc(all, func(a, b store.Delivery) bool { return a.DeliveryID == b.DeliveryID }), nil
}

// DeliveredEpisodes returns what a delivery holds, by pseudonym.
func (s *Store) DeliveredEpisodes(ctx context.Context, deliveryID, after string, limit int) ([]store.Delivered, error) {
	return readAll(ctx, s, "delivered episodes", scanDelivered, s.sql.deliveredEpisodes, deliveryID, after, max(limit, 0))
}

// DeliveredCount says how many episodes a delivery holds.
func (s *Store) DeliveredCount(ctx context.Context, deliveryID string) (episodes, erased int64, err error) {
	err = s.each(ctx, "count of a delivery", func(row scanner) error { return row.Scan(&episodes, &erased) }, s.sql.deliveredCount, deliveryID)
	return episodes, erased, err
}

// DeliveredAmong returns those of these episodes that a delivery holds.
func (s *Store) DeliveredAmong(ctx context.Context, deliveryID string, episodes []string) (map[string]store.Delivered, error) {
	keys := make([]any, 0, 2*len(episodes))
	for _, episode := range episodes {
		keys = append(keys, deliveryID, episode)
	}
	among := make(map[string]store.Delivered, len(episodes))
	err := s.lookUp(ctx, "delivered episodes", &s.sql.deliveredAmong, keys, func(row scanner) error {
		var one store.Delivered
		err := scanDelivered(row, &one)
		among[one.Episode] = one
		return err
	})
	if err != nil {
		return nil, err
	}
	return among, nil
}

func scanDelivery(row scanner, to *store.Delivery) error {
	var made, finished int64
	err := row.Scan(&to.DeliveryID, &to.Recipient, &to.Plan, &to.By, &made, &to.Note, &to.Result, &finished)
	to.At = instant(made)
	if finished != 0 {
		to.FinishedAt = instant(finished)
	}
	return err
}

func scanDelivered(row scanner, to *store.Delivered) error {
	var erased int64
	err := row.Scan(&to.Episode, &to.PatientKey, &erased)
	to.Erased = erased != 0
	return err
}

// EpisodeRun returns a run of a care unit's episodes as they were at a change.
func (s *Store) EpisodeRun(ctx context.Context, careUnit, after string, limit int, asOf int64) ([]store.Episode, error) {
	return readAll(ctx, s, "run of episodes", scanEpisode, s.sql.episodesAsOf, careUnit, after, orNow(asOf), max(limit, 0))
}

// runRows keeps room for the rows of a run from one to the next: they are large,
// many, and gone when the run is read.
var runRows = sync.Pool{New: func() any { return new([]slotRow) }}

// SubmissionsOfRun returns the live submissions of a run of episodes.
func (s *Store) SubmissionsOfRun(ctx context.Context, careUnit, after, last string, asOf int64) ([]store.Submission, error) {
	rows := runRows.Get().(*[]slotRow)
	slots := slotReader{careUnit: careUnit, rows: *rows}
	defer func() {
		clear(slots.rows)
		*rows = slots.rows[:0]
		runRows.Put(rows)
	}()
	if err := s.each(ctx, "submissions of a run", slots.scan, s.sql.submissionsOfRun, careUnit, after, last, orNow(asOf)); err != nil {
		return nil, err
	}
	return slots.held(), nil
}
