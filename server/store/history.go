package store

import (
	"context"
	"errors"
	"time"
)

// Errors of what happens to a record after it was first stored.
var (
	// ErrRetracted: the submission was retracted; nothing can be changed in it.
	ErrRetracted = errors.New("store: the submission is retracted")
	// ErrErased: what the id stood for was erased; nothing is stored under it again.
	ErrErased = errors.New("store: what this id stood for was erased")
	// ErrTwoPatients: the identity is known for another patient, and the caller
	// did not say that the two are one.
	ErrTwoPatients = errors.New("store: the identity is another patient's")
	// ErrOverloaded: more waits to be written than the store takes; nothing was
	// done, and the call may be repeated in a moment.
	ErrOverloaded = errors.New("store: too much waits to be written")
)

// Act says who did something, when and why.
type Act struct {
	By   string // the user or program
	At   time.Time
	Note string // the reason that was given
}

// SubmissionRef names a submission.
type SubmissionRef struct {
	CareUnit     string
	System       string
	SubmissionID string
}

// State says how a version of a submission stands to its slot.
type State string

// The states. The newest row of a slot decides whether the slot is held.
const (
	// Live holds its slot.
	Live State = "live"
	// Retracted is the tombstone of a submission: its slot is free. It repeats
	// the answers and scores of the version before it.
	Retracted State = "retracted"
)

// Corrections change a submission after it was stored. Every version stays
// readable (SubmissionVersions).
type Corrections interface {
	// Amend writes next as the version after readVersion of the submission that
	// its System and SubmissionID name within its CareUnit. The Slot of next
	// says where the form belongs from now on: another occasion, label,
	// respondent or episode moves it, which frees the old slot in the same
	// moment; its Instrument must be the one it had. next.Changed says who, when
	// and why, and RecordedAt becomes Changed.At; EpisodeCreated and Warnings
	// stay those of the first version.
	// What was scored anew of the version before counts no longer.
	//
	// Repeating a call that was carried out is safe: if the newest version is
	// readVersion+1 and has next's digest and slot, it is returned, Replayed.
	//
	// ErrErased: no such submission any more, says next.Mark. ErrNotFound: no
	// such submission. ErrRetracted. ErrStale: the newest version is not
	// readVersion. ErrEpisodeUnknown and ErrOtherPatient: there is no such
	// episode for next's slot, or it is another patient's than the
	// submission's. *SlotTakenError: another submission holds the slot. The
	// first that applies, in this order; on any error nothing is written.
	Amend(ctx context.Context, next Submission, readVersion int64) (StoredForm, error)
	// Retract writes a version that is not Live and frees the slot: a new
	// submission may take it. Of a submission that is retracted already the
	// tombstone is returned, Replayed, whatever readVersion is.
	//
	// ErrErased: no such submission any more, says mark. ErrNotFound: no such
	// submission. ErrStale: the newest version is not readVersion.
	Retract(ctx context.Context, ref SubmissionRef, mark []byte, readVersion int64, act Act) (StoredForm, error)
	// RetractedOfEpisode returns the tombstones of the submissions that were
	// retracted while they stood in an episode, in the order of their ChangeSeq;
	// none is no error. What was scored anew of them is not in it.
	RetractedOfEpisode(ctx context.Context, careUnit, episodeID string) ([]Submission, error)
}

// Link is what is known about two identifiers of one person.
type Link struct {
	Of    []byte   // look-up hash of an identity that is kept
	Add   Identity // the other one; its PatientKey and Sealed are made by Reseal
	Merge bool     // where Add is known for another patient, the two are one
	// Reseal seals an identity for the patient with this key. It is called for
	// Add and, in a merge, for each identity of the patient that is given up.
	Reseal func(identity Identity, patientKey string) (Identity, error)
	// ResealName seals a name for the patient with this key: in a merge, where
	// the name of the patient that is given up is the newer one.
	ResealName func(name PatientName, patientKey string) (PatientName, error)
	Act
}

// Linked is what became of a Link.
type Linked struct {
	Added  bool // the identity was not known before
	Merged bool // a second patient was merged into the first
	// MovedEpisodes counts the episodes that belong to the first patient now.
	MovedEpisodes int64
}

// Links tells that one person has several identifiers.
type Links interface {
	// Link adds an identity to the patient whom link.Of names. An identity that
	// is this patient's already changes nothing. One of another patient's is
	// ErrTwoPatients unless link.Merge is set; then all identities and episodes
	// of the other become the first one's in one transaction, so does its name
	// if there is one and it is newer than the first one's, the other's key
	// is given up for good, and the merge is recorded with link.Act.
	// ErrNotFound: nobody is known by link.Of. ErrTestPatient, before
	// ErrTwoPatients: one of the two is a test patient and the other is not, or
	// a test identity that is new would become a real patient's.
	Link(ctx context.Context, link Link) (Linked, error)
	// PatientKeys returns the patient's key and every key that was merged into
	// it, directly or not: the patient's own first, the others in order. A key
	// that is nobody's, or was given up, stands for itself alone.
	PatientKeys(ctx context.Context, patientKey string) ([]string, error)
}

// Erasure is the tombstone of a patient.
type Erasure struct {
	ErasureID string // named by the caller, says nothing about the person
	// PatientKeys are the keys that the patient had, the own one first. They
	// mean nothing any more here, but do in a backup made before.
	PatientKeys []string
	Act
	// Marks are the keyed hashes of the names of all submissions that go, for
	// those who keep them outside the store. It makes its own, and returns none.
	Marks [][]byte

	// How many rows went. Set by the store.
	Identities, Episodes, Submissions, Versions int64
	// PurgedAt is when the store had made sure that no copy is left in its own
	// files, zero while that is pending. Set by the store.
	PurgedAt time.Time
}

