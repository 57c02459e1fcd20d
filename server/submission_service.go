package server

import (
	"context"

	"google.golang.org/grpc"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// occasionFields are the getters that Submit and SubmitForms share.
type occasionFields interface {
	GetPatient() *pb.PatientIdentifier
	GetCareUnit() string
	GetEpisodeId() string
	GetOccasion() pb.Occasion
	GetOccasionLabel() string
	GetAnsweredOn() string
	GetRespondent() pb.Respondent
	GetMode() pb.Mode
	GetLanguageCode() string
	GetAssisted() bool
	GetSource() *pb.SubmissionSource
	GetAllowNewEpisode() bool
}

func submission(m occasionFields) clinic.Submission {
	return clinic.Submission{
		Patient: patientRef(m.GetPatient()), CareUnit: m.GetCareUnit(), EpisodeID: m.GetEpisodeId(),
		Occasion: store.Occasion(occasionWords.word[m.GetOccasion()]), OccasionLabel: m.GetOccasionLabel(),
		AnsweredOn: m.GetAnsweredOn(), Respondent: respondent(m.GetRespondent()), Mode: modeWords.word[m.GetMode()],
		LanguageCode: m.GetLanguageCode(), Assisted: m.GetAssisted(), Source: source(m.GetSource()),
		AllowNewEpisode: m.GetAllowNewEpisode(),
	}
}

// Submit implements the contract's call.
func (s *Server) Submit(ctx context.Context, req *pb.SubmitRequest) (*pb.SubmitResponse, error) {
	sub := submission(req)
	sub.Found = unknown(req)
	sub.Forms = []clinic.Form{{SubmissionID: req.GetSubmissionId(), Sheet: sheet(req)}}
	stored, created, err := s.clinic.Submit(ctx, sub, true)
	if err != nil {
		return nil, err
	}
	return &pb.SubmitResponse{
		Submission: recordProto(stored[0].Record), Replayed: stored[0].Replayed, EpisodeCreated: created,
		Warnings: warningsProto(stored[0].Warnings),
	}, nil
}

// SubmitForms implements the contract's call.
func (s *Server) SubmitForms(ctx context.Context, req *pb.SubmitFormsRequest) (*pb.SubmitFormsResponse, error) {
	sub := submission(req)
	sub.Found = unknown(req)
	for _, form := range req.GetForms() {
		sub.Forms = append(sub.Forms, clinic.Form{SubmissionID: form.GetSubmissionId(), Sheet: sheet(form)})
	}
	stored, created, err := s.clinic.Submit(ctx, sub, false)
	if err != nil {
		return nil, err
	}
	out := &pb.SubmitFormsResponse{EpisodeCreated: created}
	var warnings []clinic.Warning
	said := map[clinic.Warning]bool{} // what concerns the patient stands with every form
	for _, form := range stored {
		out.Results = append(out.Results, &pb.FormResult{Submission: recordProto(form.Record), Replayed: form.Replayed})
		for _, w := range form.Warnings {
			if !said[w] {
				said[w], warnings = true, append(warnings, w)
			}
		}
	}
	out.Warnings = warningsProto(warnings)
	return out, nil
}

// AmendSubmission implements the contract's call.
func (s *Server) AmendSubmission(ctx context.Context, req *pb.AmendSubmissionRequest) (*pb.AmendSubmissionResponse, error) {
	stored, err := s.clinic.AmendSubmission(ctx, amendment(req))
	if err != nil {
		return nil, err
	}
	return &pb.AmendSubmissionResponse{Submission: recordProto(stored.Record), Replayed: stored.Replayed, Warnings: warningsProto(stored.Warnings)}, nil
}

// amendment leaves what is not stated empty: what that means is the mask's.
func amendment(req *pb.AmendSubmissionRequest) clinic.Amendment {
	a := clinic.Amendment{
		CareUnit: req.GetCareUnit(), SubmissionID: req.GetSubmissionId(), Version: int64(req.GetVersion()),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()},
		Mask:     req.GetUpdateMask().GetPaths(), Found: unknown(req),
		To: store.Submission{
			Slot: store.Slot{
				EpisodeID: req.GetEpisodeId(), Occasion: store.Occasion(occasionWords.word[req.GetOccasion()]), OccasionLabel: req.GetOccasionLabel(),
				Respondent: store.Respondent(respondentWords.word[req.GetRespondent()]),
			},
			AnsweredOn: req.GetAnsweredOn(), Mode: modeWords.word[req.GetMode()], LanguageCode: req.GetLanguageCode(),
			Assisted: req.GetAssisted(), Source: source(req.GetSource()),
		},
	}
	if req.Sheet != nil {
		given := sheet(req.Sheet)
		a.Sheet = &given
	}
	return a
}

