// Package store says what painscore keeps and what a storage engine promises
// about it. It holds the records, the small interfaces by aggregate, and the
// errors; the SQL lives in sqlstore, the engines in sqlite (and later others),
// and storetest proves an engine against every sentence written here.
//
// Three rules hold for all of it:
//
//   - Rows are versions. What was once acknowledged is never updated in place:
//     a change adds a row with a higher version and a higher change_seq.
//   - change_seq rises in commit order within a care unit. A reader that has
//     seen everything up to a number never finds an older one appear later.
//   - Durable before acknowledged. When a writing method returns without an
//     error, a power cut does not lose what it wrote.
//
// Times are the caller's, come back in UTC, and are kept to the microsecond.
// Texts compare byte by byte, and hold neither U+0000 nor U+001F; a record that
// does, or that names nothing, is a fault of the caller's and gets an error
// that is none of those below. A caller that gives up (its context ends) gets
// its context's error; a write is then done as a whole or not at all.
//
// The store knows no identifier of a person. It sees a keyed look-up hash and
// a sealed blob (see package identity), and refers to people by an opaque key.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: no such record, or none that the care unit may see.
	ErrNotFound = errors.New("store: not found")
	// ErrStale: the record has moved on from the version the caller had read.
	ErrStale = errors.New("store: the record has changed since it was read")
	// ErrOtherPatient: the episode belongs to another patient.
	ErrOtherPatient = errors.New("store: the episode belongs to another patient")
	// ErrEpisodeUnknown: no such episode, and the write may not create one.
	ErrEpisodeUnknown = errors.New("store: no such episode of this patient")
	// ErrIDReused: the submission id stands for another content.
	ErrIDReused = errors.New("store: the submission id is taken by another content")
	// ErrSlotTaken: another submission holds the slot. See SlotTakenError.
	ErrSlotTaken = errors.New("store: the occasion is already answered")
	// ErrContentChanged: content with this name and version is kept with another hash.
	ErrContentChanged = errors.New("store: the same version is kept with another hash")
	// ErrDiskFull: the medium is full; nothing was written.
	ErrDiskFull = errors.New("store: no space left")
	// ErrUnavailable: the engine cannot be reached or is closing; the outcome
	// of a write is unknown, and repeating it is safe.
	ErrUnavailable = errors.New("store: unavailable")
)

// SlotTakenError names the submission that holds a slot. It is ErrSlotTaken.
type SlotTakenError struct {
	Form         int // index of the refused form in its envelope
	Instrument   string
	HeldBy       string // submission id of the holder
	HeldBySystem string // the calling system that named it
}

func (e *SlotTakenError) Error() string { return ErrSlotTaken.Error() }

// Is makes errors.Is(err, ErrSlotTaken) true.
func (e *SlotTakenError) Is(target error) bool { return target == ErrSlotTaken }

// FormError says which form of an envelope an error is about.
type FormError struct {
	Form int // index in the envelope
	Err  error
}

func (e *FormError) Error() string { return e.Err.Error() }

// Unwrap gives the error itself.
func (e *FormError) Unwrap() error { return e.Err }

// Store is an open storage engine. It is safe for concurrent use.
type Store interface {
	Identities
	Sealings
	PatientNames
	Episodes
	Submissions
	Trends
	Imports
	Corrections
	Rescores
	Changes
	Links
	RegistryChoices
	TestPatients
	Erasures
	Shares
	Dispatches
	Summaries
	LaunchLinks
	Deliveries
	Told
	Runs
	Contents
	Settings
	Properties
	AccessLog
	Sessions

	// Describe says which engine and schema are in use, as read back from it.
	Describe(ctx context.Context) (Description, error)
	// Close ends all work and releases the files. Calls in flight are
	// finished first; later ones get ErrUnavailable. Closing twice is no error.
	Close() error
}

// Description is what an operator wants to know about an open store.
type Description struct {
	Engine        string            // "sqlite", "postgres"
	EngineVersion string            // such as "3.54.1"
	SchemaVersion int64             // number of the newest migration applied
	Settings      map[string]string // durability settings read back, such as synchronous=2
}

// Identity is one sealed identifier of a patient. A patient may have several:
// a reserve number first, a personnummer later.
type Identity struct {
	PatientKey string // opaque, made by the application
	System     string // short name of the identifier's system, such as "personnummer"
	Lookup     []byte // keyed hash of system and canonical value; unique
	Sealed     []byte // the canonical value, sealed with PatientKey as associated data
	KeyID      string // names the sealing key
	AddedAt    time.Time
	// TestPatient says that it is a known test identity: a patient who is new
	// with it is no real one. Not kept with the identity, and not read back.
	TestPatient bool
}

// Identities finds people by the keyed hash of what they are called.
type Identities interface {
	// FindPatient returns the patient key for a look-up hash, or ErrNotFound.
	FindPatient(ctx context.Context, lookup []byte) (patientKey string, err error)
	// IdentitiesOf returns a patient's identifiers, oldest first; none is no error.
	IdentitiesOf(ctx context.Context, patientKey string) ([]Identity, error)
}

