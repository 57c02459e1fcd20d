package client

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// DefaultAttempts is how often a call is made at most, the first time included.
const DefaultAttempts = 5

// retrier repeats a unary call where that is safe, with growing, jittered
// waits.
//
// It is an interceptor rather than gRPC's retry policy because that one goes
// by the status code alone. RESOURCE_EXHAUSTED is both "overloaded, come back
// in a second" and "this message is too large", told apart by the RetryInfo
// that the policy does not read. gRPC's transparent retry stays on beneath: it
// repeats only calls that no server has seen.
type retrier struct {
	attempts int
	first    time.Duration                     // upper bound of the first wait; it doubles from there
	longest  time.Duration                     // no wait is longer; a server that asks for more gets no retry
	random   func(time.Duration) time.Duration // uniform in [0, d)
	sleep    func(context.Context, time.Duration) error
}

func defaultRetrier() retrier {
	return retrier{
		attempts: DefaultAttempts,
		first:    100 * time.Millisecond,
		longest:  30 * time.Second,
		random:   func(d time.Duration) time.Duration { return rand.N(d) },
		sleep:    sleep,
	}
}

// effect says what repeating a call can do.
type effect int

const (
	readOnly  effect = iota + 1 // it writes nothing
	byID                        // it writes, and what it names (an id, a version read, an act that changes nothing twice) makes the second time a replay
	byEtag                      // it writes; without an etag a second run may undo what somebody else wrote in between
	onceAsked                   // it writes; a second run may undo what somebody else did in between, so it is for a person to ask again
)

// effects lists every unary call. One that is missing is never run twice; a
// test holds the list against the contract.
var effects = map[string]effect{
	pb.ScoringService_ListInstruments_FullMethodName:           readOnly,
	pb.ScoringService_GetInstrument_FullMethodName:             readOnly,
	pb.ScoringService_Score_FullMethodName:                     readOnly,
	pb.SubmissionService_Submit_FullMethodName:                 byID,
	pb.SubmissionService_SubmitForms_FullMethodName:            byID,
	pb.SubmissionService_GetSubmission_FullMethodName:          readOnly,
	pb.SubmissionService_ListSubmissions_FullMethodName:        readOnly,
	pb.SubmissionService_ListSubmissionVersions_FullMethodName: readOnly,
	pb.SubmissionService_AmendSubmission_FullMethodName:        byID,
	pb.SubmissionService_RetractSubmission_FullMethodName:      byID,
	pb.SubmissionService_ListChanges_FullMethodName:            readOnly,
	pb.SubmissionService_ApplyRescore_FullMethodName:           onceAsked,
	pb.SubmissionService_RevertRescore_FullMethodName:          onceAsked,
	pb.PatientService_UpsertEpisode_FullMethodName:             byEtag,
	pb.PatientService_GetEpisode_FullMethodName:                readOnly,
	pb.PatientService_ListEpisodes_FullMethodName:              readOnly,
	pb.PatientService_SetPatientName_FullMethodName:            onceAsked,
	pb.PatientService_GetPatientName_FullMethodName:            readOnly,
	pb.PatientService_FindPatientsByName_FullMethodName:        readOnly,
	pb.PatientService_GetTrend_FullMethodName:                  readOnly,
	pb.PatientService_ListDueOccasions_FullMethodName:          readOnly,
	pb.PatientService_RecordDispatch_FullMethodName:            byID,
	pb.PatientService_FindDispatch_FullMethodName:              readOnly,
	pb.PatientService_RecordFeedbackReview_FullMethodName:      byID,
	pb.PatientService_CreateLaunchLink_FullMethodName:          byID,
	pb.PatientService_ListOccasionActs_FullMethodName:          readOnly,
	pb.PatientService_ListAwaitingFeedback_FullMethodName:      readOnly,
	pb.PatientService_ShareEpisode_FullMethodName:              onceAsked,
	pb.PatientService_SetRegistryChoice_FullMethodName:         byEtag,
	pb.PatientService_LinkIdentity_FullMethodName:              byID,
	pb.PatientService_ErasePatient_FullMethodName:              byID,
	pb.RegistryService_ListExports_FullMethodName:              readOnly,
	pb.AdminService_GetServerInfo_FullMethodName:               readOnly,
	pb.AdminService_ListSettings_FullMethodName:                readOnly,
	pb.AdminService_ChangeSetting_FullMethodName:               byEtag,
	pb.AuditService_ListAccessEvents_FullMethodName:            readOnly,
	pb.AuditService_SampleAccessEvents_FullMethodName:          readOnly,
	pb.AuditService_RecordAccessReview_FullMethodName:          byID,
	pb.AuditService_ListAccessReviews_FullMethodName:           readOnly,
	pb.RegistryService_GetGroupReport_FullMethodName:           readOnly,
	pb.RegistryService_GetCodebook_FullMethodName:              readOnly,
}

// retryable says whether a failed call may be made again, and the delay that
// the server asked for.
//
// UNAVAILABLE leaves open whether the call was carried out: only calls that
// may run twice are repeated. RESOURCE_EXHAUSTED with RetryInfo was refused
// before anything was done, so every call may be. ABORTED means that the
// caller has to read again and decide, and all other codes stay what they are
// however often one asks.
func retryable(method string, req any, err error) (bool, time.Duration) {
	st := status.Convert(err)
	switch st.Code() {
	case codes.Unavailable:
		asked, _ := retryDelay(st)
		return mayRunTwice(method, req), asked
	case codes.ResourceExhausted:
		asked, found := retryDelay(st)
		return found, asked
	}
	return false, 0
}

func mayRunTwice(method string, req any) bool {
	switch effects[method] {
	case readOnly, byID:
		return true
	case byEtag:
		r, ok := req.(interface{ GetEtag() string })
		return ok && r.GetEtag() != ""
	}
	return false
}

// retryDelay returns the delay in the status' RetryInfo, and whether it has one.
func retryDelay(st *status.Status) (time.Duration, bool) {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return max(info.GetRetryDelay().AsDuration(), 0), true
		}
	}
	return 0, false
}

func (r *retrier) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	for attempt := 1; ; attempt++ {
		err := invoke(ctx, method, req, reply, cc, opts...)
		if err == nil || attempt >= r.attempts {
			return err
		}
		again, asked := retryable(method, req, err)
		if !again || !r.wait(ctx, attempt, asked) {
			return err
		}
	}
}

// wait sleeps before the next attempt, and reports false where there is to be
// none: the wait would outlast the deadline or all patience, or the context
// ended. The caller then hears the server's answer, not "deadline exceeded".
func (r *retrier) wait(ctx context.Context, attempt int, asked time.Duration) bool {
	bound := min(r.first<<(attempt-1), r.longest)
	d := bound/2 + r.random(bound/2+1)
	if asked > 0 {
		// Never sooner than asked, and spread, so that the clients of a server
		// that was overloaded do not come back together.
		d = asked + r.random(min(asked, bound)/2+1)
	}
	if d > r.longest {
		return false
	}
	if end, has := ctx.Deadline(); has && time.Until(end) <= d {
		return false
	}
	return r.sleep(ctx, d) == nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
