package store

import (
	"context"
	"errors"
)

// ErrTestPatient: one of two identities is a test identity, the other is
// somebody's. Joined, a real patient would be left out of every report.
var ErrTestPatient = errors.New("store: a test patient and a real one are not the same")

// Choice is how a patient stands to a quality registry. The law asks for
// information first, and lets the patient object at any time
// (patientdatalagen, chapter 7).
type Choice string

// The choices. Where nobody recorded one the patient is not informed.
const (
	NotInformed Choice = "not_informed" // nothing may be sent
	Informed    Choice = "informed"     // was told, and did not object: only now may anything be sent
	Objected    Choice = "objected"     // nothing may be sent, and what was sent has to go
)

// Stricter says whether a choice lets less happen than another one. To send
// what should not have been sent cannot be taken back; to send it later can.
func (c Choice) Stricter(than Choice) bool {
	return c != than && (c == Objected || than == Informed)
}

// RegistryChoice is one version of what a patient says to one registry, at one
// care provider.
type RegistryChoice struct {
	PatientKey string
	Provider   string // the care provider, such as its HSA-id
	Registry   string // code of the registry, such as "nrs"
	Number     int64  // 1 for the first of this patient, provider and registry; set by the store
	Choice     Choice
	DecidedOn  string // YYYY-MM-DD: when the patient was informed or objected
	Act
}

// RegistryChoices keeps what patients say to quality registries, every version
// of it. A choice is the patient's and not an episode's: it goes when the
// patient is erased. Where two patients become one (Link) both histories are
// kept, in the order of their times; if the two ended differently the stricter
// choice stands, as one more version with the link's Act.
type RegistryChoices interface {
	// PutRegistryChoice writes the next version and returns it as a read would.
	// readNumber is the number the change was made from, 0 where there was none.
	// ErrNotFound: no such patient. ErrStale, and nothing written, if readNumber
	// is not the newest.
	PutRegistryChoice(ctx context.Context, choice RegistryChoice, readNumber int64) (RegistryChoice, error)
	// RegistryChoices returns every version of a patient's choices, ordered by
	// provider and registry (compared byte by byte), oldest first; none is no
	// error. The last of a provider and registry holds.
	RegistryChoices(ctx context.Context, patientKey string) ([]RegistryChoice, error)
	// ChoicesOf returns what holds for each of these patients at one provider and
	// registry, by key; who has chosen nothing there is not in it.
	ChoicesOf(ctx context.Context, provider, registry string, patientKeys []string) (map[string]Choice, error)
	// ChoiceProviders returns every care provider under whose name a choice is
	// kept, in order. It reads all choices: a matter of a start, not of a call.
	ChoiceProviders(ctx context.Context) ([]string, error)
	// MoveChoices keeps under the name to what is kept under from, for all
	// patients in one transaction, and returns of how many. Where a patient has
	// chosen under both, the two become one as by Link, with this Act. That
	// nobody has is no error.
	MoveChoices(ctx context.Context, from, to string, act Act) (patients int64, err error)
}

// TestPatients knows who is no real patient. Who is new with a test identity
// (Identity.TestPatient) is one from the start, and no Link changes that.
type TestPatients interface {
	// MarkTestPatient makes a test patient of whoever is known by this look-up
	// hash and by nothing else: of one who was there before test patients were
	// told apart. That nobody is known by it is no error.
	MarkTestPatient(ctx context.Context, lookup []byte) error
}
