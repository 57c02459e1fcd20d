package registry

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// ScaleFigures is one scale of one group.
type ScaleFigures struct {
	Instrument, Scale, ValueSet string
	Direction                   scoring.Direction
	Decimals                    int8
	Occasions                   []OccasionFigures
	Changes                     []ChangeFigures
}

// OccasionFigures is a scale at one occasion, of all in the group who have a
// score there. Scores count as they are printed.
type OccasionFigures struct {
	Occasion store.Occasion
	Summary
	Prorated Count  // of N
	LeftOut  []Cell // those of the group without a score that can be used, and why
	counts   tally
}

// ChangeFigures is what became of a scale between two occasions, of those who
// can be compared. Differences are later − earlier, of scores as printed. What
// is judged is the exact difference, rounded once, as in a patient's trend: of
// two prorated scores it may be another by one in the last decimal.
type ChangeFigures struct {
	From, To store.Occasion
	N        Count
	LeftOut  []Cell // those of the group who cannot be compared, and why
	Switched Count  // of N: the earlier score is another instrument's on the same line, such as EQ VAS of 3L
	Earlier  Summary
	Later    Summary
	Mean     Figure   // of the differences
	SD       Figure   // of the differences
	CI       Interval // 95 %, of the mean difference, by Student's t
	// SRM is the standardised response mean: mean difference ÷ SD of the
	// differences.
	SRM Figure
	// HedgesG is mean difference ÷ SD of the earlier scores of the same
	// patients × (1 − 3/(4(n−1) − 1)).
	HedgesG Figure
	// Verdicts divide those with a verdict on importance; the others are in
	// NotJudged.
	Judged    Count
	Verdicts  []Cell
	NotJudged []Cell
}

// pairs are the occasions between which change is told, as places in canonical.
var pairs = [][2]int{{0, 1}, {0, 2}, {1, 2}}

// CircumstancesOf is what a verdict on a change must know about an episode and
// the two occasions, for a single patient's trend and a group's report alike.
func CircumstancesOf(e *store.Episode, from, to store.Occasion) scoring.Circumstances {
	return scoring.Circumstances{
		Exhaustion: e.ProgrammeType == "exhaustion",
		AboutAYear: from == store.Baseline && to == store.FollowUp12Months,
	}
}

// changeTally counts the changes of a scale between two occasions.
type changeTally struct {
	differences, earlier, later tally
	leftOut                     map[Reason]int
	switched                    int
	verdicts                    map[string]int
	notJudged                   map[Reason]int
}

func newChangeTally() *changeTally {
	return &changeTally{tally{}, tally{}, tally{}, map[Reason]int{}, 0, map[string]int{}, map[Reason]int{}}
}

// add counts one patient's change. evidence is the care unit's for this scale.
func (t *changeTally) add(e *store.Episode, pair [2]int, from, to *taken, evidence scoring.Evidence) {
	for _, side := range []*taken{from, to} {
		if side.reason != "" {
			t.leftOut[side.reason]++
			return
		}
	}
	a, b := from.measurement(), to.measurement()
	change := scoring.Compare(&a, &b)
	if !change.Comparable {
		t.leftOut[Reason(change.Reason)]++
		return
	}
	earlier, later := microOf(from.score), microOf(to.score)
	t.differences[later-earlier]++
	t.earlier[earlier]++
	t.later[later]++
	if change.InstrumentSwitched {
		t.switched++
	}
	verdict := evidence.Judge(&a, &b, &change, CircumstancesOf(e, canonical[pair[0]], canonical[pair[1]])).Importance
	if class, ok := verdictClass(verdict.Answer, change.Movement); ok {
		t.verdicts[string(class)]++
		return
	}
	reason := Reason(verdict.Answer)
	if verdict.Reason != "" {
		reason = Reason(verdict.Reason)
	}
	t.notJudged[reason]++
}

// verdictClass turns a verdict and the way the score went into a class; false
// where there is no verdict, or the scale has no better and worse.
func verdictClass(answer scoring.VerdictAnswer, movement scoring.Movement) (VerdictClass, bool) {
	switch {
	case movement == scoring.NoMovement:
		return "", false
	case answer == scoring.NotImportant:
		return UnchangedClass, true
	case answer == scoring.Uncertain:
		return UncertainClass, true
	case answer == scoring.Important && movement == scoring.TowardsBetter:
		return ImprovedClass, true
	case answer == scoring.Important && movement == scoring.TowardsWorse:
		return DeterioratedClass, true
	}
	return "", false
}

func (t *changeTally) figures(pair [2]int) ChangeFigures {
	n := t.differences.n()
	f := ChangeFigures{
		From: canonical[pair[0]], To: canonical[pair[1]], N: Count{N: n}, LeftOut: cellsByReason(t.leftOut),
		Switched: Count{N: t.switched}, Earlier: t.earlier.summary(), Later: t.later.summary(),
		Verdicts: cells(verdictClasses, t.verdicts), NotJudged: cellsByReason(t.notJudged),
	}
	f.Mean, f.SD = t.differences.meanSD()
	f.CI = meanInterval(f.Mean, f.SD, n)
	f.SRM = divided(f.Mean, f.SD)
	f.HedgesG = divided(f.Mean, f.Earlier.SD)
	if f.HedgesG.Reason == "" {
		f.HedgesG = figure(f.HedgesG.Value * (1 - 3/(4*float64(n-1)-1)))
	}
	for _, c := range f.Verdicts {
		f.Judged.N += c.N.N
	}
	return f
}

// divided is mean ÷ SD, or the first reason why not.
func divided(mean, sd Figure) Figure {
	switch {
	case mean.Reason != "":
		return mean
	case sd.Reason != "":
		return sd
	case sd.Value == 0:
		return none(NoSpread)
	}
	return figure(mean.Value / sd.Value)
}

// meanInterval is mean ± t(0.975, n−1) · SD/√n.
func meanInterval(mean, sd Figure, n int) Interval {
	if sd.Reason != "" {
		return Interval{none(sd.Reason), none(sd.Reason)}
	}
	half := studentT(0.975, float64(n-1)) * sd.Value / math.Sqrt(float64(n))
	return Interval{figure(mean.Value - half), figure(mean.Value + half)}
}

// studentT is a quantile of Student's t. gonum's inverts an incomplete beta
// near 1 and loses digits with many degrees of freedom; Newton's method on the
// distribution's other side brings them back.
func studentT(p, freedom float64) float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	x := t.Quantile(p)
	for range 3 {
		x += (t.Survival(x) - (1 - p)) / t.Prob(x)
	}
	return x
}
