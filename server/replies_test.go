package server

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
)

var matrixServices = []protoreflect.FileDescriptor{
	pb.File_painscore_v1_admin_service_proto, pb.File_painscore_v1_audit_service_proto, pb.File_painscore_v1_patient_service_proto,
	pb.File_painscore_v1_registry_service_proto, pb.File_painscore_v1_scoring_service_proto, pb.File_painscore_v1_submission_service_proto,
}

// mayAnswerWith says which calls may answer with who a patient is: those made
// for it. Identifiers go to the patient who asks for everything, and nowhere else.
var mayAnswerWith = []struct {
	what  proto.Message
	calls []protoreflect.FullName
}{
	{&pb.PatientIdentifier{}, []protoreflect.FullName{"painscore.v1.PatientService.ExportPatient"}},
	{&pb.PatientName{}, []protoreflect.FullName{"painscore.v1.PatientService.ExportPatient", "painscore.v1.PatientService.GetPatientName"}},
}

// TestNoReplyHoldsAnIdentity walks every reply of the contract: the identifier
// of a patient goes in, and does not come out, whoever asks; nor does a name.
func TestNoReplyHoldsAnIdentity(t *testing.T) {
	calls := 0
	for _, file := range matrixServices {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				calls++
				name := methods.Get(j).FullName()
				for _, may := range mayAnswerWith {
					what := may.what.ProtoReflect().Descriptor().FullName()
					if holds(methods.Get(j).Output(), what, map[protoreflect.FullName]bool{}) != slices.Contains(may.calls, name) {
						t.Errorf("%s answers with a %s, or is an exception without need", name, what)
					}
				}
			}
		}
	}
	if calls != len(access.Actions()) {
		t.Errorf("%d calls seen, %d have a rule: a service is missing here or in access/generate", calls, len(access.Actions()))
	}
	if !holds((&pb.SubmitRequest{}).ProtoReflect().Descriptor(), "painscore.v1.PatientIdentifier", map[protoreflect.FullName]bool{}) {
		t.Error("not even the identifier of a request is found; the search is blind")
	}
}

// holds says whether a message is of a kind or can hold one anywhere in it.
func holds(m protoreflect.MessageDescriptor, kind protoreflect.FullName, seen map[protoreflect.FullName]bool) bool {
	if m.FullName() == kind {
		return true
	}
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		if inner := m.Fields().Get(i).Message(); inner != nil && holds(inner, kind, seen) {
			return true
		}
	}
	return false
}
