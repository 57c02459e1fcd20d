package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// KeepRescorePlan adds a plan.
func (s *Store) KeepRescorePlan(ctx context.Context, plan store.RescorePlan) error {
	if err := checkPlan(&plan); err != nil {
		return err
	}
	return s.write(ctx, "keep a re-scoring plan", func(t *transaction) error { return t.addPlan(&plan) })
}

func checkPlan(p *store.RescorePlan) error {
	switch {
	case p.PlanID == "" || p.Instrument == "":
		return errors.New("sqlstore: a plan without an id or an instrument")
	case firstUnit(p) == "":
		return errors.New("sqlstore: a plan that scores nothing anew")
	case len(p.Digest) == 0:
		return errors.New("sqlstore: a plan without a digest")
	}
	for _, scope := range p.Scope {
		if err := checkTexts(scope.CareUnit); err != nil {
			return err
		}
	}
	return checkTexts(p.PlanID, p.Instrument, p.RequestedVersion, p.TargetVersion, p.TargetHash, p.AnsweredFrom, p.AnsweredTo, p.MadeBy)
}

func (t *transaction) addPlan(p *store.RescorePlan) error {
	err := t.exec(t.sql.addPlan, p.PlanID, p.Instrument, p.RequestedVersion, p.TargetVersion, p.TargetHash, flag(p.AllUnits),
		p.AnsweredFrom, p.AnsweredTo, p.Examined, p.Forms, p.Changed, p.UpToDate, p.NotRescorable,
		p.BandsCrossed, p.FlagsCrossed, p.VerdictsCrossed, p.MadeBy, moment(p.MadeAt), 0, p.Digest)
	for i := 0; err == nil && i < len(p.Scope); i++ {
		err = t.exec(t.sql.addScope, p.PlanID, p.Scope[i].CareUnit, p.Scope[i].ChangeSeq, p.Scope[i].Forms)
	}
	for i := 0; err == nil && i < len(p.Sources); i++ {
		err = t.exec(t.sql.addSource, p.PlanID, p.Sources[i].Version, p.Sources[i].DefinitionHash, p.Sources[i].Forms)
	}
	for i := 0; err == nil && i < len(p.BuiltOn); i++ {
		err = t.exec(t.sql.addBase, p.PlanID, p.BuiltOn[i])
	}
	return err
}

// planHead reads a plan without its lists, within a transaction.
func (t *transaction) planHead(planID string) (plan store.RescorePlan, err error) {
	err = scanPlan(t.tx.QueryRowContext(t.ctx, t.sql.plan, planID), &plan)
	if errors.Is(err, sql.ErrNoRows) {
		err = refuse(store.ErrNotFound)
	}
	return plan, err
}

// StageRescore writes scores of a plan that nobody sees yet.
func (s *Store) StageRescore(ctx context.Context, planID string, scores []store.Rescored) error {
	for i := range scores {
		if err := checkTexts(scores[i].InstrumentVersion, scores[i].Scores); err != nil {
			return err
		}
	}
	return s.write(ctx, "stage a re-scoring", func(t *transaction) error {
		plan, err := t.planHead(planID)
		if err != nil {
			return err
		}
		if !plan.DroppedAt.IsZero() {
			return refuse(store.ErrStale)
		}
		for i := range scores {
			if err := t.stage(planID, &scores[i]); err != nil {
				return err
			}
		}
		return nil
	}, asMaintenance, repeatable)
}

func (t *transaction) stage(planID string, r *store.Rescored) error {
	var is int64
	found, err := t.read(t.sql.staged, []any{r.CareUnit, r.System, r.SubmissionID, r.Version}, &is)
	switch {
	case err != nil:
		return err
	case !found:
		return refuse(store.ErrStale)
	}
	return t.exec(t.sql.stage, r.CareUnit, r.System, r.SubmissionID, r.Version, planID, r.InstrumentVersion, r.Scores)
}

// FlipRescore makes a plan's scores count or no longer, in one transaction.
func (s *Store) FlipRescore(ctx context.Context, planID string, flip store.RescoreFlip, since map[string]int64) (store.RescorePlan, error) {
	plan, err := s.RescorePlan(ctx, planID)
	if err != nil || plan.Applied() == flip.Applied {
		return plan, err
	}
	if err := checkTexts(flip.By, flip.Note); err != nil {
		return store.RescorePlan{}, err
	}
	if flip.Applied {
		// What has happened up to now is looked through before other writers
		// have to wait; what happens meanwhile is left for the transaction.
		if since, err = s.checkPlanFits(ctx, &plan, since); err != nil {
			return store.RescorePlan{}, err
		}
	}
	err = s.write(ctx, "flip a re-scoring", func(t *transaction) error { return t.flip(&plan, flip, since) })
	if err != nil {
		return store.RescorePlan{}, err
	}
	return s.RescorePlan(ctx, planID)
}

