package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestARefusalIsCleanOnlyIfItSaysWhenToComeAgain(t *testing.T) {
	bare := status.New(codes.ResourceExhausted, "full")
	told, err := bare.WithDetails(&errdetails.ErrorInfo{Reason: "OVERLOADED"}, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		base64.RawStdEncoding.EncodeToString(mustMarshal(told.Proto())): true,
		base64.RawStdEncoding.EncodeToString(mustMarshal(bare.Proto())): false,
		"":             false,
		"not base64!!": false,
	} {
		known := map[string]bool{}
		if hasRetryInfo(text, known) != want || known[text] != want || hasRetryInfo(text, known) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func TestAnOutcomeTellsWhatIsBroken(t *testing.T) {
	o := overloaded{method: "Submit", best: 100, offered: 1000, lasting: time.Second, found: outcome{answered: 50, refused: 900, failed: map[string]int{"code 4": 3}},
		before: memory{resident: 1e6}, after: memory{resident: 2e6, highest: 1e9}}
	var out bytes.Buffer
	if n := o.print(&out, &overloadFlags{connections: 1}); n != 3 || strings.Count(out.String(), "BROKEN") != 3 || !strings.Contains(out.String(), "50 % of the best") {
		t.Errorf("%d promises broken:\n%s", n, out.String())
	}
	o.found, o.after = outcome{answered: 80}, o.before
	if n := o.print(io.Discard, &overloadFlags{connections: 1}); n != 0 {
		t.Errorf("%d promises broken where all are kept", n)
	}
}

// TestAFloodIsAnswered is no measurement: whether a machine that does other work
// keeps the promises is not for a test to say.
func TestAFloodIsAnswered(t *testing.T) {
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	args := strings.Fields("overload --connections 4 --lasting 200ms --painscored " + file + " --dir " + t.TempDir())
	if err := run(t.Context(), args, &out, io.Discard); err != nil && !strings.Contains(err.Error(), "promises") {
		t.Fatal(err)
	}
	for _, unclean := range []string{"ended with code", "RST_STREAM"} {
		if strings.Contains(out.String(), unclean) {
			t.Errorf("not refused cleanly:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), "Submit: best") || !strings.Contains(out.String(), "GetTrend: best") {
		t.Errorf("found:\n%s", out.String())
	}
}
