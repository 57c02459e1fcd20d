package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server"
)

const shortPatience = 300 * time.Millisecond

// impatientServer waits for nobody longer than shortPatience.
func impatientServer(t *testing.T) (*server.Server, string) {
	t.Helper()
	t.Cleanup(server.Impatient(shortPatience))
	g, s := server.New(useCases(t, t.TempDir()), tokenless(t), insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go g.Serve(listener)
	t.Cleanup(g.Stop)
	return s, listener.Addr().String()
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// dribble sends a byte at a time until the other end has had enough.
func dribble(conn net.Conn, text []byte) {
	for _, b := range text {
		if _, err := conn.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// closedIn is how long the server keeps a connection of which it hears too little.
func closedIn(t *testing.T, conn net.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := io.Copy(io.Discard, conn); err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatal("the connection stays")
		}
	}
	return time.Since(began)
}

func TestAConnectionThatDoesNotSpeakIsCutOff(t *testing.T) {
	_, address := impatientServer(t)
	for name, say := range map[string]func(net.Conn){
		"silence":                      func(net.Conn) {},
		"a preface byte by byte":       func(c net.Conn) { go dribble(c, []byte(http2.ClientPreface)) },
		"a preface and then nothing":   func(c net.Conn) { io.WriteString(c, http2.ClientPreface) },
		"another protocol":             func(c net.Conn) { io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
		"a preface, then half a frame": func(c net.Conn) { io.WriteString(c, http2.ClientPreface+"\x00\x00") },
	} {
		conn := connect(t, address)
		say(conn)
		if took := closedIn(t, conn); took > 5*shortPatience {
			t.Errorf("%s: cut off after %v", name, took)
		}
	}
}

// rawCall is a connection that has said hello, and opens calls frame by frame.
type rawCall struct {
	net.Conn
	framer *http2.Framer
	status chan map[string]string // of each call that ended
}

func rawConnection(t *testing.T, address string) *rawCall {
	t.Helper()
	conn := connect(t, address)
	io.WriteString(conn, http2.ClientPreface)
	r := &rawCall{Conn: conn, framer: http2.NewFramer(conn, conn), status: make(chan map[string]string, 1)}
	r.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.framer.WriteSettings()
	go r.listen()
	return r
}

// listen hands over the headers that end a call.
func (r *rawCall) listen() {
	defer close(r.status)
	for {
		frame, err := r.framer.ReadFrame()
		if err != nil {
			return
		}
		if headers, ok := frame.(*http2.MetaHeadersFrame); ok && headers.StreamEnded() {
			found := map[string]string{}
			for _, field := range headers.Fields {
				found[field.Name] = field.Value
			}
			r.status <- found
		}
	}
}

// open sends the headers of a call.
func (r *rawCall) open(t *testing.T, method string) {
	t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}} {
		encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	if err := r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
}

func TestARequestThatDoesNotArriveIsGivenUp(t *testing.T) {
	s, address := impatientServer(t)
	const method = pb.PatientService_GetTrend_FullMethodName
	for name, c := range map[string]struct {
		method string
		body   func(*rawCall)
	}{
		"headers and nothing else":    {method, func(*rawCall) {}},
		"a message without its end":   {method, func(r *rawCall) { r.framer.WriteData(1, false, []byte{0, 0, 0, 0, 9, 1}) }},
		"a byte at a time":            {method, func(r *rawCall) { go r.drip() }},
		"headers of a stream":         {pb.SubmissionService_ImportSubmissions_FullMethodName, func(*rawCall) {}},
		"a question for health alone": {healthpb.Health_Check_FullMethodName, func(*rawCall) {}},
	} {
		r := rawConnection(t, address)
		r.open(t, c.method)
		c.body(r)
		began := time.Now()
		select {
		case got := <-r.status:
			if got["grpc-status"] != "4" {
				t.Errorf("%s: ended with %v", name, got)
			}
			if took := time.Since(began); took < shortPatience/2 {
				t.Errorf("%s: given up after %v already", name, took)
			}
		case <-time.After(10 * shortPatience):
			t.Errorf("%s: still waited for", name)
		}
		r.Close()
	}
	for end := time.Now().Add(2 * time.Second); s.Open() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d calls are still open", s.Open())
		}
	}
}

// drip sends a long message a byte at a time.
func (r *rawCall) drip() {
	message := append([]byte{0, 0, 0, 1, 0}, make([]byte, 256)...)
	for i := range message {
		if r.framer.WriteData(1, false, message[i:i+1]) != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAStreamEndsWhoseClientNeitherSendsNorReads(t *testing.T) {
	_, address := impatientServer(t)
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	t.Run("sends nothing more", func(t *testing.T) {
		stream, err := pb.NewScoringServiceClient(conn).ScoreBatch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&pb.ScoreBatchRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := stream.Recv(); status.Code(err) != codes.DeadlineExceeded || time.Since(began) > 10*shortPatience {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
	t.Run("reads nothing", func(t *testing.T) {
		stream, err := pb.NewScoringServiceClient(conn).ScoreBatch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		many := &pb.ScoreBatchRequest{}
		for range server.MaxSheetsPerMessage {
			many.Sheets = append(many.Sheets, &pb.BatchSheet{RecordId: "r", Sheet: &pb.Sheet{Instrument: "none"}})
		}
		for range 50 {
			if stream.Send(many) != nil {
				break
			}
		}
		<-time.After(5 * shortPatience)
		for err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%v", err)
		}
	})
}

// TestASlowButLivingStreamGoesOn: only silence ends it.
func TestASlowButLivingStreamGoesOn(t *testing.T) {
	_, address := impatientServer(t)
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := pb.NewScoringServiceClient(conn).ScoreBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		time.Sleep(shortPatience / 3)
		if err := stream.Send(&pb.ScoreBatchRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
}
