package clinic

import (
	"context"
	"slices"

	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// episode compares one episode that is in one of the deliveries, or in both.
func (x *comparison) episode(ctx context.Context, e *store.Episode, pseudonym string, before, after *sideEpisode) error {
	to := ExportChange{Episode: pseudonym}
	key := e.PatientKey
	if after != nil {
		key = after.patientKey
	} else if before != nil {
		key = before.patientKey
	}
	if x.from.plan.Recipient.Identity != delivery.Personnummer {
		to.Person = x.keys.Pseudonym(x.from.plan.Recipient.Key, key)
	}
	add := func(changes ...delivery.Change) {
		for _, change := range changes {
			to.Change = change
			x.changes.Counts[change.Kind]++
			x.page = append(x.page, to)
		}
	}
	since := x.from.asOf[e.CareUnit]
	switch {
	case before == nil:
		kind, err := x.whyAdded(ctx, e, since)
		if err != nil {
			return err
		}
		for i := range after.forms {
			add(delivery.Change{Kind: kind(&after.forms[i]), Slot: after.forms[i].Slot})
		}
	case after == nil:
		kind, err := x.whyLeft(ctx, e)
		if err != nil {
			return err
		}
		for i := range before.forms {
			add(delivery.Change{Kind: kind, Slot: before.forms[i].Slot})
		}
		if len(before.forms) == 0 {
			x.page = append(x.page, ExportChange{Change: delivery.Change{Kind: kind}, Episode: pseudonym, Person: to.Person})
		}
	default:
		if before.Version != after.Version {
			add(delivery.Change{Kind: delivery.EpisodeAmended})
		}
		if before.patientKey != after.patientKey {
			add(delivery.Change{Kind: delivery.PersonChanged})
		}
		add(delivery.Compare(before.forms, after.forms, since, x.goneTo(ctx))...)
	}
	return nil
}

// goneTo says what became of a form that left its slot.
func (x *comparison) goneTo(ctx context.Context) func(*store.Submission) delivery.ChangeKind {
	return func(f *store.Submission) delivery.ChangeKind {
		newest, err := x.store.Submission(ctx, f.CareUnit, f.System, f.SubmissionID)
		switch {
		case err == nil && newest.State == store.Retracted:
			return delivery.Retracted
		case err == nil && newest.Slot == f.Slot:
			return delivery.NotChosen // it is where it was
		}
		return delivery.Moved
	}
}

// whyAdded says why the forms of an episode are in the later delivery only: they
// came in since, or were there before and may be handed over since.
func (x *comparison) whyAdded(ctx context.Context, e *store.Episode, since int64) (func(*store.Submission) delivery.ChangeKind, error) {
	all, err := x.store.RegistryChoices(ctx, e.PatientKey)
	if err != nil {
		return nil, err
	}
	provider := x.settings.CareProviders.ByUnit(e.CareUnit)
	then := slices.DeleteFunc(all, func(c store.RegistryChoice) bool { return c.At.After(x.from.kept.At) })
	kind := delivery.AddedChosen
	if ChoiceIn(then, provider, x.from.plan.Recipient.Registry).Choice != store.Informed {
		kind = delivery.AddedInformed
	}
	return func(f *store.Submission) delivery.ChangeKind {
		if f.ChangeSeq > since {
			return delivery.Added
		}
		return kind
	}, nil
}

// whyLeft says why an episode is in the earlier delivery only.
func (x *comparison) whyLeft(ctx context.Context, e *store.Episode) (delivery.ChangeKind, error) {
	why, err := x.leftOut(ctx, x.to.plan, e.CareUnit, []store.Episode{*e})
	if err != nil {
		return "", err
	}
	switch why[0] {
	case delivery.LeftOutObjected:
		return delivery.Objected, nil
	case delivery.LeftOutNotInformed, delivery.LeftOutProvider:
		return delivery.NotInformed, nil
	}
	return delivery.NotChosen, nil
}
