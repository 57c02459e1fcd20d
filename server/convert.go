package server

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// vocabulary is an enum of the contract and the words that the domain uses
// for its values: the same names in lower case without the prefix. The
// unspecified value is the empty word.
type vocabulary[E enum] struct {
	word map[E]string
	enum map[string]E
}

type enum interface {
	protoreflect.Enum
	~int32
}

func vocabularyOf[E enum](prefix string) vocabulary[E] {
	var zero E
	v := vocabulary[E]{word: map[E]string{}, enum: map[string]E{}}
	values := zero.Descriptor().Values()
	for i := range values.Len() {
		word := strings.ToLower(strings.TrimPrefix(string(values.Get(i).Name()), prefix))
		if values.Get(i).Number() == 0 {
			word = ""
		}
		v.word[E(values.Get(i).Number())], v.enum[word] = word, E(values.Get(i).Number())
	}
	return v
}

var (
	occasionWords      = vocabularyOf[pb.Occasion]("OCCASION_")
	respondentWords    = vocabularyOf[pb.Respondent]("RESPONDENT_")
	modeWords          = vocabularyOf[pb.Mode]("MODE_")
	stateWords         = vocabularyOf[pb.SubmissionState]("SUBMISSION_STATE_")
	careLevelWords     = vocabularyOf[pb.CareLevel]("CARE_LEVEL_")
	trackWords         = vocabularyOf[pb.Track]("TRACK_")
	programmeTypeWords = vocabularyOf[pb.ProgrammeType]("PROGRAMME_TYPE_")
	sexWords           = vocabularyOf[pb.Sex]("SEX_")
	episodeStatusWords = vocabularyOf[pb.EpisodeStatus]("EPISODE_STATUS_")
	dropOutPhaseWords  = vocabularyOf[pb.DropOutPhase]("DROP_OUT_PHASE_")
	timingWords        = vocabularyOf[pb.Timing]("TIMING_")
	anchorWords        = vocabularyOf[pb.Anchor]("ANCHOR_")
	occasionStateWords = vocabularyOf[pb.OccasionState]("OCCASION_STATE_")
)

// numbersOf is an enum of the contract by the engine's words: the same names
// without the prefix, the empty word for the unspecified value.
func numbersOf[W ~string, E ~int32](prefix string, values map[string]int32) map[W]E {
	numbers := make(map[W]E, len(values))
	for name, number := range values {
		word := W(strings.TrimPrefix(name, prefix))
		if number == 0 {
			word = ""
		}
		numbers[word] = E(number)
	}
	return numbers
}

// patientRef reads an identifier; a request without one has an empty one.
func patientRef(p *pb.PatientIdentifier) clinic.PatientRef {
	return clinic.PatientRef{System: p.GetSystem(), Value: p.GetValue()}
}

func optionalPatient(p *pb.PatientIdentifier) *clinic.PatientRef {
	if p == nil {
		return nil
	}
	ref := patientRef(p)
	return &ref
}

// respondent reads who answered; where nobody is named it was the patient.
func respondent(r pb.Respondent) store.Respondent {
	if r == pb.Respondent_RESPONDENT_UNSPECIFIED {
		return store.Patient
	}
	return store.Respondent(respondentWords.word[r])
}

func source(s *pb.SubmissionSource) store.Source {
	return store.Source{System: s.GetSystem(), DocumentID: s.GetDocumentId(), Template: s.GetTemplate(), Version: s.GetVersion()}
}

func sourceProto(s store.Source) *pb.SubmissionSource {
	if s == (store.Source{}) {
		return nil
	}
	return &pb.SubmissionSource{System: s.System, DocumentId: s.DocumentID, Template: s.Template, Version: s.Version}
}

func warningsProto(warnings []clinic.Warning) []*pb.Warning {
	var out []*pb.Warning
	for _, w := range warnings {
		code := pb.WarningCode(pb.WarningCode_value["WARNING_CODE_"+w.Code])
		out = append(out, &pb.Warning{Code: code, Field: w.Field, Description: w.Description})
	}
	return out
}

