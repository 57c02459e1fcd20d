package clinic

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// LedgerEntry is a delivery as the ledger keeps it.
type LedgerEntry struct {
	store.Delivery
	Plan   *delivery.Plan
	Result *ExportResult // nil if it was never finished
}

// ListExports lists deliveries, newest first: all, by pages, or those that hold a
// patient, in one. It returns the token of the next page.
//
// Errors: *InputError; *StateError with PATIENT_UNKNOWN.
func (c *Clinic) ListExports(ctx context.Context, patient *PatientRef, page Page) (_ []LedgerEntry, next string, err error) {
	v, err := c.enter(ctx, access.ListExportsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	after := readDelivery(check, page.after(check, "deliveries"))
	keys, err := c.everyKeyOf(ctx, check, patient)
	if err != nil {
		var state *StateError
		if errors.As(err, &state) {
			v.missing(ctx, "")
		}
		return nil, "", err
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	var kept []store.Delivery
	if patient != nil {
		v.patients("", keys...)
		kept, err = c.store.DeliveriesOf(ctx, keys)
	} else {
		kept, err = c.store.Deliveries(ctx, after, page.limit()+1)
	}
	if err != nil {
		return nil, "", err
	}
	if patient == nil && len(kept) > page.limit() {
		kept = kept[:page.limit()]
		last := kept[len(kept)-1]
		next = pageToken("deliveries", strconv.FormatInt(last.At.UnixMicro(), 10)+" "+last.DeliveryID)
	}
	entries := make([]LedgerEntry, len(kept))
	for i := range kept {
		if entries[i], err = ledgerEntry(kept[i]); err != nil {
			return nil, "", err
		}
	}
	return entries, next, nil
}

func ledgerEntry(kept store.Delivery) (LedgerEntry, error) {
	e := LedgerEntry{Delivery: kept}
	var err error
	if e.Plan, err = delivery.ParsePlan(kept.Plan); err != nil {
		return e, err
	}
	e.Result, err = exportResult(&kept)
	return e, err
}

// readDelivery reads the place that a page token holds.
func readDelivery(check *checker, text string) store.Delivery {
	if text == "" {
		return store.Delivery{}
	}
	at, id, _ := strings.Cut(text, " ")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" {
		check.add("page_token", BadPageToken, "not a token of this list; begin again without one")
	}
	return store.Delivery{DeliveryID: id, Act: store.Act{At: time.UnixMicro(micros)}}
}