// checkPlanFits refuses a plan of which scores are missing, or that has become
// stale after since, and returns up to which change that is known.
func (s *Store) checkPlanFits(ctx context.Context, plan *store.RescorePlan, since map[string]int64) (map[string]int64, error) {
	seen := map[string]int64{}
	for _, scope := range plan.Scope {
		if scope.Forms == 0 {
			continue
		}
		staged, err := readOne(ctx, s, "count staged scores", scanValue[int64], s.sql.countStaged, scope.CareUnit, plan.PlanID)
		if err != nil {
			return nil, err
		}
		if staged != scope.Forms {
			return nil, store.ErrStale
		}
		last, err := s.LastChange(ctx, scope.CareUnit)
		if err != nil {
			return nil, err
		}
		for query, args := range s.sql.staleness(plan, scope.CareUnit, since[scope.CareUnit]) {
			found, err := readAll(ctx, s, "look for changes", scanValue[int64], query, args...)
			if err != nil {
				return nil, err
			}
			if len(found) > 0 {
				return nil, store.ErrStale
			}
		}
		seen[scope.CareUnit] = last
	}
	return seen, nil
}

// staleness gives the queries that find a row if a plan no longer fits a unit.
func (s *statements) staleness(plan *store.RescorePlan, careUnit string, since int64) map[string][]any {
	args := []any{careUnit, since, plan.Instrument, plan.PlanID}
	return map[string][]any{s.superseded: args, s.otherFlip: args}
}

func (t *transaction) flip(plan *store.RescorePlan, flip store.RescoreFlip, since map[string]int64) error {
	counts, err := t.countersOf(plan)
	if err != nil {
		return err
	}
	number, applied, err := t.lastFlip(plan)
	if err != nil || applied == flip.Applied {
		return err
	}
	if err := t.mayFlip(plan, flip, since); err != nil {
		return err
	}
	for _, count := range counts {
		err := t.exec(t.sql.addFlip, count.careUnit, plan.PlanID, number+1, flag(flip.Applied), count.next(), flip.By, moment(flip.At), flip.Note)
		if err != nil {
			return err
		}
	}
	return nil
}

// countersOf takes the counter of every unit of the plan, in order: two flips
// cannot lock each other out.
func (t *transaction) countersOf(plan *store.RescorePlan) ([]*counter, error) {
	var counts []*counter
	for _, scope := range plan.Scope {
		if scope.Forms == 0 {
			continue
		}
		count, err := t.counter(scope.CareUnit)
		if err != nil {
			return nil, err
		}
		counts = append(counts, count)
	}
	return counts, nil
}

// lastFlip says how often a plan was flipped, and how it stands.
func (t *transaction) lastFlip(plan *store.RescorePlan) (number int64, applied bool, err error) {
	rows, err := t.tx.QueryContext(t.ctx, t.sql.flipsOf, firstUnit(plan), plan.PlanID)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var flip store.RescoreFlip
		if err := scanFlip(rows, &flip); err != nil {
			return 0, false, err
		}
		number, applied = number+1, flip.Applied
	}
	return number, applied, rows.Err()
}

func (t *transaction) mayFlip(plan *store.RescorePlan, flip store.RescoreFlip, since map[string]int64) error {
	var one int64
	if !flip.Applied {
		found, err := t.read(t.sql.builtUpon, []any{plan.PlanID}, &one)
		if found {
			return refuse(store.ErrBuiltUpon)
		}
		return err
	}
	now, err := t.planHead(plan.PlanID)
	if err != nil {
		return err
	}
	if !now.DroppedAt.IsZero() {
		return refuse(store.ErrStale)
	}
	for careUnit, seen := range since {
		for query, args := range t.sql.staleness(plan, careUnit, seen) {
			found, err := t.read(query, args, &one)
			if err != nil {
				return err
			}
			if found {
				return refuse(store.ErrStale)
			}
		}
	}
	return nil
}

// DropRescore gives up a plan that was never applied, and deletes some of what
// was staged for it.
func (s *Store) DropRescore(ctx context.Context, planID string, at time.Time, limit int) (more bool, err error) {
	plan, err := s.RescorePlan(ctx, planID)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, "drop a re-scoring", func(t *transaction) error {
		more = false
		// Else another process could apply the plan between the look and the
		// deletion, and its scores would count without being there.
		if _, err := t.countersOf(&plan); err != nil {
			return err
		}
		number, _, err := t.lastFlip(&plan)
		if err != nil || number > 0 {
			return err
		}
		if err := t.exec(t.sql.dropPlan, planID, moment(at)); err != nil {
			return err
		}
		more, err = t.unstage(&plan, limit)
		return err
	}, asMaintenance, repeatable)
	return more, err
}

// unstage deletes at most limit staged scores; more says that some may be left.
func (t *transaction) unstage(plan *store.RescorePlan, limit int) (more bool, err error) {
	units := slices.DeleteFunc(slices.Clone(plan.Scope), func(s store.RescoreScope) bool { return s.Forms == 0 })
	for _, scope := range units {
		if limit <= 0 {
			return true, nil
		}
		result, err := t.tx.ExecContext(t.ctx, t.sql.unstage, scope.CareUnit, plan.PlanID, limit)
		if err != nil {
			return false, err
		}
		deleted, err := result.RowsAffected()
		if err != nil {
			return false, err
		}
		limit -= int(deleted)
	}
	return limit <= 0, nil
}
