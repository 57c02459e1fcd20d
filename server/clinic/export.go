package clinic

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// Exporting asks for a delivery, or for the same one again.
type Exporting struct {
	Recipient  string // id of one of Settings.Recipients
	DeliveryID string // named by the caller
	Filter     delivery.Filter
	// ResumeAfter is the pseudonym of the last episode that arrived, to go on
	// after it; empty: from the beginning.
	ResumeAfter string
	Software    string // the program's version, kept with the delivery
	Found       []Problem
}

// ExportHead is what a delivery is, before its rows.
type ExportHead struct {
	store.Delivery
	Plan   *delivery.Plan
	Tables []delivery.Table
	ToRead int64 // roughly how many episodes and forms there are to look at
}

// ExportResult is what a delivery came to.
type ExportResult struct {
	Rows   []int64         `json:"rows"` // by table
	Flow   []delivery.Step `json:"flow"`
	Digest string          `json:"digest"` // over all rows, in hex
}

// ExportSink takes a delivery: the head once, then rows of whole episodes with
// how many episodes have been looked at. What it returns as an error ends it.
type ExportSink struct {
	Head func(*ExportHead) error
	Rows func(rows []delivery.Row, read int64) error
}

// Export hands over the episodes and forms of patients who are informed and have
// not objected, as of one change of each care unit, and writes into the ledger
// who was in it before their rows leave. It needs the memory of a thousand episodes
// and the forms of some hundred, however large the delivery is.
//
// A delivery id that is known already makes the same delivery again, by the
// rules of its time; a delivery that was cut off goes on.
//
// Errors: *InputError; *StateError with RECIPIENT_UNKNOWN, RECIPIENT_NOT_ALLOWED,
// DELIVERY_ID_REUSED or SNAPSHOT_CHANGED.
func (c *Clinic) Export(ctx context.Context, r Exporting, sink ExportSink) (_ ExportResult, err error) {
	v, err := c.enter(ctx, access.ExportCall)
	if err != nil {
		return ExportResult{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(r.Found)
	check.id("recipient", r.Recipient)
	check.id("delivery_id", r.DeliveryID)
	check.code("resume_after", r.ResumeAfter)
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return ExportResult{}, err
	}
	if err := c.checkExportFilter(ctx, check, &r.Filter); err != nil {
		return ExportResult{}, err
	}
	if err := check.err(); err != nil {
		return ExportResult{}, err
	}
	recipient, err := c.recipientFor(v, r.Recipient)
	if err != nil {
		return ExportResult{}, err
	}
	v.recipient = recipient.ID
	kept, err := c.deliveryFor(ctx, v, recipient, r)
	if err != nil {
		return ExportResult{}, err
	}
	x, err := c.newExport(v, kept)
	if err != nil {
		return ExportResult{}, err
	}
	return x.run(ctx, r.ResumeAfter, sink)
}

// recipientFor finds a recipient that the caller may deliver to.
func (c *Clinic) recipientFor(v *visit, id string) (*delivery.Recipient, error) {
	i := slices.IndexFunc(c.settings.Recipients, func(r delivery.Recipient) bool { return r.ID == id })
	if i < 0 {
		return nil, &StateError{Reason: RecipientUnknown, Field: "recipient", Description: "the server's configuration has no such recipient"}
	}
	r := &c.settings.Recipients[i]
	if len(r.DeliveredBy) > 0 && !slices.Contains(r.DeliveredBy, v.User) {
		v.record(access.Event{Outcome: access.Refused, Reason: RecipientNotAllowed})
		return nil, &StateError{Reason: RecipientNotAllowed, Field: "recipient", Description: "the configuration names who may make deliveries to this recipient, and the caller is not among them"}
	}
	return r, nil
}

// checkExportFilter looks for units and instruments that are not there: a
// mistyped one would give a delivery that is whole and empty.
func (c *Clinic) checkExportFilter(ctx context.Context, check *checker, f *delivery.Filter) error {
	units, err := c.store.CareUnits(ctx)
	if err != nil {
		return err
	}
	for _, unit := range f.Units {
		if !slices.Contains(units, unit) {
			check.add("filter.care_units", BadFormat, "a care unit that has no episode")
		}
	}
	for _, instrument := range f.Instruments {
		if _, ok := c.catalogue.Instrument(instrument, ""); !ok {
			check.add("filter.instruments", UnknownInstrument, "no such instrument")
		}
	}
	if err := f.Check(); err != nil {
		check.add("filter", BadFormat, err.Error())
	}
	return nil
}

// deliveryFor begins a delivery, or finds the one that has been begun.
func (c *Clinic) deliveryFor(ctx context.Context, v *visit, recipient *delivery.Recipient, r Exporting) (store.Delivery, error) {
	kept, err := c.store.Delivery(ctx, r.DeliveryID)
	if errors.Is(err, store.ErrNotFound) {
		var text string
		if text, err = c.planText(ctx, recipient, r); err != nil {
			return kept, err
		}
		kept, _, err = c.store.BeginDelivery(ctx, store.Delivery{
			DeliveryID: r.DeliveryID, Recipient: recipient.ID, Plan: text, Act: store.Act{By: v.User, At: c.now(), Note: recipient.Purpose},
		})
	}
	if err != nil {
		return kept, err
	}
	plan, err := delivery.ParsePlan(kept.Plan)
	if err != nil {
		return kept, err
	}
	asked, err := json.Marshal(r.Filter)
	if err != nil {
		return kept, err
	}
	if was, err := json.Marshal(plan.Filter); err != nil || string(was) != string(asked) || kept.Recipient != recipient.ID {
		return kept, errors.Join(err, &StateError{Reason: DeliveryIDReused, Field: "delivery_id", Description: "stands for another delivery; take a new id, or repeat the call as it was"})
	}
	return kept, nil
}

// planText decides what a new delivery will be.
func (c *Clinic) planText(ctx context.Context, recipient *delivery.Recipient, r Exporting) (string, error) {
	plan := delivery.Plan{Recipient: *recipient, Filter: r.Filter, AsOf: map[string]int64{}, Software: r.Software}
	for _, in := range c.catalogue.List() {
		if len(r.Filter.Instruments) == 0 || slices.Contains(r.Filter.Instruments, in.ID()) {
			plan.Definitions = append(plan.Definitions, delivery.Definition{
				Instrument: in.ID(), Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(),
			})
		}
	}
	for _, set := range c.catalogue.ValueSets() {
		plan.ValueSets = append(plan.ValueSets, set.ID())
	}
	var err error
	if plan.NormsHash, err = c.normsHash(ctx); err != nil {
		return "", err
	}
	units := r.Filter.Units
	if len(units) == 0 {
		if units, err = c.store.CareUnits(ctx); err != nil {
			return "", err
		}
	}
	for _, unit := range units {
		if plan.AsOf[unit], err = c.store.LastChange(ctx, unit); err != nil {
			return "", err
		}
	}
	return plan.Text()
}

// normsHash is over the site's own norms as they stand.
func (c *Clinic) normsHash(ctx context.Context) (string, error) {
	settings, err := c.store.Settings(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	lines := json.NewEncoder(sum)
	for _, s := range settings {
		if s.Kind == string(NormSetting) && s.Value != "" {
			if err := lines.Encode([]string{s.CareUnit, s.Name, s.Value}); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// newExport prepares the reading of a delivery.
func (c *Clinic) newExport(v *visit, kept store.Delivery) (*export, error) {
	plan, err := delivery.ParsePlan(kept.Plan)
	if err != nil {
		return nil, err
	}
	tables, err := delivery.NewTables(plan, func(d delivery.Version) (*scoring.Instrument, bool) {
		return c.catalogue.Instrument(d.Instrument, d.Version)
	})
	if err != nil {
		return nil, err
	}
	return &export{Clinic: c, visit: v, kept: kept, plan: plan, tables: tables, flow: delivery.NewFlow()}, nil
}

// exportResult reads what a finished delivery came to.
func exportResult(kept *store.Delivery) (*ExportResult, error) {
	if kept.FinishedAt.IsZero() {
		return nil, nil
	}
	result := &ExportResult{}
	return result, json.Unmarshal([]byte(kept.Result), result)
}

func snapshotChanged(why string) error {
	return &StateError{Reason: SnapshotChanged, Field: "delivery_id", Description: why + "; ListExportChanges tells what has changed"}
}

// finish writes the result of a delivery that is new, and holds one that was
// made again to the result it had.
func (x *export) finish(ctx context.Context, at time.Time) (ExportResult, error) {
	result := ExportResult{Rows: x.tables.Rows(), Flow: x.flow.Steps(), Digest: x.tables.Digest()}
	if x.kept.FinishedAt.IsZero() {
		body, err := json.Marshal(result)
		if err != nil {
			return result, err
		}
		kept, err := x.store.FinishDelivery(ctx, x.kept.DeliveryID, string(body), at)
		if err != nil {
			return result, err
		}
		x.kept = kept
	}
	was, err := exportResult(&x.kept)
	if err != nil {
		return result, err
	}
	if was.Digest != result.Digest {
		return result, snapshotChanged("what is handed over is not what it was")
	}
	return *was, nil
}
