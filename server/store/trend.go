package store

import "context"

// Standing is an episode together with the newest of all that its trend rests
// on, as one moment saw it. Two standings are equal (==) only if nothing came
// between them: no version of the episode, no form of it nor a change to one, no
// flip of a plan in the care unit, no setting. What was made of one may then be
// shown for the other.
type Standing struct {
	Episode       Episode
	Forms         int64 // how many rows of forms the episode has, every version counted
	NewestForm    int64 // the highest change_seq among them, 0 without one
	NewestFormAt  int64 // the latest time among them, in microseconds: an older copy of the store that was put back may count the same changes again
	Flips         int64 // how often plans were flipped in the care unit
	NewestFlip    int64 // the highest change_seq of a flip there, 0 without one
	SettingChange int64 // what SettingsChange returns
}

// Trends reads what a patient's trend is made of.
type Trends interface {
	// Standing returns an episode as it stands, or ErrNotFound.
	Standing(ctx context.Context, careUnit, episodeID string) (Standing, error)
	// TrendForms returns the forms of SubmissionsOfEpisode that the patient has
	// answered, in that order, and the standing that they were read at, in one
	// snapshot; or ErrNotFound. Of a form it fills only what a trend shows: Slot,
	// SubmissionID, InstrumentVersion, AnsweredOn, Scores and RescorePlan.
	TrendForms(ctx context.Context, careUnit, episodeID string) (Standing, []Submission, error)
}
