package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// exportSide is one of two deliveries that are compared.
type exportSide struct {
	*export
	asOf  map[string]int64
	forms int64 // as it was handed over
	// members are who is in it: the patient key of then by the episode's pseudonym.
	members map[string]string
	now     bool // not a delivery, but what the earlier one would be now
}

func (c *Clinic) sideOf(ctx context.Context, v *visit, field, id string) (*exportSide, error) {
	kept, err := c.store.Delivery(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &StateError{Reason: DeliveryUnknown, Field: field, Description: "no such delivery"}
	}
	if err != nil {
		return nil, err
	}
	result, err := exportResult(&kept)
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, &StateError{Reason: SnapshotChanged, Field: field, Description: "the delivery was never finished"}
	}
	x, err := c.newExport(v, kept)
	if err != nil {
		return nil, err
	}
	side := &exportSide{export: x, asOf: x.plan.AsOf}
	if side.members, err = c.membersOf(ctx, id); err != nil {
		return nil, err
	}
	for _, n := range result.Rows[1:] { // the first table is of episodes
		side.forms += n
	}
	return side, nil
}

// membersOf reads who is in a delivery: the patients' keys of then by the
// episodes' pseudonyms.
func (c *Clinic) membersOf(ctx context.Context, deliveryID string) (map[string]string, error) {
	members := map[string]string{}
	for after := ""; ; {
		page, err := c.store.DeliveredEpisodes(ctx, deliveryID, after, MaxPageSize)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			members[d.Episode] = d.PatientKey
			after = d.Episode
		}
		if len(page) < MaxPageSize {
			return members, nil
		}
	}
}

// asOfNow is the newest change of each care unit that a plan's filter chooses.
func (c *Clinic) asOfNow(ctx context.Context, plan *delivery.Plan) (map[string]int64, error) {
	units := plan.Filter.Units
	var err error
	if len(units) == 0 {
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, err
		}
	}
	asOf := map[string]int64{}
	for _, unit := range units {
		if asOf[unit], err = c.store.LastChange(ctx, unit); err != nil {
			return nil, err
		}
	}
	return asOf, nil
}
