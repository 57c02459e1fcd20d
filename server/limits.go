package server

import (
	"time"

	"google.golang.org/grpc"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// Limits on a call, the same for every caller. GetServerInfo tells them, and a
// test goes one over each.
const (
	// MaxMessageBytes is the largest request. A form has about 400 bytes.
	MaxMessageBytes = 4 << 20
	// transportBytes is where the transport cuts a message off unread. Up to
	// there a request that is too large gets an answer with a reason.
	transportBytes = 16 << 20
	// maxHeaderBytes is how large a call's metadata may be in all. The largest token
	// that is looked at has half of it.
	maxHeaderBytes = 32 << 10
	// MaxSheetsPerMessage is how many sheets one message of a stream carries.
	MaxSheetsPerMessage = 1000
	// concurrentStreams is how many calls one connection has open at a time. It
	// is told to the client, whose library holds further calls back by itself.
	concurrentStreams = 256
	// maxImports is how many imports run at a time. There is one writer, so
	// more of them would be no faster, and each holds some messages.
	maxImports = 8
)

// Limits on time. A client that has gone, or that sends a byte a minute, must
// not hold what others need.
const (
	// callTime ends a unary call that its caller gave no deadline, and longestCall
	// one with a deadline beyond all reason.
	callTime    = 30 * time.Second
	longestCall = 15 * time.Minute
)

// patience is how long the server waits for a client that says nothing.
type patience struct {
	handshake time.Duration // for a connection to speak TLS and HTTP/2
	request   time.Duration // for the whole of a unary call's request
	stream    time.Duration // for a stream's next message, or for room to send it one
}

var usualPatience = patience{handshake: 10 * time.Second, request: 10 * time.Second, stream: 5 * time.Minute}

// class says which calls share the room that there is. A flood of one class leaves
// the others theirs: whoever reads trends without end keeps no form out.
type class int

const (
	reading   class = iota // unary calls that change nothing
	writing                // unary calls that do
	streaming              // calls that stay
	classes
)

// room is how many calls of a class are answered at a time; the next one is told
// to come again. Reading is work for the processor, which more at once only share,
// and a trend needs some 300 kB while it is made; writers wait for the disk
// together. What two cores cannot do in a second only piles up.
var room = [classes]int64{reading: 256, writing: 512, streaming: 64}

// So many refusals a second are told at once, and the rest after refusalTime.
const (
	promptRefusals = 500
	refusalTime    = time.Second
)

// limits are what GetServerInfo tells.
func (s *Server) limits() *pb.Limits {
	rate := s.info.Pace.Rate()
	return &pb.Limits{
		MessageBytes: MaxMessageBytes, HeaderBytes: maxHeaderBytes,
		AnswersPerSheet: clinic.MaxAnswers, ValueSetsPerSheet: clinic.MaxValueSets,
		SheetsPerMessage: MaxSheetsPerMessage, RecordsPerMessage: clinic.MaxRecords, FormsPerCall: clinic.MaxForms,
		PageSize: clinic.MaxPageSize, IdCharacters: clinic.MaxIDLength, TextCharacters: clinic.MaxTextLength,
		ViolationsListed: maxViolations, CareUnitsPerRescore: clinic.MaxCareUnits,
		ReadsAtATime: int32(room[reading]), WritesAtATime: int32(room[writing]), StreamsAtATime: int32(room[streaming]),
		ImportsAtATime: maxImports, CallsPerConnection: concurrentStreams,
		CallSeconds: int32(callTime / time.Second), LongestCallSeconds: int32(longestCall / time.Second),
		RequestSeconds: int32(s.patience.request / time.Second), StreamIdleSeconds: int32(s.patience.stream / time.Second),
		CallsPerSecond: rate.PerSecond, CallBurst: int32(rate.Burst),
	}
}

// limitOptions are the limits that gRPC itself holds.
func limitOptions(p patience) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.MaxRecvMsgSize(transportBytes),
		grpc.MaxConcurrentStreams(concurrentStreams),
		grpc.ConnectionTimeout(p.handshake),
	}
}
