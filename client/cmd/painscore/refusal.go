package main

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc/codes"

	"github.com/painscore/painscore/client"
)

// classify turns a failed call into an exit code and words for it.
func classify(e *client.Error) (code int, what string) {
	switch e.Code {
	case codes.Unavailable:
		return exitUnreachable, "the server cannot be reached"
	case codes.DeadlineExceeded, codes.Canceled:
		return exitUnreachable, "the server did not answer in time"
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return exitFault, "the server failed"
	case codes.ResourceExhausted:
		if e.RetryAfter > 0 {
			return exitUnreachable, fmt.Sprintf("the server asks to come back in %v", e.RetryAfter)
		}
	}
	return exitRefused, "the server refused this"
}

// reportRefusal tells what the server said: every violation, and what else it
// sent along to go on from.
func reportRefusal(stderr io.Writer, e *client.Error) int {
	code, what := classify(e)
	if e.Reason != "" {
		what += ": " + e.Reason
	}
	fmt.Fprintf(stderr, "painscore: %s: %s\n", what, e.Message)
	if e.Reason == "" && e.Code == codes.Unavailable {
		fmt.Fprintln(stderr, "Is painscored running, and is --addr its gRPC address?")
	}
	rows := make([][3]string, len(e.Violations))
	for i, v := range e.Violations {
		rows[i] = [3]string{v.Field, v.Reason, v.Description}
	}
	printProblems(stderr, rows)
	if e.Unlisted > 0 {
		fmt.Fprintf(stderr, "  and %d more\n", e.Unlisted)
	}
	for _, c := range e.Candidates {
		fmt.Fprintf(stderr, "  this patient has episode %s (%s, started %s)\n", c.EpisodeId, enumWord(c.Status), orNone(c.StartedOn))
	}
	for _, o := range e.Occupied {
		fmt.Fprintf(stderr, "  answered already by submission %s: %s at %s, on %s\n", o.SubmissionId, o.Instrument, occasionWord(o.Occasion, o.OccasionLabel), o.AnsweredOn)
	}
	if e.RequestID != "" {
		fmt.Fprintf(stderr, "  request %s in the server's log\n", e.RequestID)
	}
	return code
}

// unsure says whether a failed call may have been carried out all the same.
func unsure(err error) bool {
	var e *client.Error
	if !errors.As(err, &e) {
		return false
	}
	code, _ := classify(e)
	return code != exitRefused
}
