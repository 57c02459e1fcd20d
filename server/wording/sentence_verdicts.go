package wording

import (
	"slices"

	"github.com/painscore/painscore/scoring"
)

// verdicts tells whether the change matters and whether it is more than
// measurement error: tail goes on where the difference was told, clauses
// follow it.
func (t telling) verdicts() (tail string, clauses []string) {
	j := t.c.Judgement
	if j == nil {
		return t.whichWayIsBetter(), nil
	}
	tail, matters := t.importance(&j.Importance)
	exhausted := func(v *scoring.Verdict) bool {
		return v.Answer == scoring.Withheld && v.Reason == scoring.WithheldExhaustion
	}
	switch {
	case exhausted(&j.Importance) && exhausted(&j.Error):
		return tail, []string{t.say("both.exhaustion")}
	case j.Importance.Answer == scoring.NotEstablished && j.Error.Answer == scoring.NotEstablished:
		return tail, []string{t.say("both.not_established")}
	}
	if matters != "" {
		clauses = append(clauses, matters)
	}
	switch {
	case j.Error.Answer == scoring.WithinError && j.Importance.Answer == scoring.Important:
		tail += t.say("error.within_but", t.errorLimit(&j.Error))
	case j.Error.Answer == scoring.WithinError && j.Importance.Answer == scoring.Uncertain:
		clauses[0] += t.say("error.within_but", t.errorLimit(&j.Error))
	case j.Error.Reason != scoring.WithheldProrated: // told where the proration is
		clauses = append(clauses, t.measurementError(&j.Error))
	}
	return tail, clauses
}

// importance tells the first verdict. Only what matters for certain is called
// an improvement or a worsening; elsewhere the listener is told which way is
// better and may think.
func (t telling) importance(v *scoring.Verdict) (tail, clause string) {
	limit := t.limit(v)
	switch v.Answer {
	case scoring.Important:
		switch t.c.Change.Movement {
		case scoring.TowardsBetter:
			return t.say("importance.better", limit), ""
		case scoring.TowardsWorse:
			return t.say("importance.worse", limit), ""
		}
		return t.say("importance.neither", limit), ""
	case scoring.NotImportant:
		return t.say("importance.no", limit), ""
	case scoring.Uncertain:
		return t.whichWayIsBetter(), t.say("importance.uncertain", limit)
	case scoring.Withheld:
		if v.Reason == scoring.WithheldExhaustion {
			return t.whichWayIsBetter(), t.say("importance.exhaustion")
		}
		return t.whichWayIsBetter(), t.say("importance.withheld")
	}
	return t.whichWayIsBetter(), t.say("importance.not_established")
}

// measurementError tells the second verdict.
func (t telling) measurementError(v *scoring.Verdict) string {
	switch v.Answer {
	case scoring.BeyondError:
		return t.say("error.beyond", t.errorLimit(v))
	case scoring.WithinError:
		return t.say("error.within", t.errorLimit(v))
	case scoring.Uncertain:
		return t.say("error.uncertain", t.errorLimit(v))
	case scoring.Withheld:
		if v.Reason == scoring.WithheldExhaustion {
			return t.say("error.exhaustion")
		}
		return t.say("error.withheld")
	}
	return t.say("error.not_established")
}

func (t telling) errorLimit(v *scoring.Verdict) string {
	if slices.Contains(v.Caveats, scoring.CaveatBorrowed) {
		return t.say("error.borrowed")
	}
	return ""
}

// whichWayIsBetter states the direction of the scale without the word worse,
// which belongs to a verdict.
func (t telling) whichWayIsBetter() string {
	switch t.c.FromScore.Direction {
	case scoring.HigherIsBetter:
		return t.say("direction.higher")
	case scoring.HigherIsWorse:
		return t.say("direction.lower")
	}
	return ""
}

// limit says briefly what the threshold was not made for, or that it is the
// unit's own; empty where there is nothing to say.
func (t telling) limit(v *scoring.Verdict) string {
	var found []string
	for _, caveat := range []string{scoring.CaveatPeriod, scoring.CaveatBorrowed, scoring.CaveatWorsening} {
		if slices.Contains(v.Caveats, caveat) {
			found = append(found, t.say("limit."+caveat))
		}
	}
	caveats := t.l.List(found)
	switch own := v.Threshold != nil && v.Threshold.Name != ""; {
	case own && caveats != "":
		return t.say("limit.own_found", caveats)
	case own:
		return t.say("limit.own")
	case caveats != "":
		return t.say("limit.found", caveats)
	}
	return ""
}