// RetractSubmission implements the contract's call.
func (s *Server) RetractSubmission(ctx context.Context, req *pb.RetractSubmissionRequest) (*pb.RetractSubmissionResponse, error) {
	stored, err := s.clinic.RetractSubmission(ctx, clinic.Retraction{
		CareUnit: req.GetCareUnit(), SubmissionID: req.GetSubmissionId(), Version: int64(req.GetVersion()),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()}, Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return &pb.RetractSubmissionResponse{Submission: recordProto(stored.Record), Replayed: stored.Replayed}, nil
}

// ListChanges implements the contract's call.
func (s *Server) ListChanges(ctx context.Context, req *pb.ListChangesRequest) (*pb.ListChangesResponse, error) {
	events, err := s.clinic.ListChanges(ctx, req.GetCareUnit(), clinic.Page{Size: int(req.GetPageSize()), Token: req.GetResumeToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListChangesResponse{NextResumeToken: events.Resume, CaughtUp: events.CaughtUp}
	for i := range events.List {
		out.Changes = append(out.Changes, eventProto(&events.List[i]))
	}
	return out, nil
}

// GetSubmission implements the contract's call.
func (s *Server) GetSubmission(ctx context.Context, req *pb.GetSubmissionRequest) (*pb.GetSubmissionResponse, error) {
	record, err := s.clinic.GetSubmission(ctx, req.GetCareUnit(), req.GetSubmissionId())
	if err != nil {
		return nil, err
	}
	return &pb.GetSubmissionResponse{Submission: recordProto(record)}, nil
}

// ListSubmissions implements the contract's call.
func (s *Server) ListSubmissions(ctx context.Context, req *pb.ListSubmissionsRequest) (*pb.ListSubmissionsResponse, error) {
	ref := clinic.EpisodeRef{Patient: optionalPatient(req.GetPatient()), CareUnit: req.GetCareUnit(), EpisodeID: req.GetEpisodeId()}
	records, next, err := s.clinic.ListSubmissions(ctx, ref, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListSubmissionsResponse{NextPageToken: next}
	for _, record := range records {
		out.Submissions = append(out.Submissions, recordProto(record))
	}
	return out, nil
}

// ListSubmissionVersions implements the contract's call.
func (s *Server) ListSubmissionVersions(ctx context.Context, req *pb.ListSubmissionVersionsRequest) (*pb.ListSubmissionVersionsResponse, error) {
	versions, next, err := s.clinic.ListSubmissionVersions(ctx, req.GetCareUnit(), req.GetSubmissionId(),
		clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListSubmissionVersionsResponse{NextPageToken: next}
	for _, v := range versions {
		out.Versions = append(out.Versions, versionProto(&v))
	}
	return out, nil
}

// PreviewRescore implements the contract's call.
func (s *Server) PreviewRescore(req *pb.PreviewRescoreRequest, stream grpc.ServerStreamingServer[pb.PreviewRescoreResponse]) error {
	plan, err := s.clinic.PreviewRescore(stream.Context(), clinic.RescoreRequest{
		Instrument: req.GetInstrument(), Version: req.GetVersion(), CareUnits: req.GetCareUnits(),
		AnsweredFrom: req.GetAnsweredFrom(), AnsweredTo: req.GetAnsweredTo(), Found: unknown(req),
	}, func(found clinic.RescoreFinding) error { return stream.Send(findingProto(found)) })
	if err != nil {
		return err
	}
	return stream.Send(&pb.PreviewRescoreResponse{Found: &pb.PreviewRescoreResponse_Plan{Plan: planProto(plan)}})
}

// ApplyRescore implements the contract's call.
func (s *Server) ApplyRescore(ctx context.Context, req *pb.ApplyRescoreRequest) (*pb.ApplyRescoreResponse, error) {
	plan, err := s.clinic.ApplyRescore(ctx, req.GetPlanId(), req.GetNote())
	if err != nil {
		return nil, err
	}
	return &pb.ApplyRescoreResponse{Plan: planProto(plan)}, nil
}

// RevertRescore implements the contract's call.
func (s *Server) RevertRescore(ctx context.Context, req *pb.RevertRescoreRequest) (*pb.RevertRescoreResponse, error) {
	plan, err := s.clinic.RevertRescore(ctx, req.GetPlanId(), req.GetNote())
	if err != nil {
		return nil, err
	}
	return &pb.RevertRescoreResponse{Plan: planProto(plan)}, nil
}
