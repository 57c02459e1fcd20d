package client

import pb "github.com/painscore/painscore/proto/painscore/v1"

// Systems of Swedish identifiers, for PatientIdentifier.System. The server also
// takes the same systems by OID, and a region's reserve numbers by theirs.
const (
	SystemPersonnummer      = "http://electronichealth.se/identifier/personnummer"
	SystemSamordningsnummer = "http://electronichealth.se/identifier/samordningsnummer"
)

// Personnummer identifies a patient by personnummer, in any of its spellings.
// "191212121212" is the test identity.
func Personnummer(value string) *pb.PatientIdentifier {
	return &pb.PatientIdentifier{System: SystemPersonnummer, Value: value}
}
