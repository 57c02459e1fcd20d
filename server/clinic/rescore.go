package clinic

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// MaxCareUnits is how many care units one request may name.
const MaxCareUnits = 1000

// RescoreRequest says which stored forms are to be scored anew, and by what.
type RescoreRequest struct {
	Instrument   string
	Version      string   // of the definition that scores anew; empty: the active one
	CareUnits    []string // empty: every one
	AnsweredFrom string   // first day of the period, YYYY-MM-DD; empty: no limit
	AnsweredTo   string   // last day, likewise
	Found        []Problem
}

// RescoreFinding is one thing that a preview found: exactly one field is set.
type RescoreFinding struct {
	Changed       *ChangedForm
	NotRescorable *UnreadableForm
	Verdict       *ChangedVerdict
}

// ChangedForm is a form that gets another result.
type ChangedForm struct {
	Before Record // without its answers
	Target *scoring.Instrument
	Scales []ChangedScale // those that change
}

// UnreadableForm is a form whose answers the target version does not take.
// It keeps its scores.
type UnreadableForm struct {
	Record             // without its answers
	Reason      string // a reason of the contract, such as UNKNOWN_ITEM
	Description string
}

// ChangedVerdict is a change between two occasions that is judged otherwise:
// another verdict, or comparable where it was not, or the other way round.
type ChangedVerdict struct {
	CareUnit, EpisodeID string
	Instrument, Scale   string
	ValueSet            string
	Before, After       *Change // between the same two of Occasions
	Occasions           []Moment
}

// PreviewRescore scores stored forms by another version of their definition
// and tells what would change. Of that it stores a plan, which ApplyRescore
// carries out, and nothing else. A plan without an id was not stored: there is
// nothing to score anew.
//
// Forms are scored with the value sets that they were stored with. All
// respondents' forms and all calling systems' count. Each care unit is seen as
// of one moment; what is found is told in the order of care units, episodes and
// slots, verdicts after the forms of their episode.
//
// Errors: *InputError; what tell returns.
func (c *Clinic) PreviewRescore(ctx context.Context, req RescoreRequest, tell func(RescoreFinding) error) (_ *store.RescorePlan, err error) {
	v, err := c.enter(ctx, access.PreviewRescoreCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	target, err := c.checkRescore(req)
	if err != nil {
		return nil, err
	}
	units := slices.Compact(slices.Sorted(slices.Values(req.CareUnits)))
	if len(units) == 0 {
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, err
		}
	}
	look := c.newRescoring(target, req.AnsweredFrom, req.AnsweredTo)
	if err := look.recordPatients(ctx, v, units); err != nil {
		return nil, err
	}
	// What is told leaves before the end, so everybody is on record by now.
	if err := v.logged(ctx); err != nil {
		return nil, err
	}
	p := &preview{rescoring: look, site: site, tell: tell, sources: map[string]int64{}, bases: map[string]bool{}}
	plan := &store.RescorePlan{
		Instrument: target.ID(), RequestedVersion: req.Version, TargetVersion: target.Version(), TargetHash: target.DefinitionHash(),
		AllUnits: len(req.CareUnits) == 0, AnsweredFrom: req.AnsweredFrom, AnsweredTo: req.AnsweredTo,
	}
	for _, unit := range units {
		scope, err := p.unit(ctx, unit)
		if err != nil {
			return nil, err
		}
		plan.Scope = append(plan.Scope, scope)
	}
	plan.RescoreCounts = p.counts
	if plan.Forms == 0 {
		return plan, nil
	}
	for _, version := range slices.Sorted(maps.Keys(p.sources)) {
		source := store.RescoreSource{Version: version, Forms: p.sources[version]}
		if in, ok := c.catalogue.Instrument(plan.Instrument, version); ok {
			source.DefinitionHash = in.DefinitionHash()
		}
		plan.Sources = append(plan.Sources, source)
	}
	plan.BuiltOn = slices.Sorted(maps.Keys(p.bases))
	plan.Digest = p.digest.Sum(nil)
	plan.MadeBy, plan.MadeAt = v.User, c.now().UTC()
	plan.PlanID = newPlanID(plan.MadeAt)
	return plan, c.store.KeepRescorePlan(ctx, *plan)
}

// newPlanID is a name that people can tell from another and nobody guesses.
func newPlanID(at time.Time) string {
	return at.Format("20060102") + "-" + strings.ToLower(rand.Text()[:12])
}

func (c *Clinic) checkRescore(req RescoreRequest) (*scoring.Instrument, error) {
	check := c.newChecker(req.Found)
	check.id("instrument", req.Instrument)
	check.code("version", req.Version)
	if len(req.CareUnits) > MaxCareUnits {
		check.add("care_units", TooMany, fmt.Sprintf("at most %d; none stands for every one", MaxCareUnits))
		return nil, check.err()
	}
	for i, unit := range req.CareUnits {
		check.id(fmt.Sprintf("care_units[%d]", i), unit)
	}
	check.date("answered_from", req.AnsweredFrom, false)
	check.date("answered_to", req.AnsweredTo, false)
	if req.AnsweredTo != "" && req.AnsweredFrom > req.AnsweredTo {
		check.add("answered_to", OutOfRange, "not before answered_from")
	}
	if req.Instrument == "" {
		return nil, check.err()
	}
	target, problem := c.instrument(req.Instrument, req.Version)
	switch {
	case problem != nil:
		check.addAll("", []Problem{*problem})
	case len(target.Scales()) == 0:
		check.add("instrument", UnknownInstrument, "a site form, which has no scores")
	}
	return target, check.err()
}

