package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// InstrumentSubmissions returns one instrument's live submissions of a run of
// episodes, and the episode after which to go on.
func (s *Store) InstrumentSubmissions(ctx context.Context, careUnit, instrument, after string, episodes int, asOf int64) ([]store.Submission, string, error) {
	run, err := readAll(ctx, s, "run of episodes", scanValue[string], s.sql.episodeRun, careUnit, after, max(episodes, 0))
	if err != nil || len(run) == 0 {
		return nil, "", err
	}
	last := run[len(run)-1]
	slots := slotReader{careUnit: careUnit}
	err = s.each(ctx, "submissions of an instrument", slots.scan, s.sql.submissionsOfInstrument, careUnit, after, last, instrument, orNow(asOf))
	if err != nil {
		return nil, "", err
	}
	if len(run) < episodes {
		last = ""
	}
	return slots.held(), last, nil
}

// RescorePlan returns a plan with its flips, or ErrNotFound.
func (s *Store) RescorePlan(ctx context.Context, planID string) (store.RescorePlan, error) {
	plan, err := readOne(ctx, s, "re-scoring plan", scanPlan, s.sql.plan, planID)
	if err != nil {
		return store.RescorePlan{}, err
	}
	if plan.Scope, err = readAll(ctx, s, "scope of a plan", scanScope, s.sql.scopeOf, planID); err != nil {
		return store.RescorePlan{}, err
	}
	if plan.Sources, err = readAll(ctx, s, "sources of a plan", scanSource, s.sql.sourcesOf, planID); err != nil {
		return store.RescorePlan{}, err
	}
	if plan.BuiltOn, err = readAll(ctx, s, "bases of a plan", scanValue[string], s.sql.basesOf, planID); err != nil {
		return store.RescorePlan{}, err
	}
	if unit := firstUnit(&plan); unit != "" {
		plan.Flips, err = readAll(ctx, s, "flips of a plan", scanFlip, s.sql.flipsOf, unit, planID)
	}
	return plan, err
}

// firstUnit is a care unit in which the plan has scores; all of them are
// flipped together, so one tells how the plan stands. The plan that has none
// cannot be flipped.
func firstUnit(plan *store.RescorePlan) string {
	for _, scope := range plan.Scope {
		if scope.Forms > 0 {
			return scope.CareUnit
		}
	}
	return ""
}

func scanPlan(row scanner, p *store.RescorePlan) error {
	var f fields
	if err := row.Scan(&f.rest, &p.Digest); err != nil {
		return err
	}
	p.PlanID, p.Instrument, p.RequestedVersion, p.TargetVersion, p.TargetHash = f.text(), f.text(), f.text(), f.text(), f.text()
	p.AllUnits, p.AnsweredFrom, p.AnsweredTo = f.flag(), f.text(), f.text()
	p.RescoreCounts = store.RescoreCounts{
		Examined: f.number(), Forms: f.number(), Changed: f.number(), UpToDate: f.number(), NotRescorable: f.number(),
		BandsCrossed: f.number(), FlagsCrossed: f.number(), VerdictsCrossed: f.number(),
	}
	p.MadeBy, p.MadeAt = f.text(), f.instant()
	if dropped := f.number(); dropped != 0 {
		p.DroppedAt = instant(dropped)
	}
	return f.end()
}

func scanScope(row scanner, s *store.RescoreScope) error {
	return row.Scan(&s.CareUnit, &s.ChangeSeq, &s.Forms)
}

func scanSource(row scanner, s *store.RescoreSource) error {
	return row.Scan(&s.Version, &s.DefinitionHash, &s.Forms)
}

func scanFlip(row scanner, f *store.RescoreFlip) error {
	var applied, at int64
	err := row.Scan(&applied, &f.By, &at, &f.Note)
	f.Applied, f.At = applied != 0, instant(at)
	return err
}

// SubmissionVersions returns every version of a submission, oldest first.
func (s *Store) SubmissionVersions(ctx context.Context, careUnit, system, submissionID string) ([]store.SubmissionVersion, error) {
	rows, err := readAll(ctx, s, "versions of a submission", scanSlotRow, s.sql.versions, careUnit, system, submissionID)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, store.ErrNotFound
	}
	versions := make([]store.SubmissionVersion, len(rows))
	for i, row := range rows {
		versions[i] = store.SubmissionVersion{Submission: row.Submission, Live: row.state == live}
		err := s.each(ctx, "scorings of a version", func(row scanner) error { return addRescoring(row, &versions[i]) },
			s.sql.rescoredOf, append(slotArgs(row.Slot), row.slotVersion)...)
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// SubmissionRefs names the submissions that were first stored in an episode.
func (s *Store) SubmissionRefs(ctx context.Context, careUnit, episodeID string) ([]store.SubmissionRef, error) {
	forms, err := readAll(ctx, s, "submissions of an episode", scanErasedForm, s.sql.formNames, careUnit, episodeID)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(forms, func(a, b erasedForm) int { return cmp.Compare(a.firstSeq, b.firstSeq) })
	refs := make([]store.SubmissionRef, len(forms))
	for i := range forms {
		refs[i] = forms[i].ref
		refs[i].CareUnit = careUnit
	}
	return refs, nil
}

// addRescoring reads one flip, with the scores of its plan, in the order of flips.
func addRescoring(row scanner, to *store.SubmissionVersion) error {
	var again store.Rescoring
	var flip store.RescoreFlip
	var applied, at int64
	err := row.Scan(&again.PlanID, &again.InstrumentVersion, &again.Scores, &applied, &flip.ChangeSeq, &flip.By, &at, &flip.Note)
	if err != nil {
		return err
	}
	flip.Applied, flip.At = applied != 0, time.UnixMicro(at).UTC()
	for i := range to.Rescored {
		if to.Rescored[i].PlanID == again.PlanID {
			to.Rescored[i].Flips = append(to.Rescored[i].Flips, flip)
			return nil
		}
	}
	again.Flips = []store.RescoreFlip{flip}
	to.Rescored = append(to.Rescored, again)
	return nil
}
