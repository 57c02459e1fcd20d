package server

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
)

var matrixServices = []protoreflect.FileDescriptor{
	pb.File_painscore_v1_admin_service_proto, pb.File_painscore_v1_audit_service_proto, pb.File_painscore_v1_patient_service_proto,
	pb.File_painscore_v1_registry_service_proto, pb.File_painscore_v1_scoring_service_proto, pb.File_painscore_v1_submission_service_proto,
}

// theOneException is made for the patient who asks for everything.
const theOneException = "painscore.v1.PatientService.ExportPatient"

// TestNoReplyHoldsAnIdentity walks every reply of the contract: the identifier
// of a patient goes in, and does not come out, whoever asks.
func TestNoReplyHoldsAnIdentity(t *testing.T) {
	calls := 0
	for _, file := range matrixServices {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				calls++
				seen := map[protoreflect.FullName]bool{}
				if name := methods.Get(j).FullName(); holds(methods.Get(j).Output(), seen) != (name == theOneException) {
					t.Errorf("%s answers with an identifier, or is the exception without need", name)
				}
			}
		}
	}
	if calls != len(access.Actions()) {
		t.Errorf("%d calls seen, %d have a rule: a service is missing here or in access/generate", calls, len(access.Actions()))
	}
	if !holds((&pb.SubmitRequest{}).ProtoReflect().Descriptor(), map[protoreflect.FullName]bool{}) {
		t.Error("not even the identifier of a request is found; the search is blind")
	}
}

// holds says whether a message can hold a PatientIdentifier anywhere in it.
func holds(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if m.FullName() == (&pb.PatientIdentifier{}).ProtoReflect().Descriptor().FullName() {
		return true
	}
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		if inner := m.Fields().Get(i).Message(); inner != nil && holds(inner, seen) {
			return true
		}
	}
	return false
}