// Purge says how far an engine has come in removing what erasures left behind
// in its files.
type Purge struct {
	Pending int64 // erasures whose remains may still be in the files
	// Beyond says what the engine cannot reach, such as backups: a sentence for
	// an operator, empty where a finished purge leaves nothing behind anywhere.
	Beyond string
}

// Erasures remove a patient for good.
type Erasures interface {
	// Erase deletes the patient whose key is the first of erasure.PatientKeys:
	// identities, episodes, submissions in every version, and what was scored
	// anew, in every care unit, in one transaction. Each care unit concerned
	// gets one change_seq for it. mark makes, of each submission that goes, the
	// keyed hash under which Submit recognises a late retry.
	//
	// Repeating it with the same ErasureID returns the first result.
	// ErrNotFound: no such patient, and no erasure of this id. erasure.Marks
	// are not looked at.
	Erase(ctx context.Context, erasure Erasure, mark func(SubmissionRef) []byte) (Erasure, error)
	// MarkErased has Submit recognise late retries of submissions that were
	// erased from another state of this store, and that this one may never have
	// had. A mark that is known already stays as it is.
	MarkErased(ctx context.Context, marks [][]byte) error
	// Erasures returns what was erased, oldest first by Act.At and then by
	// ErasureID: those after the given ErasureID in that order (empty: from the
	// first), at most limit.
	Erasures(ctx context.Context, after string, limit int) ([]Erasure, error)
	// Purge removes what erasures left in the engine's files, as far as it can
	// without waiting long for readers, and says what is left. It is called
	// until nothing is pending, and costs little when nothing is. Writes may
	// wait for a part of it, tenths of a second in a store of a million forms.
	Purge(ctx context.Context, at time.Time) (Purge, error)
}

// Share lets another care unit see an episode, or no longer.
type Share struct {
	CareUnit  string // owner of the episode
	EpisodeID string
	With      string // the care unit that may see it
	Shared    bool   // from now on; false: no longer
	Number    int64  // 1 for the first act that concerns With; set by the store
	Act
}

// Shares keeps which other units may see an episode, with every act.
type Shares interface {
	// ShareEpisode records an act. One that changes nothing writes nothing and
	// returns the act that stands, Number 0 if there is none. ErrNotFound: no
	// such episode.
	ShareEpisode(ctx context.Context, share Share) (Share, error)
	// Shares returns the acts about an episode, ordered by With, then Number.
	Shares(ctx context.Context, careUnit, episodeID string) ([]Share, error)
	// SharedWith returns the current versions of the episodes of other units
	// that a care unit may see, ordered by care unit and episode id, those
	// after the given pair, at most limit.
	SharedWith(ctx context.Context, with, afterUnit, afterID string, limit int) ([]Episode, error)
}

// ChangeKind says what happened.
type ChangeKind string

// The kinds of changes.
const (
	ChangeSubmitted ChangeKind = "submitted" // a form was first stored
	ChangeAmended   ChangeKind = "amended"   // a later version of a form was stored
	ChangeRetracted ChangeKind = "retracted" // a form was withdrawn
	ChangeRescored  ChangeKind = "rescored"  // a plan's scores of a form began to count
	ChangeReverted  ChangeKind = "reverted"  // they no longer do
	ChangeErased    ChangeKind = "erased"    // a patient was erased
)

// Change is one thing that happened in a care unit.
type Change struct {
	Kind      ChangeKind
	ChangeSeq int64
	// Within tells changes apart that have one ChangeSeq, since one flip of a
	// plan concerns many forms. Opaque, and empty where there is but one.
	Within string
	Act

	// Submission is the version that the change made or is about, with the
	// scores that it was stored with; with rescored and reverted, with the
	// plan's scores and RescorePlan. Empty with erased.
	Submission Submission
	// Moved says that an amendment put the form into another slot, and From
	// which one it left.
	Moved bool
	From  Slot
	// ErasedChanges are, with erased, the change_seq of the first version of
	// each submission that went. Nothing else is left to name them by.
	ErasedChanges []int64
}

// Changes is the feed of what happened.
type Changes interface {
	// Changes returns what happened in a care unit in the order of commits,
	// after the change named by (afterSeq, afterWithin), at most limit; only
	// the end of the feed is empty. An empty afterWithin stands for all that
	// happened at afterSeq. What was read is never added to later: a reader
	// goes on from where it stopped and has seen everything.
	//
	// A flip of a plan is one change for each form that held its slot then and
	// whose scores it changed: not for one that counted, and goes on counting,
	// by another plan that was applied later.
	//
	// What was erased is gone from the feed, re-scorings included, and the
	// erasure stands at its own place.
	Changes(ctx context.Context, careUnit string, afterSeq int64, afterWithin string, limit int) ([]Change, error)
}

// Imported is what became of one envelope of an import.
type Imported struct {
	Receipt
	// Err is what Submit would have returned; nil if the envelope is stored.
	Err error
}

// Imports takes many envelopes at a time.
type Imports interface {
	// Import does with each envelope what Submit does, in turn, as if those
	// before were stored: one that is refused leaves its neighbours alone. The
	// result has one entry for each. It is durable as a whole when it returns.
	// err is for what concerns no single envelope: then nothing is known to be
	// stored, and repeating the call is safe.
	//
	// With dryRun nothing is written: the result is what each would have got,
	// judged against what is stored and the envelopes before it.
	Import(ctx context.Context, envelopes []Envelope, dryRun bool) (imported []Imported, err error)
}
