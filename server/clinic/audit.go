package clinic

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// AccessFilter says which events of the access log to list. A zero field lets
// all through.
type AccessFilter struct {
	Patient  *PatientRef // under every identifier and key that the person ever had
	User     string
	From, To time.Time // both included
}

// ListAccessEvents returns a page of the access log, newest first, and the
// token of the next page, empty at the end.
//
// Errors: *InputError; *StateError with PATIENT_UNKNOWN.
func (c *Clinic) ListAccessEvents(ctx context.Context, filter AccessFilter, page Page) (_ []access.Event, next string, err error) {
	v, err := c.enter(ctx, access.ListAccessEventsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.text("user", filter.User, MaxIDLength)
	if !filter.From.IsZero() && !filter.To.IsZero() && filter.To.Before(filter.From) {
		check.add("to", OutOfRange, "must not lie before from")
	}
	query := access.Query{User: filter.User, From: filter.From, To: filter.To, Limit: page.limit()}
	if query.PatientKeys, err = c.everyKeyOf(ctx, check, filter.Patient); err != nil {
		if state := (*StateError)(nil); errors.As(err, &state) {
			v.missing(ctx, "")
		}
		return nil, "", err
	}
	// With the key and not the identifier: a token holds nothing to guess one from.
	filters := "access " + strings.Join(append([]string{
		strconv.Quote(filter.User), filter.From.String(), filter.To.String()}, query.PatientKeys...), " ")
	query.After = readPlace(check, page.after(check, filters))
	if err := check.err(); err != nil {
		return nil, "", err
	}
	found, err := access.Find(ctx, c.store, query)
	if err != nil {
		return nil, "", err
	}
	if len(found) == query.Limit {
		next = pageToken(filters, found[len(found)-1].Place.String())
	}
	events := eventsOf(found)
	v.patients("", append(patientsIn(events), query.PatientKeys...)...)
	return events, next, nil
}

// everyKeyOf returns the keys that a patient has or had; none without one.
func (c *Clinic) everyKeyOf(ctx context.Context, check *checker, patient *PatientRef) ([]string, error) {
	if patient == nil {
		return nil, nil
	}
	id, _ := check.patient("patient", *patient)
	if err := check.err(); err != nil {
		return nil, err
	}
	key, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, patientUnknown()
	}
	if err != nil {
		return nil, err
	}
	return c.store.PatientKeys(ctx, key)
}

// readPlace reads the place that a page token holds.
func readPlace(check *checker, text string) access.Place {
	place, err := access.ParsePlace(text)
	if err != nil {
		check.add("page_token", BadPageToken, "not a token of this list; begin again without one")
	}
	return place
}

func eventsOf(found []access.Found) []access.Event {
	events := make([]access.Event, len(found))
	for i := range found {
		events[i] = found[i].Event
	}
	return events
}

func patientsIn(events []access.Event) (keys []string) {
	for i := range events {
		keys = append(keys, events[i].Patients...)
	}
	return keys
}

// AccessSample is a random part of a period of the access log.
type AccessSample struct {
	Seed   string // by which it can be drawn again
	Events int64  // in the period
	Drawn  []access.Event
}