// Episode is one version of an episode of care. Dates are YYYY-MM-DD or empty.
// The coded fields hold the lower-case words of the contract's enums without
// their prefix ("mmrpv", "programme", "pain", "active" …), empty if unstated.
type Episode struct {
	CareUnit   string // owner, the treating unit
	EpisodeID  string // named by the caller, unique within the care unit
	PatientKey string
	Version    int64 // 1 for the first; also the etag
	ChangeSeq  int64 // set by the store
	RecordedAt time.Time
	// TestPatient: the patient is no real one; leave the episode out of reports,
	// exports and worklists. Set by the store.
	TestPatient bool

	AssessingUnit     string
	CareLevel         string
	Track             string
	ProgrammeType     string
	Cohort            string
	ReferredOn        string
	FirstVisitPlanned string
	FirstVisitOn      string
	StartPlanned      string
	StartedOn         string
	EndPlanned        string
	EndedOn           string
	Sex               string
	BirthYear         int64 // 0 if unstated
	LanguageCode      string
	Status            string
	DropOutReason     string
	DropOutPhase      string
	Deceased          bool
	DoNotContact      bool
}

// Episodes keeps episodes of care with their history.
type Episodes interface {
	// Episode returns the current version, or ErrNotFound.
	Episode(ctx context.Context, careUnit, episodeID string) (Episode, error)
	// EpisodeHistory returns all versions, oldest first, or ErrNotFound.
	EpisodeHistory(ctx context.Context, careUnit, episodeID string) ([]Episode, error)
	// EpisodesOfPatient returns the current version of each episode that the
	// patient has in the care unit, ordered by episode id; none is no error.
	EpisodesOfPatient(ctx context.Context, careUnit, patientKey string) ([]Episode, error)
	// ListEpisodes returns current versions ordered by episode id (compared
	// byte by byte), those after the given id, at most limit;
	// a limit of 0 or less gets none.
	ListEpisodes(ctx context.Context, careUnit, after string, limit int) ([]Episode, error)
	// CareUnits returns every care unit that owns an episode, ordered.
	CareUnits(ctx context.Context) ([]string, error)
	// PutEpisode writes the next version of an episode. identity names the
	// patient: where its Lookup is known the episode is that patient's, else
	// the identity is added with the PatientKey it carries. readVersion is the
	// version the change was made from, 0 for a new episode; ErrStale if it
	// is not the current one. ErrOtherPatient, which comes before ErrStale, if
	// the episode exists and is another patient's. On an error nothing is
	// written. The reply is what a read would return: Version, ChangeSeq,
	// PatientKey and TestPatient are the store's, whatever the caller set.
	PutEpisode(ctx context.Context, episode Episode, identity Identity, readVersion int64) (Episode, error)
}

// Occasion is a point of the patient's way at which forms are filled in.
type Occasion string

// The occasions. Other needs a label that tells it from other Others.
const (
	Baseline         Occasion = "baseline"
	ProgrammeEnd     Occasion = "programme_end"
	FollowUp12Months Occasion = "follow_up_12_months"
	OtherOccasion    Occasion = "other"
)

// Respondent says who answered.
type Respondent string

// The respondents. Only the patient's own answers enter the trend.
const (
	Patient   Respondent = "patient"
	Relative  Respondent = "relative"
	Clinician Respondent = "clinician"
)

// Slot is what at most one live submission can hold: one form at one occasion
// of one episode by one respondent.
type Slot struct {
	CareUnit      string
	EpisodeID     string
	Occasion      Occasion
	OccasionLabel string // empty unless Occasion is OtherOccasion
	Instrument    string
	Respondent    Respondent
}

// Source says which document of which system a submission was made from.
type Source struct {
	System     string
	DocumentID string
	Template   string
	Version    string
}

// Submission is one version of one form as it was stored.
type Submission struct {
	Slot
	System       string // the calling system, within which SubmissionID is unique
	SubmissionID string // named by the caller
	Version      int64  // 1 for the first, set by the store
	ChangeSeq    int64  // set by the store
	RecordedAt   time.Time

	Digest            []byte // of the normalised content; tells a retry from a reuse
	RequestedVersion  string // the definition version the caller asked for, empty: the active one
	InstrumentVersion string // the definition version that scored it, or scored it anew
	AnsweredOn        string // YYYY-MM-DD
	Mode              string // "paper", "phone", "digital" or empty
	LanguageCode      string
	Assisted          bool
	Source            Source
	Answers           string // scoring's readable record of the answers
	Scores            string // scoring's readable record of the scores
	EpisodeCreated    bool   // its envelope created its episode, set by the store
	Warnings          string // codes of the warnings in the original reply, separated by spaces
	// Mark is a keyed hash of care unit, System and SubmissionID: all that an
	// erasure leaves of a submission, so that a late retry is recognised. Not
	// kept with the submission, and not read back.
	Mark []byte
	// State says whether this version holds its slot; Live in what is submitted.
	State State
	// Changed is who made this version, when and why. Changed.At is RecordedAt.
	Changed Act

	// RescorePlan names the plan that InstrumentVersion and Scores are of,
	// empty where they are the ones that the version was stored with. Set by
	// the store.
	RescorePlan string
	// RescoredSeq is the change_seq of the newest flip, on or off, of a plan
	// that scored this version anew; 0 without one. Set by the store.
	RescoredSeq int64
}

