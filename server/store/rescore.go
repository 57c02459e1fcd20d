package store

import (
	"context"
	"errors"
	"time"
)

// ErrBuiltUpon: a later re-scoring that is applied replaces scores of this one.
var ErrBuiltUpon = errors.New("store: another re-scoring builds on this one")

// RescorePlan is what a preview found and an apply may write: exactly that or
// nothing. It never changes; whether its scores count is said by its Flips.
type RescorePlan struct {
	PlanID           string // made by the application
	Instrument       string
	RequestedVersion string // target version asked for, empty: the active one
	TargetVersion    string // definition version that scores anew
	TargetHash       string // of its definition file
	AllUnits         bool   // no care units were named
	AnsweredFrom     string // first day of the period of answered_on, empty: no limit
	AnsweredTo       string // last day, likewise
	RescoreCounts
	Scope   []RescoreScope  // the care units that were looked through, ordered
	Sources []RescoreSource // the definitions that the forms are scored by before it, ordered by version
	BuiltOn []string        // plans whose scores it replaces, ordered
	Digest  []byte          // over all that is to be written, and over what
	MadeBy  string
	MadeAt  time.Time

	Flips     []RescoreFlip // oldest first; set by the store
	DroppedAt time.Time     // when it was given up before it was ever applied, zero if not; set by the store
}

// Applied says whether the plan's scores count now.
func (p *RescorePlan) Applied() bool {
	return len(p.Flips) > 0 && p.Flips[len(p.Flips)-1].Applied
}

// RescoreCounts is the summary of a plan.
type RescoreCounts struct {
	Examined        int64 // forms of the instrument, the units and the period
	Forms           int64 // of these: to be scored anew
	Changed         int64 // of these: with another result
	UpToDate        int64 // examined, scored by the target version already
	NotRescorable   int64 // examined, not readable by the target version
	BandsCrossed    int64 // scores in another band
	FlagsCrossed    int64 // scores with another set of flags
	VerdictsCrossed int64 // changes between two occasions judged otherwise
}

// RescoreScope is a care unit as a plan saw it.
type RescoreScope struct {
	CareUnit  string
	ChangeSeq int64 // newest change that the preview saw
	Forms     int64 // how many of its forms are scored anew
}

// RescoreSource is a definition that forms of a plan are scored by before it.
type RescoreSource struct {
	Version        string
	DefinitionHash string
	Forms          int64
}

// RescoreFlip is the act by which a plan's scores began to count, or ceased to.
type RescoreFlip struct {
	Applied bool
	By      string // the user or program that did it
	At      time.Time
	Note    string // why
	// ChangeSeq is the flip's place in one care unit's order of changes: where
	// a submission's versions are listed, of its unit; with a plan, 0.
	ChangeSeq int64
}

// Rescored is a stored form version and its scores by a plan's definition.
type Rescored struct {
	CareUnit          string
	System            string
	SubmissionID      string
	Version           int64 // of the submission
	InstrumentVersion string
	Scores            string
}

// SubmissionVersion is one version of a submission with every scoring of it.
type SubmissionVersion struct {
	// Submission is the version as it was stored, with the scores of then.
	Submission
	// Live is false if the submission no longer held its slot from here on.
	Live bool
	// Rescored are the scorings by plans that were ever applied, in the order
	// in which they first were.
	Rescored []Rescoring
}

// Rescoring is what a plan made of one submission version.
type Rescoring struct {
	PlanID            string
	InstrumentVersion string
	Scores            string
	Flips             []RescoreFlip // at least one, oldest first
}

// Rescores keeps scores by later definitions beside the ones that were given
// at the time, and says which count.
//
// Re-scored scores are staged chunk by chunk, in short transactions, and seen
// by nobody until one flip makes all of them count at once, in every care unit
// of the plan; another flip makes the old ones count again. A plan's scores
// belong to one version of a submission: where that is amended, retracted or
// erased they count no longer, whatever the flips say.
type Rescores interface {
	// InstrumentSubmissions returns what SubmissionsOfEpisode would, reduced to
	// one instrument, for a run of episodes: those after the given id (compared
	// byte by byte), at most the given number. next is the id to go on after,
	// empty at the end. The order is by episode, then by slot.
	InstrumentSubmissions(ctx context.Context, careUnit, instrument, after string, episodes int, asOf int64) (subs []Submission, next string, err error)

	// KeepRescorePlan adds a plan. It is seen by nobody's reads of submissions.
	KeepRescorePlan(ctx context.Context, plan RescorePlan) error
	// RescorePlan returns a plan with its flips, or ErrNotFound.
	RescorePlan(ctx context.Context, planID string) (RescorePlan, error)
	// StageRescore writes scores of a plan. Repeating it with the same scores
	// changes nothing. ErrNotFound for an unknown plan; ErrStale if the plan
	// was dropped or a submission version is not there (any more): nothing of
	// the call is then written.
	StageRescore(ctx context.Context, planID string, scores []Rescored) error
	// FlipRescore makes a plan's scores count (flip.Applied) or no longer, in
	// all its care units in one transaction, each with a change_seq of its own,
	// and returns the plan with its flips. If it is so already, nothing is
	// written. flip.ChangeSeq does not matter.
	//
	// since says for each care unit of the plan's scope up to which change the
	// caller has seen that the plan still fits. To apply fails with ErrStale if
	// after that change one of the plan's submission versions was superseded,
	// or another plan of the instrument was flipped in the unit; also if fewer
	// scores are staged than the plan has, or the plan was dropped. To revert
	// fails with ErrBuiltUpon while another plan that is applied replaces
	// scores of this one. ErrNotFound for an unknown plan.
	FlipRescore(ctx context.Context, planID string, flip RescoreFlip, since map[string]int64) (RescorePlan, error)
	// DropRescore gives up a plan that was never applied: it can be neither
	// staged nor applied from then on, and of the scores that were staged at
	// most limit are deleted. more says that some are left. A plan that has
	// flips is left as it is: what once counted stays readable. ErrNotFound for
	// an unknown plan.
	DropRescore(ctx context.Context, planID string, at time.Time, limit int) (more bool, err error)

	// SubmissionVersions returns every version of a submission, oldest first,
	// or ErrNotFound.
	SubmissionVersions(ctx context.Context, careUnit, system, submissionID string) ([]SubmissionVersion, error)
	// SubmissionRefs names the submissions that were first stored in an episode,
	// in the order in which they were: also those that were retracted or moved
	// to another episode since, but none that came from another. None is no error.
	SubmissionRefs(ctx context.Context, careUnit, episodeID string) ([]SubmissionRef, error)
}