// preview is a rescoring that is told.
type preview struct {
	*rescoring
	site    *site
	tell    func(RescoreFinding) error
	counts  store.RescoreCounts
	sources map[string]int64 // forms by the version that scored them
	bases   map[string]bool  // plans whose scores are replaced
}

func (p *preview) unit(ctx context.Context, careUnit string) (store.RescoreScope, error) {
	scope := store.RescoreScope{CareUnit: careUnit}
	var err error
	if scope.ChangeSeq, err = p.clinic.store.LastChange(ctx, careUnit); err != nil || scope.ChangeSeq == 0 {
		return scope, err
	}
	before := p.counts.Forms
	err = p.episodes(ctx, careUnit, scope.ChangeSeq, func(subs []store.Submission) error { return p.episode(ctx, subs) })
	scope.Forms = p.counts.Forms - before
	return scope, err
}

// episode tells of one episode's forms, and of the changes between them.
func (p *preview) episode(ctx context.Context, subs []store.Submission) error {
	after := slices.Clone(subs)
	anew := false
	for i := range subs {
		if !p.inPeriod(&subs[i]) {
			continue
		}
		p.counts.Examined++
		scores, err := p.form(&subs[i], &after[i])
		if err != nil {
			return err
		}
		anew = anew || scores
	}
	if !anew {
		return nil
	}
	return p.verdicts(ctx, subs, after)
}

// form tells of one form, and puts its new scores into after.
func (p *preview) form(sub, after *store.Submission) (anew bool, err error) {
	before, err := p.clinic.scored(*sub)
	if err != nil {
		return false, err
	}
	why := p.score(sub)
	switch {
	case why == upToDate:
		p.counts.UpToDate++
		return false, nil
	case why != nil:
		p.counts.NotRescorable++
		unreadable := &UnreadableForm{Record: before, Reason: why.Reason, Description: why.Description}
		if why.Reason == scoring.ReasonUnknownItem {
			unreadable.Description = "version " + p.target.Version() + " lacks " + strings.Join(lost(before.Definition, p.target), ", ")
		}
		return false, p.tell(RescoreFinding{NotRescorable: unreadable})
	}
	p.counts.Forms++
	p.sources[sub.InstrumentVersion]++
	if sub.RescorePlan != "" {
		p.bases[sub.RescorePlan] = true
	}
	p.addToDigest(sub)
	after.InstrumentVersion, after.Scores = p.target.Version(), p.scores()
	changed := &ChangedForm{Before: before, Target: p.target, Scales: changedScales(before, p.target, p.result.Scores)}
	if len(changed.Scales) == 0 {
		return true, nil
	}
	p.counts.Changed++
	for _, scale := range changed.Scales {
		p.counts.BandsCrossed += oneIf(scale.BandCrossed())
		p.counts.FlagsCrossed += oneIf(scale.FlagsCrossed())
	}
	return true, p.tell(RescoreFinding{Changed: changed})
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// lost names the items that a later version no longer has.
func lost(before, after *scoring.Instrument) []string {
	var items []string
	for _, item := range before.Items() {
		if _, ok := after.Item(item.Code); !ok {
			items = append(items, "item "+item.Code)
		}
	}
	return items
}

// verdicts tells of the changes between two of the patient's own forms of an
// episode that are judged otherwise afterwards.
func (p *preview) verdicts(ctx context.Context, subs, after []store.Submission) error {
	own := func(all []store.Submission) []store.Submission {
		return slices.DeleteFunc(slices.Clone(all), func(s store.Submission) bool { return s.Respondent != store.Patient })
	}
	if len(own(subs)) < 2 {
		return nil
	}
	episode, err := p.clinic.store.Episode(ctx, subs[0].CareUnit, subs[0].EpisodeID)
	if err != nil {
		return err
	}
	then, err := p.clinic.trendOf(p.site, episode, own(subs))
	if err != nil {
		return err
	}
	now, err := p.clinic.trendOf(p.site, episode, own(after))
	if err != nil {
		return err
	}
	for _, changed := range changedVerdicts(then, now) {
		p.counts.VerdictsCrossed++
		if err := p.tell(RescoreFinding{Verdict: &changed}); err != nil {
			return err
		}
	}
	return nil
}

// changedVerdicts compares two trends of the same forms, line by line.
func changedVerdicts(then, now *Trend) []ChangedVerdict {
	var list []ChangedVerdict
	for i := range then.Lines {
		old := &then.Lines[i]
		at := slices.IndexFunc(now.Lines, func(l Line) bool {
			return cmp.Or(cmp.Compare(l.Scale.Code, old.Scale.Code), cmp.Compare(l.ValueSet, old.ValueSet)) == 0
		})
		if at < 0 {
			continue // told with the forms: the scale is no more
		}
		for j := range old.Changes {
			before := &old.Changes[j]
			k := slices.IndexFunc(now.Lines[at].Changes, func(c Change) bool { return c.From == before.From && c.To == before.To })
			if k < 0 || sameVerdicts(before, &now.Lines[at].Changes[k]) {
				continue
			}
			list = append(list, ChangedVerdict{
				CareUnit: then.Episode.CareUnit, EpisodeID: then.Episode.EpisodeID, Instrument: old.Instrument.ID(),
				Scale: old.Scale.Code, ValueSet: old.ValueSet, Before: before, After: &now.Lines[at].Changes[k],
				Occasions: then.Occasions,
			})
		}
	}
	return list
}

func sameVerdicts(a, b *Change) bool {
	return a.Comparable == b.Comparable && a.Reason == b.Reason && a.Judgement.Importance.Answer == b.Judgement.Importance.Answer &&
		a.Judgement.Error.Answer == b.Judgement.Error.Answer
}