// Envelope is what one call wants stored: the forms of one occasion of one
// patient, all or none.
type Envelope struct {
	Identity Identity // the patient; PatientKey is used only if Lookup is new
	Episode  Episode  // the episode to create if there is none; its CareUnit, EpisodeID are those of the forms
	// MayCreateEpisode allows the store to write Episode when it does not exist.
	MayCreateEpisode bool
	Forms            []Submission // at least one; all of the same care unit and episode
}

// Receipt is what the store made of an envelope.
type Receipt struct {
	EpisodeCreated bool         // now, or when a form that is replayed was first stored
	PatientKey     string       // whose the episode is
	PatientIsNew   bool         // the identity was not known before this envelope
	Forms          []StoredForm // in the envelope's order
}

// StoredForm is one form as stored: now, or at the first attempt.
type StoredForm struct {
	Submission
	Replayed bool // the same id with the same digest had been stored before
	// Newest is, with Replayed, the newest version of the submission; what is
	// returned is the first. Its State says whether it was retracted since.
	Newest      int64
	NewestState State
}

// Submissions keeps forms, each version of each.
type Submissions interface {
	// Submit stores an envelope in one transaction, all forms or none.
	// A form whose (care unit, system, submission id) is stored with the same
	// digest, slot and patient is not stored again: its receipt is the stored first version,
	// Replayed, also if it was amended or retracted since. Otherwise:
	//   - *FormError wrapping ErrErased: the form's Mark is that of an erased submission
	//   - *FormError wrapping ErrIDReused: the id stands for another content, slot or patient
	//   - ErrOtherPatient: the episode is another patient's
	//   - ErrEpisodeUnknown: no such episode and MayCreateEpisode is false
	//   - *SlotTakenError: another submission holds the slot
	// A form gets one of them: its id is judged before its slot. Forms are
	// judged in turn, as if those before were stored: a form sent twice is
	// stored once, and the second is Replayed.
	// All that is wrong with an envelope is joined (errors.Join), what concerns
	// the whole of it first, so that a caller hears of everything at once. On
	// any error nothing is stored: no identity, no episode, no form.
	Submit(ctx context.Context, envelope Envelope) (Receipt, error)
	// Submission returns the newest version, or ErrNotFound.
	Submission(ctx context.Context, careUnit, system, submissionID string) (Submission, error)
	// SubmissionsOfEpisode returns the newest version of each live submission,
	// ordered by slot (occasion, label, instrument, respondent, byte by byte).
	// asOf limits what is seen to rows with change_seq ≤ asOf; 0 means all.
	SubmissionsOfEpisode(ctx context.Context, careUnit, episodeID string, asOf int64) ([]Submission, error)
	// LastChange returns the care unit's newest change_seq, 0 if it has none.
	LastChange(ctx context.Context, careUnit string) (int64, error)
}

// Content is a definition or value set, kept by its hash for as long as the
// store lives, so that every stored number can be explained.
type Content struct {
	Hash        string // SHA-256 of Body in hex
	Kind        string // "instrument" or "value_set"
	Name        string // instrument or value set id
	Version     string // empty for a value set
	ScoringHash string
	Body        []byte
	KeptAt      time.Time
}

// Contents keeps definitions by hash. Which version is active is a setting.
type Contents interface {
	// KeepContents adds what is not kept yet. *ContentChangedError if a kept
	// (kind, name, version) has another hash; then nothing is added.
	KeepContents(ctx context.Context, contents []Content) error
	// Contents returns all that is kept, ordered by kind, name, version.
	Contents(ctx context.Context) ([]Content, error)
}

// ContentChangedError names what is kept with another hash. It is ErrContentChanged.
type ContentChangedError struct{ Kind, Name, Version, KeptHash, OfferedHash string }

func (e *ContentChangedError) Error() string {
	return ErrContentChanged.Error() + ": " + e.Kind + " " + e.Name + " " + e.Version
}

// Is makes errors.Is(err, ErrContentChanged) true.
func (e *ContentChangedError) Is(target error) bool { return target == ErrContentChanged }

// Properties are facts about the store itself, written once: that it is a demo
// store, and which look-up key it was made with.
type Properties interface {
	// Property returns the value, or ErrNotFound.
	Property(ctx context.Context, name string) (string, error)
	// SetPropertyOnce writes the value unless the name has one, and returns
	// the one that stands.
	SetPropertyOnce(ctx context.Context, name, value string) (string, error)
}
