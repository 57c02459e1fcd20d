package store

import (
	"context"
	"time"
)

// PatientName is what a patient is called among people, sealed. It is there to
// be shown and to find somebody by, and is no part of what is known of the
// patient: there is one or none, and an earlier one is not kept.
type PatientName struct {
	PatientKey string
	Lookup     []byte // keyed hash of the name as it is compared; others may have the same
	Sealed     []byte // the name as it is shown, sealed with PatientKey as associated data
	KeyID      string // names the sealing key
	By         string // the user or program that gave it
	At         time.Time
}

// PatientNames keeps the names of patients.
type PatientNames interface {
	// PutPatientName gives a patient a name in the place of the one before.
	// ErrNotFound: no such patient.
	PutPatientName(ctx context.Context, name PatientName) error
	// DeletePatientName takes a patient's name away; none is no error.
	DeletePatientName(ctx context.Context, patientKey string) error
	// PatientNames returns the names of these patients, of those who have one,
	// ordered by PatientKey.
	PatientNames(ctx context.Context, patientKeys []string) ([]PatientName, error)
	// EpisodesNamed returns the current version of each episode of the care unit
	// whose patient's name has this look-up hash, ordered by episode id; none is
	// no error.
	EpisodesNamed(ctx context.Context, careUnit string, lookup []byte) ([]Episode, error)
}