// SampleAccessEvents draws size events of a period by a seed, a new one if it
// is empty.
//
// Errors: *InputError.
func (c *Clinic) SampleAccessEvents(ctx context.Context, from, to time.Time, size int, seed string) (_ AccessSample, err error) {
	v, err := c.enter(ctx, access.SampleAccessEventsCall)
	if err != nil {
		return AccessSample{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	c.period(check, "", from, to)
	check.code("seed", seed)
	if size < 1 || size > MaxPageSize {
		check.add("size", OutOfRange, "1 to "+strconv.Itoa(MaxPageSize))
	}
	if err := check.err(); err != nil {
		return AccessSample{}, err
	}
	if seed == "" {
		seed = rand.Text()
	}
	sample, err := access.Draw(ctx, c.store, from, to, size, seed)
	if err != nil {
		return AccessSample{}, err
	}
	drawn := eventsOf(sample.Drawn)
	v.patients("", patientsIn(drawn)...)
	return AccessSample{Seed: seed, Events: sample.Events, Drawn: drawn}, nil
}

// period checks a period that must be over: one that is not would be another
// one when it is looked at again.
func (c *Clinic) period(check *checker, prefix string, from, to time.Time) {
	for _, end := range []struct {
		field string
		at    time.Time
	}{{"from", from}, {"to", to}} {
		if end.at.IsZero() {
			check.add(prefix+end.field, Required, "must be given")
		}
	}
	switch {
	case from.IsZero() || to.IsZero():
	case !from.Before(to):
		check.add(prefix+"to", OutOfRange, "must lie after from")
	case to.After(c.now()):
		check.add(prefix+"to", FutureDate, "must not lie in the future")
	}
}

// RecordAccessReview keeps the record of a check of the access log. Repeating
// it changes nothing. The reviewer is the caller unless another one is named.
//
// Errors: *InputError; *StateError with REVIEW_ID_REUSED.
func (c *Clinic) RecordAccessReview(ctx context.Context, review store.AccessReview) (_ store.AccessReview, err error) {
	v, err := c.enter(ctx, access.RecordAccessReviewCall)
	if err != nil {
		return store.AccessReview{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.id("review.review_id", review.ReviewID)
	c.period(check, "review.", review.From, review.To)
	check.code("review.seed", review.Seed)
	check.code("review.reviewer", review.Reviewer)
	check.text("review.note", review.Note, MaxTextLength)
	if review.Note == "" {
		check.add("review.note", Required, "must be given")
	}
	if review.Sampled < 0 || review.Events < review.Sampled {
		check.add("review.sampled", OutOfRange, "from 0 to the events in the period")
	}
	if err := check.err(); err != nil {
		return store.AccessReview{}, err
	}
	if review.Reviewer == "" {
		review.Reviewer = v.User
	}
	return c.keepReview(ctx, review)
}

// keepReview adds a review, or finds that it was added before: at another time,
// so that only the rest is compared.
func (c *Clinic) keepReview(ctx context.Context, review store.AccessReview) (store.AccessReview, error) {
	review.ReviewedAt = c.now()
	err := c.store.AddAccessReview(ctx, review)
	if err != nil && !errors.Is(err, store.ErrIDReused) {
		return store.AccessReview{}, err
	}
	kept, found, findErr := c.reviewOf(ctx, review.ReviewID)
	if findErr != nil || !found {
		return store.AccessReview{}, errors.Join(err, findErr)
	}
	same := kept
	same.From, same.To, same.ReviewedAt = review.From, review.To, review.ReviewedAt
	if same != review || kept.From.UnixMicro() != review.From.UnixMicro() || kept.To.UnixMicro() != review.To.UnixMicro() {
		return store.AccessReview{}, &StateError{Reason: ReviewIDReused, Field: "review.review_id", Description: "the id stands for another check; nothing was recorded"}
	}
	return kept, nil
}

// reviewOf looks for a check by its id. There are some a month at most.
func (c *Clinic) reviewOf(ctx context.Context, id string) (_ store.AccessReview, found bool, _ error) {
	var after store.AccessReview
	for {
		page, err := c.store.AccessReviews(ctx, after, MaxPageSize)
		if err != nil {
			return store.AccessReview{}, false, err
		}
		for _, review := range page {
			if review.ReviewID == id {
				return review, true, nil
			}
		}
		if len(page) < MaxPageSize {
			return store.AccessReview{}, false, nil
		}
		after = page[len(page)-1]
	}
}

// ListAccessReviews returns a page of the checks, newest first.
func (c *Clinic) ListAccessReviews(ctx context.Context, page Page) (_ []store.AccessReview, next string, err error) {
	v, err := c.enter(ctx, access.ListAccessReviewsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	var after store.AccessReview
	if text := page.after(check, "reviews"); text != "" {
		if err := json.Unmarshal([]byte(text), &after); err != nil {
			check.add("page_token", BadPageToken, "not a token of this list; begin again without one")
		}
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	list, err := c.store.AccessReviews(ctx, after, page.limit())
	if err != nil {
		return nil, "", err
	}
	if len(list) == page.limit() {
		last := list[len(list)-1]
		place, err := json.Marshal(store.AccessReview{ReviewID: last.ReviewID, ReviewedAt: last.ReviewedAt})
		if err != nil {
			return nil, "", err
		}
		next = pageToken("reviews", string(place))
	}
	return list, next, nil
}
