package clinic

import (
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// Problem is one thing wrong with a request: where (Field, a path such as
// answers[3].value), what kind (Reason, a stable code of the contract) and a
// sentence for a person. It never holds a value that was sent.
type Problem = scoring.Problem

// Reasons of problems and refusals that this package gives. Those about the
// sheet itself come from package scoring. Each is the name of a value of the
// contract's enum ErrorReason without its prefix.
const (
	InvalidInput          = "INVALID_INPUT"
	Required              = "REQUIRED"
	TooLong               = "TOO_LONG"
	TooMany               = "TOO_MANY"
	BadFormat             = "BAD_FORMAT"
	BadDate               = "BAD_DATE"
	FutureDate            = "FUTURE_DATE"
	IdentifierInText      = "IDENTIFIER_IN_TEXT"
	UnknownInstrument     = "UNKNOWN_INSTRUMENT"
	UnknownVersion        = "UNKNOWN_VERSION"
	OutOfRange            = "OUT_OF_RANGE"
	DuplicateForm         = "DUPLICATE_FORM"
	UnknownField          = "UNKNOWN_FIELD"
	BadPageToken          = "BAD_PAGE_TOKEN"
	BadFieldMask          = "BAD_FIELD_MASK"
	SubmissionIDReused    = "SUBMISSION_ID_REUSED"
	OccasionAnswered      = "OCCASION_ALREADY_ANSWERED"
	EpisodeUnknown        = "EPISODE_UNKNOWN"
	EpisodeOfOtherPatient = "EPISODE_OF_OTHER_PATIENT"
	SubmissionUnknown     = "SUBMISSION_UNKNOWN"
	StaleVersion          = "STALE_VERSION"
	SettingUnknown        = "SETTING_UNKNOWN"
	RescorePlanUnknown    = "RESCORE_PLAN_UNKNOWN"
	RescoreBuiltUpon      = "RESCORE_BUILT_UPON"
	SubmissionRetracted   = "SUBMISSION_RETRACTED"
	Erased                = "ERASED"
	ErasureIDReused       = "ERASURE_ID_REUSED"
	ReviewIDReused        = "REVIEW_ID_REUSED"
	ActIDReused           = "ACT_ID_REUSED"
	CodeUnknown           = "CODE_UNKNOWN"
	PatientUnknown        = "PATIENT_UNKNOWN"
	IdentifierOfOther     = "IDENTIFIER_OF_OTHER_PATIENT"
	TestPatient           = "TEST_PATIENT"
	RegistryObjected      = "REGISTRY_OBJECTED"
	RecipientUnknown      = "RECIPIENT_UNKNOWN"
	RecipientNotAllowed   = "RECIPIENT_NOT_ALLOWED"
	DeliveryUnknown       = "DELIVERY_UNKNOWN"
	DeliveryIDReused      = "DELIVERY_ID_REUSED"
	SnapshotChanged       = "SNAPSHOT_CHANGED"
	ReportTooClose        = "REPORT_TOO_CLOSE"
	UnknownScale          = "UNKNOWN_SCALE"
	ScaleNotJudged        = "SCALE_NOT_JUDGED"
	Unauthenticated       = "UNAUTHENTICATED"
	RoleNotAllowed        = "ROLE_NOT_ALLOWED"
	UnitNotAllowed        = "UNIT_NOT_ALLOWED"
	CallerIncomplete      = "CALLER_INCOMPLETE"
)

// InputError lists every problem of a request. Nothing was stored.
type InputError struct {
	Problems []Problem
}

// Reason is the one reason that all problems share, or INVALID_INPUT.
func (e *InputError) Reason() string {
	for _, p := range e.Problems[1:] {
		if p.Reason != e.Problems[0].Reason {
			return InvalidInput
		}
	}
	return e.Problems[0].Reason
}

func (e *InputError) Error() string {
	var text strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			text.WriteString("; ")
		}
		text.WriteString(p.Field + ": " + p.Description)
	}
	return text.String()
}

// StateError says that the request is well formed but does not fit what is
// stored. Nothing was stored.
type StateError struct {
	Reason      string
	Field       string // the part of the request that does not fit; may be empty
	Description string
	Candidates  []store.Episode // with EPISODE_UNKNOWN: the patient's episodes in the unit
	Conflicts   []FormConflict  // with forms that clash: one for each
	Verdicts    []FormVerdict   // with forms that clash, where several were sent: one for every form
}

// FormConflict is one form that clashes with what is stored.
type FormConflict struct {
	Form   int // index in the request
	Field  string
	Reason string
	// Holder is the submission that holds the slot, with
	// OCCASION_ALREADY_ANSWERED and if it is of the same calling system.
	Holder *store.Submission

	held *store.SlotTakenError
}

// FormVerdict says of one form of a refused envelope whether it stood in the way.
type FormVerdict struct {
	SubmissionID string
	Reason       string // empty: nothing is wrong with this form itself
}

func (e *StateError) Error() string { return e.Reason + ": " + e.Description }

// Warning is something a sender should look at although the request was
// carried out.
type Warning struct {
	Code        string
	Field       string
	Description string
}

// Codes of warnings.
const (
	WarnCheckDigit    = "CHECK_DIGIT"
	WarnTestIdentity  = "TEST_IDENTITY"
	WarnUnder18       = "UNDER_18"
	WarnAllBlank      = "NOTHING_ANSWERED"
	WarnOtherEpisodes = "OTHER_EPISODES"

	WarnAmendedSince     = "AMENDED_SINCE"
	WarnRetractedSince   = "RETRACTED_SINCE"
	WarnIdentifierInText = "IDENTIFIER_IN_STORED_TEXT"
)

// warning fills in the field and the sentence that belong to a code. Stored
// submissions keep only the codes, so that a replay can say the same again.
func warning(code, prefix string) Warning {
	w := Warning{Code: code}
	switch code {
	case WarnCheckDigit:
		w.Field, w.Description = "patient.value", "the check digit does not fit; stored all the same, please verify the identifier"
	case WarnTestIdentity:
		w.Field, w.Description = "patient.value", "this is a known test identity"
	case WarnUnder18:
		w.Field, w.Description = "answered_on", "the patient was under 18; the instruments and cut-offs here are for adults"
	case WarnAllBlank:
		w.Field, w.Description = prefix+"answers", "no item is answered; the form is stored and every scale refused"
	case WarnOtherEpisodes:
		w.Field, w.Description = "episode_id", "a new episode was created although the patient already has one in this care unit; check that the episode id is right"
	case WarnIdentifierInText:
		w.Description = "an identifier of the patient stands in clear in what was stored before"
	case WarnAmendedSince:
		w.Field, w.Description = prefix+"submission_id", "amended after it was stored; this is the original reply, and GetSubmission returns what stands now"
	case WarnRetractedSince:
		w.Field, w.Description = prefix+"submission_id", "retracted after it was stored, and no longer counts; to store it after all, send it under a new id"
	}
	return w
}