func episodeProto(e store.Episode) *pb.Episode {
	return &pb.Episode{
		CareUnit: e.CareUnit, EpisodeId: e.EpisodeID, AssessingUnit: e.AssessingUnit,
		CareLevel: careLevelWords.enum[e.CareLevel], Track: trackWords.enum[e.Track],
		ProgrammeType: programmeTypeWords.enum[e.ProgrammeType], Cohort: e.Cohort,
		ReferredOn: e.ReferredOn, FirstVisitPlannedOn: e.FirstVisitPlanned, FirstVisitOn: e.FirstVisitOn,
		StartPlannedOn: e.StartPlanned, StartedOn: e.StartedOn, EndPlannedOn: e.EndPlanned, EndedOn: e.EndedOn,
		Sex: sexWords.enum[e.Sex], BirthYear: int32(e.BirthYear), LanguageCode: e.LanguageCode,
		Status: episodeStatusWords.enum[e.Status], DropOutReason: e.DropOutReason, DropOutPhase: dropOutPhaseWords.enum[e.DropOutPhase],
		Deceased: e.Deceased, DoNotContact: e.DoNotContact,
		Etag: clinic.Etag(e), Version: int32(e.Version), ChangeSeq: e.ChangeSeq, UpdatedAt: timestamppb.New(e.RecordedAt),
		TestPatient: e.TestPatient,
	}
}

// episode reads the fields that a caller may set.
func episode(e *pb.Episode) store.Episode {
	return store.Episode{
		CareUnit: e.GetCareUnit(), EpisodeID: e.GetEpisodeId(), AssessingUnit: e.GetAssessingUnit(),
		CareLevel: careLevelWords.word[e.GetCareLevel()], Track: trackWords.word[e.GetTrack()],
		ProgrammeType: programmeTypeWords.word[e.GetProgrammeType()], Cohort: e.GetCohort(),
		ReferredOn: e.GetReferredOn(), FirstVisitPlanned: e.GetFirstVisitPlannedOn(), FirstVisitOn: e.GetFirstVisitOn(),
		StartPlanned: e.GetStartPlannedOn(), StartedOn: e.GetStartedOn(), EndPlanned: e.GetEndPlannedOn(), EndedOn: e.GetEndedOn(),
		Sex: sexWords.word[e.GetSex()], BirthYear: int64(e.GetBirthYear()), LanguageCode: e.GetLanguageCode(),
		Status: episodeStatusWords.word[e.GetStatus()], DropOutReason: e.GetDropOutReason(), DropOutPhase: dropOutPhaseWords.word[e.GetDropOutPhase()],
		Deceased: e.GetDeceased(), DoNotContact: e.GetDoNotContact(),
	}
}

// maxCandidates is how many episodes an EPISODE_UNKNOWN lists.
const maxCandidates = 20

func candidatesProto(episodes []store.Episode) *pb.EpisodeCandidates {
	out := &pb.EpisodeCandidates{}
	for _, e := range episodes[:min(len(episodes), maxCandidates)] {
		out.Candidates = append(out.Candidates, &pb.EpisodeCandidate{
			EpisodeId: e.EpisodeID, Status: episodeStatusWords.enum[e.Status],
			FirstVisitOn: e.FirstVisitOn, StartedOn: e.StartedOn, EndedOn: e.EndedOn,
		})
	}
	return out
}

func occupiedProto(conflict clinic.FormConflict) *pb.OccupiedSlot {
	held := conflict.Holder
	return &pb.OccupiedSlot{
		SubmissionId: held.SubmissionID, AnsweredOn: held.AnsweredOn, Occasion: occasionWords.enum[string(held.Occasion)],
		OccasionLabel: held.OccasionLabel, Instrument: held.Instrument, Respondent: respondentWords.enum[string(held.Respondent)],
		Field: strings.TrimSuffix(strings.TrimSuffix(conflict.Field, "instrument"), "."),
	}
}

func verdictsProto(verdicts []clinic.FormVerdict) *pb.FormVerdicts {
	out := &pb.FormVerdicts{}
	for _, v := range verdicts {
		out.Verdicts = append(out.Verdicts, &pb.FormVerdict{SubmissionId: v.SubmissionID, Acceptable: v.Reason == "", Reason: reasonProto(v.Reason)})
	}
	return out
}
